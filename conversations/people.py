"""Lists of users and of organizations: who talked with the products that somebody may see, sorted and searched.

By name, and by when they were seen last where they are many, they are found in an index, in order. By all else, and
where they are searched, they are sorted by what the worker has counted (conversations/tallies.py): a row for each and
product. What is known of each is looked up for a page of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.http import QueryDict

from conversations.feeds import run
from conversations.filters import LONGEST_TEXT
from conversations.keyset import Turn
from conversations.people_orders import MEAN, SHOWN_NAME, Order
from products.models import Product, Workspace
from products.models.ids import read_id

# Up to so many in all, who was seen last is not looked for among conversations: the page of 22 companies among 100,000
# conversations took 468 ms.
FEW = 1_000

# The last conversation with these products. A subquery with a limit, because that is one look into an index, where the
# planner would otherwise rather read all conversations at times.
LAST = """(select {value} from conversation seen
   where seen.workspace_id = %(workspace)s and seen.{key} = {whose} and seen.product_id = any(%(products)s)
   order by seen.last_message_at desc, seen.id desc limit 1)"""
IS_WITHIN_REACH = """coalesce({last_id} is not null or (
   select true from event e where e.workspace_id = %(workspace)s and e.{key} = who.id
      and e.product_id = any(%(products)s) limit 1), false)"""
# Those who have talked, by when they did last: good where there are many, as among few the last of a page is far down.
BY_SEEN = """
select c.{key}, c.last_message_at, c.id from conversation c
 where c.workspace_id = %(workspace)s and c.product_id = any(%(products)s) and c.{key} is not null
   and {beyond} and {was_seen} and c.id = {last_of_them}
 order by c.last_message_at {order}, c.id {order} limit %(limit)s
"""
# Everybody within reach, by what they are called.
BY_NAME = """
select who.id, {place}, who.id from {table} who
 where who.workspace_id = %(workspace)s and {beyond} and {is_meant} and {was_seen} and {is_within_reach}
 order by {place} {order}, who.id {order} limit %(limit)s
"""
WAS_SEEN = """exists (select from {tally} t where t.workspace_id = %(workspace)s and t.product_id = any(%(products)s)
   and t.{key} = who.id and t.last_at >= %(since)s)"""
# Everybody within reach, by what was counted: the rows of these products are read, added up where there are several,
# and a page of them is taken.
BY_TALLY = """
with counted as (
  select t.{key} as id, {place} as place from {tally} t {who}
   where t.workspace_id = %(workspace)s and t.product_id = any(%(products)s) and {is_meant} {grouped} {was_seen}
)
select id, place, id from counted where {beyond} order by place {order}, id {order} limit %(limit)s
"""
ROWS = """
select who.id, who.name, who.external_id, {email}, {company_id}, {company}, {last_at}, counted.*
  from {table} who {joined} left join lateral (
    select min(t.first_at), coalesce(sum(t.conversations), 0), coalesce(sum(t.ratings), 0), {mean}
      from {tally} t
     where t.workspace_id = %(workspace)s and t.product_id = any(%(products)s) and t.{key} = who.id
  ) as counted on true
 where who.workspace_id = %(workspace)s and who.id = any(%(ids)s)
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Users or organizations: their tables, the column that names one elsewhere, where to search, what a row joins.

    `filter` is the name in the query string of a list of conversations.
    """

    table: str
    tally: str
    key: str
    filter: str
    searched: Sequence[str]
    shown: Mapping[str, str]


USERS = Kind(
    table="participant",
    tally="participant_tally",
    key="participant_id",
    filter="user",
    searched=("name", "email", "external_id"),
    shown={
        "email": "who.email",
        "company_id": "company.id",
        "company": "coalesce(nullif(company.name, ''), company.external_id)",
        "joined": (
            "left join organization company"
            " on company.workspace_id = who.workspace_id and company.id = who.organization_id"
        ),
    },
)
ORGANIZATIONS = Kind(
    table="organization",
    tally="organization_tally",
    key="organization_id",
    filter="organization",
    searched=("name", "external_id"),
    shown={"email": "''", "company_id": "null::uuid", "company": "null", "joined": ""},
)


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in a list; what is told and counted is of the products within reach.

    `mean_rating` is of their ratings that stand, 0 to 1; `company` the organization of a user. `last_at` is as it is,
    the rest as the worker has counted it.
    """

    id: UUID
    name: str
    external_id: str
    email: str
    company_id: UUID | None
    company: str | None
    last_at: datetime | None
    first_at: datetime | None
    conversation_count: int
    rating_count: int
    mean_rating: float | None

    def __str__(self) -> str:
        return self.name or self.external_id


