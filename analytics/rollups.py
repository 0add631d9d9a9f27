"""Numbers by day, summed from the tallies that the worker keeps (conversations/models/tally.py): no message is counted.

A day is one of the viewer's zone. Every function starts from products that somebody may see, and is one query that
reads one range of an index for each product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from operator import add, attrgetter
from typing import Any, Self
from uuid import UUID

from django.db import connection

from greenflash_site.http import midnight
from products.models import Product


@dataclass(frozen=True)
class Numbers:
    """What happened, on a day or in many; added by `+`. `rating_sum` is of ratings from 0 to 1."""

    conversations: int = 0
    messages: int = 0
    user_messages: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    half_tokens: int = 0
    prompt_half_tokens: int = 0
    ratings: int = 0
    low_ratings: int = 0
    high_ratings: int = 0
    rating_sum: Decimal = Decimal(0)

    def __add__(self, other: Self) -> "Numbers":
        return Numbers(*map(add, VALUES(self), VALUES(other)))

    @property
    def tokens(self) -> int:
        """What it counts as usage (Decision 12 of the contract), rounded down."""
        return (self.half_tokens + self.prompt_half_tokens) // 2

    @property
    def rating(self) -> float | None:
        """The mean of the ratings, 0 to 1."""
        return float(self.rating_sum / self.ratings) if self.ratings else None

    @property
    def tool_failures(self) -> float | None:
        """How many of the tool calls failed, 0 to 1."""
        return min(self.tool_errors / self.tool_calls, 1.0) if self.tool_calls else None


NAMES = tuple(field.name for field in fields(Numbers))
VALUES = attrgetter(*NAMES)
NOTHING = Numbers()


@dataclass(frozen=True)
class EventNumbers:
    """Events, on a day or of a type; `value` is the sum of those that are numbers."""

    events: int = 0
    positive: int = 0
    negative: int = 0
    value: Decimal = Decimal(0)


@dataclass(frozen=True)
class Days:
    """Days in a row in a time zone, both ends included."""

    first: date
    last: date
    zone: tzinfo = UTC

    @classmethod
    def until(cls, last: date, *, count: int, zone: tzinfo = UTC) -> Self:
        """The last `count` days up to `last`."""
        return cls(last - timedelta(days=count - 1), last, zone)

    @classmethod
    def until_today(cls, zone: tzinfo, *, count: int) -> Self:
        """The last `count` days, today included."""
        return cls.until(datetime.now(zone).date(), count=count, zone=zone)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=day) for day in range(len(self)))

    @property
    def before(self) -> "Days":
        """As many days right before, to compare with."""
        return Days(self.first - timedelta(days=len(self)), self.first - timedelta(days=1), self.zone)

    @property
    def with_before(self) -> "Days":
        """These and as many right before."""
        return Days(self.before.first, self.last, self.zone)

    @cached_property
    def bounds(self) -> list[datetime]:
        """Where each day begins, and where the last one ends."""
        days = [*self, self.last + timedelta(days=1)]
        return [midnight(day, self.zone).astimezone(UTC) for day in days]


def day_label(day: date) -> str:
    """A day as charts name it: "Nov 25"."""
    return f"{day:%b} {day.day}"


# Which of the days that `bounds` has a quarter is in.
DAY = "width_bucket(quarter, %(bounds)s::timestamptz[]) - 1"
# Each day by itself: to tell for each quarter which day it is in takes as long as to add it up.
EACH_DAY = "unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality as days(begins, ends, day)"
DAILY = f"""
select product, day - 1, sums.*
  from unnest(%(products)s::uuid[]) as product,
       {EACH_DAY},
       lateral (
         select {", ".join(f"sum({name})::bigint" for name in NAMES if name != "rating_sum")}, sum(rating_sum)
           from product_tally
          where workspace_id = %(workspace)s and product_id = product and quarter >= begins and quarter < ends
         having count(*) > 0) as sums
"""
EVENTS = """
select {by}, sum(events)::bigint, sum(positive)::bigint, sum(negative)::bigint, sum(value)
  from event_tally
 where workspace_id = %(workspace)s and product_id = any(%(products)s) and quarter >= %(first)s and quarter < %(last)s
 group by 1
