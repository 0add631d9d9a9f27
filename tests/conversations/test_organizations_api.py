"""POST, PUT and GET /organizations: upserts and merging (Decision 8), and ids of any shape in paths (Decision 5)."""

import asyncio
from typing import Any

import pytest
from greenflash import BadRequestError, NotFoundError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.models import Organization
from greenflash_site.api import auth
from products.actions import create_api_key
from products.models import Member, Product, Scope, Workspace
from tests.conftest import Api, async_sdk, sdk, tell
from tests.conversations.clients import CLIENTS, at_once
from tests.conversations.round_trips import executed, plan_by_index

type Json = dict[str, Any]
FIELDS = {"id", "externalId", "name", "properties", "createdAt", "updatedAt"}
INITECH: Json = {"name": "Initech", "properties": {"plan": "pro"}}


def organization(response: Any, status: int = 200) -> Json:
    """The organization an answer tells of."""
    body = response.json()
    assert response.status_code == status, body
    assert body.keys() == {"success", "organization"}
    assert body["success"] is True
    told: Json = body["organization"]
    assert told.keys() == FIELDS
    return told


def send(api: Api, external_id: str = "initech", status: int = 200, **fields: Any) -> Json:
    """The organization that a POST makes or changes."""
    return organization(api.post("organizations", {"externalOrganizationId": external_id, **fields}), status)


class TestDecision8:
    """Upserts set what is sent; properties merge."""

    def test_it_makes_an_organization_and_then_changes_it(self, api: Api) -> None:
        made = send(api, status=201, **INITECH)
        assert (made["externalId"], made["name"], made["properties"]) == ("initech", "Initech", {"plan": "pro"})
        changed = send(api, properties={"plan": None, "seats": {"x": None}})
        assert changed == {**made, "properties": {"seats": {"x": None}}, "updatedAt": changed["updatedAt"]}
        assert changed["updatedAt"] > made["updatedAt"]
        renamed = organization(api.put("organizations/initech", {"name": "Initrode"}))
        assert renamed == {**changed, "name": "Initrode", "updatedAt": renamed["updatedAt"]}

    @pytest.mark.parametrize("fields", [{}, INITECH, {"properties": {"gone": None}}, {"properties": None}])
    def test_it_touches_nothing_when_nothing_is_new(self, fields: Json, api: Api) -> None:
        made = send(api, status=201, **INITECH)
        assert send(api, **fields) == organization(api.put("organizations/initech", fields)) == made

    def test_it_clears_a_name_that_is_sent_as_null(self, api: Api) -> None:
        made = send(api, status=201, **INITECH)
        cleared = send(api, name=None)
        assert cleared == {**made, "name": None, "updatedAt": cleared["updatedAt"]}

    def test_it_keeps_at_most_a_hundred_properties(self, api: Api) -> None:
        send(api, status=201, properties={str(n): n for n in range(99)})
        body = {"externalOrganizationId": "initech", "properties": {"99": 1, "100": 1}}
        for response in (api.post("organizations", body), api.put("organizations/initech", body)):
            assert (response.status_code, response.json()["path"]) == (400, "$.properties")
            assert response.json()["code"] == "too_many_properties"
        assert len(send(api, properties={"0": None, "99": 1, "100": 1})["properties"]) == 100

    def test_it_bounds_what_properties_grow_to(self, api: Api) -> None:
        for n in range(3):
            body = {"externalOrganizationId": "initech", "properties": {str(n): "x" * 400_000}}
            response = api.post("organizations", body)
        assert (response.status_code, response.json()["code"]) == (400, "properties_too_large")
        assert Organization.objects.get().properties.keys() == {"0", "1"}

    def test_it_answers_404_to_a_put_of_none(self, api: Api) -> None:
        assert api.put("organizations/initech", INITECH).status_code == 404
        assert not Organization.objects.exists()

    def test_it_knows_which_was_mentioned_before(self, api: Api, product: Product) -> None:
        conversation = tell(product, "Hello", externalOrganizationId="initech")
        assert send(api, **INITECH)["id"] == str(conversation.organization_id)


