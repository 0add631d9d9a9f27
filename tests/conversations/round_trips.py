"""Counts what goes to the database where Django's own count does not see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet


@contextmanager
def executed() -> Iterator[list[str]]:
    """Every statement that this thread's connection has run, by libpq's own trace of what it sends."""
    statements: list[str] = []
    connection.ensure_connection()
    with TemporaryFile("w+") as trace:
        connection.connection.pgconn.trace(trace.fileno())
        yield statements
        connection.connection.pgconn.untrace()
        trace.seek(0)
        statements += [line for line in trace if line.split("\t")[3:4] in (["Execute"], ["Query"])]


def plan_by_index(rows: QuerySet[Any]) -> str:
    """How the database would read a page of `rows` if it avoided all it could do without an index."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
    return rows[:50].explain()


def rows_read(*tables: type[Model]) -> int:
    """How many rows of these tables have been read so far, one by one or through indexes; not in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute(
            "select sum(seq_tup_read) + sum((select sum(idx_tup_read) from pg_stat_user_indexes i"
            " where i.relid = t.relid)) from pg_stat_user_tables t where relname = any(%s)",
            [[table._meta.db_table for table in tables]],
        )
        return int(cursor.fetchone()[0])


def rows_fetched(*tables: type[Model]) -> int:
    """How many rows of these tables have been fetched so far, without what only an index was read for."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute(
            "select sum(seq_tup_read + idx_tup_fetch) from pg_stat_user_tables where relname = any(%s)",
            [[table._meta.db_table for table in tables]],
        )
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    """How many the database has seen; its counts arrive when a connection is idle, or are asked to."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        return int(cursor.fetchone()[0])
