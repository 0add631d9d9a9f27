"""Runs a statement that writes: prepared, bound on the server, one round trip; again when requests collide."""

from contextlib import nullcontext
from typing import Any, cast

import psycopg
from django.db import connection, transaction
from psycopg import errors as sql_errors
from psycopg.rows import dict_row

from greenflash_site.api.errors import ApiError, not_found

# Each try that fails means that somebody else's request succeeded; more than a few in a row is not contention.
TRIES = 8
LOCKING_FROM = 6


def run(statement: str, parameters: dict[str, Any], *, lock: str | None = None) -> dict[str, Any]:
    """The statement's one row; it commits by itself, or with the caller's transaction.

    On a collision with another request (the statement divides by zero on purpose) it is run again, and then sees what
    the other stored. If that does not end it, `lock` is run before it. Not at once: it locks a conversation before
    organization and participant, out of order. Twelve clients who begin one conversation together need two or three
    runs more; with the lock from the first on they deadlocked in most rounds, a second each time.
    """
    for attempt in range(TRIES):
        is_locking = lock is not None and attempt >= LOCKING_FROM
        try:
            with transaction.atomic() if is_locking or connection.in_atomic_block else nullcontext():
                if lock is not None and is_locking:
                    _run(lock, parameters)
                return _run(statement, parameters)
        except (sql_errors.DivisionByZero, sql_errors.DeadlockDetected, sql_errors.SerializationFailure):
            if attempt == TRIES - 1:
                message = "What this request writes is being written by many at once. Try again."
                raise ApiError(503, "busy", message, headers={"Retry-After": "1"}) from None
        except sql_errors.ForeignKeyViolation:
            # What was deleted a moment ago is not seen by the next run; but a key's products are known for a second.
            if attempt == TRIES - 1:
                raise not_found("There is no product with this id here.", "$.productId") from None
    raise AssertionError("unreachable")


def _run(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One prepared statement on Django's own connection, past its cursor, which would bind on the client's side."""
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with psycopg.Cursor(raw, row_factory=dict_row) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cast("dict[str, Any]", cursor.fetchone() or {})
