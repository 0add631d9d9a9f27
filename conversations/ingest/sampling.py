"""Sampling: a hash decides whether a request is kept, so that a conversation is kept or dropped whole (Decision 11)."""

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from conversations.models import SampledOut


def is_kept(rate: float | None, *identity: str) -> bool:
    """Whether what is known by `identity` is among the `rate` (0 to 1; None is 1) that are kept."""
    if rate is None or rate >= 1:
        return True
    number = int.from_bytes(sha256("\0".join(identity).encode()).digest()[:8])
    return number / 2**64 < rate


def count_sampled_out(
    what: Literal["messages", "events"], *, workspace_id: UUID, product_id: UUID, now: datetime
) -> None:
    """Remember that a request was answered and not stored."""
    row: dict[str, Any] = {
        "workspace": workspace_id,
        "product": product_id,
        "day": now.date(),
        "slot": secrets.randbelow(SampledOut.SLOTS),
        "messages": int(what == "messages"),
        "events": int(what == "events"),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into sampled_out as s (workspace_id, product_id, day, slot, messages, events)"
            " values (%(workspace)s, %(product)s, %(day)s, %(slot)s, %(messages)s, %(events)s)"
            " on conflict (product_id, day, slot, workspace_id) do update"
            " set messages = s.messages + excluded.messages, events = s.events + excluded.events",
            row,
        )
