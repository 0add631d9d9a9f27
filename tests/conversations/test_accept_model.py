"""`accept` against a model of it in plain Python: any course of requests, resent, retried and at once, ends the same.

`GREENFLASH_EXAMPLES=40` tries forty times as many courses as an ordinary run.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

import msgspec
import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.ingest.accept import Accepted, accept
from conversations.ingest.contract import CreateMessages
from conversations.ingest.tokens import message_tokens
from conversations.models import Conversation, Message, parent_ids
from conversations.visits import visit_due_conversations
from greenflash_site.api.auth import Caller, caller_of
from greenflash_site.api.errors import ApiError
from greenflash_site.api.retries import Attempt
from products.actions import create_product
from products.models import Member, Product
from tests.conversations.bodies import Json

EXAMPLES = int(os.environ.get("GREENFLASH_EXAMPLES", "1"))
TIMES = [f"2025-01-31T09:30:0{second}Z" for second in range(3)]
NAMES = ["a", "b", "c", "d"]
MESSAGE = st.fixed_dictionaries(
    {"content": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)},
    optional={
        "externalMessageId": st.sampled_from(NAMES),
        "createdAt": st.sampled_from(TIMES),
        # Perhaps of a message that comes later, or never, or makes a circle.
        "parentExternalMessageId": st.sampled_from(NAMES),
        "input": st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["k", "%s", "__proto__"]), inner)
            ),
            max_leaves=5,
        ),
    },
)
SPOKEN = st.tuples(MESSAGE, st.sampled_from(["user_message", "tool_call", "thought"])).map(
    lambda drawn: {**drawn[0], "messageType": drawn[1], "toolName": "search"}
)
REQUEST = st.fixed_dictionaries(
    {"externalConversationId": st.sampled_from(["c1", "c2"]), "messages": st.lists(SPOKEN, min_size=1, max_size=6)},
    optional={"properties": st.dictionaries(st.sampled_from(["plan", "tier"]), st.none() | st.integers(0, 2))},
)
# A new request, or the number of an earlier one that is sent again, by a person or by a client that heard no answer.
STEP = st.one_of(
    st.tuples(st.just("send"), REQUEST),
    st.tuples(st.just("resend"), st.integers(0, 20)),
    st.tuples(st.just("retry"), st.integers(0, 20)),
)
type Step = tuple[str, Json | int]
type Outcome = list[tuple[str, int]] | None


@dataclass
class Said:
    """A conversation as it should be: messages in the order of their arrival, and known ids with their place."""

    messages: list[Json] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    properties: Json = field(default_factory=dict)

    def add(self, message: Json) -> tuple[str, int]:
        """The status this message gets, and its place."""
        external_id = message.get("externalMessageId")
        if external_id in self.known:
            return "deduplicated", self.known[external_id]
        self.messages.append(message)
        if external_id is not None:
            self.known[external_id] = len(self.messages)
        return "created", len(self.messages)

    def parent_place(self, message: Json) -> int | None:
        """Where the parent of a message is by now."""
        return self.known.get(message.get("parentExternalMessageId", ""))


def is_circular(messages: list[Json]) -> bool:
    """Whether a message is its own parent or ancestor in one request; of several under one id the first counts."""
    if any(m.get("externalMessageId", "") == m.get("parentExternalMessageId") for m in messages):
        return True
    parents: dict[str, str | None] = {}
    for message in messages:
        if name := message.get("externalMessageId"):
            parents.setdefault(name, message.get("parentExternalMessageId"))
    for at in parents:
        name = parents[at]
        for _ in parents:
            if name == at:
                return True
            name = parents.get(name or "")
    return False


@dataclass
class World:
    """What should be there after each request, and what was sent and answered."""

    conversations: dict[str, Said] = field(default_factory=dict)
    sent: list[Json] = field(default_factory=list)
    answered: dict[str, Outcome] = field(default_factory=dict)
    ids: dict[tuple[str, int], UUID] = field(default_factory=dict)

    def expect(self, body: Json, *, is_retry: bool) -> Outcome:
        """What becomes of each message of a request: its status and place; None where the request is refused."""
        if is_circular(body["messages"]):
            return None
        name, fingerprint = body["externalConversationId"], digest(body).hex()
        # Only what stored something keeps a mark of itself; without one a retry is accepted like any other.
        if is_retry and fingerprint in self.answered:
            return self.answered[fingerprint]
        said = self.conversations.setdefault(name, Said())
        outcome = [said.add(message) for message in body["messages"]]
        if "created" in {status for status, _ in outcome}:
            self.answered[fingerprint] = outcome
        properties = {**said.properties, **body.get("properties", {})}
        said.properties = {key: value for key, value in properties.items() if value is not None}
        return outcome

    def check(self, body: Json, outcome: Outcome, accepted: Accepted | None) -> None:
        """Compare an answer; a message keeps the id it was first told by."""
        if accepted is None or outcome is None:
            assert (accepted, outcome) == (None, None)
            return
        assert [message.status for message in accepted.answer.messages] == [status for status, _ in outcome]
        assert accepted.created == ("created" in {status for status, _ in outcome})
        for message, (_, place) in zip(accepted.answer.messages, outcome, strict=True):
            told = UUID(message.message_id)
            assert self.ids.setdefault((body["externalConversationId"], place), told) == told


def digest(body: Json) -> bytes:
    """What tells one request from another."""
    return sha256(msgspec.json.encode(body)).digest()


def send(caller: Caller, body: Json, *, is_retry: bool = False) -> Accepted | None:
    """What came of a request; None where it was refused for its circle of parents."""
    attempt = Attempt(digest=digest(body), is_retry=is_retry)
    try:
        return accept(msgspec.convert(body, CreateMessages), caller=caller, attempt=attempt)
    except msgspec.ValidationError as error:
        if "its own parent" not in str(error):
            raise
    except ApiError as error:
        if error.code != "parent_cycle":
            raise
    return None


def body_of(world: World, step: Step, product: Product) -> Json | None:
    """The request of a step; None if there is none yet to send again."""
    _, what = step
    if isinstance(what, int):
        return world.sent[what % len(world.sent)] if world.sent else None
    world.sent.append({**what, "productId": str(product.id), "externalUserId": "ann"})
    return world.sent[-1]


def check_rows(world: World, product: Product) -> None:
    """Compare every row and counter with the model, but what depends on who was first of several at once."""
    while visit_due_conversations():
        pass
    for name, said in world.conversations.items():
        conversation = Conversation.objects.get(product=product, external_id=name)
        assert conversation.message_count == conversation.last_position == len(said.messages)
        calls = [message for message in said.messages if message["messageType"] == "tool_call"]
        assert conversation.tool_call_count == len(calls)
        tokens = [message_tokens(message["messageType"], message["content"]) for message in said.messages]
        assert conversation.half_tokens == 2 * sum(tokens)
        rows: list[Message] = list(conversation.messages.order_by("position"))
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        assert [(row.content, row.external_id, row.input) for row in rows] == [
            (message["content"], message.get("externalMessageId"), message.get("input")) for message in said.messages
        ]
        assert [row.id for row in rows] == [world.ids[name, row.position] for row in rows]
        parents = parent_ids(rows)
        places = [said.parent_place(message) for message in said.messages]
        assert [parents.get(row.id) for row in rows] == [world.ids[name, place] if place else None for place in places]
        assert conversation.first_message_at == min(row.created_at for row in rows)
        assert conversation.last_message_at == max(row.created_at for row in rows)
    assert Conversation.objects.filter(product=product).count() == len(world.conversations)


def check_order(world: World, product: Product) -> None:
    """Compare what follows from the order of the requests."""
    for name, said in world.conversations.items():
        conversation = Conversation.objects.get(product=product, external_id=name)
        assert conversation.properties == said.properties
        # Told times first, being in the past, then those of arrival; each by position.
        order = sorted(said.messages, key=lambda message: message.get("createdAt", "9"))
        assert [row.content for row in conversation.messages.in_order()] == [message["content"] for message in order]


@pytest.fixture
def bystander(stranger: Member) -> Conversation:
    """A conversation of Globex under the same names, which nothing may touch."""
    product = create_product(stranger, name="Globex bot")
    body = {
        "productId": str(product.id),
        "externalUserId": "ann",
        "externalConversationId": "c1",
        "messages": [{"role": "user", "content": "Hi", "externalMessageId": "a"}],
    }
    accepted = accept(msgspec.convert(body, CreateMessages), caller=caller_of(product.workspace))
    return Conversation.objects.get(id=accepted.answer.conversation_id)


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Try so many courses; each has data of its own, so that fixtures may serve them all."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=count * EXAMPLES, deadline=None, suppress_health_check=checks)


@examples(60)
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_it_does_what_the_model_says(steps: list[Step], product: Product, bystander: Conversation) -> None:
    world, caller = World(), caller_of(product.workspace)
    with transaction.atomic():
        for step in steps:
            if (body := body_of(world, step, product)) is not None:
                is_retry = step[0] == "retry"
                accepted = send(caller, body, is_retry=is_retry)
                world.check(body, world.expect(body, is_retry=is_retry), accepted)
        check_rows(world, product)
        check_order(world, product)
        again = Conversation.objects.get(id=bystander.id)
        assert (again.message_count, again.last_position) == (1, 1)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@examples(15)
@given(batches=st.lists(st.lists(STEP, min_size=1, max_size=5), min_size=1, max_size=4))
def test_it_does_at_once_what_it_does_in_some_order(batches: list[list[Step]], owner: Member) -> None:
    product = create_product(owner, name=f"Bot {Product.objects.count()}")
    world, caller = World(), caller_of(owner.workspace)

    def run(body: Json) -> Accepted | None:
        try:
            return send(caller, body)
        finally:
            connections.close_all()

    for batch in batches:
        bodies = [body for step in batch if (body := body_of(world, step, product)) is not None]
        with ThreadPoolExecutor(max(len(bodies), 1)) as pool:
            answers = list(pool.map(run, bodies))
        # The order in which they came to be stored is that of the places they got; who got none came last, or it does
        # not matter.
        for body, accepted in sorted(zip(bodies, answers, strict=True), key=lambda pair: place_of(pair[1])):
            world.check(body, world.expect(body, is_retry=False), accepted)
    check_rows(world, product)


def place_of(accepted: Accepted | None) -> float:
    """Where the first message that a request created stands in its conversation."""
    created = [each.message_id for each in accepted.answer.messages if each.status == "created"] if accepted else []
    places = Message.objects.filter(id__in=created).values_list("position", flat=True)
    return min(places, default=float("inf"))
