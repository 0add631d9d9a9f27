"""Lists of users and of organizations: who talked with the products that somebody may see, sorted and searched.

Which they are is found in an index, in order; what is known of each is looked up for one page of them. No counter is
kept for any of it: a counter would be written with every message. So they are sorted by what an index is sorted by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.http import QueryDict

from conversations.feeds import run
from conversations.filters import LONGEST_TEXT
from conversations.keyset import Turn, read_time
from products.models import Product
from products.models.ids import read_id

# Somebody may have more conversations and ratings than a page can count: the user of a whole website, for one.
MOST = 1_000
# Of so many that a search finds, those heard of last, the list is made.
FOUND = 2_000
# Up to so many in all, each one's last conversation is looked up: the page of 22 companies among 100,000 conversations
# took 25 ms, not 468.
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
# Everybody within reach, by what they are called or by when they were heard of first.
BY_THEMSELVES = """
select who.id, {place}, who.id from {table} who
 where who.workspace_id = %(workspace)s and {beyond} and {is_meant} and {is_within_reach}
 order by {place} {order}, who.id {order} limit %(limit)s
"""
# Few, and what a search finds, by when they talked last; who never did comes at the end.
FEW_BY_SEEN = """
with meant as materialized (
  select who.id from {table} who where who.workspace_id = %(workspace)s and {is_meant} and {is_within_reach}
   order by who.created_at desc limit %(found)s
), seen as (
  select who.id, coalesce({last_at}, 'epoch') as at from meant who
)
select who.id, who.at, who.id from seen who where {beyond} order by who.at {order}, who.id {order} limit %(limit)s
"""
ROWS = """
select who.id, who.name, who.external_id, {email}, {company_id}, {company}, who.created_at, {last_at},
       (select count(*) from (
          select from conversation c where c.workspace_id = %(workspace)s and c.{key} = who.id
             and c.product_id = any(%(products)s) limit %(most)s + 1) as few),
       rated.count, rated.mean
  from {table} who {joined} left join lateral (
    select count(*), avg(few.normalized) as mean from (
      select r.normalized from rating r where r.workspace_id = %(workspace)s and r.{key} = who.id
         and r.product_id = any(%(products)s) order by r.rated_at desc, r.id desc limit %(most)s) as few
  ) as rated on true
 where who.workspace_id = %(workspace)s and who.id = any(%(ids)s)
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Users or organizations: their table, the column that names one elsewhere, where to search, what a row joins.

    `filter` is the name in the query string of a list of conversations.
    """

    table: str
    key: str
    filter: str
    searched: Sequence[str]
    shown: Mapping[str, str]


USERS = Kind(
    table="participant",
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
    key="organization_id",
    filter="organization",
    searched=("name", "external_id"),
    shown={"email": "''", "company_id": "null::uuid", "company": "null", "joined": ""},
)


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order of a list; `read` reads a place in it from the query string, None for nonsense."""

    label: str
    is_descending: bool
    read: Callable[[str], object]
    place: str


def _read_name(text: str) -> str | None:
    return None if "\0" in text else text


SORTS = {
    "seen": Sort(label="Last seen", is_descending=True, read=read_time, place="who.at"),
    "name": Sort(label="Name", is_descending=False, read=_read_name, place=SHOWN_NAME),
    "newest": Sort(label="Newest", is_descending=True, read=read_time, place="who.created_at"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in a list; what is counted is of the products within reach, and up to MOST.

    `mean_rating` is of the ratings they gave, 0 to 1; `company` the organization of a user.
    """

    id: UUID
    name: str
    external_id: str
    email: str
    company_id: UUID | None
    company: str | None
    created_at: datetime
    last_at: datetime | None
    conversation_count: int
    rating_count: int
    mean_rating: float | None

    def __str__(self) -> str:
        return self.name or self.external_id


@dataclass(frozen=True, kw_only=True)
class People:
    """A page of a list, by `sort`; `text` is what was searched for. A URL is None where there is nothing that way."""

    rows: Sequence[Row]
    previous_url: str | None
    next_url: str | None
    sort: str
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
        sort = query.get("sort", "")
        sort = sort if sort in SORTS else "seen"
        text = query.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT]
        turn = Turn.of(query, read=SORTS[sort].read, is_descending=SORTS[sort].is_descending)
        is_few = bool(text) or company is not None or _are_few(kind, workspace)
        found = run(
            _statement(kind, sort, turn, is_searched=bool(text), is_of_company=company is not None, is_few=is_few),
            {
                "workspace": workspace,
                "products": [product.id for product in products],
                "like": f"%{literal(text)}%",
                "company": company,
                "found": FOUND,
                **turn.values,
            },
        )
        cut = turn.cut(found, query, lambda row: (row[1], row[2]))
        rows = rows_of(kind, [id for id, *_ in cut.rows], workspace=workspace, products=products)
        return cls(rows=rows, previous_url=cut.previous_url, next_url=cut.next_url, sort=sort, text=text)


def rows_of(kind: Kind, ids: Sequence[UUID], *, workspace: UUID, products: Sequence[Product]) -> list[Row]:
    """What a list tells of these, in this order."""
    statement = ROWS.format(
        table=kind.table, key=kind.key, last_at=_last(kind, "seen.last_message_at", "who.id"), **kind.shown
    )
    values = {"workspace": workspace, "products": [product.id for product in products], "ids": list(ids), "most": MOST}
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
        statement = _statement(kind, "name", turn, is_searched=True)
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


def _statement(
    kind: Kind, sort: str, turn: Turn, *, is_searched: bool, is_of_company: bool = False, is_few: bool = False
) -> str:
    parts = {"table": kind.table, "key": kind.key, "order": turn.order, "is_within_reach": _is_within_reach(kind)}
    if sort == "seen" and not is_few:
        beyond = turn.beyond("c.last_message_at", "c.id")
        return BY_SEEN.format(beyond=beyond, last_of_them=_last(kind, "seen.id", f"c.{kind.key}"), **parts)
    conditions = [f"({' or '.join(f'who.{column} ilike %(like)s' for column in kind.searched)})"] if is_searched else []
    if is_of_company:
        conditions.append("who.organization_id = %(company)s")
    parts["is_meant"] = " and ".join(conditions) or "true"
    parts["beyond"] = turn.beyond(SORTS[sort].place, "who.id")
    if sort == "seen":
        return FEW_BY_SEEN.format(last_at=_last(kind, "seen.last_message_at", "who.id"), **parts)
    return BY_THEMSELVES.format(place=SORTS[sort].place, **parts)


def _last(kind: Kind, value: str, whose: str) -> str:
    return LAST.format(value=value, key=kind.key, whose=whose)


def _is_within_reach(kind: Kind) -> str:
    return IS_WITHIN_REACH.format(key=kind.key, last_id=_last(kind, "seen.id", "who.id"))
