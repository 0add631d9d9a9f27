"""Tallies are what one would count oneself, whatever comes late, again, changed or at the same time."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Event as Flag
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import DatabaseError, connections

from conversations import tallies, visits
from conversations.ingest.events import CreateEvent, store_event
from conversations.ingest.ratings import LogRating, store_rating
from conversations.ingest.tokens import message_tokens
from conversations.models import (
    Conversation,
    ConversationTally,
    Event,
    EventTally,
    Message,
    ProductTally,
    PromptUse,
    Rating,
    Uncounted,
)
from conversations.models.rating import HIGH, LOW
from conversations.tallies import COUNTS, count_uncounted
from greenflash_site.api.auth import caller_of
from products.models import Product
from tests.conftest import Api, tell
from tests.conversations.test_visits import visit_all

NOW = datetime(2025, 11, 25, 13, 7, tzinfo=UTC)
type Counts = dict[tuple[Any, ...], Counter[str]]


def count_all() -> None:
    """Do all that the worker has to do."""
    visit_all()
    while Uncounted.objects.exists():
        count_uncounted()


def quarter(time: datetime) -> datetime:
    """The quarter of an hour that a time is in."""
    return time.replace(minute=time.minute // 15 * 15, second=0, microsecond=0)


def counted_directly() -> tuple[Counts, Counts]:
    """What happened in each conversation and in each product, counted from the rows themselves."""
    each: Counts = {}
    for name, id, at, count in _facts():
        each.setdefault((id, quarter(at)), Counter())[name] += count
    products = dict(Conversation.objects.values_list("id", "product_id"))
    summed: Counts = {}
    for (id, at), counts in each.items():
        summed.setdefault((products[id], at), Counter()).update(counts)
    return each, summed


def _facts() -> Iterator[tuple[str, UUID, datetime, Any]]:
    for conversation in Conversation.objects.all():
        yield "conversations", conversation.id, conversation.first_message_at, 1
    names = {"user_message": "user_messages", "tool_call": "tool_calls", "tool_error": "tool_errors"}
    for message in Message.objects.all():
        yield "messages", message.conversation_id, message.created_at, 1
        if message.type in names:
            yield names[message.type], message.conversation_id, message.created_at, 1
        tokens = 2 * message_tokens(message.type, message.content)
        yield "half_tokens", message.conversation_id, message.created_at, tokens
    for use in PromptUse.objects.all():
        yield "prompt_half_tokens", use.conversation_id, use.created_at, use.half_tokens
    for rating in Rating.objects.shown():
        yield "ratings", rating.conversation_id, rating.rated_at, 1
        yield "low_ratings", rating.conversation_id, rating.rated_at, int(rating.normalized < LOW)
        yield "high_ratings", rating.conversation_id, rating.rated_at, int(rating.normalized >= HIGH)
        yield "rating_sum", rating.conversation_id, rating.rated_at, Decimal(f"{rating.normalized:.15g}")


def tallied(model: type[ConversationTally | ProductTally], key: str) -> Counts:
    """What the tallies say, without rows of which nothing is left."""
    rows = model.objects.values(key, "quarter", *COUNTS)
    found = {(row[key], row["quarter"]): Counter({name: row[name] for name in COUNTS}) for row in rows}
    return {place: +counts for place, counts in found.items() if +counts}


def check() -> None:
    """Both tables say what the rows say, to the last digit."""
    each, summed = counted_directly()
    assert tallied(ConversationTally, "conversation_id") == {place: +counts for place, counts in each.items()}
    assert tallied(ProductTally, "product_id") == {place: +counts for place, counts in summed.items()}
    events: dict[tuple[Any, ...], list[Any]] = {}
    for event in Event.objects.all():
        number = Decimal(event.value) if event.value_type in ("currency", "numeric") else Decimal(0)
        found = events.setdefault((event.product_id, quarter(event.event_at), event.type), [0, 0, 0, Decimal(0)])
        found[0] += 1
        found[1] += event.influence == "positive"
        found[2] += event.influence == "negative"
        found[3] += number
    values = EventTally.objects.values_list("product_id", "quarter", "type", "events", "positive", "negative", "value")
    assert {row[:3]: list(row[3:]) for row in values} == events
    for conversation in Conversation.objects.all():  # nor is anything lost between the two kinds of counters
        rows = conversation.tallies.values_list("messages", "half_tokens", "prompt_half_tokens")
        assert sum(messages for messages, *_ in rows) == conversation.message_count
        assert sum(said + prompts for _, said, prompts in rows) == conversation.half_tokens


class Course:
    """A random course of writes, drawn from a seed."""

    def __init__(self, products: list[Product], seed: int) -> None:
        self.products, self.random = products, Random(seed)

    def at(self) -> str:
        """Some time of the last three days, at times right at a quarter."""
        minutes = self.random.choice([15 * self.random.randrange(288), self.random.randrange(4320)])
        return (NOW.replace(minute=0) - timedelta(minutes=minutes)).isoformat()

    def send(self) -> None:
        """Messages of any time, some of them again, perhaps with a prompt."""
        kinds: list[dict[str, Any]] = [
            {"role": "user"},
            {"role": "assistant"},
            {"messageType": "tool_call", "toolName": "t", "input": {}},
            {"messageType": "tool_error", "toolName": "t", "output": "no"},
        ]
        said = [
            {
                **self.random.choice(kinds),
                "content": "word " * self.random.randrange(1, 5),
                "createdAt": self.at(),
                **({"externalMessageId": f"m{self.random.randrange(9)}"} if self.random.random() < 0.7 else {}),
            }
            for _ in range(self.random.randrange(1, 5))
        ]
        more = {"systemPrompt": f"Be {self.random.randrange(3)}."} if self.random.random() < 0.5 else {}
        tell(
            self.random.choice(self.products),
            *said,
            externalUserId=f"u{self.random.randrange(3)}",
            externalConversationId=f"c{self.random.randrange(4)}",
            at=NOW,
            **more,
        )

    def rate(self) -> None:
        """A conversation or a message, perhaps rated before, perhaps later than this."""
        conversation = self.random.choice(list(Conversation.objects.order_by("id")))
        message = self.random.choice([None, *conversation.messages.order_by("position")])
        target = {"messageId": str(message.id)} if message else {"conversationId": str(conversation.id)}
        body = {"rating": self.random.randrange(1, 6), "ratingMin": 1, "ratingMax": 5, "ratedAt": self.at(), **target}
        store_rating(msgspec.convert(body, LogRating), caller=caller_of(conversation.workspace), now=NOW)

    def happen(self) -> None:
        """An event, perhaps one that was sent before."""
        product = self.random.choice(self.products)
        value, kind = self.random.choice(
            [("12.50", "currency"), ("-3e2", "numeric"), ("pro", "text"), (".1", "numeric")]
        )
        body = {
            "eventType": self.random.choice(["purchase", "cancelled"]),
            "productId": str(product.id),
            "value": value,
            "valueType": kind,
            "influence": self.random.choice(["positive", "negative", "neutral"]),
            "eventAt": self.at(),
            "insertId": f"e{self.random.randrange(30)}",
        }
        store_event(msgspec.convert(body, CreateEvent), caller=caller_of(product.workspace), now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_it_counts_what_one_would_count_oneself(product: Product, development: Product, seed: int) -> None:
    course = Course([product, development], seed)
    course.send()
    work = [course.send, course.send, course.rate, course.happen, visits.visit_due_conversations, count_uncounted]
    for _ in range(60):
        course.random.choice(work)()
    count_all()
    check()
    assert ProductTally.objects.count() > 5


@pytest.mark.django_db
def test_it_moves_with_a_rating_that_is_given_anew(product: Product, api: Api) -> None:
    conversation = tell(product, "Hello", at=NOW)
    for rating, at in ((5, "10:00:00"), (1, "11:00:00"), (3, "09:00:00")):
        body = {"rating": rating, "ratingMin": 1, "ratingMax": 5, "ratedAt": f"2025-11-25T{at}Z"}
        assert api.post("ratings", {**body, "conversationId": str(conversation.id)}).status_code == 201
        count_all()
    check()
    hours = [(row.quarter.hour, row.ratings, row.low_ratings) for row in ProductTally.objects.order_by("quarter")]
    assert hours == [(10, 0, 0), (11, 1, 1), (13, 0, 0)]


@pytest.mark.django_db
def test_it_moves_with_a_conversation_that_began_earlier_than_was_known(product: Product) -> None:
    for at in (NOW, NOW - timedelta(hours=2), NOW - timedelta(hours=1)):
        said = {"role": "user", "content": "Hi", "createdAt": at.isoformat()}
        tell(product, said, externalConversationId="c", at=NOW)
        count_all()
    check()
    begun = [(row.quarter.hour, row.conversations) for row in ProductTally.objects.order_by("quarter")]
    assert begun == [(11, 1), (12, 0), (13, 0)]


@pytest.mark.django_db
def test_it_counts_a_prompt_that_comes_with_nothing_new(product: Product) -> None:
    said = {"role": "user", "content": "Hi", "externalMessageId": "m"}
    for prompt in ("Be kind.", "Be brief, and kind."):
        tell(product, said, externalConversationId="c", systemPrompt=prompt)
        count_all()
    check()
    assert PromptUse.objects.count() == 2


@pytest.mark.django_db
def test_it_counts_nothing_of_a_batch_that_failed(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course([product], 1)
    for step in (course.send, course.rate, course.happen):
        step()

    def fail(*_: object) -> None:
        raise DatabaseError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(visits, "RECORD", "select 1 / 0")
        patched.setattr(tallies, "EVENTS", "select 1 / 0 from (select %s, %s) as nothing")
        for work in (visits.visit_due_conversations, count_uncounted):
            with pytest.raises(DatabaseError):
                work()
    assert not ProductTally.objects.exists()
    assert not EventTally.objects.exists()
    count_all()
    check()


@pytest.mark.django_db(transaction=True)
def test_it_counts_once_however_many_write_and_count(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "CONVERSATIONS", 2)
    monkeypatch.setattr(visits, "MESSAGES", 3)
    monkeypatch.setattr(tallies, "UNCOUNTED", 3)
    writing = Flag()
    Course([product], 0).send()

    def write(seed: int) -> None:
        course = Course([product], seed)
        for _ in range(12):
            course.send()
            course.rate()
            course.happen()
        connections.close_all()

    def count() -> None:
        while not writing.is_set():
            visits.visit_due_conversations()
            count_uncounted()
        connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        counters = [pool.submit(count) for _ in range(2)]
        writers = [pool.submit(write, seed) for seed in range(3)]
        for each in writers:
            each.exception()
        writing.set()
        for each in (*writers, *counters):
            each.result()
    count_all()
    check()
