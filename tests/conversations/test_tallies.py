"""Tallies are what one would count oneself, whatever comes late, again, changed or at the same time."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from random import Random
from threading import Event as Flag
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import DatabaseError, connection, connections

from conversations import tallies, visits
from conversations.ingest.events import CreateEvent, store_event
from conversations.ingest.participants import UpdateUser, store_participant
from conversations.ingest.ratings import LogRating, store_rating
from conversations.ingest.tokens import message_tokens
from conversations.models import (
    Conversation,
    ConversationTally,
    Event,
    EventTally,
    Message,
    Organization,
    OrganizationTally,
    Participant,
    ParticipantTally,
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


def people_directly(key: str) -> dict[tuple[UUID, UUID], list[Any]]:
    """What each user ("participant_id") or organization has in each product, counted from the rows themselves."""
    found: dict[tuple[UUID, UUID], list[Any]] = {}
    for conversation in Conversation.objects.exclude(**{key: None}):
        theirs = found.setdefault((getattr(conversation, key), conversation.product_id), _nothing())
        theirs[0] += 1
        theirs[1] += conversation.message_count
        for normalized in conversation.ratings.shown().values_list("normalized", flat=True):
            theirs[2] += 1
            theirs[3] += Decimal(f"{normalized:.15g}")
        theirs[5] = min(theirs[5] or conversation.first_message_at, conversation.first_message_at)
        theirs[6] = max(theirs[6] or conversation.last_message_at, conversation.last_message_at)
    for event in Event.objects.exclude(**{key: None}):
        found.setdefault((getattr(event, key), event.product_id), _nothing())[4] += 1
    return found


def _nothing() -> list[Any]:
    return [0, 0, 0, Decimal(0), 0, None, None]


def check_people() -> None:
    """The tallies of users and of organizations say what the rows say, and have no row of nothing."""
    names = ("conversations", "messages", "ratings", "rating_sum", "events", "first_at", "last_at")
    for model, key in ((ParticipantTally, "participant_id"), (OrganizationTally, "organization_id")):
        rows = model.objects.values_list(key, "product_id", *names)
        assert {row[:2]: list(row[2:]) for row in rows} == people_directly(key)


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
    check_people()
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
        if self.random.random() < 0.3:
            more["externalOrganizationId"] = f"o{self.random.randrange(3)}"
        tell(
            self.random.choice(self.products),
            *said,
            externalUserId=f"u{self.random.randrange(3)}",
            externalConversationId=f"c{self.random.randrange(4)}",
            at=NOW,
            **more,
        )

    def move(self) -> None:
        """A user changes the organization, leaves it, or is anonymized."""
        user = self.random.choice(list(Participant.objects.order_by("id")))
        organization = self.random.choice([None, "o0", "o1", "o2"])
        body = {"externalOrganizationId": organization} | ({"anonymized": True} if self.random.random() < 0.2 else {})
        store_participant(
            msgspec.convert(body, UpdateUser),
            external_id=user.external_id,
            creates=False,
            caller=caller_of(self.products[0].workspace),
        )

    def repeat(self) -> None:
        """What was said already, now perhaps with an organization."""
        message = Message.objects.exclude(external_id=None).order_by("id").first()
        if message is None:
            return
        conversation = Conversation.objects.get(id=message.conversation_id)
        tell(
            conversation.product,
            {"role": "user", "content": "Again", "externalMessageId": message.external_id},
            externalUserId=conversation.participant.external_id,
            externalConversationId=conversation.external_id,
            externalOrganizationId=f"o{self.random.randrange(3)}",
            at=NOW,
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
            **self.random.choice(
                [{}, {"externalUserId": f"u{self.random.randrange(5)}"}, {"externalOrganizationId": "o1"}]
            ),
        }
        store_event(msgspec.convert(body, CreateEvent), caller=caller_of(product.workspace), now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_it_counts_what_one_would_count_oneself(product: Product, development: Product, seed: int) -> None:
    course = Course([product, development], seed)
    course.send()
    work: list[Callable[[], object]] = [
        course.send,
        course.send,
        course.rate,
        course.happen,
        course.move,
        course.repeat,
    ]
    work += [visits.visit_due_conversations, count_uncounted]
    for _ in range(80):
        course.random.choice(work)()
    count_all()
    check()
    assert ProductTally.objects.count() > 5


@pytest.mark.django_db
def test_it_fills_the_tallies_of_people_from_what_was_counted_before(product: Product, development: Product) -> None:
    """As the migration does it, while some of it still waits to be counted."""
    course = Course([product, development], 7)
    course.send()
    for step in 3 * [course.send, course.happen, course.rate, course.happen]:
        step()
    while visits.visit_due_conversations():
        pass
    with_events = Uncounted.objects.exclude(event_id=None).count()
    with connection.cursor() as cursor:
        cursor.execute("delete from uncounted where event_id in (select event_id from uncounted order by id limit 3)")
        cursor.execute("delete from participant_tally; delete from organization_tally")
        cursor.execute("update conversation_tally set organization_id = null")
        migration = import_module("conversations.migrations.0020_tallies_of_people")
        cursor.execute(migration.FILL_ORGANIZATION)
        for who in ("participant", "organization"):
            cursor.execute(migration.FILL.format(who=who))
    assert 0 < Uncounted.objects.exclude(event_id=None).count() < with_events
    _check_before_and_after_counting()


def _check_before_and_after_counting() -> None:
    """What waits is not in it yet, and is added once."""
    waiting = Uncounted.objects.exclude(event_id=None).values_list("event_id", flat=True)
    of_users = Event.objects.exclude(participant=None)
    told = sum(ParticipantTally.objects.values_list("events", flat=True))
    assert told == of_users.exclude(id__in=waiting).count()
    while Uncounted.objects.exists():
        count_uncounted()
    check_people()


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
def test_it_counts_for_an_organization_what_came_before_it(product: Product) -> None:
    """Named with messages that are here already: nothing else makes the worker look at the conversation."""
    said = {"role": "user", "content": "Hi", "externalMessageId": "m"}
    for _ in range(2):
        conversation = tell(product, said, externalConversationId="c")
        count_all()
    assert not OrganizationTally.objects.exists()
    rating = {"conversationId": str(conversation.id), "rating": 4, "ratingMin": 1, "ratingMax": 5}
    store_rating(msgspec.convert(rating, LogRating), caller=caller_of(product.workspace))
    count_all()
    tell(product, said, externalConversationId="c", externalOrganizationId="initech")
    count_all()
    check()
    tally = OrganizationTally.objects.get()
    assert (tally.conversations, tally.messages, tally.ratings, tally.rating_sum) == (1, 1, 1, Decimal("0.75"))
    tell(product, said, externalConversationId="c", externalOrganizationId="globex")  # it keeps the one it has
    count_all()
    check()
    assert Organization.objects.count() == 2


@pytest.mark.django_db
def test_it_counts_nothing_of_a_batch_that_failed(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course([product], 1)
    for step in (course.send, course.rate, course.happen):
        step()

    def fail(*_: object) -> None:
        raise DatabaseError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(visits, "RECORD", "select 1 / 0")
        patched.setattr(tallies, "TAKE_AWAY", "select 1 / 0 from (select %s) as nothing")
        for work in (visits.visit_due_conversations, count_uncounted):
            with pytest.raises(DatabaseError):
                work()
    assert not ProductTally.objects.exists()
    assert not EventTally.objects.exists()
    assert not ParticipantTally.objects.exists()
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
            course.repeat()
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
