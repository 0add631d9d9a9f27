"""GET /interactions and /interactions/{id}: conversations as other programs read them (Decisions 14, 15 and 17)."""

from typing import Any

import pytest

from conversations.models import MessageType
from greenflash_site.api import auth
from products.actions import create_product
from products.models import Member, Product
from products.models.ids import new_id
from tests.conftest import Api, tell
from tests.conversations.bodies import saying

ITEM = {
    "id", "externalId", "participantId", "externalParticipantId", "organizationId", "organizationExternalId",
    "productId", "versionId", "model", "rating", "ratingMin", "ratingMax", "feedback", "createdAt", "updatedAt",
    "properties",
}  # fmt: skip


def test_it_lists_the_conversation_with_the_latest_activity_first(api: Api, product: Product) -> None:
    first, second, third = (tell(product, "Hello", externalConversationId=f"c{n}") for n in range(3))
    tell(product, "More", conversationId=str(first.id))
    listed = api.get("interactions").json()
    assert [item["id"] for item in listed] == [str(first.id), str(third.id), str(second.id)]
    assert listed[0].keys() >= ITEM
    assert (listed[0]["externalId"], listed[0]["messageCount"]) == ("c0", 2)


def test_it_filters_by_product_and_version(api: Api, product: Product, owner: Member) -> None:
    copilot = create_product(owner, name="Copilot")
    here, there = tell(product, "Hello"), tell(copilot, "Hello")
    for query, expected in (
        ({"productId": product.id}, [here]),
        ({"productId": copilot.id}, [there]),
        ({"versionId": here.version_id}, [here]),
        ({"versionId": there.version_id, "productId": product.id}, []),
        ({"productId": new_id()}, []),
        ({"productId": str(product.id).upper()}, [here]),
    ):
        listed = api.get("interactions", **query).json()
        assert [item["id"] for item in listed] == [str(conversation.id) for conversation in expected]
    for name in ("productId", "versionId"):
        refused = api.get("interactions", **{name: "x"})
        assert (refused.status_code, refused.json()["path"]) == (400, f"$.{name}")


def test_it_shows_the_stranger_nothing(api: Api, strangers: Api, product: Product) -> None:
    conversation = tell(product, "Hello")
    assert strangers.get("interactions").json() == []
    assert strangers.get("interactions", productId=product.id).json() == []
    answers = []
    for response in (strangers.get(f"interactions/{conversation.id}"), strangers.get(f"interactions/{new_id()}")):
        assert response.status_code == 404
        answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
    assert answers[0] == answers[1]
    assert api.get(f"interactions/{conversation.id}").status_code == 200


@pytest.mark.parametrize("name", ["x", "1", "..", "00000000-0000-0000-0000-00000000000", "x" * 5_000, "%00", "%s"])
def test_it_knows_no_conversation_by_what_is_no_id(name: str, api: Api) -> None:
    response = api.get(f"interactions/{name}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_it_tells_who_spoke_and_where(api: Api, product: Product) -> None:
    conversation = tell(product, "Hello", externalOrganizationId="acme", model="gpt-4o", properties={"a": 1})
    detail = api.get(f"interactions/{conversation.id}").json()
    assert detail.keys() >= ITEM | {"participant", "messages"}
    participant = detail["participant"]
    assert participant == {"id": detail["participantId"], "externalId": "user-1", "name": None, "email": None}
    assert (detail["externalParticipantId"], detail["organizationExternalId"]) == ("user-1", "acme")
    assert (detail["model"], detail["properties"], detail["rating"]) == ("gpt-4o", {"a": 1}, None)
    assert detail["versionId"] == str(product.versions.get().id)
    bare = api.get(f"interactions/{tell(product, 'Hello', externalUserId='user-2').id}").json()
    assert (bare["organizationId"], bare["model"], bare["externalId"], bare["properties"]) == (None, None, None, {})


def test_it_tells_every_type_by_one_of_six_roles(api: Api, product: Product) -> None:
    messages: list[dict[str, Any]] = [
        {"messageType": kind.value, "toolName": "search", "externalMessageId": kind.value} for kind in MessageType
    ]
    told = api.get(f"interactions/{tell(product, *messages).id}").json()["messages"]
    assert {message["messageType"]: message["role"] for message in told} == {
        **dict.fromkeys(MessageType.values, "observation"),
        "user_message": "user",
        "assistant_message": "assistant",
        "system_message": "system",
        "tool_call": "tool_call",
        "final_response": "final_response",
    }
    assert [message["externalMessageId"] for message in told] == MessageType.values


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        ({"content": "said", "output": 1, "input": 2}, "said"),
        ({"content": "", "output": 1}, ""),
        ({"output": {"b": ["ü", 1.5]}, "input": 2}, '{"b":["ü",1.5]}'),
        ({"output": "text"}, '"text"'),
        ({"output": False}, "false"),
        ({"output": 0, "input": 1}, "0"),
        ({"output": []}, "[]"),
        ({"output": None, "input": {}}, "{}"),
        ({"input": 10**300, "output": None}, "1" + "0" * 300),
        ({}, ""),
    ],
)
def test_it_always_has_a_content(sent: dict[str, Any], content: str, api: Api, product: Product) -> None:
    body = saying(product, {"messageType": "tool_call", "toolName": "search", **sent})
    conversation = api.post("messages", body).json()["conversationId"]
    (message,) = api.get(f"interactions/{conversation}").json()["messages"]
    assert message["content"] == content
    assert (message["input"], message["output"]) == (sent.get("input"), sent.get("output"))
    assert message["toolName"] == "search"


def test_it_reads_a_conversation_in_a_fixed_number_of_queries(
    api: Api, product: Product, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    conversation = tell(product, *(["Hello"] * 50))
    for n in range(30):
        tell(product, "Hello", externalUserId=f"user-{n}", externalOrganizationId=f"organization-{n}")
    api.get("products")  # the key is known from here on
    with django_assert_num_queries(3):
        assert len(api.get(f"interactions/{conversation.id}").json()["messages"]) == 50
    with django_assert_num_queries(1):
        assert len(api.get("interactions").json()) == 31
