"""Queries that Django puts together once and the database plans once: for a few rows of an index both take longer than
to read them.

A page asks up to twelve questions that differ in nothing but ids and times. Those of the reader took 11 ms, and 8 of
them went into writing the same SQL anew.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cache, wraps
from typing import Any, Self

from django.db import connection
from django.db.models import BooleanField, Expression, Field, Func, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg import Cursor
from psycopg.abc import Params
from psycopg.sql import Literal


def compiled[M: Model, R](make: Callable[..., QuerySet[M, R]]) -> Callable[..., list[R]]:
    """Make what returns a query into what runs it: its arguments become parameters of a prepared statement.

    `make` is called once, with placeholders: it may compare columns with them, and not look at them. Values of its own
    stand in the statement, for the planner to see.
    """
    return _made(make, prepared)


def composed[M: Model, R](make: Callable[..., QuerySet[M, R]]) -> Callable[..., list[R]]:
    """The same for a query whose plan depends on its arguments: put together once, but planned each time."""
    return _made(make, _planned)


def _made[M: Model, R](
    make: Callable[..., QuerySet[M, R]], rows_of: Callable[[str, Sequence[object]], list[tuple[Any, ...]]]
) -> Callable[..., list[R]]:
    @cache
    def made(count: int) -> tuple[QuerySet[M, R], SQLCompiler, str, list[int]]:
        query = make(*(Given(place) for place in range(count)))
        compiler = query.query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        places = [value.place for value in values if isinstance(value, Given)]
        return query, compiler, sql.replace("%%", "%%%%") % tuple(map(_written, values)), places

    @wraps(make)
    def run(*given: Any) -> list[R]:
        query, compiler, sql, places = made(len(given))
        rows = rows_of(sql, [given[place] for place in places])
        once = copy(compiler)
        once.execute_sql = lambda *_, **__: [rows]  # type: ignore[assignment, method-assign]
        found = query.all()
        found.query.get_compiler = lambda *_, **__: once  # type: ignore[method-assign]
        return list(found)

    return run


def _written(value: object) -> str:
    """A value as it stands in a statement, or its placeholder."""
    return "%s" if isinstance(value, Given) else Literal(value).as_string(connection.connection).replace("%", "%%")


def prepared(sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The rows of a statement that the database plans once for each connection: for one whose plan suits any values."""
    connection.ensure_connection()
    with connection._prepare_cursor(PreparingCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _planned(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


class PreparingCursor(Cursor[tuple[Any, ...]]):
    """A cursor whose statements are prepared at once; Django's own has their values written into the text."""

    def execute(self, query: Any, params: Params | None = None, **_: Any) -> Self:
        """Run a statement, perhaps again with other values."""
        return super().execute(query, params, prepare=True)


class Given(Expression):
    """Stands for an argument in a statement."""

    def __init__(self, place: int) -> None:
        super().__init__(output_field=Field())
        self.place = place

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, list["Given"]]:  # type: ignore[override]
        """Itself, where its value is to stand."""
        return "%s", [self]


class AnyOf(Func):
    """That a column is one of the values of an argument, which is a list."""

    output_field = BooleanField()
    template = "%(expressions)s)"
    arg_joiner = " = any("
