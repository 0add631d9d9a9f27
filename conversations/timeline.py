"""The story of one user or organization: their conversations, ratings and events on one line, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import chain, groupby
from typing import Any
from uuid import UUID

from django.http import QueryDict

from conversations.feeds import events_called, ratings_called, run
from conversations.keyset import Cut, Turn
from conversations.models import Event, Rating
from conversations.people import Kind
from conversations.people_orders import MEAN
from conversations.rows import Row, rows_called
from products.models import Product, Workspace

SOURCES = {"conversation": "last_message_at", "rating": "rated_at", "event": "event_at"}
ONE = """
(select '{table}' as kind, one.id, one.{at} as at from {table} one
  where one.workspace_id = %(workspace)s and one.{key} = %(who)s and one.product_id = any(%(products)s) and {beyond}
  order by one.{at} {order}, one.id {order} limit %(limit)s)
"""
FIGURES = """
select coalesce(sum(t.conversations), 0), coalesce(sum(t.events), 0), coalesce(sum(t.ratings), 0), {mean},
       coalesce(sum(t.messages), 0), min(t.first_at), max(t.last_at)
  from {tally} t
 where t.workspace_id = %(workspace)s and t.{key} = %(who)s and t.product_id = any(%(products)s)
"""


@dataclass(frozen=True)
class Entry:
    """What happened: `what` is a row of a conversation, a rating or an event, as `kind` says."""

    kind: str
    at: datetime
    what: Any


@dataclass(frozen=True)
class Day:
    """A day in the viewer's zone."""

    day: date
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Figures:
    """Somebody's numbers of the products within reach, as the worker has counted them; of ratings those that stand."""

    conversation_count: int
    event_count: int
    rating_count: int
    mean_rating: float | None
    message_count: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def has_any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.conversation_count or self.event_count)


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose story is told, and of which products."""

    kind: Kind
    id: UUID
    workspace: Workspace
    products: Sequence[Product]

    @property
    def _values(self) -> dict[str, object]:
        ids = [product.id for product in self.products]
        return {"workspace": self.workspace.id, "who": self.id, "products": ids}

    def figures(self) -> Figures:
        """Their numbers."""
        return Figures(
            *run(FIGURES.format(tally=self.kind.tally, key=self.kind.key, mean=MEAN.format(sum="sum")), self._values)[0]
        )

    def timeline(self, query: QueryDict, zone: tzinfo) -> Cut[Day]:
        """A page of what happened, by day."""
        turn = Turn.of(query)
        parts = [
            ONE.format(
                table=table, at=at, key=self.kind.key, order=turn.order, beyond=turn.beyond(f"one.{at}", "one.id")
            )
            for table, at in SOURCES.items()
        ]
        statement = f"{' union all '.join(parts)} order by at {turn.order}, id {turn.order} limit %(limit)s"
        cut = turn.cut(run(statement, {**self._values, **turn.values}), query, lambda row: (row[2], row[1]))
        what = self._read(cut.rows)
        entries = [Entry(kind, at, what[id]) for kind, id, at in cut.rows if id in what]
        days = [
            Day(day, list(group)) for day, group in groupby(entries, lambda entry: entry.at.astimezone(zone).date())
        ]
        return Cut(rows=days, previous_url=cut.previous_url, next_url=cut.next_url)

    def _read(self, found: Sequence[tuple[str, UUID, datetime]]) -> dict[UUID, Row | Rating | Event]:
        ids = {kind: [id for each, id, _ in found if each == kind] for kind in SOURCES}
        within = [product.id for product in self.products]
        ratings = ratings_called(self.workspace.id, ids["rating"]) if ids["rating"] else []
        events = events_called(self.workspace.id, ids["event"], within) if ids["event"] else []
        rows = rows_called(ids["conversation"], self.workspace)
        return {each.id: each for each in chain[Row | Rating | Event](rows, ratings, events)}
