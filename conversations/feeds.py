"""The feeds of ratings and of events: what is shown of them, how much of it there was each day, and what it adds up to.

Of what is asked for nothing is counted in advance: each period of a product lies together in an index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from conversations.filters import LONGEST_TEXT, YES_NO
from conversations.keyset import Cut, Turn
from conversations.models import Event, Influence, Rating
from conversations.models.rating import HIGH, LOW
from greenflash_site.compiled import AnyOf, compiled
from greenflash_site.http import MemberRequest, midnight, zone_of
from products.models import ENVIRONMENTS, Product
from products.models.ids import read_id

PERIODS = {"7d": ("Last 7 days", 7), "30d": ("Last 30 days", 30), "90d": ("Last 90 days", 90), "1y": ("Last year", 365)}
# Whose they are, by the names of the query string.
WHOSE = {"user": "participant_id", "organization": "organization_id"}
LEVELS = {"low": "Low", "mid": "Medium", "high": "High"}
# Bins of ratings from 0 to 1: two are a star of five, and LOW and HIGH are between two of them.
BINS = 10
# Kinds of events that a table tells of; the feed has all.
TYPES = 20

# The newest of each product, and of these the newest: one look into an index for each, where the planner would at times
# read all of them.
PAGE = """
select found.id, found.at from unnest(%(products)s::uuid[]) as of(product) cross join lateral (
  select one.id, one.{at} as at from {table} one
   where one.workspace_id = %(workspace)s and one.product_id = of.product and one.{at} >= %(since)s
     and {condition} and {beyond}
   order by one.{at} {order}, one.id {order} limit %(limit)s) as found
 order by found.at {order}, found.id {order} limit %(limit)s
"""
DAYS = """
select width_bucket(one.{at}, %(midnights)s::timestamptz[]) - 1 as day, {group}, count(*), {total}
  from {table} one
 where one.workspace_id = %(workspace)s and one.product_id = any(%(products)s) and one.{at} >= %(since)s and {condition}
 group by 1, 2
"""
TOTALS = """
select one.type, count(*), sum(one.value::numeric) filter (where one.value_type = 'currency'),
       sum(one.value::numeric) filter (where one.value_type = 'numeric'),
       count(*) filter (where one.influence = 'positive'), count(*) filter (where one.influence = 'neutral'),
       count(*) filter (where one.influence = 'negative'), count(one.conversation_id), max(one.event_at)
  from event one
 where one.workspace_id = %(workspace)s and one.product_id = any(%(products)s) and one.event_at >= %(since)s
   and {condition}
 group by 1 order by 2 desc, 1 limit %(types)s
"""
# Of the newest conversations: what is not in use any more nobody looks for.
MODELS = """
select distinct c.model from (
  select model from conversation where workspace_id = %(workspace)s and product_id = any(%(products)s)
   order by last_message_at desc, id desc limit 5000) as c where c.model <> '' order by 1 limit 100