@dataclass(frozen=True, kw_only=True)
class People:
    """A page of a list in this order; a URL is None where there is nothing that way."""

    rows: Sequence[Row]
    previous_url: str | None
    next_url: str | None
    order: Order

    @classmethod
    def of(cls, meant: "Meant", query: QueryDict) -> Self:
        """The page that the query string asks for of those who are meant."""
        order = Order.read(query.get("sort", ""))
        turn = Turn.of(query, read=order.sort.read, is_descending=order.is_descending)
        found = run(meant.statement(order, turn), {**meant.values, **turn.values})
        cut = turn.cut(found, query, lambda row: (row[1], row[2]))
        rows = rows_of(meant.kind, [id for id, *_ in cut.rows], workspace=meant.workspace, products=meant.products)
        return cls(rows=rows, previous_url=cut.previous_url, next_url=cut.next_url, order=order)


@dataclass(frozen=True, kw_only=True)
class Meant:
    """Whom a list is of: who is within reach of these products, has a text in a name or id, or is of a company.

    Those who were seen `since` then, if there is such a time.
    """

    kind: Kind
    workspace: UUID
    products: Sequence[Product]
    text: str = ""
    company: UUID | None = None
    since: datetime | None = None

    @property
    def values(self) -> dict[str, object]:
        """What its statements name."""
        return {
            "workspace": self.workspace,
            "products": [product.id for product in self.products],
            "like": f"%{literal(self.text)}%",
            "company": self.company,
            "since": self.since,
        }

    def statement(self, order: Order, turn: Turn) -> str:
        """What finds a page of them."""
        if order.name == "name":
            return self.by_name(turn)
        is_all = not self.text and self.company is None
        if str(order) == "last_seen" and is_all and not _are_few(self.kind, self.workspace):
            return self._by_seen(turn)
        return self._by_tally(order, turn)

    def by_name(self, turn: Turn) -> str:
        """The same in the order of names."""
        was_seen = WAS_SEEN.format(tally=self.kind.tally, key=self.kind.key) if self.since else "true"
        return BY_NAME.format(
            table=self.kind.table,
            place=SHOWN_NAME,
            beyond=turn.beyond(SHOWN_NAME, "who.id"),
            is_meant=self._is_meant,
            was_seen=was_seen,
            is_within_reach=_is_within_reach(self.kind),
            order=turn.order,
        )

    def _by_seen(self, turn: Turn) -> str:
        return BY_SEEN.format(
            key=self.kind.key,
            beyond=turn.beyond("c.last_message_at", "c.id"),
            was_seen="c.last_message_at >= %(since)s" if self.since else "true",
            last_of_them=_last(self.kind, "seen.id", f"c.{self.kind.key}"),
            order=turn.order,
        )

    def _by_tally(self, order: Order, turn: Turn) -> str:
        # To add up is most of the work, and rows of one product are the sums.
        is_of_one = len(self.products) == 1
        functions = {name: "" if is_of_one else name for name in ("sum", "min", "max")}
        was_seen = "{max}(t.last_at) >= %(since)s".format(**functions) if self.since else "true"
        is_meant = self._is_meant
        who = f"join {self.kind.table} who on who.workspace_id = t.workspace_id and who.id = t.{self.kind.key}"
        return BY_TALLY.format(
            tally=self.kind.tally,
            key=self.kind.key,
            who="" if is_meant == "true" else who,
            is_meant=is_meant,
            grouped="and" if is_of_one else f"group by t.{self.kind.key} having",
            was_seen=was_seen,
            place=order.place.format(**functions),
            beyond=turn.beyond("place", "id"),
            order=turn.order,
        )

    @property
    def _is_meant(self) -> str:
        conditions = ["who.organization_id = %(company)s"] if self.company else []
        if self.text:
            conditions.append(f"({' or '.join(f'who.{column} ilike %(like)s' for column in self.kind.searched)})")
        return " and ".join(conditions) or "true"


