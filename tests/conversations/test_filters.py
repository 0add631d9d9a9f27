"""Every filter of the list, alone and together, against the same filter in plain Python over the same conversations."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.filters import DATES, LENGTHS, RATINGS, YES_NO, ConversationFilter
from conversations.models import (
    Conversation,
    Event,
    Message,
    MessageType,
    Organization,
    Participant,
    Rating,
    Review,
    conversations_of,
)
from greenflash_site.access import let_in
from greenflash_site.http import MemberRequest
from products.actions import create_product
from products.models import Environment, Member, Product
from tests.conftest import browser_of, tell

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
DAYS = [date(2026, 5, day) for day in range(1, 22)]
MODELS = ["gpt-9", "claude-7", ""]
ZONES = ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"]


@dataclass
class Told:
    """A conversation as the test knows it; `ratings` are (of which message, when, 0 to 1, feedback)."""

    id: Any
    product: Product
    user: Participant
    model: str
    message_count: int
    first: datetime
    last: datetime
    tool_errors: int
    events: int
    is_reviewed: bool
    ratings: list[tuple[int | None, datetime, float, str]] = field(default_factory=list)

    def shown(self) -> list[float]:
        """The latest rating of the whole and of each message."""
        latest: dict[int | None, tuple[datetime, float]] = {}
        for message, at, value, _ in self.ratings:
            if message not in latest or latest[message][0] <= at:
                latest[message] = (at, value)
        return [value for _, value in latest.values()]


def passes(told: Told, query: dict[str, str], zone: str) -> bool:
    """Whether a conversation passes, said without any database."""
    shown = told.shown()
    rated = {
        "low": any(value < 0.4 for value in shown),
        "mid": any(0.4 <= value < 0.7 for value in shown),
        "high": any(value >= 0.7 for value in shown),
        "any": bool(shown),
        "none": not shown,
    }
    has = {
        "event": told.events > 0,
        "tool_error": told.tool_errors > 0,
        "feedback": any(feedback for *_, feedback in told.ratings),
        "reviewed": told.is_reviewed,
    }
    if query.get("environment", "production") not in ("all", told.product.environment):
        return False
    if "product" in query and str(told.product.id) != query["product"]:
        return False
    if "user" in query and str(told.user.id) != query["user"]:
        return False
    if "organization" in query and str(told.user.organization_id) != query["organization"]:
        return False
    if "model" in query and told.model != query["model"]:
        return False
    if "rating" in query and not rated[query["rating"]]:
        return False
    if any(name in query and had != (query[name] == "yes") for name, had in has.items()):
        return False
    if "length" in query:
        least, _, most = query["length"].partition("-")
        if most and not int(least) <= told.message_count <= int(most):
            return False
        if not most and told.message_count < int(least.rstrip("+")):
            return False
    return _alive(told, _days(query, zone), zone)


def _days(query: dict[str, str], zone: str) -> tuple[date | None, date | None]:
    today = NOW.astimezone(ZoneInfo(zone)).date()
    if "from" in query or "until" in query:
        days = [date.fromisoformat(query[name]) if name in query else None for name in ("from", "until")]
        return days[0], days[1]
    back = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "30d": (29, 0), "90d": (89, 0)}.get(
        query.get("date", "")
    )
    return (today - timedelta(back[0]), today - timedelta(back[1])) if back else (None, None)


def _alive(told: Told, days: tuple[date | None, date | None], zone: str) -> bool:
    """Whether any moment of the conversation falls on one of the days, as a calendar on the viewer's wall has them."""
    first, last = days
    begun, ended = (at.astimezone(ZoneInfo(zone)).date() for at in (told.first, told.last))
    return (first is None or ended >= first) and (last is None or begun <= last)


def a_request(member: Member, query: dict[str, str], *, zone: str = "UTC") -> MemberRequest:
    """A request for the list as the gate hands it on."""
    request: Any = RequestFactory().get("/acme/conversations/", query)
    request.session = {"workspace": member.workspace.slug}
    request.COOKIES["timezone"] = zone
    let_in(request, member)
    return request  # type: ignore[no-any-return]


def found_by(member: Member, query: dict[str, str], *, zone: str = "UTC") -> list[Any]:
    """The ids that the filter of this query string finds, in the list's order; in parts it finds the same."""
    chosen = replace(ConversationFilter.of(a_request(member, query, zone=zone)), now=NOW)
    within = conversations_of(chosen.products)
    found = list(chosen.apply(within).newest_first().values_list("id", flat=True))
    in_parts = [id for part in chosen.parts(within) for id in part.values_list("id", flat=True)]
    assert sorted(in_parts) == sorted(found)
    return found


