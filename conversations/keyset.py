"""Keyset pages of conversations: fast at any depth, and steady while new ones arrive."""

from collections.abc import Sequence
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
    try:
        time = datetime.fromisoformat(at)
        # In UTC: Python knows offsets up to a day, PostgreSQL refuses those of 16 hours and more.
        return (time.astimezone(UTC), UUID(id)) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _url(query: QueryDict, direction: str, row: Row) -> str:
    others = {name: value for name, value in query.items() if name not in ("before", "after")}
    return "?" + urlencode({**others, direction: f"{row.last_message_at.isoformat()}_{row.id}"})
