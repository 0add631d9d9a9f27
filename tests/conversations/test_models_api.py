"""GET /models and /models/{id}: what wrote the answers, and which conversations use it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from greenflash import NotFoundError

from conversations.models import Conversation, Model
from greenflash_site.api import auth
from products.actions import create_api_key, create_product
from products.models import Member, Product, Scope, Workspace
from products.models.ids import new_id
from tests.conftest import Api, async_sdk, sdk, tell
from tests.conversations.round_trips import plan_by_index

SUMMARY = {"id", "canonicalId", "displayName", "provider", "family", "usageCount", "lastUsedAt"}
CATALOGUE = {
    "description", "contextWindow", "inputCostPer1k", "outputCostPer1k", "inputModalities", "outputModalities",
    "supportedParameters", "expirationDate", "intelligenceIndex", "codingIndex", "mathIndex", "mmluPro", "gpqa",
}  # fmt: skip
SPOKE_AT = datetime(2025, 1, 31, tzinfo=UTC)


@pytest.fixture
def copilot(owner: Member) -> Product:
    """Acme's other product."""
    return create_product(owner, name="Copilot")


def by_name(response: Any) -> dict[str, dict[str, Any]]:
    """Models of a list by their canonical ids."""
    assert response.status_code == 200
    return {told["canonicalId"]: told for told in response.json()}


def test_it_lists_models_by_name_with_their_conversations(api: Api, product: Product) -> None:
    for model in ("gpt-4o", "openai/GPT-4o", "my-finetune"):
        tell(product, "Hello", model=model, at=SPOKE_AT)
    tell(product, "Hello")
    models = by_name(api.get("models"))
    assert list(models) == ["gpt-4o", "my-finetune"]
    assert models["gpt-4o"].keys() == SUMMARY
    assert {**models["gpt-4o"], "id": None} == {
        "id": None, "canonicalId": "gpt-4o", "displayName": "gpt-4o", "provider": "openai", "family": "GPT",
        "usageCount": 2, "lastUsedAt": "2025-01-31T00:00:00Z",
    }  # fmt: skip
    assert (models["my-finetune"]["provider"], models["my-finetune"]["family"]) == ("custom", None)


def test_it_tells_one_model_whole(api: Api, product: Product, copilot: Product) -> None:
    for target in (product, product, copilot):
        tell(target, "Hello", model="gpt-4o", at=SPOKE_AT)
    tell(copilot, "Hello", model="o3")
    summary = by_name(api.get("models"))["gpt-4o"]
    told = api.get(f"models/{summary['id']}").json()
    assert told.keys() == SUMMARY | CATALOGUE | {"source", "createdAt", "products"}
    assert {name: told[name] for name in SUMMARY} == summary
    assert {name for name in CATALOGUE if told[name] is not None} == set()
    assert (told["source"], told["createdAt"]) == ("customer", "2025-01-31T00:00:00Z")
    assert told["products"] == [
        {"id": str(each.id), "name": each.name, "icon": each.icon, "conversationCount": count}
        for each, count in ((product, 2), (copilot, 1))
    ]


def test_it_counts_a_conversation_under_the_model_of_its_messages(api: Api, product: Product) -> None:
    def said_by(model: str) -> dict[str, Any]:
        return {"role": "assistant", "content": "Hi", "model": model}

    begun = tell(product, said_by("gpt-4o"), said_by("openai/o3"), "Thanks", externalConversationId="c1")
    assert begun.model == "o3"
    turns: list[tuple[tuple[str | dict[str, Any], ...], dict[str, Any], str]] = [
        # What the conversation itself names goes before; until then it keeps what it has.
        ((said_by("gpt-4o"),), {}, "o3"),
        (("Hello",), {"model": "claude-sonnet-4"}, "claude-sonnet-4"),
        ((said_by("gpt-4o"),), {}, "claude-sonnet-4"),
        ((said_by("gpt-4o"),), {"model": "o3"}, "o3"),
    ]
    for messages, fields, expected in turns:
        assert tell(product, *messages, externalConversationId="c1", **fields).model == expected
    late = tell(product, "Hello", externalConversationId="c2")
    assert late.model == ""
    assert tell(product, said_by("gpt-4o"), externalConversationId="c2").model == "gpt-4o"
    counts = {name: told["usageCount"] for name, told in by_name(api.get("models")).items()}
    assert counts == {"claude-sonnet-4": 0, "gpt-4o": 1, "o3": 1}


def test_it_pages(api: Api, product: Product) -> None:
    for number in range(5):
        tell(product, "Hello", model=f"model-{number}")
    first = api.get("models", pageSize=2)
    assert list(by_name(first)) == ["model-0", "model-1"]
    assert 'models?page=2&pageSize=2>; rel="next"' in first["Link"]
    last = api.get("models", pageSize=2, page=3)
    assert list(by_name(last)) == ["model-4"]
    assert 'rel="next"' not in last["Link"]


