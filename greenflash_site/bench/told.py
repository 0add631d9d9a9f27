"""What was said in the big data set: the demo's story over a year, from one message to thousands; filling.py stores it.

Pure and seeded, like the story itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from greenflash_site.demo.script import Json
from greenflash_site.demo.story import PRODUCTS, story

DAYS = 365
# So many conversations are told at a time; more would only take memory.
CHAPTER = 5_000
# One conversation has a hundredth of all messages, ten have a thousandth each: 10,000 and 1,000 of a million.
LONG = ((1, 100), (10, 1_000))
# A joined conversation of so many messages takes them from so many times fewer conversations; one has 4 at the least in
# the mean.
JOINED = 2

# How many of the first product's conversations are of its development twin.
DEVELOPMENT_SHARE = 0.05
SCALES = ((1.0, 5.0), (1.0, 5.0), (1.0, 5.0), (0.0, 1.0), (0.0, 10.0))
FEEDBACK = (
    "Solved in two minutes, thank you!",
    "It understood me at once.",
    "Right in the end, but I had to ask twice.",
    "Clear steps, they worked.",
    "Too many questions before it did anything.",
    "Never answered what I asked.",
    "Made up a menu that we do not have.",
    "I want to talk to a person.",
    "Sehr hilfreich, danke.",
    "とても助かりました。",
    "شكرا، الجواب واضح.",
    "No resolvió nada 😕",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A rating of the conversation, or of the message at `place` in it."""

    value: float
    minimum: float
    maximum: float
    feedback: str
    at: datetime
    place: int | None = None

    @property
    def normalized(self) -> float:
        """From 0 to 1."""
        return (self.value - self.minimum) / (self.maximum - self.minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event, what the conversation led to."""

    type: str
    value: str
    value_type: str
    influence: str
    at: datetime


# A product's events: type, values, their type, influence.
EVENTS = {
    "support": (
        ("order_placed", ("49.90", "129.00", "378.00", "649.00"), "currency", "positive"),
        ("plan_upgraded", ("team", "business"), "text", "positive"),
        ("ticket_opened", ("billing", "returns", "sync"), "text", "negative"),
        ("subscription_cancelled", ("true",), "boolean", "negative"),
    ),
    "coding": (
        ("pull_request_merged", ("12", "48", "210"), "numeric", "positive"),
        ("build_broken", ("main", "develop"), "text", "negative"),
        ("session_exported", ("true",), "boolean", "neutral"),
    ),
}


@dataclass(slots=True, kw_only=True)
class Told:
    """A conversation: fields as on the wire, `messages` as well, in their order."""

    product: str
    environment: str = "production"
    external_id: str
    participant: str
    organization: str | None
    model: str
    properties: Json
    messages: list[dict[str, Json]]
    ratings: list[Rated] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)

    @property
    def began_at(self) -> datetime:
        """When its first message was said."""
        return said_at(self.messages[0])

    @property
    def ended_at(self) -> datetime:
        """When its last message was said."""
        return said_at(self.messages[-1])


def said_at(message: dict[str, Json]) -> datetime:
    """When a message was said."""
    return datetime.fromisoformat(str(message["createdAt"]))


def chapters(*, conversations: int, messages: int, until: datetime, seed: int = 1) -> Iterator[list[Told]]:
    """Exactly so many conversations of exactly so many messages in all, a stretch of the year at a time.

    The first chapter has the long ones, which go on in the others. There must be several messages a conversation,
    and fewer than the story has (12 in the mean).
    """
    rng = Random(seed)
    long = [
        _joined(seed=1_000 + number, until=until, messages=length)
        for number, length in enumerate(_long_lengths(conversations, messages))
    ]
    count = -(-conversations // CHAPTER)
    left, messages_left = conversations - len(long) - 1, messages - sum(len(told.messages) for told in long)
    pace = messages_left / max(left, 1)
    for number in range(count):
        size = left // (count - number)
        end = until - timedelta(days=DAYS) * (count - number - 1) / count
        chapter = long if number == 0 else []
        for told in _conversations(seed=seed * 10_000 + number, until=end, days=-(-DAYS // count), count=size):
            # Where there is too much by now, somebody goes away early.
            length = len(told.messages) if messages_left >= pace * left else rng.randint(1, 3)
            del told.messages[max(min(length, messages_left - left), 1) :]
            left, messages_left = left - 1, messages_left - len(told.messages)
            chapter.append(told)
        if number == count - 1:
            chapter.append(_joined(seed=seed, until=until, messages=messages_left))
        for told in chapter:
            _follow_up(told, until=until, rng=rng)
        yield chapter


def _long_lengths(conversations: int, messages: int) -> list[int]:
    lengths = [messages // share for count, share in LONG for _ in range(count)]
    return [length for length in lengths if length > 2 * messages // conversations]


def _conversations(*, seed: int, until: datetime, days: int, count: int) -> list[Told]:
    """So many conversations of the story, in the order in which they began."""
    found: dict[str, Told] = {}
    known: set[str] = set()
    for request in story(seed=seed, until=until, days=days, conversations=count):
        body = request.body
        external_id = str(body["externalConversationId"])
        told = found.get(external_id)
        if told is None:
            told = found[external_id] = Told(
                product=request.product,
                external_id=external_id,
                participant=str(body["externalUserId"]),
                organization=str(body["externalOrganizationId"]) if "externalOrganizationId" in body else None,
                model=str(body["model"]),
                properties=body["properties"],
                messages=[],
            )
        assert isinstance(body["messages"], list)
        for message in body["messages"]:
            assert isinstance(message, dict)
            if (message_id := str(message["externalMessageId"])) not in known:  # else the history, sent again
                known.add(message_id)
                told.messages.append(message)
    return list(found.values())


def _joined(*, seed: int, until: datetime, messages: int) -> Told:
    """One conversation that went on for most of the year: what others said to its product, as if said by one."""
    count = messages // JOINED + JOINED
    parts = _conversations(seed=seed, until=until, days=DAYS, count=count)
    first = parts[0]
    said = [message for told in parts if told.product == first.product for message in told.messages]
    first.messages = sorted(islice(said, messages), key=said_at)
    assert len(first.messages) == messages
    return first


def _follow_up(told: Told, *, until: datetime, rng: Random) -> None:
    """What became of it, for some: that it was a trial, ratings of it and of its messages, an event."""
    if told.product == PRODUCTS[0].key and rng.random() < DEVELOPMENT_SHARE:
        told.environment = "development"
    if rng.random() < 0.18:
        for _ in range(2 if rng.random() < 0.1 else 1):
            told.ratings.append(_rating(told, until=until, rng=rng))
    if rng.random() < 0.06:
        told.ratings.append(_rating(told, until=until, rng=rng, place=rng.randrange(len(told.messages))))
    if rng.random() < 0.08:
        type, values, value_type, influence = rng.choice(EVENTS[told.product])
        at = min(told.ended_at + timedelta(hours=rng.expovariate(0.3)), until)
        told.events.append(
            Happened(type=type, value=rng.choice(values), value_type=value_type, influence=influence, at=at)
        )


def _rating(told: Told, *, until: datetime, rng: Random, place: int | None = None) -> Rated:
    minimum, maximum = rng.choice(SCALES)
    steps = int(maximum - minimum)
    # Most are content, and the others say so.
    value = minimum + max(rng.randint(0, steps), rng.randint(0, steps))
    return Rated(
        value=value,
        minimum=minimum,
        maximum=maximum,
        feedback=rng.choice(FEEDBACK) if rng.random() < 0.35 else "",
        at=min(told.ended_at + timedelta(seconds=rng.uniform(5, 900)), until),
        place=place,
    )
