"""POST, PUT and GET /users: upserts, merging, anonymising (Decision 8), and ids of any shape in paths (Decision 5)."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from greenflash import BadRequestError, Greenflash, NotFoundError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.models import Organization, Participant
from greenflash_site.api import auth
from products.actions import create_api_key
from products.models import Member, Product, Scope, Workspace
from products.models.ids import new_id
from tests.conftest import Api, async_sdk, sdk, tell
from tests.conversations.clients import CLIENTS, at_once
from tests.conversations.round_trips import executed, plan_by_index

type Json = dict[str, Any]
FIELDS = {
    "id", "externalId", "name", "email", "phone", "anonymized", "organizationId", "externalOrganizationId",
    "properties", "createdAt", "updatedAt",
}  # fmt: skip
ANN: Json = {"name": "Ann", "email": "ann@initech.example", "phone": "+49 221 1234", "properties": {"plan": "pro"}}


def user(response: Any, status: int = 200) -> Json:
    """The user an answer tells of."""
    body = response.json()
    assert response.status_code == status, body
    assert body.keys() == {"success", "participant"}
    assert body["success"] is True
    told: Json = body["participant"]
    assert told.keys() == FIELDS
    return told


def said(told: Json) -> Json:
    """What may be said of a user."""
    return {
        name: told[name] for name in ("name", "email", "phone", "properties", "anonymized", "externalOrganizationId")
    }


def send(api: Api, external_id: str = "ann", status: int = 200, **fields: Any) -> Json:
    """The user that a POST makes or changes."""
    return user(api.post("users", {"externalUserId": external_id, **fields}), status)


class TestDecision8:
    """Upserts set what is sent; properties merge; who is anonymised stays so."""

    def test_it_makes_a_user_and_then_changes_it(self, api: Api) -> None:
        made = send(api, status=201, **ANN)
        assert said(made) == {**ANN, "anonymized": False, "externalOrganizationId": None}
        changed = send(api, name="Ann B.", properties={"plan": None, "seats": 3})
        assert said(changed) == {**said(made), "name": "Ann B.", "properties": {"seats": 3}}
        assert (changed["id"], changed["createdAt"]) == (made["id"], made["createdAt"])
        assert changed["updatedAt"] > made["updatedAt"]
        assert said(user(api.put("users/ann", {"phone": "1"}))) == {**said(changed), "phone": "1"}

    @pytest.mark.parametrize("fields", [{}, ANN, {"properties": {"gone": None}}, {"anonymized": False}])
    def test_it_touches_nothing_when_nothing_is_new(self, fields: Json, api: Api) -> None:
        made = send(api, status=201, **ANN, externalOrganizationId="initech")
        organizations: list[Json] = [
            {},
            {"externalOrganizationId": "initech"},
            {"organizationId": made["organizationId"]},
        ]
        for organization in organizations:
            assert send(api, **fields, **organization) == made
            assert user(api.put("users/ann", {**fields, **organization})) == made

    @pytest.mark.parametrize("name", ["name", "email", "phone"])
    def test_it_clears_what_is_sent_as_null(self, name: str, api: Api) -> None:
        made = send(api, status=201, **ANN)
        cleared: Json = {name: None}
        assert said(send(api, **cleared)) == {**said(made), name: None}
        assert said(send(api, "bob", status=201, **{**ANN, **cleared})) == {**said(made), name: None}

    def test_it_takes_null_for_absent_elsewhere(self, api: Api) -> None:
        made = send(api, status=201, **ANN, anonymized=None)
        assert send(api, properties=None, anonymized=None) == made

    def test_it_merges_properties_at_the_top_level(self, api: Api) -> None:
        send(api, status=201, properties={"a": {"x": 1, "y": [None]}, "b": 1, "never": None})
        told = send(api, properties={"a": {"z": None}, "b": None, "c": False})
        assert told["properties"] == {"a": {"z": None}, "c": False}

    def test_it_keeps_at_most_a_hundred_properties(self, api: Api) -> None:
        send(api, status=201, properties={str(n): n for n in range(99)})
        for put in (False, True):
            body = {"externalUserId": "ann", "name": "X", "properties": {"99": 1, "100": 1}}
            response = api.put("users/ann", body) if put else api.post("users", body)
            assert (response.status_code, response.json()["path"]) == (400, "$.properties")
            assert response.json()["code"] == "too_many_properties"
        told = send(api, properties={"0": None, "99": 1, "100": 1})
        assert (len(told["properties"]), told["name"]) == (100, None)

    def test_it_bounds_what_properties_grow_to(self, api: Api) -> None:
        for n in range(3):
            response = api.post("users", {"externalUserId": "ann", "properties": {str(n): "x" * 400_000}})
        assert (response.status_code, response.json()["code"]) == (400, "properties_too_large")
        assert Participant.objects.get().properties.keys() == {"0", "1"}

    def test_it_erases_and_keeps_empty(self, api: Api) -> None:
        made = send(api, status=201, **ANN, externalOrganizationId="initech")
        empty: Json = {"name": None, "email": None, "phone": None, "properties": {}, "anonymized": True}
        erased = send(api, anonymized=True, name="Ann again", properties={"x": 1})
        assert said(erased) == {**empty, "externalOrganizationId": "initech"}
        assert send(api, **ANN) == user(api.put("users/ann", {**ANN, "anonymized": False})) == erased
        moved = send(api, **ANN, externalOrganizationId="globex")
        assert said(moved) == {**empty, "externalOrganizationId": "globex"}
        assert moved["id"] == made["id"]
        row = Participant.objects.values().get()
        assert (row["name"], row["email"], row["phone"], row["properties"]) == ("", "", "", {})

    def test_it_makes_a_user_that_was_never_known(self, api: Api) -> None:
        made = send(api, status=201, **ANN, anonymized=True)
        assert (made["name"], made["email"], made["phone"], made["properties"]) == (None, None, None, {})
        assert send(api, **ANN) == made

    def test_it_answers_404_to_a_put_of_nobody(self, api: Api) -> None:
        bodies: list[Json] = [{}, ANN, {"externalOrganizationId": "initech"}]
        for body in bodies:
            assert api.put("users/ann", body).status_code == 404
        assert Participant.objects.count() == Organization.objects.count() == 0

    def test_it_knows_who_spoke_before(self, api: Api, product: Product) -> None:
        conversation = tell(product, "Hello", externalUserId="ann", externalOrganizationId="initech")
        told = send(api, **ANN)
        assert (told["id"], told["externalOrganizationId"]) == (str(conversation.participant_id), "initech")
        participant = api.get(f"interactions/{conversation.id}").json()["participant"]
        assert (participant["name"], participant["email"]) == (ANN["name"], ANN["email"])

    def test_it_ignores_another_external_id_in_the_body_of_a_put(self, api: Api) -> None:
        send(api, status=201)
        assert user(api.put("users/ann", {"externalUserId": "bob", "name": "Ann"}))["externalId"] == "ann"


class TestOrganization:
    """A user is in one organization, named by your id of it or by ours."""

    def test_it_is_made_on_first_mention(self, api: Api) -> None:
        made = send(api, status=201, externalOrganizationId="initech")
        organization = Organization.objects.get()
        assert (made["organizationId"], made["externalOrganizationId"]) == (str(organization.id), "initech")
        moved = user(api.put("users/ann", {"externalOrganizationId": "globex"}))
        assert moved["externalOrganizationId"] == "globex"
        back = send(api, organizationId=str(organization.id))
        assert (back["organizationId"], back["externalOrganizationId"]) == (str(organization.id), "initech")
        assert send(api, organizationId=str(organization.id), externalOrganizationId="initech") == back

    @pytest.mark.parametrize("name", ["organizationId", "externalOrganizationId"])
    def test_it_is_left_by_null(self, name: str, api: Api) -> None:
        send(api, status=201, externalOrganizationId="initech")
        fields: Json = {name: None}
        left = send(api, **fields)
        assert (left["organizationId"], left["externalOrganizationId"]) == (None, None)

    def test_it_must_be_there_and_the_same(self, api: Api, strangers: Api) -> None:
        foreign = user(strangers.post("users", {"externalUserId": "eve", "externalOrganizationId": "initech"}), 201)
        send(api, status=201, externalOrganizationId="initech")
        answers = []
        for id in (foreign["organizationId"], str(new_id())):
            names: list[Json] = [{}, {"externalOrganizationId": "initech"}]
            for name in names:
                response = api.post("users", {"externalUserId": "bob", "organizationId": id, **name})
                assert (response.status_code, response.json()["path"]) == (404, "$.organizationId")
                answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
        assert len(set(answers)) == 1
        known = str(Organization.objects.get(workspace__slug="acme").id)
        response = api.put("users/ann", {"organizationId": known, "externalOrganizationId": "globex"})
        assert (response.status_code, response.json()["code"]) == (400, "organization_mismatch")
        assert Participant.objects.count() == Organization.objects.count() == 2


# What is wrong with it, and the path that the error names.
WRONG: list[tuple[Json, str]] = [
    ({"externalUserId": None}, "$.externalUserId"),
    ({"externalUserId": ""}, "$.externalUserId"),
    ({"externalUserId": 5}, "$.externalUserId"),
    ({"externalUserId": "x" * 256}, "$.externalUserId"),
    ({"externalUserId": "a\nb"}, "$.externalUserId"),
    ({"externalUserId": "a\0"}, "$.externalUserId"),
    ({"name": 1}, "$.name"),
    ({"name": "x" * 256}, "$.name"),
    ({"name": "a\0"}, "$.name"),
    ({"email": ""}, "$.email"),
    ({"email": "ann"}, "$.email"),
    ({"email": "ann@"}, "$.email"),
    ({"email": "@initech.example"}, "$.email"),
    ({"email": "a@b@c"}, "$.email"),
    ({"email": "ann smith@initech.example"}, "$.email"),
    ({"email": "ann@initech.example\n"}, "$.email"),
    ({"email": "x" * 310 + "@initech.example"}, "$.email"),
    ({"email": ["ann@initech.example"]}, "$.email"),
    ({"phone": 49221}, "$.phone"),
    ({"phone": "1" * 65}, "$.phone"),
    ({"anonymized": "yes"}, "$.anonymized"),
    ({"anonymized": 1}, "$.anonymized"),
    ({"organizationId": "initech"}, "$.organizationId"),
    ({"organizationId": ""}, "$.organizationId"),
    ({"externalOrganizationId": ""}, "$.externalOrganizationId"),
    ({"externalOrganizationId": "a\tb"}, "$.externalOrganizationId"),
    ({"externalOrganizationId": "x" * 256}, "$.externalOrganizationId"),
    ({"properties": []}, "$.properties"),
    ({"properties": "{}"}, "$.properties"),
    ({"properties": {str(n): n for n in range(101)}}, "$.properties"),
    ({"properties": {str(n): None for n in range(101)}}, "$.properties"),
    ({"properties": {"x" * 201: 1}}, "$.properties"),
    ({"properties": {"a\0": 1}}, "$.properties"),
    ({"properties": {"a": ["b", "\0"]}}, "$.properties.a[1]"),
]


@pytest.mark.parametrize(("fields", "path"), WRONG, ids=range(len(WRONG)))
def test_it_refuses_and_names_the_field(fields: Json, path: str, api: Api) -> None:
    send(api, "known", status=201)
    responses = [api.post("users", {"externalUserId": "ann", **fields})]
    if "externalUserId" not in fields:
        responses.append(api.put("users/known", fields))
    for response in responses:
        body = response.json()
        assert (response.status_code, body["success"], body["path"]) == (400, False, path), body
    assert Participant.objects.get().name == ""
    assert not Organization.objects.exists()


@pytest.mark.parametrize(
    "body", [b" ", b"null", b"[]", b'"ann"', b"{", b'{"externalUserId": "\\ud800"}', b"[" * 100_000]
)
def test_it_refuses_what_is_no_object(body: bytes, api: Api) -> None:
    send(api, status=201)
    for response in (api.post("users", body), api.put("users/ann", body)):
        assert (response.status_code, response.json()["success"]) == (400, False)


@pytest.mark.parametrize(
    "text", ["%s %(name)s", "'; drop table participant; --", "👩‍👩‍👧‍👦", "\u202eabc", "<script>", "\\u0000", " "]
)
def test_it_gives_back_what_it_was_given(text: str, api: Api) -> None:
    fields = {"name": text, "phone": text, "properties": {text: {text: [text, None, 1.5, 10**300, True]}}}
    told = send(api, text, status=201, **fields, externalOrganizationId=text)
    assert {name: told[name] for name in fields} == fields
    assert (told["externalId"], told["externalOrganizationId"]) == (text, text)
    assert api.get("users").json() == [told]


class TestPath:
    """An external id in a path is percent-encoded and may hold anything that an external id may hold (Decision 5)."""

    IDS = (
        "a/b", "a//b", "/", "a/", "../x", "../../../etc/passwd", "...", "ü", "%", "%2F", "%252F", "%s", "a b", " ", "+",
        "?x=1", "#x", ";v=1", "analytics", "segments", "a/analytics", "users", "ann@initech.example", "\\", "👩‍👧",
        "x" * 255, "é" * 255,
    )  # fmt: skip

    @pytest.mark.django_db(transaction=True)
    def test_it_finds_a_user_of_any_id(self, server: str, api_key: str) -> None:
        with sdk(server, api_key) as client:
            made = {id: client.users.create(external_user_id=id).participant for id in self.IDS}
            for id in self.IDS:
                changed = client.users.update(id, name=f"It is {id[:9]}").participant
                assert (changed.id, changed.external_id) == (made[id].id, id)
            assert Participant.objects.filter(name="").count() == 0

    @pytest.mark.parametrize("written", ["%2E%2E", "..", ".", "%2e"])
    def test_it_finds_a_user_called_by_dots(self, written: str, api: Api) -> None:
        id = written.lower().replace("%2e", ".")
        send(api, id, status=201)
        assert user(api.put(f"users/{written}", {"name": "Dot"}))["externalId"] == id

    @pytest.mark.parametrize("written", ["%00", "a%0A", "%0Aa", "%C2%85", "x" * 256, "%FF", "%ED%A0%80", ""])
    def test_it_knows_nobody_by_what_is_no_id(self, written: str, api: Api) -> None:
        send(api, "a", status=201)
        response = api.put(f"users/{written}", {"name": "Nobody"})
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert Participant.objects.get().name == ""

    def test_it_changes_by_put_alone(self, api: Api) -> None:
        for response in (api.get("users/ann"), api.post("users/ann", {}), api.client.delete("/api/v1/users/ann")):
            assert (response.status_code, response["Allow"]) == (405, "PUT")


class TestList:
    """GET /users."""

    def test_it_lists_the_newest_first_in_pages(self, api: Api) -> None:
        made = [send(api, f"user-{n}", status=201, **ANN) for n in range(5)]
        response = api.get("users", limit=2)
        assert response.json() == [made[4], made[3]]
        assert 'users?limit=2&offset=2>; rel="next"' in response["Link"]
        last = api.get("users", limit=2, page=3)
        assert last.json() == [made[0]]
        assert 'rel="next"' not in last["Link"]

    def test_it_lists_an_organizations_users(self, api: Api, strangers: Api) -> None:
        inside = send(api, "ann", status=201, externalOrganizationId="initech")
        send(api, "bob", status=201, externalOrganizationId="globex")
        send(api, "eve", status=201)
        foreign = user(strangers.post("users", {"externalUserId": "x", "externalOrganizationId": "initech"}), 201)
        assert api.get("users", organizationId=inside["organizationId"]).json() == [inside]
        for id in (foreign["organizationId"], new_id()):
            assert api.get("users", organizationId=id).json() == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", "0"), ("limit", "101"), ("limit", "x"), ("offset", "-1"), ("page", "0"), ("page", "1.5"),
            ("page", "9" * 30), ("organizationId", "initech"), ("organizationId", "a\0"),
        ],
    )  # fmt: skip
    def test_it_refuses_what_it_cannot_page_by(self, name: str, value: str, api: Api) -> None:
        response = api.get("users", **{name: value})
        assert (response.status_code, response.json()["path"]) == (400, "$" if "\0" in value else f"$.{name}")

    def test_it_costs_one_query_and_reads_by_an_index(
        self, api: Api, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
        for n in range(20):
            send(api, f"user-{n}", status=201, externalOrganizationId=f"organization-{n}")
        with django_assert_num_queries(1):
            assert len(api.get("users").json()) == 20
        newest = workspace.participants.newest_first()
        assert "participant_newest" in plan_by_index(newest)
        organization = Organization.objects.all()[0]
        plan = plan_by_index(newest.filter(organization_id=organization.id))
        assert "participant_organization" in plan
        assert "Sort" not in plan


class TestReach:
    """Users are the workspace's: every key of it that may read sees them, and nobody else."""

    def test_it_shows_the_stranger_nothing(self, api: Api, strangers: Api) -> None:
        send(api, status=201, **ANN)
        assert strangers.get("users").json() == []
        answers = []
        for id in ("ann", "nobody"):
            response = strangers.put(f"users/{id}", {"name": "Eve"})
            assert response.status_code == 404
            answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
        assert answers[0] == answers[1]
        theirs = user(strangers.post("users", {"externalUserId": "ann"}), 201)
        assert theirs["name"] is None
        assert [told["name"] for told in api.get("users").json()] == ["Ann"]

    def test_it_belongs_to_no_product(self, narrowed: Api, api: Api) -> None:
        told = send(api, status=201)
        assert narrowed.get("users").json() == [told]
        assert user(narrowed.put("users/ann", {"name": "Ann"}))["id"] == told["id"]

    @pytest.mark.parametrize(("scope", "may_send", "may_read"), [("all", 1, 1), ("ingest", 1, 0), ("read", 0, 1)])
    def test_it_holds_a_key_to_its_scope(
        self, scope: Scope, may_send: bool, may_read: bool, api: Api, owner: Member
    ) -> None:
        send(api, status=201)
        key = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
        sent = (key.post("users", {"externalUserId": "ann"}), key.put("users/ann", {}))
        assert [response.status_code for response in sent] == [200 if may_send else 403] * 2
        assert key.get("users").status_code == (200 if may_read else 403)

    def test_it_asks_for_a_key(self, api: Api) -> None:
        nobody = Api(None)
        for response in (nobody.get("users"), nobody.post("users", {}), nobody.put("users/ann", {})):
            assert response.status_code == 401