# What is wrong with it, and the path that the error names.
WRONG: list[tuple[Json, str]] = [
    ({"externalOrganizationId": None}, "$.externalOrganizationId"),
    ({"externalOrganizationId": ""}, "$.externalOrganizationId"),
    ({"externalOrganizationId": 5}, "$.externalOrganizationId"),
    ({"externalOrganizationId": "x" * 256}, "$.externalOrganizationId"),
    ({"externalOrganizationId": "a\n"}, "$.externalOrganizationId"),
    ({"externalOrganizationId": "a\0"}, "$.externalOrganizationId"),
    ({"name": 1}, "$.name"),
    ({"name": "x" * 256}, "$.name"),
    ({"name": "a\0"}, "$.name"),
    ({"properties": []}, "$.properties"),
    ({"properties": {str(n): n for n in range(101)}}, "$.properties"),
    ({"properties": {"x" * 201: 1}}, "$.properties"),
    ({"properties": {"a\0": 1}}, "$.properties"),
    ({"properties": {"a": {"b": "\0"}}}, "$.properties.a.b"),
]


@pytest.mark.parametrize(("fields", "path"), WRONG, ids=range(len(WRONG)))
def test_it_refuses_and_names_the_field(fields: Json, path: str, api: Api) -> None:
    send(api, "known", status=201)
    responses = [api.post("organizations", {"externalOrganizationId": "initech", **fields})]
    if "externalOrganizationId" not in fields:
        responses.append(api.put("organizations/known", fields))
    for response in responses:
        body = response.json()
        assert (response.status_code, body["success"], body["path"]) == (400, False, path), body
    assert Organization.objects.get().name == ""


@pytest.mark.parametrize("body", [b" ", b"null", b"[]", b'"initech"', b"{", b'{"name": "\\ud800"}', b"[" * 100_000])
def test_it_refuses_what_is_no_object(body: bytes, api: Api) -> None:
    send(api, status=201)
    for response in (api.post("organizations", body), api.put("organizations/initech", body)):
        assert (response.status_code, response.json()["success"]) == (400, False)


