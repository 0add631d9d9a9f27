"""Counts what goes to the database where Django's own count does not see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet


@contextmanager
def executed() -> Iterator[list[str]]:
    """Every statement any cursor runs; Django's own count does not see the statements of ingest."""
    statements: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        execute = psycopg.Cursor.execute

        def record(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        patch.setattr(psycopg.Cursor, "execute", record)
        yield statements


def plan_by_index(rows: QuerySet[Any]) -> str:
    """How the database would read a page of `rows` if it avoided all it could do without an index."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
    return rows[:50].explain()


def deadlocks() -> int:
    """How many the database has seen; its counts arrive when a connection is idle, or are asked to."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        return int(cursor.fetchone()[0])
