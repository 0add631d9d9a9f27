"""Whether a pooled connection is still there, told without asking the server; settings.py gives it to the pool."""

import select
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool


def check(connection: psycopg.Connection[Any]) -> None:
    """Raise psycopg.OperationalError for a connection that the server has closed.

    An idle connection has nothing to be read but its end, or rarely a notice; only then is the server asked, which
    takes a trip there and back before each request.
    """
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    if poller.poll(0):
        ConnectionPool.check_connection(connection)