"""
# Whose entries in the index of a day are put in order to see who is there twice: less work than a table of all days.
USERS = f"""
select day - 1, users
  from {EACH_DAY},
       lateral (
         select count(distinct participant_id) as users from conversation_tally
          where workspace_id = %(workspace)s and product_id = any(%(products)s) and user_messages > 0
            and quarter >= begins and quarter < ends) as spoke
"""
USERS_TWICE = f"""
with spoke as materialized (
  select day - 1 as day, users
    from {EACH_DAY},
         lateral (
           select array_agg(distinct participant_id) as users from conversation_tally
            where workspace_id = %(workspace)s and product_id = any(%(products)s) and user_messages > 0
              and quarter >= begins and quarter < ends) as spoke)
select day, coalesce(cardinality(users), 0) from spoke
union all
select half, count(*) from (
  select distinct -1 - 2 * day / cardinality(%(begins)s::timestamptz[]) as half, unnest(users) from spoke) as halves
 group by half
"""


def by_product(products: Sequence[Product], days: Days) -> dict[UUID, list[Numbers]]:
    """For each product its numbers day by day, the first day first."""
    found = {product.id: [NOTHING] * len(days) for product in products}
    for product_id, day, *values in _rows(DAILY, products, days.bounds):
        found[product_id][day] = Numbers(*values)
    return found


def by_day(products: Sequence[Product], days: Days) -> list[Numbers]:
    """The numbers of all these products together, day by day."""
    each = by_product(products, days).values()
    return [total(of_a_day) for of_a_day in zip(*each, strict=True)] if each else [NOTHING] * len(days)


def total(numbers: Iterable[Numbers]) -> Numbers:
    """All of them added up."""
    each = iter(numbers)
    return sum(each, next(each, NOTHING))


def events_by_day(products: Sequence[Product], days: Days) -> list[EventNumbers]:
    """Events of these products, day by day."""
    found = {day: EventNumbers(*values) for day, *values in _rows(EVENTS.format(by=DAY), products, days.bounds)}
    return [found.get(day, EventNumbers()) for day in range(len(days))]


def events_by_type(products: Sequence[Product], days: Days) -> Mapping[str, EventNumbers]:
    """Events of these products in these days by their types, the most frequent first."""
    found = {name: EventNumbers(*values) for name, *values in _rows(EVENTS.format(by="type"), products, days.bounds)}
    return dict(sorted(found.items(), key=lambda each: (-each[1].events, each[0])))


def users_by_day(products: Sequence[Product], days: Days) -> list[int]:
    """How many people said something, day by day; who did on two days is counted on both."""
    found = dict(_rows(USERS, products, days.bounds))
    return [found.get(day, 0) for day in range(len(days))]


def users_in_each(products: Sequence[Product], periods: Sequence[Days]) -> list[int]:
    """How many people said something in each of these periods, which follow on each other; each counted once."""
    bounds = [period.bounds[0] for period in periods] + [periods[-1].bounds[-1]]
    found = dict(_rows(USERS, products, bounds))
    return [found.get(period, 0) for period in range(len(periods))]


def users_by_day_and_half(products: Sequence[Product], days: Days) -> tuple[list[int], tuple[int, int]]:
    """`users_by_day`, and how many people said something in the first and in the second half of an even number of days.

    In one go, for their entries in the index are many.
    """
    found = dict(_rows(USERS_TWICE, products, days.bounds))
    return [found.get(day, 0) for day in range(len(days))], (found.get(-1, 0), found.get(-2, 0))


def _rows(statement: str, products: Sequence[Product], bounds: Sequence[datetime]) -> list[Any]:
    if not products:
        return []
    values: dict[str, Any] = {
        "workspace": products[0].workspace_id,
        "products": [product.id for product in products],
        "bounds": _array(bounds),
        "begins": _array(bounds[:-1]),
        "ends": _array(bounds[1:]),
        "first": bounds[0],
        "last": bounds[-1],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _array(times: Sequence[datetime]) -> str:
    """As PostgreSQL reads an array; psycopg took 5 ms to write the days of half a year one by one."""
    return f"{{{','.join(time.isoformat() for time in times)}}}"
