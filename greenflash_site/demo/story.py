"""Two weeks in the life of a made-up company's two products, as requests; `manage.py demo_data` sends them.

Pure and seeded: no clock, no database, no network. Who takes part is in cast.py, what they say in the content modules.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random

from greenflash_site.demo.cast import Person, people
from greenflash_site.demo.coding import CODING
from greenflash_site.demo.endings import ASIDES, ENDINGS
from greenflash_site.demo.script import Json, Mood, Scenario, Step
from greenflash_site.demo.slots import Slots
from greenflash_site.demo.support import SUPPORT
from greenflash_site.demo.telling import Spoken, tell


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the demo organization, in the words of the product form."""

    key: str
    name: str
    kind: str
    description: str
    icon: str
    color: str


@dataclass(frozen=True, slots=True)
class Request:
    """One POST /messages: for which product, when it is sent, and its body as on the wire but for `productId`.

    `mood` is how the conversation leaves the person.
    """

    product: str
    at: datetime
    body: dict[str, Json]
    mood: Mood = "neutral"


ORGANIZATION_NAME = "Stockwren"
PRODUCTS = (
    DemoProduct(
        key="support",
        name="Wren Help",
        kind="chatbot",
        description="Answers shops that use Stockwren: orders and returns of our scanners and printers, billing, accounts, how-to.",
        icon="message-circle",
        color="green",
    ),
    DemoProduct(
        key="coding",
        name="Wren Code",
        kind="agent",
        description="Writes and repairs integrations in our customers' repositories: reads code, runs tests, opens pull requests.",
        icon="code",
        color="violet",
    ),
)

_SCENARIOS = SUPPORT + CODING
_MODELS = {
    "support": (("gpt-5-mini", 6), ("claude-haiku-4.5", 3), ("gemini-2.5-flash", 1)),
    "coding": (("claude-sonnet-4.5", 6), ("gpt-5-codex", 3)),
}
_STRONGER_MODEL = {"support": "gpt-5", "coding": "claude-opus-4.1"}
_CHANNELS = ("web_widget", "web_widget", "web_widget", "in_app", "in_app", "ios", "android", "email")
_EDITORS = ("cli", "cli", "desktop", "ci", "pull_request")
# Busyness by hour of day in UTC: European mornings, then both sides of the Atlantic, a quiet night.
_HOURS = (2, 2, 2, 2, 2, 3, 4, 7, 10, 12, 12, 11, 11, 13, 15, 15, 14, 12, 9, 7, 5, 4, 4, 3)
_WEEKDAYS = (1.15, 1.1, 1.0, 1.0, 0.9, 0.35, 0.28)
# Minutes before the end at which the newest conversations begin, so that there is always something fresh.
_FRESH_MINUTES = (4.0, 11.0, 26.0, 55.0)
_INCIDENT_LENGTH = timedelta(hours=5)
_SITTING = timedelta(minutes=20)


def story(*, seed: int, until: datetime, days: int = 14, conversations: int = 240) -> Iterator[Request]:
    """The requests of the days before `until` (aware), ascending by `at`, none after it; the same for the same arguments."""
    until = until.astimezone(UTC)
    rng = Random(f"{seed} {until.isoformat()}")
    everyone = people(count=max(4, round(conversations * 0.45)), rng=rng)
    everyone.sort(key=lambda person: person.company is None)  # visitors come once, not every day
    regulars = {
        "coding": _Regulars([person for person in everyone if person.develops] or everyone),
        "support": _Regulars([person for person in everyone if not person.develops] or everyone),
    }
    incident = _incident_morning(until)
    recent: deque[str] = deque(maxlen=8)
    numbers = count()
    waiting: list[tuple[datetime, int, Request]] = []
    for start in _starts(rng, until=until, days=days, wanted=conversations):
        while waiting and waiting[0][0] < start:
            yield heappop(waiting)[2]
        broken = incident <= start < incident + _INCIDENT_LENGTH
        product = "support" if rng.random() < (0.85 if broken else 0.62) else "coding"
        person = regulars[product].one(rng)
        scenario = _scenario(rng, product=product, language=person.language, broken=broken, avoiding=recent)
        recent.append(scenario.key)
        for request in _converse(scenario, person, start=start, until=until, rng=rng):
            heappush(waiting, (request.at, next(numbers), request))
    while waiting:
        yield heappop(waiting)[2]


def _starts(rng: Random, *, until: datetime, days: int, wanted: int) -> list[datetime]:
    """When the conversations begin: the rhythm of hours and weekdays, slowly more of them, one bad morning."""
    hours = [until - timedelta(hours=n) for n in range(days * 24, 0, -1)]
    incident = _incident_morning(until)
    weights = [
        _HOURS[hour.hour]
        * _WEEKDAYS[hour.weekday()]
        * (1 + 0.5 * position / len(hours))
        * (2.5 if incident <= hour < incident + _INCIDENT_LENGTH else 1)
        for position, hour in enumerate(hours)
    ]
    fresh = [until - timedelta(minutes=minutes) for minutes in _FRESH_MINUTES[:wanted]]
    drawn = rng.choices(hours, weights, k=wanted - len(fresh))
    latest = until - timedelta(minutes=min(_FRESH_MINUTES))
    return sorted(fresh + [min(hour + timedelta(seconds=rng.randrange(3600)), latest) for hour in drawn])