def text_of(query: QueryDict) -> str:
    """What the query string searches for."""
    return query.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT]


def rows_of(kind: Kind, ids: Sequence[UUID], *, workspace: UUID, products: Sequence[Product]) -> list[Row]:
    """What a list tells of these, in this order."""
    statement = ROWS.format(
        table=kind.table,
        tally=kind.tally,
        key=kind.key,
        mean=MEAN.format(sum="sum"),
        last_at=_last(kind, "seen.last_message_at", "who.id"),
        **kind.shown,
    )
    values = {"workspace": workspace, "products": [product.id for product in products], "ids": list(ids)}
    rows = {row[0]: Row(*row) for row in run(statement, values)}
    return [rows[id] for id in ids if id in rows]


def named(kind: Kind, text: str, *, workspace: UUID, products: Sequence[Product], most: int) -> list[Row]:
    """The first by name whose name or external id holds a text, or whose id it is."""
    id = read_id(text)
    if id is None:
        meant = Meant(kind=kind, workspace=workspace, products=products, text=text)
        turn = Turn(place=None, is_backwards=False, is_descending=False)
        ids = [id for id, *_ in run(meant.by_name(turn), {**meant.values, "limit": most})]
    else:
        ids = [id] if is_within_reach(kind, id, workspace=workspace, products=products) else []
    return rows_of(kind, ids, workspace=workspace, products=products) if ids else []


def is_within_reach(kind: Kind, id: UUID, *, workspace: UUID, products: Sequence[Product]) -> bool:
    """Whether they talked with these products, or something happened to them there; False for who is not there."""
    statement = f"select true from {kind.table} who where who.workspace_id = %(workspace)s and who.id = %(id)s and "  # noqa: S608 - a name of ours
    values = {"workspace": workspace, "products": [product.id for product in products], "id": id}
    return bool(run(statement + _is_within_reach(kind), values))


def whose(kind: Kind, query: QueryDict, *, workspace: Workspace, products: Sequence[Product]) -> Any:
    """The user or organization that the query string names, within reach; None for none and for nonsense."""
    id = read_id(query.get(kind.filter, ""))
    if id is None or not is_within_reach(kind, id, workspace=workspace.id, products=products):
        return None
    return (workspace.participants if kind is USERS else workspace.organizations).filter(id=id).first()


def literal(text: str) -> str:
    """A text that stands for itself in a pattern of `like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _are_few(kind: Kind, workspace: UUID) -> bool:
    statement = (
        f"select count(*) from (select from {kind.table} where workspace_id = %(workspace)s limit %(most)s) as few"  # noqa: S608 - a name of ours
    )
    return bool(run(statement, {"workspace": workspace, "most": FEW + 1})[0][0] <= FEW)


def _last(kind: Kind, value: str, whose: str) -> str:
    return LAST.format(value=value, key=kind.key, whose=whose)


def _is_within_reach(kind: Kind) -> str:
    return IS_WITHIN_REACH.format(key=kind.key, last_id=_last(kind, "seen.id", "who.id"))
