"""Lists of users and of organizations: who talked with the products that somebody may see, sorted and searched.

By name, and by when they were seen last where they are many, they are found in an index, in order. By all else, and
where they are searched, they are sorted by what the worker has counted (conversations/tallies.py): a row for each and
product. What is known of each is looked up for a page of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Self
from uuid import UUID

from django.http import QueryDict

from conversations.feeds import run
from conversations.filters import LONGEST_TEXT
from conversations.keyset import Turn, read_time
from products.models import Product
from products.models.ids import read_id

# Up to so many in all, who was seen last is not looked for among conversations: the page of 22 companies among 100,000
# conversations took 468 ms.
FEW = 1_000

SHOWN_NAME = "lower(coalesce(nullif(who.name, ''), who.external_id))"
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
   and {beyond} and c.id = {last_of_them}
 order by c.last_message_at {order}, c.id {order} limit %(limit)s
"""
# Everybody within reach, by what they are called.
BY_NAME = """
select who.id, {place}, who.id from {table} who
 where who.workspace_id = %(workspace)s and {beyond} and {is_meant} and {is_within_reach}
 order by {place} {order}, who.id {order} limit %(limit)s
"""
MEAN = "({sum}(t.rating_sum) / nullif({sum}(t.ratings), 0))::float8"
# Everybody within reach, by what was counted: the rows of these products are read, added up where there are several,
# and a page of them is taken.
BY_TALLY = """
with counted as (
  select t.{key} as id, {place} as place from {tally} t {meant}
   where t.workspace_id = %(workspace)s and t.product_id = any(%(products)s) and {is_meant} {grouped}
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


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order of a list: what it is called as it is and turned round, and whether it is descending as it is.

    `read` reads a place in it from the query string, None for nonsense. `place` is what is sorted by, in SQL; who has
    `none` of it comes last either way, by these values of it when it is descending and when it is ascending.
    """

    labels: tuple[str, str]
    is_descending: bool
    read: Callable[[str], object]
    place: str
    none: tuple[str, str] | None = None


def _read_name(text: str) -> str | None:
    return None if "\0" in text else text


def _read_count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _read_mean(text: str) -> float | None:
    try:
        return mean if isfinite(mean := float(text)) else None
    except ValueError:
        return None