"""
BIN = f"least(floor(one.normalized * {BINS})::int, {BINS - 1})"
OF_CONVERSATION = """exists (select from conversation c
   where c.workspace_id = one.workspace_id and c.id = one.conversation_id and c.model = %(model)s)"""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed as its query string asks for it: what makes no sense in it is as if it were not there.

    `values` are what it is narrowed to, by their names in the query string.
    """

    environment: str
    products: tuple[Product, ...]
    values: Mapping[str, str]
    workspace: UUID
    zone: tzinfo
    now: datetime

    @classmethod
    def of(cls, request: MemberRequest, known: Mapping[str, Sequence[str] | None]) -> Self:
        """The feed of this request; `known` are the values of other names than those all feeds have, None for any."""
        within = tuple(products_within(request))
        known = {"product": [str(product.id) for product in within], "period": list(PERIODS), **known}
        values = {name: _value(request.GET, name, known[name]) for name in known}
        values |= {name: str(read_id(request.GET.get(name, "")) or "") for name in WHOSE}
        return cls(
            environment=request.environment,
            products=within,
            values={name: value for name, value in values.items() if value},
            workspace=request.workspace.id,
            zone=zone_of(request),
            now=timezone.now(),
        )

    @property
    def period(self) -> str:
        """The name of the period; thirty days where nothing else is asked for."""
        return self.values.get("period", "30d")

    def with_value(self, name: str, value: str) -> str:
        """The same with another value of this name, or without any."""
        environment = {} if self.environment == ENVIRONMENTS[0] else {"environment": self.environment}
        values = {**environment, **self.values, name: value}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def conditions(self) -> list[str]:
        """What the rows of `one` must keep, whatever kind they are."""
        return [f"one.{column} = %({name})s" for name, column in WHOSE.items() if name in self.values]

    @property
    def is_narrowed(self) -> bool:
        """Whether something but the period is chosen."""
        return bool(set(self.values) - {"period"})

    @cached_property
    def days(self) -> list[date]:
        """The days of the period in the viewer's zone, today the last."""
        today = self.now.astimezone(self.zone).date()
        count = PERIODS[self.period][1]
        return [today - timedelta(days=count - 1 - number) for number in range(count)]

    @cached_property
    def sql_values(self) -> dict[str, object]:
        """What its statements name."""
        midnights = [midnight(day, self.zone) for day in self.days]
        chosen = self.values.get("product")
        return {
            **self.values,
            "workspace": self.workspace,
            "products": [product.id for product in self.products if chosen in (None, str(product.id))],
            "midnights": midnights,
            "since": midnights[0],
            "types": TYPES,
        }

    def cut(self, table: str, at: str, condition: str, query: QueryDict) -> Cut[UUID]:
        """The ids of a page, the newest first."""
        turn = Turn.of(query)
        statement = PAGE.format(
            table=table, at=at, condition=condition, order=turn.order, beyond=turn.beyond(f"one.{at}", "one.id")
        )
        cut = turn.cut(run(statement, {**self.sql_values, **turn.values}), query, lambda row: (row[1], row[0]))
        return Cut(rows=[id for id, _ in cut.rows], previous_url=cut.previous_url, next_url=cut.next_url)

    def by_day(self, table: str, at: str, condition: str, *, group: str, total: str = "0") -> list[tuple[Any, ...]]:
        """How many there were on which of `days` (its place), by `group`, with a `total`."""
        statement = DAYS.format(table=table, at=at, condition=condition, group=group, total=total)
        return run(statement, self.sql_values)


def began(period: str, zone: tzinfo) -> datetime:
    """When the first day of a period began in this zone, if today is its last."""
    today = timezone.now().astimezone(zone).date()
    return midnight(today - timedelta(days=PERIODS[period][1] - 1), zone)


def products_within(request: MemberRequest) -> list[Product]:
    """What this member sees in the environment that the switch is set to."""
    return [each for each in request.products_seen if request.environment in (each.environment, "all")]


