"""Fifty conversations of a real agent with its tools go in by the official client and come out whole, in order."""

import json
from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from greenflash.types import MessageItemParam

from conversations.models import Conversation
from products.actions import create_api_key
from products.models import Member, Product
from tests.conftest import sdk

DATA = settings.BASE_DIR.parent / "shared" / "data" / "airline-agent-conversations.json"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not DATA.exists(), reason="airline-agent-conversations.json is not beside the repository"),
]


def as_ours(messages: list[dict[str, Any]]) -> list[MessageItemParam]:
    """Messages of OpenAI's chat format as the official client takes them.

    An id of a call that was used before in the conversation is made its own by a count, as an integration must.
    """
    used: Counter[str] = Counter()
    latest: dict[str, str] = {}
    ours: list[MessageItemParam] = []
    for message in messages:
        if message["role"] == "tool":
            parent = latest[message["tool_call_id"]]
            ours.append(
                {
                    "message_type": "observation",
                    "tool_name": message["name"],
                    "output": message["content"],
                    "parent_external_message_id": parent,
                }
            )
            continue
        if message["content"]:
            ours.append({"role": message["role"], "content": message["content"]})
        for call in message.get("tool_calls") or []:
            used[call["id"]] += 1
            latest[call["id"]] = f"{call['id']}#{used[call['id']]}" if used[call["id"]] > 1 else call["id"]
            ours.append(
                {
                    "message_type": "tool_call",
                    "tool_name": call["function"]["name"],
                    "input": json.loads(call["function"]["arguments"]),
                    "external_message_id": latest[call["id"]],
                }
            )
    return ours


def test_it_gives_back_every_message_call_and_result(
    server: str, api_key: str, product: Product, stranger: Member
) -> None:
    conversations = json.loads(DATA.read_text())["conversations"]
    assert len(conversations) == 50
    with sdk(server, api_key) as client:
        for conversation in conversations:
            sent = as_ours(conversation["messages"])
            common: dict[str, Any] = {
                "external_user_id": conversation["user_id"],
                "external_conversation_id": conversation["id"],
                "product_id": str(product.id),
            }
            half = len(sent) // 2
            client.messages.create(**common, messages=sent[:half])
            answer = client.messages.create(**common, messages=sent[half:])
            detail = client.interactions.get(answer.conversation_id)
            told = [message.model_dump() for message in detail.messages]
            ids = {message["externalMessageId"]: message["id"] for message in told if message["externalMessageId"]}
            assert [
                {
                    "role": message["role"],
                    "content": message["content"] if message["input"] is message["output"] is None else None,
                    "tool_name": message["toolName"],
                    "input": message["input"],
                    "output": message["output"],
                    "external_message_id": message["externalMessageId"],
                    "parent": message["parentMessageId"],
                }
                for message in told
            ] == [
                {
                    "role": message.get("role") or message["message_type"],
                    "content": message.get("content"),
                    "tool_name": message.get("tool_name"),
                    "input": message.get("input"),
                    "output": message.get("output"),
                    "external_message_id": message.get("external_message_id"),
                    "parent": ids.get(message.get("parent_external_message_id")),
                }
                for message in sent
            ]
            calls = sum("input" in message for message in sent)
            assert (detail.model_dump()["messageCount"], detail.model_dump()["toolCallCount"]) == (len(sent), calls)
        key = create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext
        with sdk(server, key) as strangers:
            assert strangers.interactions.list() == []
    assert Conversation.objects.count() == 50
