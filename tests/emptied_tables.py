"""Tests with transaction=True leave rows behind: here what they left is deleted, where there is something.

Django truncates every table, which takes as long for a row as for a million, and makes content types and permissions
anew each time.
"""

from functools import cache
from graphlib import TopologicalSorter

from django.db import connection, transaction
from django.test import TransactionTestCase

# What migrations have made, and no test changes.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_tables(test_case: TransactionTestCase) -> None:
    """Delete all rows, those first that refer to others; whoever is still at work is waited for."""
    tables = _tables()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("grant delete on audit_entry to current_user")  # which the application may not
        cursor.execute(f"lock table {', '.join(tables)} in access exclusive mode")
        cursor.execute(" union all ".join(f"select '{table}' where exists (select from {table})" for table in tables))
        filled = {table for (table,) in cursor.fetchall()}
        for table in filter(filled.__contains__, tables):
            cursor.execute(f"delete from {table}")
        cursor.execute("revoke delete on audit_entry from current_user")


@cache
def _tables() -> list[str]:
    """All tables with rows of tests, each before those that it refers to."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = current_schema")
        referred_to: dict[str, set[str]] = {table: set() for (table,) in cursor.fetchall()}
        cursor.execute(
            "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint"
            " where contype = 'f' and conrelid <> confrelid"
        )
        for table, other in cursor.fetchall():
            referred_to[table].add(other)
    return [table for table in reversed([*TopologicalSorter(referred_to).static_order()]) if table not in KEPT]