@pytest.fixture(params=[1, 2])
def told(request: pytest.FixtureRequest, owner: Member, product: Product) -> list[Told]:
    """Seventy conversations of three products, of all sorts."""
    rng = Random(request.param)
    products = [
        product,
        create_product(owner, name="Salesbot"),
        create_product(owner, name="Helpbot", environment=Environment.DEVELOPMENT),
    ]
    workspace = owner.workspace
    organizations = [
        Organization.objects.create(workspace=workspace, external_id=name, created_at=NOW, updated_at=NOW)
        for name in ("initech", "hooli")
    ]
    people = [
        Participant.objects.create(
            workspace=workspace,
            external_id=f"user-{number}",
            organization=[*organizations, None][number % 3],
            created_at=NOW,
            updated_at=NOW,
        )
        for number in range(5)
    ]
    return [_tell(rng, rng.choice(products), rng.choice(people)) for _ in range(70)]


def _tell(rng: Random, product: Product, user: Participant) -> Told:
    """Make one conversation in the database, and return what it is."""
    # Now and then it begins or ends right at a midnight.
    first = datetime.combine(rng.choice(DAYS), time(rng.choice([0, 0, 7, 12, 18, 23])), tzinfo=UTC)
    last = first + rng.choice(
        [timedelta(0), timedelta(minutes=9), timedelta(hours=6), timedelta(days=1), timedelta(days=5)]
    )
    told = Told(
        id=None,
        product=product,
        user=user,
        model=rng.choice(MODELS),
        message_count=rng.choice([1, 2, 3, 5, 6, 10, 11, 30, 31, 100, 101, 5_000]),
        first=first,
        last=last,
        tool_errors=rng.choice([0, 0, 1, 2]),
        events=rng.choice([0, 0, 1, 3]),
        is_reviewed=rng.choice([False, False, True]),
    )
    conversation = Conversation.objects.create(
        workspace=product.workspace,
        product=product,
        version=product.versions.get(),
        participant=user,
        organization_id=user.organization_id,
        model=told.model,
        message_count=told.message_count,
        first_message_at=first,
        last_message_at=last,
        created_at=first,
        updated_at=last,
    )
    told.id = conversation.id
    messages = [
        Message.objects.create(
            workspace=product.workspace,
            conversation=conversation,
            position=number,
            type=MessageType.TOOL_ERROR if number < told.tool_errors else MessageType.TOOL_CALL,
            created_at=first,
            received_at=first,
        )
        for number in range(3)
    ]
    for _ in range(told.events):
        Event.objects.create(
            workspace=product.workspace, product=product, conversation=conversation, type="sale", value="1",
            quality_impact_score=0, event_at=first, created_at=first,
        )  # fmt: skip
    if told.is_reviewed:
        reviewer = product.workspace.members.get().person
        Review.objects.create(
            workspace=product.workspace, conversation=conversation, reviewer=reviewer, reviewed_at=last
        )
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        message, at = rng.choice([None, 0, 1]), first + timedelta(minutes=rng.randrange(3))
        value, feedback = rng.choice([0.0, 0.25, 0.4, 0.5, 0.7, 1.0]), rng.choice(["", "", "Wrong."])
        told.ratings.append((message, at, value, feedback))
        Rating.objects.create(
            workspace=product.workspace, conversation=conversation,
            message_id=None if message is None else messages[message].id, value=value, minimum=0, maximum=1,
            normalized=value, feedback=feedback, rated_at=at, created_at=at,
        )  # fmt: skip
    return told


def in_order(told: list[Told]) -> list[Any]:
    """The ids in the list's order."""
    return [each.id for each in sorted(told, key=lambda each: (each.last, each.id), reverse=True)]


def values_of(told: list[Told]) -> dict[str, list[str]]:
    """Values to filter by."""
    days = [day.isoformat() for day in DAYS]
    return {
        "environment": ["production", "development", "all"],
        "product": sorted({str(each.product.id) for each in told if each.product.environment == "production"}),
        "user": sorted({str(each.user.id) for each in told}),
        "organization": sorted({str(each.user.organization_id) for each in told if each.user.organization_id}),
        "model": [*MODELS[:2], "nobody-has-it"],
        "rating": list(RATINGS),
        "feedback": list(YES_NO),
        "event": list(YES_NO),
        "tool_error": list(YES_NO),
        "reviewed": list(YES_NO),
        "length": list(LENGTHS),
        "date": list(DATES),
        "from": days,
        "until": days,
    }


def test_it_filters_by_each_value_alone_as_plain_python_does(owner: Member, told: list[Told]) -> None:
    tried = 0
    for name, values in values_of(told).items():
        for value in values:
            for zone in ZONES if name in ("date", "from", "until") else ["UTC"]:
                query = {"environment": "all", name: value}
                if name == "product":
                    del query["environment"]
                expected = in_order([each for each in told if passes(each, query, zone)])
                assert found_by(owner, query, zone=zone) == expected, (query, zone)
                tried += bool(expected)
    assert tried > 100


