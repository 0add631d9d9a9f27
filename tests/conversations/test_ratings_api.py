"""POST /ratings, and where ratings show (Decision 9)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from greenflash import BadRequestError, NotFoundError

from conversations.models import Conversation, Message, Rating
from greenflash_site.api import auth
from products.actions import create_api_key, create_product
from products.models import Member, Product, Scope
from products.models.ids import new_id
from tests.conftest import Api, async_sdk, sdk, tell
from tests.conversations.bodies import known
from tests.conversations.clients import CLIENTS, at_once
from tests.conversations.round_trips import executed, rows_fetched

type Json = dict[str, Any]
SHOWN = ("rating", "ratingMin", "ratingMax", "feedback")
# What no two rows have in common.
OWN = {"id", "external_id"}
UNRATED = dict.fromkeys(SHOWN)


@pytest.fixture
def conversation(product: Product) -> Conversation:
    """Two messages under one external id."""
    return tell(product, known("m1"), known("m2"), externalConversationId="c1")


@pytest.fixture
def copilot(owner: Member) -> Product:
    """Acme's other product."""
    return create_product(owner, name="Copilot")


def stars(value: float, **fields: Any) -> Json:
    """A body that gives 1 to 5 stars."""
    return {"rating": value, "ratingMin": 1, "ratingMax": 5, **fields}


