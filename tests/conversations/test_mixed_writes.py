"""All writes at once on few users, organizations and conversations: nobody waits in a circle, and all of it adds up.

Ten seconds, or as many as `MIXED_WRITES_SECONDS` says.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conversations.models import Conversation, Event, Message, Organization, Participant, Rating
from products.actions import create_product
from products.models import Member, Product
from products.models.ids import new_id
from tests.conftest import database_url, web_server
from tests.conversations.round_trips import deadlocks

type Json = dict[str, Any]
SECONDS = float(os.environ.get("MIXED_WRITES_SECONDS", "10"))
THREADS = 8
# What the random requests may be told besides 200 and 201.
EXPECTED = {"not_found", "message_ambiguous", "conversation_ambiguous", "product_required", "message_mismatch"}


class Chance:
    """Makes random requests that have much in common with each other."""

    def __init__(self, seed: int, products: list[Product]) -> None:
        self.random = random.Random(seed)
        self.products = [str(product.id) for product in products]

    def some(self, **fields: Any) -> Json:
        """Each of `fields` or not."""
        return {name: value for name, value in fields.items() if self.random.random() < 0.6}

    def name(self, kind: str, count: int) -> str:
        return f"{kind}{self.random.randrange(count)}"

    def properties(self) -> Json:
        return {self.name("p", 5): self.random.choice([None, 1, "x", [1]]) for _ in range(3)}

    def new_model(self) -> str:
        """A model that nobody has named before this tenth of a second; several may now, in any order."""
        return self.name(f"model-{int(time.monotonic() * 10)}-", 6)

    def time(self) -> str:
        return f"2025-01-{1 + self.random.randrange(28):02}T09:30:00Z"

    def request(self) -> tuple[str, str, Json]:
        """Method, path and body of one request."""
        return self.random.choice(
            [self.messages, self.messages, self.user, self.organization, self.rating, self.event]
        )()

    def messages(self) -> tuple[str, str, Json]:
        said = [
            {
                "role": "user",
                "content": "Hello",
                **self.some(externalMessageId=self.name("m", 12), model=self.new_model()),
            }
            for _ in range(self.random.randrange(1, 5))
        ]
        return "POST", "messages", {
            "productId": self.random.choice(self.products), "externalUserId": self.name("user", 4),
            "externalConversationId": self.name("c", 4), "messages": said, "properties": self.properties(),
            **self.some(
                externalOrganizationId=self.name("organization", 3), model=self.new_model(),
                systemPrompt=f"Be kind {self.random.randrange(3)}.",
            ),
        }  # fmt: skip

    def user(self) -> tuple[str, str, Json]:
        id = self.name("user", 5)
        fields = self.some(
            name=self.random.choice([None, "Ann", "Bob"]), email="a@x", properties=self.properties(),
            externalOrganizationId=self.random.choice([None, self.name("organization", 4)]), anonymized=id == "user4",
        )  # fmt: skip
        if self.random.random() < 0.3:
            return "PUT", f"users/{id}", fields
        return "POST", "users", {"externalUserId": id, **fields}

    def organization(self) -> tuple[str, str, Json]:
        id = self.name("organization", 4)
        fields = self.some(name=self.random.choice([None, "Initech"]), properties=self.properties())
        if self.random.random() < 0.3:
            return "PUT", f"organizations/{id}", fields
        return "POST", "organizations", {"externalOrganizationId": id, **fields}

    def rating(self) -> tuple[str, str, Json]:
        targets: list[Json] = [
            {"externalConversationId": self.name("c", 4)}, {"externalMessageId": self.name("m", 12)},
            {"externalMessageId": self.name("m", 12), "externalConversationId": self.name("c", 4)},
        ]  # fmt: skip
        return "POST", "ratings", {
            "rating": self.random.random(), "ratingMin": 0, "ratingMax": 1, **self.random.choice(targets),
            **self.some(productId=self.random.choice(self.products), ratedAt=self.time()),
        }  # fmt: skip

    def event(self) -> tuple[str, str, Json]:
        return "POST", "events", {
            "eventType": "purchase", "productId": self.random.choice(self.products), "value": "1",
            **self.some(
                externalUserId=self.name("user", 6), externalOrganizationId=self.name("organization", 5),
                externalConversationId=self.name("c", 4), insertId=self.name("i", 10_000), sampleRate=0.9,
            ),
        }  # fmt: skip


def write(server: str, key: str, chance: Chance, until: float) -> Counter[str]:
    """Send random requests until then, some of them marked as sent again; what was answered how often."""
    told: Counter[str] = Counter()
    with httpx.Client(base_url=f"{server}/api/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        while time.monotonic() < until:
            method, path, body = chance.request()
            headers = chance.some(**{"X-Stainless-Retry-Count": "1"}) if chance.random.random() < 0.1 else {}
            if chance.random.random() < 0.05:
                headers["Idempotency-Key"] = str(new_id())
            response = client.request(method, path, json=body, headers=headers)
            is_stored = response.status_code in {200, 201}
            told[f"{path.split('/')[0]} {'stored' if is_stored else response.json()['code']}"] += 1
            assert is_stored or response.json()["code"] in EXPECTED, (response.status_code, response.json(), body)
    return told


@pytest.mark.django_db(transaction=True)
def test_it_takes_everything_at_once(api_key: str, product: Product, owner: Member) -> None:
    products = [product, create_product(owner, name="Copilot")]
    seed = random.randrange(2**32)
    before = deadlocks()
    # A server of our own: the database has all its counts when the last connection is closed.
    with (
        web_server(database_url(), workers=2, GREENFLASH_RATE_LIMIT="0") as server,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        until = time.monotonic() + SECONDS
        writers = [
            pool.submit(write, server, api_key, Chance(seed + number, products), until) for number in range(THREADS)
        ]
        told: Counter[str] = sum((writer.result() for writer in writers), Counter())
    assert deadlocks() == before, f"seed {seed}: {told}"
    for resource in ("messages", "users", "organizations", "ratings", "events"):
        assert told[f"{resource} stored"] > 0, told
    assert_all_adds_up()


def assert_all_adds_up() -> None:
    """Counters, positions, the ratings shown, and what must be empty."""
    for conversation in Conversation.objects.all():
        positions = conversation.messages.order_by("position").values_list("position", flat=True)
        assert list(positions) == list(range(1, conversation.message_count + 1))
        latest = Rating.objects.filter(conversation=conversation, message_id=None).order_by("-rated_at").first()
        assert conversation.rated_at == (latest.rated_at if latest else None)
        if latest is not None:
            same_time = Rating.objects.filter(conversation=conversation, message_id=None, rated_at=latest.rated_at)
            assert conversation.rating in same_time.values_list("value", flat=True)
    rated = set(Rating.objects.exclude(message_id=None).values_list("message_id", "conversation_id"))
    assert rated <= set(Message.objects.values_list("id", "conversation_id"))
    inserted = list(Event.objects.exclude(insert_id=None).values_list("insert_id", flat=True))
    assert len(set(inserted)) == len(inserted)
    for participant in Participant.objects.exclude(anonymized_at=None):
        assert (participant.name, participant.email, participant.properties) == ("", "", {})
    assert {participant.external_id for participant in Participant.objects.all()} <= {f"user{n}" for n in range(6)}
    assert Organization.objects.count() <= 5
    assert all(None not in row.properties.values() for row in Participant.objects.all())
