"""The rules of bodies that types cannot say; whoever stores a body applies them.

A value that breaks one is ApiError 400, with the path of its field.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from conversations.ingest.fields import EARLIEST, FURTHEST_AHEAD, MAX_DEPTH, MAX_PROPERTIES, MAX_PROPERTY_KEY
from greenflash_site.api.errors import invalid

# No more than mail programs agree on: the addresses of others are not ours to judge.
EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]+@[^\s@\x00-\x1f\x7f-\x9f]+")


def check_email(text: str, path: str) -> None:
    """Refuse what cannot be an email address."""
    if not EMAIL.fullmatch(text):
        raise invalid("Not an email address.", path)


def parse_time(text: str, *, now: datetime, path: str) -> datetime:
    """An ISO 8601 time, naive ones in UTC, a bare date its midnight; from 1970 to 24 hours ahead (Decision 6)."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Not a time in ISO 8601, like 2026-01-31T09:30:00Z.", path) from None
    try:
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise invalid("A time must lie between 1970 and 24 hours from now.", path) from None
    if not EARLIEST <= time <= now + FURTHEST_AHEAD:
        raise invalid("A time must lie between 1970 and 24 hours from now.", path)
    return time


def check_properties(properties: dict[str, Any] | None, path: str) -> None:
    """Refuse properties that are too many, named too long or nested too deep."""
    if not properties:
        return
    if len(properties) > MAX_PROPERTIES:
        raise invalid(f"At most {MAX_PROPERTIES} properties.", path)
    if any(len(key) > MAX_PROPERTY_KEY for key in properties):
        raise invalid(f"The name of a property has at most {MAX_PROPERTY_KEY} characters.", path)
    check_depth(properties, path)


def check_depth(value: Any, path: str) -> None:
    """Refuse a value nested deeper than what is stored and shown."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise invalid(f"Nested more than {MAX_DEPTH} levels deep.", path, code="too_deep")


def find_cycle(parents: Mapping[str, str]) -> str | None:
    """One of several ids that are each other's ancestors, if there are such; `parents` maps each id to its parent's."""
    settled: set[str] = set()
    for start in parents:
        trail: set[str] = set()
        at: str | None = start
        while at is not None and at in parents and at not in settled:
            if at in trail:
                return at
            trail.add(at)
            at = parents[at]
        settled |= trail
    return None