def _copied(row: Conversation | Message) -> Json:
    """The columns of another row like this one."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields if field.name not in OWN}


def rate(api: Api, value: float, **fields: Any) -> None:
    response = api.post("ratings", stars(value, **fields))
    assert (response.status_code, response.json()) == (201, {"success": True})


def shown(api: Api, conversation: Conversation) -> Json:
    """The rating of a conversation, which its list and its page tell alike."""
    detail = api.get(f"interactions/{conversation.id}").json()
    (listed,) = [item for item in api.get("interactions").json() if item["id"] == str(conversation.id)]
    told = {name: detail[name] for name in SHOWN}
    assert {name: listed[name] for name in SHOWN} == told
    return told


def shown_by_messages(api: Api, conversation: Conversation) -> list[Json]:
    messages = api.get(f"interactions/{conversation.id}").json()["messages"]
    return [{name: message[name] for name in SHOWN} for message in messages]


def refused(response: Any, status: int, code: str, path: str) -> bool:
    body = response.json()
    return (response.status_code, body["code"], body["path"]) == (status, code, path)


class TestDecision9:
    """Every rating is kept; the latest by `ratedAt` is shown."""

    def test_it_shows_the_rating_of_a_conversation(self, api: Api, conversation: Conversation) -> None:
        assert shown(api, conversation) == UNRATED
        rate(api, 4, conversationId=str(conversation.id), feedback="Good")
        assert shown(api, conversation) == {"rating": 4, "ratingMin": 1, "ratingMax": 5, "feedback": "Good"}
        conversation.refresh_from_db()
        assert conversation.rating_normalized == 0.75
        kept = Rating.objects.get()
        assert (kept.normalized, kept.message_id, kept.rated_at) == (0.75, None, conversation.rated_at)
        assert conversation.updated_at > conversation.created_at

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_it_shows_the_latest_in_whatever_order_they_arrive(
        self, order: tuple[int, ...], api: Api, conversation: Conversation
    ) -> None:
        days = ["2025-01-29", "2025-01-30T09:30:00+05:30", "2025-01-31T09:30:00"]
        for number in order:
            rate(api, number + 1, conversationId=str(conversation.id), ratedAt=days[number], feedback=f"n{number}")
        assert (shown(api, conversation)["rating"], shown(api, conversation)["feedback"]) == (3, "n2")
        assert sorted(Rating.objects.values_list("value", flat=True)) == [1, 2, 3]
        conversation.refresh_from_db()
        assert conversation.rated_at == datetime(2025, 1, 31, 9, 30, tzinfo=UTC)

    def test_it_shows_the_last_of_one_time(self, api: Api, conversation: Conversation) -> None:
        for value in (5, 1, 3):
            rate(api, value, conversationId=str(conversation.id), ratedAt="2025-01-31")
        assert shown(api, conversation) == {"rating": 3, "ratingMin": 1, "ratingMax": 5, "feedback": None}

    def test_it_takes_the_time_of_arrival(self, api: Api, conversation: Conversation) -> None:
        before = timezone.now()
        rate(api, 1, conversationId=str(conversation.id), ratedAt=None, feedback=None)
        assert before <= Rating.objects.get().rated_at <= timezone.now()
        rate(api, 2, conversationId=str(conversation.id), ratedAt=(before - timedelta(days=1)).isoformat())
        assert shown(api, conversation)["rating"] == 1

    def test_it_shows_a_messages_rating_by_the_message(self, api: Api, conversation: Conversation) -> None:
        message = Message.objects.get(external_id="m2")
        rate(api, 2, messageId=str(message.id), ratedAt="2025-01-31", feedback="Hm")
        rate(api, 5, externalMessageId="m2", ratedAt="2025-01-30")
        assert shown(api, conversation) == UNRATED
        rated = {"rating": 2, "ratingMin": 1, "ratingMax": 5, "feedback": "Hm"}
        assert shown_by_messages(api, conversation) == [UNRATED, rated]
        assert set(Rating.objects.values_list("message_id", "conversation_id")) == {(message.id, conversation.id)}

    def test_it_lets_the_message_win_when_both_are_named(self, api: Api, conversation: Conversation) -> None:
        message = str(Message.objects.get(external_id="m1").id)
        both: list[Json] = [
            {"messageId": message, "conversationId": str(conversation.id)},
            {"messageId": message, "externalConversationId": "c1", "externalMessageId": "m1"},
            {"externalMessageId": "m1", "externalConversationId": "c1"},
            {"externalMessageId": "m1", "conversationId": str(conversation.id), "externalConversationId": "c1"},
        ]
        for target in both:
            rate(api, 3, **target)
        assert shown(api, conversation) == UNRATED
        assert Rating.objects.filter(message_id=message).count() == len(both)

    def test_it_refuses_two_targets_that_are_not_together(self, api: Api, product: Product, copilot: Product) -> None:
        here = tell(product, known("m1"), externalConversationId="c1")
        there = tell(copilot, known("m2"), externalConversationId="c2")
        m1, m2 = (str(Message.objects.get(external_id=id).id) for id in ("m1", "m2"))
        message = "message_mismatch", "$.messageId"
        conversation = "conversation_mismatch", "$.conversationId"
        wrong: list[tuple[Json, tuple[str, str]]] = [
            ({"messageId": m1, "conversationId": str(there.id)}, message),
            ({"messageId": m1, "externalConversationId": "c2"}, message),
            ({"messageId": m1, "externalMessageId": "m2"}, message),
            ({"messageId": m1, "productId": str(copilot.id)}, message),
            ({"messageId": m2, "productId": str(product.id)}, message),
            ({"conversationId": str(here.id), "externalConversationId": "c2"}, conversation),
            ({"conversationId": str(here.id), "productId": str(copilot.id)}, conversation),
            ({"conversationId": str(here.id), "externalMessageId": "m1", "productId": str(copilot.id)}, conversation),
        ]
        for target, (code, path) in wrong:
            assert refused(api.post("ratings", stars(3, **target)), 400, code, path), target
        assert not Rating.objects.exists()

    def test_it_refuses_no_target(self, api: Api, conversation: Conversation) -> None:
        for target in ({}, {"productId": str(conversation.product_id)}, {"conversationId": None, "messageId": None}):
            assert refused(api.post("ratings", stars(3, **target)), 400, "invalid_value", "$")

    def test_it_answers_404_to_a_target_that_is_not_there(self, api: Api, conversation: Conversation) -> None:
        inside = {"conversationId": str(conversation.id)}
        absent: list[tuple[Json, str]] = [
            ({"conversationId": str(new_id())}, "$.conversationId"),
            ({"externalConversationId": "c2"}, "$.externalConversationId"),
            ({"messageId": str(new_id())}, "$.messageId"),
            ({"externalMessageId": "m3"}, "$.externalMessageId"),
            ({"externalMessageId": "m3", **inside}, "$.externalMessageId"),
            ({"messageId": str(new_id()), **inside}, "$.messageId"),
            ({"externalMessageId": "m1", "externalConversationId": "c2"}, "$.externalConversationId"),
            ({"messageId": str(conversation.id)}, "$.messageId"),
            ({**inside, "productId": str(new_id())}, "$.productId"),
        ]
        for target, path in absent:
            assert refused(api.post("ratings", stars(3, **target)), 404, "not_found", path), target
        assert not Rating.objects.exists()

    def test_it_asks_which_is_meant_where_several_are(
        self, api: Api, conversation: Conversation, copilot: Product
    ) -> None:
        tell(copilot, known("m1"), externalConversationId="c1")
        several: list[tuple[Json, str]] = [
            ({"externalConversationId": "c1"}, "conversation_ambiguous"),
            ({"externalMessageId": "m1", "externalConversationId": "c1"}, "conversation_ambiguous"),
            ({"externalMessageId": "m1"}, "message_ambiguous"),
        ]
        for target, code in several:
            response = api.post("ratings", stars(3, **target))
            assert (response.status_code, response.json()["code"]) == (400, code)
            rate(api, 3, **target, productId=str(conversation.product_id))
        assert set(Rating.objects.values_list("conversation_id", flat=True)) == {conversation.id}
        for _ in range(3):
            tell(copilot, known("m1"))
        response = api.post("ratings", stars(3, externalMessageId="m1", productId=str(copilot.id)))
        assert refused(response, 400, "message_ambiguous", "$.externalMessageId")

    @pytest.mark.parametrize("is_analyzed", [False, True])
    @pytest.mark.django_db(transaction=True)
    def test_it_reads_few_of_thousands_that_are_called_alike(
        self, api: Api, product: Product, *, is_analyzed: bool
    ) -> None:
        """Somebody numbers the messages of each conversation."""
        first = tell(product, known("1"), externalConversationId="c")
        others = [Conversation(**_copied(first), external_id=f"c{number}") for number in range(5_000)]
        Conversation.objects.bulk_create(others)
        message = first.messages.get()
        Message.objects.bulk_create(
            Message(**{**_copied(message), "conversation_id": each.id}, external_id="1") for each in others
        )
        if is_analyzed:
            with connection.cursor() as cursor:
                cursor.execute("analyze")
        before = rows_fetched(Conversation, Message)
        response = api.post("ratings", stars(3, externalMessageId="1"))
        assert refused(response, 400, "message_ambiguous", "$.externalMessageId")
        # Two and their conversations; those of a page of messages where the index is read into a bitmap.
        assert rows_fetched(Conversation, Message) - before < 500

    @pytest.mark.parametrize(
        ("value", "low", "high", "normalized"),
        [
            (0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 5, 0), (5, 1, 5, 1), (-1, -1, 1, 0), (0.5, 0, 1, 0.5), (7, 0, 10, 0.7),
            (0.0, -1e308, 1e308, 0.5), (1e308, -1e308, 1e308, 1), (5e-324, 0, 5e-324, 1), (0, 0, 5e-324, 0),
            (2**53, 0, 2**53, 1), (-0.0, 0, 1, 0),
        ],
    )  # fmt: skip
    def test_it_keeps_the_scale_and_reads_it_as_0_to_1(
        self, value: float, low: float, high: float, normalized: float, api: Api, conversation: Conversation
    ) -> None:
        body = {"rating": value, "ratingMin": low, "ratingMax": high, "conversationId": str(conversation.id)}
        assert api.post("ratings", body).status_code == 201
        assert shown(api, conversation) == {"rating": value, "ratingMin": low, "ratingMax": high, "feedback": None}
        conversation.refresh_from_db()
        assert conversation.rating_normalized == Rating.objects.get().normalized == normalized

    @pytest.mark.django_db(transaction=True)
    def test_it_shows_the_latest_of_ratings_that_race(
        self, server: str, api_key: str, conversation: Conversation
    ) -> None:
        first = datetime(2025, 1, 31, tzinfo=UTC)

        def act(number: int) -> None:
            with sdk(server, api_key) as client:
                for turn in range(5):
                    at = (first + timedelta(minutes=(number * 7 + turn * 13) % 100)).isoformat()
                    logged = client.ratings.log(
                        product_id=str(conversation.product_id), conversation_id=str(conversation.id), rating=number,
                        rating_min=0, rating_max=CLIENTS, feedback=at, rated_at=at,
                    )  # fmt: skip
                    assert logged.success

        at_once(act)
        assert Rating.objects.count() == 5 * CLIENTS
        conversation.refresh_from_db()
        latest = Rating.objects.order_by("-rated_at")[0]
        assert conversation.rated_at == latest.rated_at
        assert conversation.feedback == latest.rated_at.isoformat()
        assert conversation.rating in Rating.objects.filter(rated_at=latest.rated_at).values_list("value", flat=True)
        assert conversation.message_count == 2


# What is wrong with it, and the path that the error names.
WRONG: list[tuple[Json, str]] = [
    ({"rating": None}, "$.rating"),
    ({"rating": "5"}, "$.rating"),
    ({"rating": True}, "$.rating"),
    ({"rating": [5]}, "$.rating"),
    ({"rating": 0.99}, "$.rating"),
    ({"rating": 5.01}, "$.rating"),
    ({"ratingMin": None}, "$.ratingMin"),
    ({"ratingMin": "1"}, "$.ratingMin"),
    ({"ratingMin": 5}, "$.ratingMin"),
    ({"ratingMin": 6}, "$.ratingMin"),
    ({"ratingMax": None}, "$.ratingMax"),
    ({"ratingMax": {}}, "$.ratingMax"),
    ({"productId": "helpbot"}, "$.productId"),
    ({"conversationId": "c1"}, "$.conversationId"),
    ({"conversationId": 5}, "$.conversationId"),
    ({"externalConversationId": ""}, "$.externalConversationId"),
    ({"externalConversationId": "x" * 256}, "$.externalConversationId"),
    ({"externalConversationId": "c\n1"}, "$.externalConversationId"),
    ({"messageId": "m1"}, "$.messageId"),
    ({"externalMessageId": ""}, "$.externalMessageId"),
    ({"externalMessageId": "m\0"}, "$.externalMessageId"),
    ({"feedback": 5}, "$.feedback"),
    ({"feedback": "x" * 1_000_001}, "$.feedback"),
    ({"feedback": "a\0"}, "$.feedback"),
    ({"ratedAt": "yesterday"}, "$.ratedAt"),
    ({"ratedAt": ""}, "$.ratedAt"),
    ({"ratedAt": 1_700_000_000}, "$.ratedAt"),
    ({"ratedAt": "1969-12-31"}, "$.ratedAt"),
    ({"ratedAt": "2999-01-01"}, "$.ratedAt"),
    ({"ratedAt": "0001-01-01T00:00:00+14:00"}, "$.ratedAt"),
]


@pytest.mark.parametrize(("fields", "path"), WRONG, ids=range(len(WRONG)))
def test_it_refuses_and_names_the_field(fields: Json, path: str, api: Api, conversation: Conversation) -> None:
    response = api.post("ratings", {**stars(3, conversationId=str(conversation.id)), **fields})
    body = response.json()
    assert (response.status_code, body["success"], body["path"]) == (400, False, path), body
    assert not Rating.objects.exists()


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"{", b'{"rating": NaN}', b'{"rating": 1e400}', b'{"rating": Infinity}', b"[" * 100_000]
)
def test_it_refuses_what_is_no_object_and_no_number(body: bytes, api: Api) -> None:
    response = api.post("ratings", body)
    assert (response.status_code, response.json()["success"]) == (400, False)


def test_it_keeps_feedback_as_it_was_said(api: Api, conversation: Conversation) -> None:
    for text in ("<script>", "%s %(rating)s", "👩‍👧", "\u202eabc", "a\r\nb", "x" * 1_000_000):
        rate(api, 3, conversationId=str(conversation.id), feedback=text)
        assert shown(api, conversation)["feedback"] == text


class TestReach:
    """What a key may rate."""

    def targets(self, conversation: Conversation) -> list[Json]:
        """Every way to name what is in a conversation."""
        message = str(conversation.messages.order_by("position")[0].id)
        return [
            {"conversationId": str(conversation.id)},
            {"externalConversationId": "c1"},
            {"messageId": message},
            {"externalMessageId": "m1"},
            {"messageId": message, "conversationId": str(conversation.id)},
            {"externalMessageId": "m1", "externalConversationId": "c1"},
        ]

    def test_it_tells_the_stranger_nothing(self, strangers: Api, conversation: Conversation) -> None:
        def answer(target: Json) -> bytes:
            response = strangers.post("ratings", stars(3, **target))
            assert response.status_code == 404
            content: bytes = response.content.replace(response.json()["requestId"].encode(), b"")
            return content

        random: Json = {
            "conversationId": str(new_id()), "messageId": str(new_id()),
            "externalConversationId": "nowhere", "externalMessageId": "nothing",
        }  # fmt: skip
        for target in self.targets(conversation):
            assert answer(target) == answer({name: random[name] for name in target})
        product = {"productId": str(conversation.product_id)}
        assert answer({**self.targets(conversation)[0], **product}) == answer(
            {**self.targets(conversation)[0], "productId": str(new_id())}
        )
        assert not Rating.objects.exists()

    def test_it_is_not_misled_by_a_strangers_message_of_the_same_id(
        self, api: Api, strangers: Api, stranger: Member, conversation: Conversation
    ) -> None:
        theirs = tell(create_product(stranger, name="Globex bot"), known("m1"), externalConversationId="c1")
        rate(api, 3, externalMessageId="m1")
        rate(strangers, 5, externalMessageId="m1")
        assert set(Rating.objects.values_list("conversation_id", "value")) == {(conversation.id, 3), (theirs.id, 5)}

    def test_it_holds_a_key_to_its_products(
        self, narrowed: Api, conversation: Conversation, development: Product
    ) -> None:
        for target in self.targets(conversation):
            assert narrowed.post("ratings", stars(3, **target)).status_code == 404
            named = narrowed.post("ratings", stars(3, **target, productId=str(conversation.product_id)))
            assert (named.status_code, named.json()["code"]) == (403, "product_out_of_reach")
        # By their own ids those within reach are the only ones there are.
        reached = tell(development, known("m1"), externalConversationId="c1")
        for target in self.targets(reached):
            rate(narrowed, 3, **target)
        assert set(Rating.objects.values_list("conversation_id", flat=True)) == {reached.id}

    @pytest.mark.parametrize(("scope", "status"), [("all", 201), ("ingest", 201), ("read", 403)])
    def test_it_holds_a_key_to_its_scope(
        self, scope: Scope, status: int, owner: Member, conversation: Conversation
    ) -> None:
        key = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
        assert key.post("ratings", stars(3, conversationId=str(conversation.id))).status_code == status
        assert Api(None).post("ratings", {}).status_code == 401
        assert key.get("ratings").status_code == 405

    def test_it_knows_a_product_made_a_moment_ago(
        self, api: Api, owner: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
        for number, name in enumerate(("conversationId", "externalConversationId", "externalMessageId")):
            api.get("products")  # what the key may be used for is remembered from here on
            conversation = tell(
                create_product(owner, name=f"New {number}"), known(f"n{number}"), externalConversationId=f"n{number}"
            )
            rate(api, 3, **{name: str(conversation.id) if name == "conversationId" else f"n{number}"})


class TestRetries:
    """A rating that is sent again is kept once (Decision 4)."""

    RETRY = {"X-Stainless-Retry-Count": "1"}

    def test_it_keeps_one_of_a_request_and_its_retries(self, api: Api, conversation: Conversation) -> None:
        body = stars(3, conversationId=str(conversation.id))
        answers = [api.post("ratings", body), api.post("ratings", body, **self.RETRY)]
        answers.append(api.post("ratings", body, **{"X-Stainless-Retry-Count": "2"}))
        assert {(answer.status_code, answer.content) for answer in answers} == {(201, b'{"success":true}')}
        assert Rating.objects.count() == 1

    def test_it_keeps_a_retry_whose_first_try_never_came(self, api: Api, conversation: Conversation) -> None:
        assert api.post("ratings", stars(3, externalConversationId="c1"), **self.RETRY).status_code == 201
        assert Rating.objects.count() == 1

    def test_it_keeps_what_is_sent_twice_on_purpose_or_differs(self, api: Api, conversation: Conversation) -> None:
        for value, headers in ((3, {}), (3, {}), (4, self.RETRY)):
            api.post("ratings", stars(value, externalConversationId="c1"), **headers)
        assert Rating.objects.count() == 3

    def test_it_forgets_after_three_minutes(self, api: Api, conversation: Conversation) -> None:
        body = stars(3, conversationId=str(conversation.id))
        api.post("ratings", body)
        Rating.objects.update(created_at=timezone.now() - timedelta(minutes=3, seconds=1))
        api.post("ratings", body, **self.RETRY)
        assert Rating.objects.count() == 2

    def test_it_answers_the_same_under_one_idempotency_key(self, api: Api, conversation: Conversation) -> None:
        body = stars(3, conversationId=str(conversation.id))
        for _ in range(2):
            response = api.post("ratings", body, **{"Idempotency-Key": "k"})
            assert (response.status_code, response.content) == (201, b'{"success":true}')
        assert Rating.objects.count() == 1
        reused = api.post("ratings", {**body, "rating": 4}, **{"Idempotency-Key": "k"})
        assert (reused.status_code, reused.json()["code"]) == (400, "idempotency_key_reused")

    @pytest.mark.django_db(transaction=True)
    def test_it_waits_for_a_first_try_that_is_on_its_way(
        self, server: str, api_key: str, conversation: Conversation
    ) -> None:
        def act(number: int) -> bool:
            with sdk(server, api_key) as client:
                return client.ratings.log(
                    product_id=str(conversation.product_id), external_conversation_id="c1", rating=3, rating_min=1,
                    rating_max=5, extra_headers={"X-Stainless-Retry-Count": str(min(number, 2))},
                ).success  # fmt: skip

        assert all(at_once(act))
        # The one that says it is the first may come after a retry, and then is a rating of its own.
        assert Rating.objects.count() <= 2


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_round_trip(api: Api, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    api.get("products")  # the key is known from here on
    message = str(Message.objects.get(external_id="m1").id)
    targets: list[Json] = [
        {"conversationId": str(conversation.id)}, {"externalConversationId": "c1"}, {"messageId": message},
        {"externalMessageId": "m1"}, {"externalMessageId": "m1", "productId": str(conversation.product_id)},
    ]  # fmt: skip
    for target in targets:
        with executed() as statements:
            rate(api, 3, **target)
        assert len(statements) == 1, statements


@pytest.mark.django_db(transaction=True)
class TestOfficialClient:
    """The SDK against the real server, its answers checked strictly."""

    def test_it_rates(self, server: str, api_key: str, conversation: Conversation) -> None:
        scale: Any = {"product_id": str(conversation.product_id), "rating_min": 1, "rating_max": 5}
        with sdk(server, api_key) as client:
            assert client.ratings.log(conversation_id=str(conversation.id), rating=4, feedback="Good", **scale).success
            assert client.ratings.log(external_message_id="m1", rating=2, rated_at="2025-01-31", **scale).success
            detail = client.interactions.get(str(conversation.id))
            assert (detail.rating, detail.rating_min, detail.rating_max, detail.feedback) == (4, 1, 5, "Good")
            assert client.interactions.list()[0].rating == 4
            wrong: list[tuple[Callable[[], Any], type[Exception]]] = [
                (lambda: client.ratings.log(conversation_id=str(new_id()), rating=4, **scale), NotFoundError),
                (lambda: client.ratings.log(conversation_id=str(conversation.id), rating=6, **scale), BadRequestError),
                (lambda: client.ratings.log(rating=4, **scale), BadRequestError),
            ]
            for act, error in wrong:
                with pytest.raises(error):
                    act()

    def test_it_serves_the_asynchronous_client(self, server: str, api_key: str, conversation: Conversation) -> None:
        async def talk() -> None:
            async with async_sdk(server, api_key) as client:
                logged = await client.ratings.log(
                    product_id=str(conversation.product_id), external_conversation_id="c1", rating=0.5, rating_min=0,
                    rating_max=1, rated_at=datetime(2025, 1, 31, tzinfo=UTC),
                )  # fmt: skip
                assert logged.success
                assert (await client.interactions.get(str(conversation.id))).rating == 0.5

        asyncio.run(talk())
