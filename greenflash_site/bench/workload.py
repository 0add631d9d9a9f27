"""What the bench sends: requests with realistic text, no two alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

CHARACTERS = 300
USERS = 1_000
KNOWN_CONVERSATIONS = 1_000
# Primes, so that neighbours in time are none in the tables.
CONVERSATION_STEP, TEXT_STEP = 389, 7_919


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Requests of one kind, sent by so many clients at once.

    `is_known` says that the conversations are there already; `has_ids` that messages carry external ids.
    """

    messages: int
    clients: int
    is_known: bool = False
    has_ids: bool = False

    def body(self, number: int, product_id: str) -> bytes:
        """The body of request `number`, which no other number has."""
        conversation = number * CONVERSATION_STEP % KNOWN_CONVERSATIONS if self.is_known else number
        said = []
        for place in range(self.messages):
            message = {"role": "assistant" if place % 2 else "user", "content": text(number * self.messages + place)}
            if self.has_ids:
                message["externalMessageId"] = str(UUID(int=number << 64 | place))
            said.append(message)
        body: dict[str, Any] = {
            "productId": product_id,
            "externalUserId": f"user-{conversation % USERS}",
            "externalConversationId": f"{'known' if self.is_known else 'new'}-{conversation:012}",
            "messages": said,
        }
        return msgspec.json.encode(body)

    def bodies(self, product_id: str, *, start: int, count: int) -> Iterator[bytes]:
        """Those of `count` requests from number `start` on."""
        return (self.body(number, product_id) for number in range(start, start + count))

    def begin_known(self, product_id: str) -> Iterator[bytes]:
        """Requests that begin the known conversations, with one message each."""
        first = Workload(messages=1, clients=1, is_known=True)
        return first.bodies(product_id, start=0, count=KNOWN_CONVERSATIONS)


def text(number: int) -> str:
    """Text number `number`: 300 characters that somebody might have said, and a number that makes it the only one."""
    told = _told()
    at = number * TEXT_STEP % (len(told) - CHARACTERS)
    return f"{number:x} {told[at : at + CHARACTERS]}"[:CHARACTERS]


@cache
def _told() -> str:
    """What is said in the demo's story, in English."""
    from greenflash_site.demo.story import story

    said: dict[str, None] = {}
    for request in story(seed=1, until=datetime(2026, 1, 31, tzinfo=UTC), conversations=200):
        for message in msgspec.convert(request.body["messages"], list[dict[str, Any]]):
            if str(message.get("content") or "").isascii():
                said[message.get("content") or ""] = None
    return " ".join(said)
