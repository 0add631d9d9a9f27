"""How many requests a key may send a minute (`GREENFLASH_RATE_LIMIT`), so that no workspace starves another.

Each process counts by itself and adds to the shared count, in a table, whenever it has a hundredth of the limit more:
the limit holds over all processes and machines to within a hundredth for each, and most requests cost no query.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from uuid import UUID

from django.conf import settings
from django.db import connection

from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError

WINDOW_SECONDS = 60
KEYS_COUNTED = 10_000


@dataclass
class _Window:
    """One key's requests in one minute: what all processes said last, and what this one has not said yet."""

    minute: int
    shared: int = 0
    unsaid: int = 0


_windows: dict[UUID, _Window] = {}
_guard = threading.Lock()


def take(caller: Caller) -> dict[str, str]:
    """Count one request and give its `RateLimit-…` headers; ApiError 429 when the minute's requests are used up."""
    limit = settings.GREENFLASH.rate_limit
    if not limit or caller.api_key_id is None:
        return {}
    now = time()
    minute, elapsed = divmod(int(now), WINDOW_SECONDS)
    reset = WINDOW_SECONDS - elapsed
    with _guard:
        window = _windows.get(caller.api_key_id)
        if window is None or window.minute != minute:
            if len(_windows) >= KEYS_COUNTED:
                _windows.clear()
            window = _windows[caller.api_key_id] = _Window(minute)
        used = window.shared + window.unsaid
        if used < limit:
            window.unsaid += 1
            used += 1
            saying = window.unsaid if window.unsaid * 100 >= limit else 0
            window.unsaid -= saying
            window.shared += saying
            allowed = True
        else:
            saying, allowed = 0, False
    if saying:
        shared = _add(caller, minute, saying)
        with _guard:
            window.shared = max(window.shared, shared)
        # Others may have used up the minute meanwhile; this process could not know.
        used = max(used, shared)
        allowed = shared <= limit
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(limit - used, 0)),
        "RateLimit-Reset": str(reset),
    }
    if not allowed:
        raise ApiError(
            429,
            "rate_limited",
            f"This key has sent {limit} requests in this minute, which is its limit. Try again in {reset} s.",
            headers={**headers, "Retry-After": str(reset)},
        )
    return headers


def forget_counts() -> None:
    """Count anew."""
    _windows.clear()


def _add(caller: Caller, minute: int, count: int) -> int:
    """Add to the key's shared count of the minute, and give it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into request_count as c (workspace_id, api_key_id, minute, count) values (%s, %s, %s, %s)"
            " on conflict (api_key_id, minute, workspace_id) do update set count = c.count + excluded.count"
            " returning count",
            [caller.workspace_id, caller.api_key_id, datetime.fromtimestamp(minute * WINDOW_SECONDS, UTC), count],
        )
        return int(cursor.fetchone()[0])
