"""Keyset pages, of conversations and of lists in plain SQL: fast at any depth, steady while something new arrives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict

from conversations.models import ConversationQuerySet
from conversations.rows import Row, rows_of
from products.models import Workspace

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page of conversations, newest first; a URL is None where there is nothing in that direction."""

    rows: list[Row]
    newer_url: str | None
    older_url: str | None

    @classmethod
    def of(cls, parts: Sequence[ConversationQuerySet], query: QueryDict, *, workspace: Workspace) -> Self:
        """The page that `before` or `after` in the query string names; the newest for neither or nonsense.

        The list may come in `parts`, which have no conversation in common.
        """
        before, after = _read(query.get("before", "")), _read(query.get("after", ""))
        if after is not None:
            found = rows_of(_first([part.newer_than(*after) for part in parts]), workspace)
            has_newer, has_older = len(found) > PAGE_SIZE, True
            found = found[-PAGE_SIZE:]
        else:
            places = [part.newest_first() for part in parts]
            found = rows_of(_first([part.older_than(*before) for part in places] if before else places), workspace)
            has_newer, has_older = before is not None, len(found) > PAGE_SIZE
            found = found[:PAGE_SIZE]
        return cls(
            rows=found,
            newer_url=_url(query, "after", found[0]) if found and has_newer else None,
            older_url=_url(query, "before", found[-1]) if found and has_older else None,
        )


def _first(parts: Sequence[ConversationQuerySet]) -> QuerySet[Any, Any]:
    """The first of all, in the order that each part is in; one more than a page takes."""
    first, *others = [part.values("id", "last_message_at")[: PAGE_SIZE + 1] for part in parts]
    return first.union(*others, all=True).order_by(*parts[0].query.order_by)[: PAGE_SIZE + 1] if others else first


def _read(text: str) -> tuple[datetime, UUID] | None:
    """A place in the list as `_url` writes it; None for anything else."""
    at, _, id = text.partition("_")
    time = read_time(at)
    try:
        return (time, UUID(id)) if time else None
    except ValueError:
        return None


def read_time(text: str) -> datetime | None:
    """A time as `isoformat` writes it, in UTC; None for anything else."""
    try:
        time = datetime.fromisoformat(text)
        # In UTC: Python knows offsets up to a day, PostgreSQL refuses those of 16 hours and more.
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _url(query: QueryDict, direction: str, row: Row) -> str:
    others = {name: value for name, value in query.items() if name not in ("before", "after")}
    return "?" + urlencode({**others, direction: f"{row.last_message_at.isoformat()}_{row.id}"})


@dataclass(frozen=True, kw_only=True)
class Cut[R]:
    """The rows of a page in their order; a URL is None where there is nothing in that direction."""

    rows: Sequence[R]
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Where a page of a list in plain SQL begins, as its query string says: beyond `place`, back or on.

    A place is what the list is sorted by, and the id that tells apart who have that in common.
    """

    place: tuple[object, UUID] | None
    is_backwards: bool
    is_descending: bool

    @classmethod
    def of(cls, query: QueryDict, *, read: Callable[[str], object] = read_time, is_descending: bool = True) -> Self:
        """The turn that `before` (on) or `after` (back) names; the first page for neither or nonsense."""
        for name in ("after", "before"):
            value, _, id = query.get(name, "").rpartition("_")
            try:
                place = read(value) if value else None
                if place is not None:
                    return cls(place=(place, UUID(id)), is_backwards=name == "after", is_descending=is_descending)
            except ValueError:
                continue
        return cls(place=None, is_backwards=False, is_descending=is_descending)

    @property
    def order(self) -> str:
        """The direction in which rows are read, for an `order by`."""
        return "desc" if self.is_descending != self.is_backwards else "asc"

    def beyond(self, *columns: str) -> str:
        """The condition that they are beyond the place, which is in `values`; columns must all be in `order`."""
        sign = "<" if self.order == "desc" else ">"
        return f"({', '.join(columns)}) {sign} (%(place)s, %(place_id)s)" if self.place else "true"

    @property
    def values(self) -> dict[str, object]:
        """Of the place, and of a limit that tells whether there are more than a page takes."""
        place, id = self.place or (None, None)
        return {"place": place, "place_id": id, "limit": PAGE_SIZE + 1}

    def cut[R](self, found: Sequence[R], query: QueryDict, place_of: Callable[[R], tuple[object, UUID]]) -> Cut[R]:
        """The page of what was found in this direction."""
        has_more, rows = len(found) > PAGE_SIZE, list(found[:PAGE_SIZE])
        if self.is_backwards:
            rows.reverse()
        has_previous = has_more if self.is_backwards else self.place is not None
        has_next = self.is_backwards or has_more
        return Cut(
            rows=rows,
            previous_url=_to(query, "after", place_of(rows[0])) if rows and has_previous else None,
            next_url=_to(query, "before", place_of(rows[-1])) if rows and has_next else None,
        )


def _to(query: QueryDict, direction: str, place: tuple[object, UUID]) -> str:
    value, id = place
    others = {name: value for name, value in query.items() if name not in ("before", "after")}
    shown = value.isoformat() if isinstance(value, datetime) else value
    return "?" + urlencode({**others, direction: f"{shown}_{id}"})
