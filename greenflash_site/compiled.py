"""Queries that Django puts together once: for a few rows of an index that takes longer than to read them.

A page asks up to twelve questions that differ in nothing but ids and times. Those of the reader took 11 ms, and 8 of
them went into writing the same SQL anew.
"""

from collections.abc import Callable
from copy import copy
from functools import cache, wraps
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Expression, Field, Func, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler


def compiled[M: Model, R](make: Callable[..., QuerySet[M, R]]) -> Callable[..., list[R]]:
    """Make what returns a query into what runs it: its arguments become values of the statement.

    `make` is called once, with placeholders: it may compare columns with them, and not look at them.
    """

    @cache
    def made(count: int) -> tuple[QuerySet[M, R], SQLCompiler, str, list[Any]]:
        query = make(*(Given(place) for place in range(count)))
        compiler = query.query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        return query, compiler, sql, list(values)

    @wraps(make)
    def run(*given: Any) -> list[R]:
        query, compiler, sql, values = made(len(given))
        filled = [given[value.place] if isinstance(value, Given) else value for value in values]
        once = copy(compiler)
        once.as_sql = lambda *_, **__: (sql, filled)  # type: ignore[assignment, method-assign]
        found = query.all()
        found.query.get_compiler = lambda *_, **__: once  # type: ignore[method-assign]
        return list(found)

    return run


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