@pytest.mark.parametrize(
    ("name", "value"), [("page", "0"), ("page", "x"), ("pageSize", "0"), ("pageSize", "101"), ("pageSize", "1.5")]
)
def test_it_refuses_what_it_cannot_page_by(name: str, value: str, api: Api) -> None:
    response = api.get("models", **{name: value})
    assert (response.status_code, response.json()["path"]) == (400, f"$.{name}")


@pytest.mark.parametrize("name", ["gpt-4o", "x", "1", "..", "%00", "%FF", "x" * 5_000])
def test_it_knows_no_model_by_what_is_no_id(name: str, api: Api) -> None:
    response = api.get(f"models/{name}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_it_shows_the_stranger_nothing(api: Api, strangers: Api, product: Product, stranger: Member) -> None:
    tell(product, "Hello", model="gpt-4o")
    id = by_name(api.get("models"))["gpt-4o"]["id"]
    assert strangers.get("models").json() == []
    answers = []
    for response in (strangers.get(f"models/{id}"), strangers.get(f"models/{new_id()}")):
        assert response.status_code == 404
        answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
    assert answers[0] == answers[1]
    tell(create_product(stranger, name="Globex bot"), "Hello", model="gpt-4o")
    assert by_name(strangers.get("models"))["gpt-4o"]["id"] != id
    assert by_name(api.get("models"))["gpt-4o"]["usageCount"] == 1


def test_it_counts_within_a_keys_reach(narrowed: Api, product: Product, development: Product) -> None:
    for target, model in ((product, "gpt-4o"), (development, "gpt-4o"), (product, "o3")):
        tell(target, "Hello", model=model)
    models = by_name(narrowed.get("models"))
    assert {name: told["usageCount"] for name, told in models.items()} == {"gpt-4o": 1, "o3": 0}
    assert models["o3"]["lastUsedAt"] is None
    detail = narrowed.get(f"models/{models['gpt-4o']['id']}").json()
    assert [each["id"] for each in detail["products"]] == [str(development.id)]
    assert narrowed.get(f"models/{models['o3']['id']}").json()["products"] == []


@pytest.mark.parametrize(("scope", "status"), [("all", 200), ("ingest", 403), ("read", 200)])
def test_it_holds_a_key_to_its_scope(scope: Scope, status: int, owner: Member, product: Product) -> None:
    tell(product, "Hello", model="gpt-4o")
    key = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
    assert key.get("models").status_code == key.get(f"models/{Model.objects.get().id}").status_code == status
    assert Api(None).get("models").status_code == 401
    assert key.post("models", {}).status_code == 405


def test_it_costs_two_queries_and_reads_by_an_index(
    api: Api,
    product: Product,
    copilot: Product,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    for number in range(20):
        tell(product, "Hello", model=f"model-{number % 5}")
    api.get("products")  # the key is known from here on
    with django_assert_num_queries(2):
        models = api.get("models").json()
    assert [told["usageCount"] for told in models] == [4] * 5
    with django_assert_num_queries(2):
        assert api.get(f"models/{models[0]['id']}").status_code == 200
    assert "model_canonical_unique" in plan_by_index(workspace.models.order_by("canonical_id"))
    # Beside another product and with statistics, or several indexes would cost the same.
    for _ in range(40):
        tell(copilot, "Hello")
    with connection.cursor() as cursor:
        cursor.execute("analyze conversation")
    counted = Conversation.objects.filter(workspace=workspace, product__in=[product]).order_by("-last_message_at")
    assert "Index Only Scan using conversation_product_last" in plan_by_index(
        counted.values("model", "last_message_at")
    )


@pytest.mark.django_db(transaction=True)
class TestOfficialClient:
    """The SDK against the real server, its answers checked strictly."""

    def test_it_reads_models(self, server: str, api_key: str, product: Product) -> None:
        tell(product, "Hello", model="gpt-4o")
        tell(product, {"role": "user", "content": "Hi"}, model="o3")
        with sdk(server, api_key) as client:
            listed = client.models.list(page=1, page_size=1)
            assert [model.canonical_id for model in listed] == ["gpt-4o"]
            model = client.models.get(listed[0].id)
            assert (model.usage_count, model.source, model.products[0].name) == (1, "customer", "Helpbot")
            assert model.last_used_at == listed[0].last_used_at
            with pytest.raises(NotFoundError):
                client.models.get(str(new_id()))

    def test_it_serves_the_asynchronous_client(self, server: str, api_key: str, product: Product) -> None:
        tell(product, "Hello", model="gpt-4o")

        async def talk() -> None:
            async with async_sdk(server, api_key) as client:
                (listed,) = await client.models.list()
                assert (await client.models.get(listed.id)).products[0].conversation_count == 1

        asyncio.run(talk())
