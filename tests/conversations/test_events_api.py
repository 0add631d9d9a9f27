"""POST /events: what is kept, once (Decision 10), and what is sampled out (Decision 11)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from greenflash import BadRequestError, NotFoundError

from conversations.ingest.sampling import is_kept
from conversations.models import Conversation, Event, Organization, Participant, SampledOut
from greenflash_site.api import auth
from products.actions import create_api_key, create_product
from products.models import Member, Product, Scope
from products.models.ids import new_id
from tests.conftest import Api, async_sdk, sdk, tell
from tests.conversations.clients import CLIENTS, at_once
from tests.conversations.round_trips import executed

type Json = dict[str, Any]


def happening(product: Product, **fields: Any) -> Json:
    """A body that tells of an event of `product`."""
    return {"eventType": "purchase", "productId": str(product.id), "value": "pro", **fields}


def send(api: Api, product: Product, status: int = 201, **fields: Any) -> Event:
    """The event that is stored."""
    response = api.post("events", happening(product, **fields))
    body = response.json()
    assert response.status_code == status, body
    assert body.keys() == {"success", "eventId"}
    assert body["success"] is True
    return Event.objects.select_related("participant", "organization").get(id=body["eventId"])


def refused(response: Any, status: int, code: str, path: str) -> bool:
    body = response.json()
    return (response.status_code, body["code"], body["path"]) == (status, code, path)


class TestDecision10:
    """Values, influence, links and insert ids."""

    def test_it_keeps_an_event_as_it_was_sent(self, api: Api, product: Product) -> None:
        event = send(
            api, product, value="99.00", valueType="currency", influence="positive", qualityImpactScore=0.25,
            eventAt="2025-01-31T09:30:00+01:00", properties={"plan": {"seats": [None, 3]}}, insertId="order/1",
        )  # fmt: skip
        assert (event.type, event.value, event.value_type, event.influence) == (
            "purchase", "99.00", "currency", "positive"
        )  # fmt: skip
        assert (event.quality_impact_score, event.insert_id) == (0.25, "order/1")
        assert event.event_at == datetime(2025, 1, 31, 8, 30, tzinfo=UTC)
        assert event.properties == {"plan": {"seats": [None, 3]}}
        assert (event.product_id, event.participant, event.organization, event.conversation_id) == (
            product.id, None, None, None
        )  # fmt: skip

    def test_it_has_defaults(self, api: Api, product: Product) -> None:
        before = timezone.now()
        names = (
            "valueType influence qualityImpactScore eventAt userId externalUserId organizationId conversationId"
            " externalOrganizationId externalConversationId properties insertId sampleRate forceSample"
        )
        nulls: Json = dict.fromkeys(names.split())
        for fields in ({}, nulls):
            event = send(api, product, **fields)
            assert (event.value_type, event.influence, event.quality_impact_score) == ("text", "neutral", 0)
            assert (event.properties, event.insert_id) == ({}, None)
            assert before <= event.event_at <= timezone.now()

    @pytest.mark.parametrize(("influence", "score"), [("positive", 1), ("neutral", 0), ("negative", -1)])
    def test_it_derives_the_impact_from_the_influence(
        self, influence: str, score: float, api: Api, product: Product
    ) -> None:
        assert send(api, product, influence=influence).quality_impact_score == score
        assert send(api, product, influence=influence, qualityImpactScore=0).quality_impact_score == 0

    @pytest.mark.parametrize(
        ("value_type", "value"),
        [
            *(("numeric", value) for value in ("0", "5", "-1.5", "+2", ".5", "5.", "1e3", "1E-300", "9" * 300)),
            ("numeric", "0." + "1" * 9_998),
            ("currency", "99.00"),
            ("currency", "-0"),
            ("boolean", "true"),
            ("boolean", "false"),
            ("text", ""),
            ("text", "true"),
            ("text", "x" * 10_000),
            ("text", "<script> %s 👩‍👧 \u202e\r\n"),
        ],
        ids=range(18),
    )
    def test_it_takes_a_value_that_reads_as_its_type(
        self, value_type: str, value: str, api: Api, product: Product
    ) -> None:
        assert send(api, product, valueType=value_type, value=value).value == value

    @pytest.mark.parametrize("value_type", ["currency", "numeric"])
    @pytest.mark.parametrize(
        "value",
        ["", " ", "x", "1,5", "$5", "5 ", " 5", "1_000", "٣", "NaN", "nan", "inf", "-Infinity", "1e1000",
         "0e1000", "0x10", "1e", "e1", ".", "+", "--1", "1.2.3", "true", "5\n"],
    )  # fmt: skip
    def test_it_refuses_what_is_no_number(self, value_type: str, value: str, api: Api, product: Product) -> None:
        response = api.post("events", happening(product, valueType=value_type, value=value))
        assert refused(response, 400, "invalid_value", "$.value")
        assert not Event.objects.exists()

    @pytest.mark.parametrize("value", ["1e400", "-1e309", "9" * 400])
    def test_it_refuses_a_number_that_is_too_large(self, value: str, api: Api, product: Product) -> None:
        response = api.post("events", happening(product, valueType="numeric", value=value))
        assert refused(response, 400, "number_too_large", "$.value")

    @pytest.mark.parametrize("value", ["", "True", "1", "yes", " true", "null"])
    def test_it_refuses_what_is_not_true_or_false(self, value: str, api: Api, product: Product) -> None:
        response = api.post("events", happening(product, valueType="boolean", value=value))
        assert refused(response, 400, "invalid_value", "$.value")

    def test_it_makes_users_and_organizations_on_first_mention(self, api: Api, product: Product) -> None:
        first = send(api, product, externalUserId="ann", externalOrganizationId="initech")
        assert first.participant is not None
        assert first.organization is not None
        assert (first.participant.external_id, first.organization.external_id) == ("ann", "initech")
        assert first.participant.organization_id == first.organization_id
        again = send(api, product, externalUserId="ann", externalOrganizationId="globex")
        assert again.participant == first.participant
        assert again.organization != first.organization
        # An event links both; it moves nobody.
        assert Participant.objects.get().organization_id == first.organization_id
        by_id = send(api, product, userId=str(first.participant_id), organizationId=str(first.organization_id))
        assert (by_id.participant, by_id.organization) == (first.participant, first.organization)
        both = send(
            api, product, userId=str(first.participant_id), externalUserId="ann",
            organizationId=str(first.organization_id), externalOrganizationId="initech",
        )  # fmt: skip
        assert (both.participant, both.organization) == (first.participant, first.organization)
        assert Participant.objects.count() == 1
        assert Organization.objects.count() == 2

    def test_it_links_a_conversation(self, api: Api, product: Product) -> None:
        conversation = tell(product, "Hello", externalConversationId="c1")
        by_id: Json = {"conversationId": str(conversation.id)}
        by_external_id: Json = {"externalConversationId": "c1"}
        for fields in (by_id, by_external_id, by_id | by_external_id):
            assert send(api, product, **fields).conversation_id == conversation.id

    def test_it_answers_404_to_a_link_that_is_not_there(self, api: Api, product: Product, owner: Member) -> None:
        tell(create_product(owner, name="Copilot"), "Hello", externalConversationId="elsewhere")
        absent: list[tuple[Json, str]] = [
            ({"conversationId": str(new_id())}, "$.conversationId"),
            ({"externalConversationId": "c1"}, "$.externalConversationId"),
            ({"externalConversationId": "elsewhere"}, "$.externalConversationId"),
            ({"userId": str(new_id())}, "$.userId"),
            ({"userId": str(new_id()), "externalUserId": "ann"}, "$.userId"),
            ({"organizationId": str(new_id())}, "$.organizationId"),
            ({"organizationId": str(new_id()), "externalUserId": "ann"}, "$.organizationId"),
            ({"productId": str(new_id())}, "$.productId"),
        ]
        for fields, path in absent:
            assert refused(api.post("events", happening(product, **fields)), 404, "not_found", path), fields
        assert Event.objects.count() == Organization.objects.count() == 0
        assert Participant.objects.count() == 1

    def test_it_refuses_ids_that_are_not_of_one_thing(self, api: Api, product: Product, owner: Member) -> None:
        conversation = tell(
            product, "Hello", externalConversationId="c1", externalUserId="ann", externalOrganizationId="initech"
        )
        elsewhere = tell(create_product(owner, name="Copilot"), "Hello")
        wrong: list[tuple[Json, str, str]] = [
            ({"conversationId": str(elsewhere.id)}, "conversation_mismatch", "$.conversationId"),
            (
                {"conversationId": str(conversation.id), "externalConversationId": "c2"},
                "conversation_mismatch",
                "$.conversationId",
            ),
            ({"userId": str(conversation.participant_id), "externalUserId": "bob"}, "user_mismatch", "$.userId"),
            (
                {"organizationId": str(conversation.organization_id), "externalOrganizationId": "x"},
                "organization_mismatch",
                "$.organizationId",
            ),
        ]
        for fields, code, path in wrong:
            assert refused(api.post("events", happening(product, **fields)), 400, code, path), fields
        assert not Event.objects.exists()

    def test_it_answers_200_with_the_first_event_to_a_known_insert_id(self, api: Api, product: Product) -> None:
        first = send(api, product, insertId="i1")
        # Whatever else is sent with it.
        again = send(
            api, product, 200, insertId="i1", value="other", externalUserId="ann", externalConversationId="nowhere"
        )
        assert again == first
        assert (again.value, again.participant) == ("pro", None)
        assert Event.objects.count() == 1
        assert not Participant.objects.exists()
        assert send(api, product, insertId="i2") != first

    def test_it_keeps_insert_ids_of_workspaces_apart(
        self, api: Api, strangers: Api, product: Product, stranger: Member
    ) -> None:
        first = send(api, product, insertId="i1")
        assert send(strangers, create_product(stranger, name="Globex bot"), insertId="i1") != first

    @pytest.mark.django_db(transaction=True)
    def test_it_keeps_one_of_fifty_at_once(self, server: str, api_key: str, product: Product) -> None:
        def act(number: int) -> tuple[int, str]:
            with sdk(server, api_key) as client:
                response = client.events.with_raw_response.create(
                    event_type="purchase", product_id=str(product.id), value=str(number), insert_id="i1",
                    external_user_id=f"user-{number % 3}", external_organization_id=f"organization-{number % 2}",
                )  # fmt: skip
                return response.status_code, response.parse().event_id

        answers = at_once(act)
        assert sorted(status for status, _ in answers) == [200] * (CLIENTS - 1) + [201]
        event = Event.objects.select_related("participant", "organization").get()
        assert {id for _, id in answers} == {str(event.id)}
        # What the others would have made with theirs was taken back with it.
        number = int(event.value)
        assert [each.external_id for each in Participant.objects.all()] == [f"user-{number % 3}"]
        assert [each.external_id for each in Organization.objects.all()] == [f"organization-{number % 2}"]


class TestDecision11:
    """Sampling: by the insert id when there is one, else by chance."""

    def sampled_out(self, response: Any) -> bool:
        assert response.status_code in {200, 201}
        body = response.json()
        is_out: bool = body == {"success": True, "sampledOut": True, "eventId": ""}
        assert is_out == (response.status_code == 200)
        return is_out

    def test_it_answers_stores_nothing_and_counts(self, api: Api, product: Product) -> None:
        body = happening(product, sampleRate=0, externalUserId="ann", externalOrganizationId="initech", insertId="i1")
        assert self.sampled_out(api.post("events", body))
        assert Event.objects.count() == Participant.objects.count() == Organization.objects.count() == 0
        counted = SampledOut.objects.aggregate(events=Sum("events"), messages=Sum("messages"))
        assert counted == {"events": 1, "messages": 0}
        assert SampledOut.objects.get().product_id == product.id

    def test_it_decides_by_the_insert_id(self, api: Api, product: Product) -> None:
        for number in range(20):
            insert_id = f"i{number}"
            for _ in range(2):
                response = api.post("events", happening(product, sampleRate=0.5, insertId=insert_id))
                assert (response.json()["eventId"] == "") is not is_kept(0.5, insert_id)
        kept = {f"i{number}" for number in range(20) if is_kept(0.5, f"i{number}")}
        assert set(Event.objects.values_list("insert_id", flat=True)) == kept
        assert 0 < len(kept) < 20

    def test_it_draws_without_an_insert_id(self, api: Api, product: Product) -> None:
        drawn = {self.sampled_out(api.post("events", happening(product, sampleRate=0.5))) for _ in range(40)}
        assert drawn == {True, False}

    def test_it_keeps_what_is_forced(self, api: Api, product: Product) -> None:
        send(api, product, sampleRate=0, forceSample=True)
        send(api, product, sampleRate=1)
        assert not SampledOut.objects.exists()

    def test_it_validates_what_it_drops(self, api: Api, product: Product) -> None:
        response = api.post("events", happening(product, sampleRate=0, valueType="numeric"))
        assert refused(response, 400, "invalid_value", "$.value")
        assert not SampledOut.objects.exists()


# What is wrong with it, and the path that the error names.
WRONG: list[tuple[Json, str]] = [
    ({"eventType": None}, "$.eventType"),
    ({"eventType": ""}, "$.eventType"),
    ({"eventType": 5}, "$.eventType"),
    ({"eventType": "x" * 256}, "$.eventType"),
    ({"eventType": "a\0"}, "$.eventType"),
    ({"productId": None}, "$.productId"),
    ({"productId": "helpbot"}, "$.productId"),
    ({"value": None}, "$.value"),
    ({"value": 99}, "$.value"),
    ({"value": "x" * 10_001}, "$.value"),
    ({"value": "a\0"}, "$.value"),
    ({"valueType": "count"}, "$.valueType"),
    ({"valueType": ""}, "$.valueType"),
    ({"influence": "good"}, "$.influence"),
    ({"influence": 1}, "$.influence"),
    ({"qualityImpactScore": 1.1}, "$.qualityImpactScore"),
    ({"qualityImpactScore": -2}, "$.qualityImpactScore"),
    ({"qualityImpactScore": "1"}, "$.qualityImpactScore"),
    ({"eventAt": "yesterday"}, "$.eventAt"),
    ({"eventAt": 1_700_000_000}, "$.eventAt"),
    ({"eventAt": "1969-12-31"}, "$.eventAt"),
    ({"eventAt": "2999-01-01"}, "$.eventAt"),
    ({"userId": "ann"}, "$.userId"),
    ({"externalUserId": ""}, "$.externalUserId"),
    ({"externalUserId": "a\n"}, "$.externalUserId"),
    ({"organizationId": "initech"}, "$.organizationId"),
    ({"externalOrganizationId": "x" * 256}, "$.externalOrganizationId"),
    ({"conversationId": "c1"}, "$.conversationId"),
    ({"externalConversationId": "\x7f"}, "$.externalConversationId"),
    ({"properties": []}, "$.properties"),
    ({"properties": {str(n): n for n in range(101)}}, "$.properties"),
    ({"properties": {"x" * 201: 1}}, "$.properties"),
    ({"properties": {"a": {"b": "\0"}}}, "$.properties.a.b"),
    ({"insertId": ""}, "$.insertId"),
    ({"insertId": "x" * 256}, "$.insertId"),
    ({"insertId": "a\tb"}, "$.insertId"),
    ({"sampleRate": 1.1}, "$.sampleRate"),
    ({"sampleRate": "0.5"}, "$.sampleRate"),
    ({"forceSample": "yes"}, "$.forceSample"),
]


@pytest.mark.parametrize(("fields", "path"), WRONG, ids=range(len(WRONG)))
def test_it_refuses_and_names_the_field(fields: Json, path: str, api: Api, product: Product) -> None:
    response = api.post("events", happening(product, **fields))
    body = response.json()
    assert (response.status_code, body["success"], body["path"]) == (400, False, path), body
    assert Event.objects.count() == Participant.objects.count() == 0


@pytest.mark.parametrize("body", [b"null", b"[]", b"{", b'{"qualityImpactScore": NaN}', b"[" * 100_000])
def test_it_refuses_what_is_no_object(body: bytes, api: Api) -> None:
    response = api.post("events", body)
    assert (response.status_code, response.json()["success"]) == (400, False)


class TestReach:
    """Which events a key may tell of."""

    def test_it_tells_the_stranger_nothing(self, api: Api, strangers: Api, product: Product, stranger: Member) -> None:
        theirs = create_product(stranger, name="Globex bot")
        conversation = tell(product, "Hello", externalConversationId="c1", externalOrganizationId="initech")

        def answer(product_id: object, fields: Json) -> bytes:
            response = strangers.post("events", happening(theirs, **{"productId": str(product_id), **fields}))
            assert response.status_code == 404
            content: bytes = response.content.replace(response.json()["requestId"].encode(), b"")
            return content

        assert answer(product.id, {}) == answer(new_id(), {})
        for name, id in (
            ("conversationId", conversation.id),
            ("userId", conversation.participant_id),
            ("organizationId", conversation.organization_id),
        ):
            assert answer(theirs.id, {name: str(id)}) == answer(theirs.id, {name: str(new_id())})
        absent = {"externalConversationId": "nowhere"}
        assert answer(theirs.id, {"externalConversationId": "c1"}) == answer(theirs.id, absent)
        assert not Event.objects.exists()

    def test_it_holds_a_key_to_its_products(self, narrowed: Api, product: Product, development: Product) -> None:
        out_of_reach = narrowed.post("events", happening(product))
        assert (out_of_reach.status_code, out_of_reach.json()["code"]) == (403, "product_out_of_reach")
        conversation = tell(product, "Hello", externalConversationId="c1")
        for fields in ({"conversationId": str(conversation.id)}, {"externalConversationId": "c1"}):
            assert narrowed.post("events", happening(development, **fields)).status_code == 404
        # Users are the workspace's.
        event = send(narrowed, development, userId=str(conversation.participant_id))
        assert event.participant_id == conversation.participant_id

    @pytest.mark.parametrize(("scope", "status"), [("all", 201), ("ingest", 201), ("read", 403)])
    def test_it_holds_a_key_to_its_scope(self, scope: Scope, status: int, owner: Member, product: Product) -> None:
        key = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
        assert key.post("events", happening(product)).status_code == status
        assert Api(None).post("events", {}).status_code == 401
        assert key.get("events").status_code == 405

    def test_it_knows_a_product_made_a_moment_ago(
        self, api: Api, owner: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
        api.get("products")  # what the key may be used for is remembered from here on
        send(api, create_product(owner, name="New"))

    def test_it_answers_404_to_a_product_deleted_a_moment_ago(
        self, api: Api, owner: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
        gone = create_product(owner, name="Gone")
        api.get("products")
        body = happening(gone)
        gone.delete()
        assert refused(api.post("events", body), 404, "not_found", "$.productId")
        assert not Event.objects.exists()


class TestRetries:
    """An event that is sent again is kept once (Decision 4)."""

    RETRY = {"X-Stainless-Retry-Count": "1"}

    def test_it_keeps_one_of_a_request_and_its_retries(self, api: Api, product: Product) -> None:
        first = api.post("events", happening(product))
        for count in ("1", "2"):
            again = api.post("events", happening(product), **{"X-Stainless-Retry-Count": count})
            assert (again.status_code, again.content) == (201, first.content)
        assert Event.objects.count() == 1

    def test_it_keeps_a_retry_whose_first_try_never_came(self, api: Api, product: Product) -> None:
        assert api.post("events", happening(product), **self.RETRY).status_code == 201
        assert Event.objects.count() == 1

    def test_it_keeps_what_is_sent_twice_on_purpose_or_differs(self, api: Api, product: Product) -> None:
        for value, headers in (("a", {}), ("a", {}), ("b", self.RETRY)):
            api.post("events", happening(product, value=value), **headers)
        assert Event.objects.count() == 3

    def test_it_does_not_sample_out_what_was_kept(self, api: Api, product: Product) -> None:
        body = happening(product, sampleRate=0.5)
        answers = [api.post("events", body).json()["eventId"] for _ in range(30)]
        assert set(answers) > {""}
        for _ in range(12):
            assert api.post("events", body, **self.RETRY).json()["eventId"] in set(answers) - {""}

    def test_it_forgets_after_three_minutes(self, api: Api, product: Product) -> None:
        api.post("events", happening(product))
        Event.objects.update(created_at=timezone.now() - timedelta(minutes=3, seconds=1))
        api.post("events", happening(product), **self.RETRY)
        assert Event.objects.count() == 2

    def test_it_gives_a_retry_of_an_insert_id_the_first_event(self, api: Api, product: Product) -> None:
        first = api.post("events", happening(product, insertId="i1"))
        again = api.post("events", happening(product, insertId="i1"), **self.RETRY)
        assert (again.status_code, again.content) == (200, first.content)

    def test_it_answers_the_same_under_one_idempotency_key(self, api: Api, product: Product) -> None:
        first, again = (api.post("events", happening(product), **{"Idempotency-Key": "k"}) for _ in range(2))
        assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
        assert Event.objects.count() == 1
        reused = api.post("events", happening(product, value="b"), **{"Idempotency-Key": "k"})
        assert (reused.status_code, reused.json()["code"]) == (400, "idempotency_key_reused")

    @pytest.mark.django_db(transaction=True)
    def test_it_waits_for_a_first_try_that_is_on_its_way(self, server: str, api_key: str, product: Product) -> None:
        def act(number: int) -> str:
            with sdk(server, api_key) as client:
                return client.events.create(
                    event_type="purchase", product_id=str(product.id), value="pro",
                    extra_headers={"X-Stainless-Retry-Count": str(min(number, 2))},
                ).event_id  # fmt: skip

        told = set(at_once(act))
        # The one that says it is the first may come after a retry, and then is an event of its own.
        assert len(told) <= 2
        assert {str(id) for id in Event.objects.values_list("id", flat=True)} == told


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_round_trip(api: Api, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    conversation = tell(product, "Hello", externalConversationId="c1")
    api.get("products")  # the key is known from here on
    several: list[Json] = [
        {},
        {"externalUserId": "new", "externalOrganizationId": "new", "externalConversationId": "c1"},
        {"userId": str(conversation.participant_id), "conversationId": str(conversation.id), "insertId": "i1"},
        {"insertId": "i1"},
        {"sampleRate": 0},
    ]
    for fields in several:
        with executed() as statements:
            assert api.post("events", happening(product, **fields)).status_code in {200, 201}
        assert len(statements) == 1, statements


@pytest.mark.django_db(transaction=True)
class TestOfficialClient:
    """The SDK against the real server, its answers checked strictly."""

    def test_it_tells_of_events(self, server: str, api_key: str, product: Product) -> None:
        conversation: Conversation = tell(product, "Hello", externalConversationId="c1")
        common: Any = {"event_type": "purchase", "product_id": str(product.id)}
        with sdk(server, api_key) as client:
            made = client.events.create(
                **common, value="99.00", value_type="currency", influence="positive", quality_impact_score=0.5,
                event_at=datetime(2025, 1, 31, tzinfo=UTC), conversation_id=str(conversation.id),
                external_user_id="a/b", external_organization_id="initech", properties={"a": 1}, insert_id="i1",
                sample_rate=0.5, force_sample=True,
            )  # fmt: skip
            assert made.success
            assert client.events.create(**common, value="again", insert_id="i1").event_id == made.event_id
            assert client.events.create(**common, value="pro", sample_rate=0).event_id == ""
            assert Event.objects.get().event_at == datetime(2025, 1, 31, tzinfo=UTC)
            wrong: list[tuple[Callable[[], Any], type[Exception]]] = [
                (lambda: client.events.create(**common, value="x", conversation_id=str(new_id())), NotFoundError),
                (lambda: client.events.create(**common, value="x", value_type="numeric"), BadRequestError),
            ]
            for act, error in wrong:
                with pytest.raises(error):
                    act()

    def test_it_serves_the_asynchronous_client(self, server: str, api_key: str, product: Product) -> None:
        async def talk() -> None:
            async with async_sdk(server, api_key) as client:
                made = await client.events.create(
                    event_type="churn", product_id=str(product.id), value="true", value_type="boolean",
                    influence="negative",
                )  # fmt: skip
                assert made.event_id

        asyncio.run(talk())
        assert Event.objects.get().quality_impact_score == -1
