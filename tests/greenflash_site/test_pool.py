"""The pool gives out connections that are there, without asking the server each time."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from greenflash_site.database.pool import check

type Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def pool(db: None) -> Iterator[ConnectionPool[Connection]]:
    """A pool of one connection to the test database."""
    parameters = {name: connection.get_connection_params()[name] for name in ("dbname", "user", "host", "port")}
    with ConnectionPool(kwargs={**parameters, "autocommit": True}, min_size=1, check=check, open=True) as made:
        yield made


def test_it_does_not_ask_the_server_about_a_quiet_connection(pool: ConnectionPool[Connection]) -> None:
    with pool.connection() as raw, TemporaryFile("w+") as trace:
        raw.pgconn.trace(trace.fileno())
        check(raw)
        raw.pgconn.untrace()
        trace.seek(0)
        assert trace.read() == ""


def test_it_replaces_a_connection_that_the_server_has_closed(pool: ConnectionPool[Connection]) -> None:
    with pool.connection() as raw:
        first = raw.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", [first])
    with pool.connection() as raw:
        assert raw.info.backend_pid != first
        assert raw.execute("select 1").fetchone() == (1,)