EVER = ("timestamptz 'epoch'", "timestamptz '9999-01-01 00:00:00+00'")
SORTS = {
    "last_seen": Sort(
        labels=("Seen most recently", "Seen longest ago"),
        is_descending=True,
        read=read_time,
        place="{max}(t.last_at)",
        none=EVER,
    ),
    "first_seen": Sort(
        labels=("Newest", "Oldest"), is_descending=True, read=read_time, place="{min}(t.first_at)", none=EVER
    ),
    "name": Sort(labels=("Name, A to Z", "Name, Z to A"), is_descending=False, read=_read_name, place=SHOWN_NAME),
    "conversations": Sort(
        labels=("Most conversations", "Fewest conversations"),
        is_descending=True,
        read=_read_count,
        place="{sum}(t.conversations)",
    ),
    "rating": Sort(
        labels=("Rated best", "Rated worst"), is_descending=True, read=_read_mean, place=MEAN, none=("-1", "2")
    ),
}
TURNED = "-"


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a list is sorted: by which of SORTS, and whether turned round, as "-name" in a query string says."""

    name: str
    is_turned: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """The order of this name; who was seen last comes first for none and for nonsense."""
        name = text.removeprefix(TURNED)
        return cls(name=name, is_turned=name != text) if name in SORTS else cls(name="last_seen", is_turned=False)

    def __str__(self) -> str:
        return f"{TURNED if self.is_turned else ''}{self.name}"

    @property
    def sort(self) -> Sort:
        """What it sorts by."""
        return SORTS[self.name]

    @property
    def is_descending(self) -> bool:
        """Whether the most comes first."""
        return self.sort.is_descending != self.is_turned

    @property
    def place(self) -> str:
        """What it sorts by, in SQL."""
        if self.sort.none is None:
            return self.sort.place
        return f"coalesce({self.sort.place}, {self.sort.none[0 if self.is_descending else 1]})"

    def by(self, name: str) -> "Order":
        """The order that a click on the heading of a column asks for: by it, or turned round."""
        return Order(name=name, is_turned=name == self.name and not self.is_turned)


ORDERS = [
    (str(Order(name=name, is_turned=is_turned)), sort.labels[is_turned])
    for name, sort in SORTS.items()
    for is_turned in (False, True)
]


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
    """A page of a list in this order; `text` is what was searched. A URL is None where there is nothing that way."""

    rows: Sequence[Row]
    previous_url: str | None
    next_url: str | None
    order: Order
    text: str

    @classmethod
    def of(
        cls,
        kind: Kind,
        query: QueryDict,
        *,
        workspace: UUID,
        products: Sequence[Product],
        company: UUID | None = None,
    ) -> Self:
        """The page that the query string asks for, of users (perhaps of one company) or of organizations."""
        order = Order.read(query.get("sort", ""))
        text = query.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT]
        turn = Turn.of(query, read=order.sort.read, is_descending=order.is_descending)
        is_all = not text and company is None
        if str(order) == "last_seen" and is_all and not _are_few(kind, workspace):
            statement = _by_seen(kind, turn)
        elif order.name == "name":
            statement = _by_name(kind, turn, is_searched=bool(text), is_of_company=company is not None)
        else:
            statement = _by_tally(
                kind,
                order,
                turn,
                is_searched=bool(text),
                is_of_company=company is not None,
                is_of_one=len(products) == 1,
            )
        values = {
            "workspace": workspace,
            "products": [product.id for product in products],
            "like": f"%{literal(text)}%",
            "company": company,
        }
        found = run(statement, {**values, **turn.values})
        cut = turn.cut(found, query, lambda row: (row[1], row[2]))
        rows = rows_of(kind, [id for id, *_ in cut.rows], workspace=workspace, products=products)
        return cls(rows=rows, previous_url=cut.previous_url, next_url=cut.next_url, order=order, text=text)


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
        turn = Turn(place=None, is_backwards=False, is_descending=False)
        values = {
            "workspace": workspace,
            "products": [product.id for product in products],
            "like": f"%{literal(text)}%",
            "limit": most,
        }
        statement = _by_name(kind, turn, is_searched=True)
        ids = [id for id, *_ in run(statement, values)]
    else:
        ids = [id] if is_within_reach(kind, id, workspace=workspace, products=products) else []
    return rows_of(kind, ids, workspace=workspace, products=products) if ids else []


def is_within_reach(kind: Kind, id: UUID, *, workspace: UUID, products: Sequence[Product]) -> bool:
    """Whether they talked with these products, or something happened to them there; False for who is not there."""
    statement = f"select true from {kind.table} who where who.workspace_id = %(workspace)s and who.id = %(id)s and "  # noqa: S608 - a name of ours
    values = {"workspace": workspace, "products": [product.id for product in products], "id": id}
    return bool(run(statement + _is_within_reach(kind), values))


def literal(text: str) -> str:
    """A text that stands for itself in a pattern of `like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _are_few(kind: Kind, workspace: UUID) -> bool:
    statement = (
        f"select count(*) from (select from {kind.table} where workspace_id = %(workspace)s limit %(most)s) as few"  # noqa: S608 - a name of ours
    )
    return bool(run(statement, {"workspace": workspace, "most": FEW + 1})[0][0] <= FEW)


def _by_seen(kind: Kind, turn: Turn) -> str:
    return BY_SEEN.format(
        key=kind.key,
        beyond=turn.beyond("c.last_message_at", "c.id"),
        last_of_them=_last(kind, "seen.id", f"c.{kind.key}"),
        order=turn.order,
    )


def _by_name(kind: Kind, turn: Turn, *, is_searched: bool, is_of_company: bool = False) -> str:
    return BY_NAME.format(
        table=kind.table,
        place=SHOWN_NAME,
        beyond=turn.beyond(SHOWN_NAME, "who.id"),
        is_meant=_is_meant(kind, is_searched=is_searched, is_of_company=is_of_company),
        is_within_reach=_is_within_reach(kind),
        order=turn.order,
    )


def _by_tally(kind: Kind, order: Order, turn: Turn, *, is_searched: bool, is_of_company: bool, is_of_one: bool) -> str:
    """`is_of_one`: the rows of one product need not be added up, which is most of the work."""
    meant = f"join {kind.table} who on who.workspace_id = t.workspace_id and who.id = t.{kind.key}"
    functions = {name: "" if is_of_one else name for name in ("sum", "min", "max")}
    return BY_TALLY.format(
        tally=kind.tally,
        key=kind.key,
        meant=meant if is_searched or is_of_company else "",
        is_meant=_is_meant(kind, is_searched=is_searched, is_of_company=is_of_company),
        grouped="" if is_of_one else f"group by t.{kind.key}",
        place=order.place.format(**functions),
        beyond=turn.beyond("place", "id"),
        order=turn.order,
    )


def _is_meant(kind: Kind, *, is_searched: bool, is_of_company: bool) -> str:
    conditions = [f"({' or '.join(f'who.{column} ilike %(like)s' for column in kind.searched)})"] if is_searched else []
    if is_of_company:
        conditions.append("who.organization_id = %(company)s")
    return " and ".join(conditions) or "true"


def _last(kind: Kind, value: str, whose: str) -> str:
    return LAST.format(value=value, key=kind.key, whose=whose)


def _is_within_reach(kind: Kind) -> str:
    return IS_WITHIN_REACH.format(key=kind.key, last_id=_last(kind, "seen.id", "who.id"))