def test_it_combines_filters_as_plain_python_does(owner: Member, told: list[Told]) -> None:
    values = {name: choices for name, choices in values_of(told).items() if name != "product"}
    queries = st.fixed_dictionaries({}, optional={name: st.sampled_from(choices) for name, choices in values.items()})
    seen: list[int] = []

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(queries, st.sampled_from(ZONES))
    def agree(query: dict[str, str], zone: str) -> None:
        expected = in_order([each for each in told if passes(each, query, zone)])
        assert found_by(owner, query, zone=zone) == expected
        seen.append(len(expected))

    agree()
    assert sum(count > 0 for count in seen) > 30, "most combinations found nothing: nothing was tried"


@pytest.mark.parametrize(
    "query",
    [
        "product=x&user=y&organization=%00&rating=awful&event=perhaps&reviewed=maybe&length=7&date=tomorrow&from=yesterday&until=x",
        "user=01a211f8-aec3-711d-9595-95c7e977a8aa&organization=01a211f8-aec3-711d-9595-95c7e977a8aa",
        "from=0001-01-01&until=9999-12-31&q=%00&model=",
        "from=20260504&until=2026-W19-1&model=" + "x" * 201,
        "rating=&feedback=&event=&tool_error=&reviewed=&length=&date=&q=+++",
        "feedback=YES&tool_error=1&rating=Low",
        "rating=%F0%9F%98%80&user=%F0%9F%98%80",
        "unknown=1&constructor=2",
    ],
)
def test_it_takes_nonsense_for_no_filter(owner: Member, product: Product, query: str) -> None:
    tell(product, "Hello")
    chosen = ConversationFilter.of(a_request(owner, {name: value[-1] for name, value in parse_qs(query).items()}))
    assert chosen.query == ""
    assert browser_of(owner.person).get(f"/acme/conversations/?{query}").status_code == 200
    assert len(found_by(owner, {name: value[-1] for name, value in parse_qs(query).items()})) == 1


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "/etc", "\0", "x" * 5_000, "Europe"])
def test_it_takes_a_nonsense_time_zone_for_utc(owner: Member, product: Product, zone: str) -> None:
    assert ConversationFilter.of(a_request(owner, {"date": "today"}, zone=zone)).zone is UTC


def test_it_writes_its_query_in_one_order(owner: Member, product: Product) -> None:
    """Two ways to the same filter are the same link, and the link means the same again."""
    one = ConversationFilter.of(a_request(owner, {"rating": "low", "model": "a&b", "environment": "all"}))
    other = ConversationFilter.of(a_request(owner, {"environment": "all", "x": "y", "model": "a&b", "rating": "low"}))
    assert one.query == other.query == "environment=all&model=a%26b&rating=low"
    again = ConversationFilter.of(a_request(owner, QueryDict(one.query).dict()))
    assert again.values == one.values
    assert one.without("model").query == "environment=all&rating=low"
    assert one.with_value("rating", "high").query == "environment=all&model=a%26b&rating=high"


def test_it_never_leaves_the_reach_of_who_asks(
    owner: Member, collaborator: Member, stranger: Member, product: Product
) -> None:
    """Not by naming a product, a user or an organization of somebody else, nor by any value that is not theirs."""
    secret = create_product(owner, name="Secret bot")
    hidden = tell(secret, "hidden", externalUserId="grace", externalOrganizationId="initech", model="gpt-9")
    open_ = tell(product, "open", externalUserId="bob", externalOrganizationId="hooli", model="gpt-9")
    for query in (
        {"product": str(secret.id)},
        {"model": "gpt-9"},
        {"rating": "none"},
        {"environment": "all", "event": "no"},
        {"length": "1-2"},
    ):
        assert found_by(collaborator, query) == [open_.id]
    assert found_by(collaborator, {"user": str(hidden.participant_id)}) == []
    assert found_by(collaborator, {"organization": str(hidden.organization_id)}) == []
    for query in ({"product": str(product.id)}, {"user": str(open_.participant_id)}, {"model": "gpt-9"}, {}):
        assert found_by(stranger, query) == []
    theirs = create_product(stranger, name="Globex bot")
    tell(theirs, "globex", externalUserId="bob")
    assert len(found_by(stranger, {"user": str(open_.participant_id)})) == 1, "Acme's Bob is nobody to Globex"


def test_it_keeps_the_filter_in_links_to_conversations(as_owner: Client, product: Product) -> None:
    conversation = tell(product, "Hello", model="gpt-9")
    page = as_owner.get("/acme/conversations/", {"model": "gpt-9"}).text
    assert f'href="/acme/conversations/{conversation.id}/?model=gpt-9"' in page