class TestRetries:
    """An upsert may be sent again; with an `Idempotency-Key` its answer is the first one (Decision 4)."""

    def test_it_answers_the_same_under_one_key(self, api: Api) -> None:
        body = {"externalUserId": "ann", "name": "Ann"}
        first = api.post("users", body, **{"Idempotency-Key": "k"})
        send(api, name="Changed")
        again = api.post("users", body, **{"Idempotency-Key": "k"})
        assert (again.status_code, again.content) == (201, first.content)
        assert Participant.objects.get().name == "Changed"
        reused = api.post("users", {**body, "name": "Other"}, **{"Idempotency-Key": "k"})
        assert (reused.status_code, reused.json()["code"]) == (400, "idempotency_key_reused")

    def test_it_doubles_nothing_on_a_retry(self, api: Api) -> None:
        made = send(api, status=201, **ANN)
        again = api.post("users", {"externalUserId": "ann", **ANN}, **{"X-Stainless-Retry-Count": "1"})
        assert user(again) == made


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_round_trip(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    api.get("products")  # the key is known from here on
    for fields in (ANN, {"name": "New", "externalOrganizationId": "initech"}, ANN, {"anonymized": True}):
        with executed() as statements:
            api.post("users", {"externalUserId": "ann", **fields})
        assert len(statements) == 1, statements
    with executed() as statements:
        api.put("users/ann", {"externalOrganizationId": None})
    assert len(statements) == 1, statements


VALUE = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("aü%", max_size=3) | st.just({"x": None})
TEXT = st.none() | st.sampled_from(["", "Ann", "%s"])
CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "phone": TEXT,
        "email": st.none() | st.sampled_from(["a@x", "b@x"]),
        "properties": st.none() | st.dictionaries(st.sampled_from(["a", "b", "c", "%s", ""]), VALUE, max_size=4),
        "anonymized": st.none() | st.sampled_from([False, False, False, True]),
        "externalOrganizationId": st.none() | st.sampled_from(["initech", "globex"]),
    },
)