def _value(query: QueryDict, name: str, known: Sequence[str] | None) -> str:
    value = query.get(name, "").strip()
    if known is not None:
        return value if value in known else ""
    return value if len(value) <= LONGEST_TEXT and "\0" not in value else ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Ratings of a period: how many on each day in each bin, the worst first, and what they are in the mean, 0 to 1."""

    by_day: Sequence[Sequence[int]]
    mean: float | None

    @property
    def stars(self) -> list[int]:
        """How many there are of each of five stars."""
        return [sum(day[place] + day[place + 1] for day in self.by_day) for place in range(0, BINS, 2)]

    @property
    def levels(self) -> dict[str, list[int]]:
        """How many there are of each level, by day."""
        low, high = round(LOW * BINS), round(HIGH * BINS)
        within = {"low": slice(low), "mid": slice(low, high), "high": slice(high, BINS)}
        return {level: [sum(day[bins]) for day in self.by_day] for level, bins in within.items()}

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.stars)


@dataclass(frozen=True, kw_only=True)
class RatingFeed(Feed):
    """Ratings, each as it was given: one that was given anew counts twice."""

    @classmethod
    def of_request(cls, request: MemberRequest) -> Self:
        """As the query string asks for them."""
        return cls.of(request, {"level": list(LEVELS), "feedback": list(YES_NO), "model": None})

    @property
    def condition(self) -> str:
        """What the rows of `one` must keep."""
        level = {
            "low": f"one.normalized < {LOW}",
            "mid": f"one.normalized >= {LOW} and one.normalized < {HIGH}",
            "high": f"one.normalized >= {HIGH}",
        }
        feedback = {"yes": "one.feedback <> ''", "no": "one.feedback = ''"}
        conditions = [level.get(self.values.get("level", "")), feedback.get(self.values.get("feedback", ""))]
        if "model" in self.values:
            conditions.append(OF_CONVERSATION)
        return " and ".join(filter(None, [*self.conditions, *conditions])) or "true"

    def page(self, query: QueryDict) -> Cut[Rating]:
        """A page of them, with what was rated."""
        cut = self.cut("rating", "rated_at", self.condition, query)
        return _filled(cut, ratings_called(self.workspace, cut.rows))

    @property
    def models(self) -> list[str]:
        """Models that were in use lately, to choose from."""
        return [model for (model,) in run(MODELS, self.sql_values)]

    @cached_property
    def spread(self) -> Spread:
        """How they are spread, over the days of the period."""
        by_day = [[0] * BINS for _ in self.days]
        sum_of_all, count_of_all = 0.0, 0
        found = self.by_day("rating", "rated_at", self.condition, group=BIN, total="sum(one.normalized)")
        for day, bin, count, total in found:
            by_day[min(day, len(by_day) - 1)][bin] += count
            sum_of_all, count_of_all = sum_of_all + total, count_of_all + count
        return Spread(by_day=by_day, mean=sum_of_all / count_of_all if count_of_all else None)


@dataclass(frozen=True, slots=True)
class EventTotal:
    """What the events of one type add up to; money and numbers apart, None where a type has neither."""

    type: str
    count: int
    money: Any
    amount: Any
    positive: int
    neutral: int
    negative: int
    in_conversations: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class EventFeed(Feed):
    """Events."""

    @classmethod
    def of_request(cls, request: MemberRequest) -> Self:
        """As the query string asks for them."""
        return cls.of(request, {"type": None, "influence": Influence.values})

    @property
    def condition(self) -> str:
        """What the rows of `one` must keep."""
        conditions = [f"one.{name} = %({name})s" for name in ("type", "influence") if name in self.values]
        return " and ".join([*self.conditions, *conditions]) or "true"

    def page(self, query: QueryDict) -> Cut[Event]:
        """A page of them, each with the conversation before it."""
        cut = self.cut("event", "event_at", self.condition, query)
        return _filled(cut, events_called(self.workspace, cut.rows, [product.id for product in self.products]))

    @cached_property
    def totals(self) -> list[EventTotal]:
        """What each of the most frequent types adds up to."""
        statement = TOTALS.format(condition=self.condition)
        return [EventTotal(*row) for row in run(statement, self.sql_values)]

    @cached_property
    def influences(self) -> dict[str, list[int]]:
        """How many there were of each influence, by day."""
        by_day = {influence: [0] * len(self.days) for influence in Influence.values}
        for day, influence, count, _ in self.by_day("event", "event_at", self.condition, group="one.influence"):
            by_day[influence][min(day, len(self.days) - 1)] += count
        return by_day


@compiled
def ratings_called(workspace: UUID, ids: Sequence[UUID]) -> QuerySet[Rating]:
    """The ratings with these ids, with what was rated."""
    return Rating.objects.filter(AnyOf("id", ids), workspace_id=workspace).for_feed()


@compiled
def events_called(workspace: UUID, ids: Sequence[UUID], products: Sequence[UUID]) -> QuerySet[Event]:
    """The events with these ids, with the conversations of these products before them."""
    return Event.objects.filter(AnyOf("id", ids), workspace_id=workspace).for_feed(products)


def _filled[R: (Rating, Event)](cut: Cut[UUID], rows: Any) -> Cut[R]:
    found = {row.id: row for row in rows}
    return Cut(rows=[found[id] for id in cut.rows if id in found], previous_url=cut.previous_url, next_url=cut.next_url)


def run(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement of ours."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
