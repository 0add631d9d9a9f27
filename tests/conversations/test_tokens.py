"""Usage is counted in tokens of `o200k_base`, exactly once (Decision 12)."""

from typing import Any

import pytest

from conversations.ingest.fields import MAX_CONTENT
from conversations.ingest.tokens import COUNTED, count_tokens, message_tokens
from conversations.models import Conversation, MessageType
from conversations.visits import visit_due_conversations
from products.models import Product
from tests.conftest import Api
from tests.conversations.bodies import known, saying


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello", 1),
        ("Hello, world!", 4),
        ("hello world", 2),
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("a" * 8, 1),
        ("<|endoftext|>", 7),  # as anybody may write it, not as the special token
    ],
)
def test_it_counts_as_the_encoding_does(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_it_counts_the_longest_content() -> None:
    assert count_tokens("a" * MAX_CONTENT) == MAX_CONTENT // 8
    assert count_tokens("語😀" * (MAX_CONTENT // 2)) > 0


def test_it_counts_what_was_said_and_nothing_else(api: Api, product: Product) -> None:
    words = "The quick brown fox jumps over the lazy dog."
    messages: list[Any] = [
        {"messageType": type, "content": words, "toolName": "search", "input": {"words": words}, "output": words}
        for type in MessageType.values
    ]
    api.post("messages", saying(product, *messages))
    visit_due_conversations()
    counted = {type: message_tokens(type, words) for type in MessageType.values}
    assert counted == {type: 10 if type in COUNTED else 0 for type in MessageType.values}
    assert {"user_message", "assistant_message", "system_message", "final_response"} == COUNTED
    assert Conversation.objects.get().half_tokens == 2 * 10 * len(COUNTED)


def test_it_counts_a_known_message_no_second_time(api: Api, product: Product) -> None:
    for _ in range(3):
        api.post("messages", saying(product, known("a"), known("b"), known("a"), externalConversationId="c1"))
        visit_due_conversations()
    assert Conversation.objects.get().half_tokens == 2 * 2 * count_tokens("Hello")
