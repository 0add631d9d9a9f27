"""Runs a statement that writes: prepared, bound on the server, one round trip; again when requests collide."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import psycopg
from django.db import connection, transaction
from psycopg import errors as sql_errors
from psycopg.rows import dict_row

from greenflash_site.api.errors import ApiError, not_found

# Each try that fails means that somebody else's request succeeded; more than a few in a row is not contention.
TRIES = 8


def run(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The statement's one row; it commits by itself, or with the caller's transaction.

    One that collides with another request divides by zero on purpose, and then sees what the other stored.
    """
    return again_on_collision(partial(_run, statement, parameters))


def again_on_collision[T](act: Callable[[], T]) -> T:
    """What `act` gives, which is one statement; ApiError 503 when others are in its way each time."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return act()
        except (sql_errors.DivisionByZero, sql_errors.DeadlockDetected, sql_errors.SerializationFailure):
            if attempt == TRIES:
                message = "What this request writes is being written by many at once. Try again."
                raise ApiError(503, "busy", message, headers={"Retry-After": "1"}) from None
        except sql_errors.ForeignKeyViolation:
            # What was deleted a moment ago is not seen by the next run; but a key's products are known for a second.
            if attempt == TRIES:
                raise not_found("There is no product with this id here.", "$.productId") from None
    raise AssertionError("unreachable")


def _run(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One prepared statement on Django's own connection, past its cursor, which would bind on the client's side."""
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with psycopg.Cursor(raw, row_factory=dict_row) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cast("dict[str, Any]", cursor.fetchone() or {})