def _incident_morning(until: datetime) -> datetime:
    """The start of the hours in which stock stopped syncing: a weekday, some days ago."""
    day = until - timedelta(days=4)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day.replace(hour=8, minute=10, second=0, microsecond=0)


class _Regulars:
    """People of whom a few come all the time and many hardly ever."""

    def __init__(self, everyone: Sequence[Person]) -> None:
        self._everyone = everyone
        self._weights = list(accumulate(1 / (rank + 2) ** 0.9 for rank in range(len(everyone))))

    def one(self, rng: Random) -> Person:
        """Whoever comes next."""
        return rng.choices(self._everyone, cum_weights=self._weights)[0]


def _scenario(rng: Random, *, product: str, language: str, broken: bool, avoiding: Sequence[str]) -> Scenario:
    """What this conversation is about, preferably something not heard just now."""
    if broken and product == "support" and rng.random() < 0.7:
        fitting = [each for each in _SCENARIOS if each.during_incident]
    else:
        ours = [each for each in _SCENARIOS if each.product == product and not each.during_incident]
        english = [each for each in ours if each.language == "en"]
        native = [each for each in ours if each.language == language]
        fitting = native if rng.random() < 0.25 * len(native) and language != "en" else english
    fitting = [each for each in fitting if each.key not in avoiding] or fitting
    return rng.choices(fitting, [each.weight for each in fitting])[0]


def _converse(
    scenario: Scenario, person: Person, *, start: datetime, until: datetime, rng: Random
) -> Iterator[Request]:
    """The requests that one conversation arrives in; what would be said after `until` has not been said yet."""
    prefix = "chat" if scenario.product == "support" else "run"
    conversation = f"{prefix}-{rng.getrandbits(44):011x}"
    given = {name: rng.choice(values) for name, values in scenario.slots.items()} | dict(rng.choice(scenario.variants))
    slots = Slots(given, rng=rng, at=start, person=person, language=scenario.language)
    spoken = tell(_with_ending(scenario, rng), slots=slots, conversation=conversation, tone=person.tone)
    spoken = [each for each in spoken if each.at < until - timedelta(seconds=5)]

    models, weights = zip(*_MODELS[scenario.product], strict=True)
    body: dict[str, Json] = {
        "externalConversationId": conversation,
        "externalUserId": person.external_id,
        "model": rng.choices(models, weights)[0],
        "properties": _properties(scenario, person, rng=rng),
    }
    if person.company:
        body["externalOrganizationId"] = person.company.external_id
    if rng.random() < 0.07:
        for each in spoken[len(spoken) // 2 :]:
            if not each.by_user and each.message.get("messageType") not in ("observation", "tool_error"):
                each.message["model"] = _STRONGER_MODEL[scenario.product]

    sent: list[Json] = []
    resends = rng.random() < 0.25
    for turns in _pieces(spoken, by_turn=resends or rng.random() < 0.3):
        new: list[Json] = [each.message for each in turns]
        at = min(turns[-1].at + timedelta(seconds=rng.uniform(0.2, 1.5)), until)
        yield Request(scenario.product, at, {**body, "messages": (sent + new) if resends else new}, scenario.mood)
        sent += new


def _with_ending(scenario: Scenario, rng: Random) -> Sequence[Step]:
    """The scenario's steps and what comes after the matter itself: one more question, thanks, or a last sigh."""
    steps = list(scenario.steps)
    if scenario.product == "support" and scenario.language == "en" and scenario.mood != "upset" and rng.random() < 0.18:
        steps += rng.choice(ASIDES)
    if rng.random() < 0.5:
        steps += ENDINGS.get((scenario.product, scenario.language, scenario.mood), ())
    return steps


def _pieces(spoken: Sequence[Spoken], *, by_turn: bool) -> Iterator[Sequence[Spoken]]:
    """The conversation cut where the person writes: at every turn, or only after a long silence."""
    first = 0
    for position in range(1, len(spoken)):
        silence = spoken[position].at - spoken[position - 1].at
        if spoken[position].by_user and (by_turn or silence > _SITTING):
            yield spoken[first:position]
            first = position
    yield spoken[first:]


def _properties(scenario: Scenario, person: Person, *, rng: Random) -> dict[str, Json]:
    company = person.company
    found: dict[str, Json] = {
        "plan": company.plan if company else "none",
        "locale": company.locale if company else "en-US",
        "appVersion": f"8.{rng.choice((11, 11, 12, 12, 12, 13))}.{rng.randrange(4)}",
    }
    if scenario.product == "support":
        found["channel"] = rng.choice(_CHANNELS)
        found["page"] = rng.choice(
            ("/help", "/orders", "/settings/billing", "/stock", "/devices", "/checkout", "/reports")
        )
    else:
        found["surface"] = rng.choice(_EDITORS)
        found["autoApprove"] = rng.random() < 0.4
    return found