def expected(before: Json | None, change: Json) -> Json:
    """The model: a user after a change, in plain Python."""
    empty: Json = {"name": None, "email": None, "phone": None, "properties": {}}
    after = dict(before or {**empty, "anonymized": False, "externalOrganizationId": None})
    for name in ("name", "email", "phone"):
        if name in change:
            after[name] = change[name] or None
    merged = {**after["properties"], **(change.get("properties") or {})}
    after["properties"] = {key: value for key, value in merged.items() if value is not None}
    if "externalOrganizationId" in change:
        after["externalOrganizationId"] = change["externalOrganizationId"]
    if change.get("anonymized") or after["anonymized"]:
        after |= {**empty, "anonymized": True}
    return after


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.booleans(), CHANGE), min_size=1, max_size=8))
def test_it_does_what_the_model_says(changes: list[tuple[str, bool, Json]], api: Api) -> None:
    Participant.objects.all().delete()
    model: dict[str, Json] = {}
    for id, puts, change in changes:
        known = model.get(id)
        if puts:
            response = api.put(f"users/{id}", change)
            if known is None:
                assert response.status_code == 404
                continue
        else:
            response = api.post("users", {"externalUserId": id, **change})
        model[id] = expected(known, change)
        assert said(user(response, 200 if puts or known else 201)) == model[id]
    assert {told["externalId"]: said(told) for told in api.get("users").json()} == model