class TestList:
    """GET /organizations."""

    def test_it_lists_the_newest_first_in_pages(self, api: Api) -> None:
        made = [send(api, f"organization-{n}", status=201, **INITECH) for n in range(5)]
        response = api.get("organizations", limit=2, page=1)
        assert response.json() == [made[4], made[3]]
        assert 'organizations?limit=2&page=2>; rel="next"' in response["Link"]
        last = api.get("organizations", limit=2, offset=4)
        assert last.json() == [made[0]]
        assert 'rel="next"' not in last["Link"]

    @pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "101"), ("offset", "-1"), ("page", "x")])
    def test_it_refuses_what_it_cannot_page_by(self, name: str, value: str, api: Api) -> None:
        response = api.get("organizations", **{name: value})
        assert (response.status_code, response.json()["path"]) == (400, f"$.{name}")

    def test_it_costs_one_query_and_reads_by_an_index(
        self, api: Api, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
        for n in range(20):
            send(api, f"organization-{n}", status=201)
        with django_assert_num_queries(1):
            assert len(api.get("organizations").json()) == 20
        assert "organization_newest" in plan_by_index(workspace.organizations.newest_first())


class TestReach:
    """Organizations are the workspace's: every key of it that may read sees them, and nobody else."""

    def test_it_shows_the_stranger_nothing(self, api: Api, strangers: Api) -> None:
        send(api, status=201, **INITECH)
        assert strangers.get("organizations").json() == []
        answers = []
        for id in ("initech", "nobody"):
            response = strangers.put(f"organizations/{id}", {"name": "Globex"})
            assert response.status_code == 404
            answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
        assert answers[0] == answers[1]
        assert organization(strangers.post("organizations", {"externalOrganizationId": "initech"}), 201)["name"] is None
        assert [told["name"] for told in api.get("organizations").json()] == ["Initech"]

    def test_it_belongs_to_no_product(self, narrowed: Api, api: Api) -> None:
        told = send(api, status=201)
        assert narrowed.get("organizations").json() == [told]
        assert organization(narrowed.put("organizations/initech", {"name": "X"}))["id"] == told["id"]

    @pytest.mark.parametrize(("scope", "may_send", "may_read"), [("all", 1, 1), ("ingest", 1, 0), ("read", 0, 1)])
    def test_it_holds_a_key_to_its_scope(
        self, scope: Scope, may_send: bool, may_read: bool, api: Api, owner: Member
    ) -> None:
        send(api, status=201)
        key = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
        sent = (key.post("organizations", {"externalOrganizationId": "initech"}), key.put("organizations/initech", {}))
        assert [response.status_code for response in sent] == [200 if may_send else 403] * 2
        assert key.get("organizations").status_code == (200 if may_read else 403)

    def test_it_asks_for_a_key(self) -> None:
        nobody = Api(None)
        for response in (
            nobody.get("organizations"),
            nobody.post("organizations", {}),
            nobody.put("organizations/a", {}),
        ):
            assert response.status_code == 401


def test_it_answers_the_same_under_one_idempotency_key(api: Api) -> None:
    body = {"externalOrganizationId": "initech", **INITECH}
    first = api.post("organizations", body, **{"Idempotency-Key": "k"})
    send(api, name="Changed")
    again = api.post("organizations", body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    assert Organization.objects.get().name == "Changed"


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_round_trip(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    api.get("products")  # the key is known from here on
    for fields in (INITECH, {"name": "New"}, INITECH):
        with executed() as statements:
            api.post("organizations", {"externalOrganizationId": "initech", **fields})
        assert len(statements) == 1, statements
    with executed() as statements:
        api.put("organizations/initech", {"name": None})
    assert len(statements) == 1, statements


VALUE = st.none() | st.booleans() | st.floats(-10, 10, width=16) | st.text("aü%", max_size=3) | st.just([None])
PROPERTIES = st.dictionaries(st.text("ab%'\"", max_size=2), VALUE, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(PROPERTIES, min_size=1, max_size=8))
def test_it_merges_as_a_dictionary_does(changes: list[Json], api: Api) -> None:
    Organization.objects.all().delete()
    model: Json = {}
    for number, properties in enumerate(changes):
        model = {key: value for key, value in {**model, **properties}.items() if value is not None}
        assert send(api, status=200 if number else 201, properties=properties)["properties"] == model


@pytest.mark.django_db(transaction=True)
class TestOfficialClient:
    """The SDK against the real server, its answers checked strictly."""

    def test_it_makes_changes_and_lists_organizations(self, server: str, api_key: str) -> None:
        with sdk(server, api_key) as client:
            made = client.organizations.create(external_organization_id="a/b ü", **INITECH)
            assert made.success
            changed = client.organizations.update("a/b ü", name="Initrode").organization
            assert (changed.id, changed.name) == (made.organization.id, "Initrode")
            for id in ("../x", "analytics", "a%2Fb", "a/", "?", "Ünï"):
                client.organizations.create(external_organization_id=id)
                assert client.organizations.update(id, name="x").organization.external_id == id
            assert len(client.organizations.list(limit=3)) == 3
            with pytest.raises(NotFoundError):
                client.organizations.update("nobody", name="x")
            with pytest.raises(BadRequestError):
                client.organizations.create(external_organization_id="")

    def test_it_serves_the_asynchronous_client(self, server: str, api_key: str) -> None:
        async def talk() -> None:
            async with async_sdk(server, api_key) as client:
                made = await client.organizations.create(external_organization_id="a/b")
                assert (await client.organizations.update("a/b", name="x")).organization.id == made.organization.id
                assert [listed.name for listed in await client.organizations.list()] == ["x"]

        asyncio.run(talk())

    def test_it_makes_one_organization_for_fifty_clients(self, server: str, api_key: str) -> None:
        def send(number: int) -> Any:
            with sdk(server, api_key) as client:
                properties: Json = {f"p{number}": number, "shared": number}
                return client.organizations.create(
                    external_organization_id="initech", name=f"Name {number}", properties=properties
                ).organization

        answers = at_once(send)
        assert len({answer.id for answer in answers}) == 1
        assert [answer.name for answer in answers] == [f"Name {number}" for number in range(CLIENTS)]
        row = Organization.objects.get()
        assert {name for name in row.properties if name != "shared"} == {f"p{number}" for number in range(CLIENTS)}
        assert row.name == f"Name {row.properties['shared']}"