@pytest.fixture
def client(server: str, api_key: str) -> Iterator[Greenflash]:
    """Acme's client."""
    with sdk(server, api_key) as client:
        yield client


@pytest.mark.django_db(transaction=True)
class TestOfficialClient:
    """The SDK against the real server, its answers checked strictly."""

    def test_it_makes_changes_and_lists_users(self, client: Greenflash) -> None:
        made = client.users.create(
            external_user_id="ann", name="Ann", email="ann@initech.example", external_organization_id="initech",
            properties={"plan": "pro"}, anonymized=False,
        )  # fmt: skip
        assert made.success
        changed = client.users.update("ann", phone="1", properties={"plan": None}).participant
        assert (changed.phone, changed.name, changed.properties) == ("1", "Ann", {})
        assert [listed.id for listed in client.users.list(limit=1)] == [made.participant.id]
        assert client.users.list(organization_id=str(made.participant.organization_id))[0].external_id == "ann"
        assert client.users.update("ann", anonymized=True).participant.name is None
        with pytest.raises(NotFoundError):
            client.users.update("nobody", name="x")
        with pytest.raises(BadRequestError):
            client.users.create(external_user_id="ann", email="ann")

    def test_it_serves_the_asynchronous_client(self, server: str, api_key: str) -> None:
        async def talk() -> None:
            async with async_sdk(server, api_key) as client:
                made = await client.users.create(external_user_id="a/b", name="Ann")
                assert (await client.users.update("a/b", email="ann@x")).participant.id == made.participant.id
                assert [listed.email for listed in await client.users.list()] == ["ann@x"]

        asyncio.run(talk())

    def test_it_makes_one_user_for_fifty_clients(self, client: Greenflash) -> None:
        def send(number: int) -> Any:
            return client.users.create(
                external_user_id="ann",
                name=f"Ann {number}",
                phone=str(number % 3),
                external_organization_id=f"organization-{number % 2}",
                properties={f"p{number}": number, "shared": number},
            )

        answers = at_once(send)
        assert len({answer.participant.id for answer in answers}) == 1
        row = Participant.objects.select_related("organization").get()
        # Nobody's properties are lost, and what all of them set was set by one of them.
        assert {name for name in row.properties if name != "shared"} == {f"p{number}" for number in range(CLIENTS)}
        last = row.properties["shared"]
        assert (row.name, row.phone) == (f"Ann {last}", str(last % 3))
        assert row.organization is not None
        assert row.organization.external_id == f"organization-{last % 2}"
        for number, answer in enumerate(answers):
            told = answer.participant
            assert (told.name, told.external_organization_id) == (f"Ann {number}", f"organization-{number % 2}")

    def test_it_keeps_to_a_hundred_properties_with_many_clients(self, client: Greenflash) -> None:
        def send(number: int) -> int:
            response = client.users.with_raw_response
            try:
                return response.create(
                    external_user_id="ann", properties={f"{number}.{n}": n for n in range(10)}
                ).status_code
            except BadRequestError as refusal:
                return refusal.status_code

        statuses = sorted(at_once(send))
        assert statuses == [200] * 9 + [201] + [400] * (CLIENTS - 10)
        assert len(Participant.objects.get().properties) == 100
