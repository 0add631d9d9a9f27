"""A pytest plugin that brings up a database for the tests, before Django's settings are read.

With `DATABASE_URL` set the tests run on that server instead.
"""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from greenflash_site.database import embedded
from greenflash_site.database.cluster import SUPERUSER

# Tells the processes of pytest-xdist that the first one has brought the database up.
IS_UP = "GREENFLASH_TEST_DATABASE_IS_UP"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the server in a folder of its own, and stop it when the run ends."""
    if os.environ.get(IS_UP):
        return
    folder = tempfile.TemporaryDirectory(prefix="greenflash-tests-")
    early_config.add_cleanup(folder.cleanup)
    os.environ["GREENFLASH_DATA"] = folder.name
    os.environ[IS_UP] = "1"
    if not os.environ.get("DATABASE_URL"):
        stack = ExitStack()
        server = stack.enter_context(embedded.running(Path(folder.name)))
        early_config.add_cleanup(stack.close)
        _keep_nothing(server)


def _keep_nothing(server: embedded.Server) -> None:
    """Wait for no disk: what these tests write need not outlive a power failure."""
    with psycopg.connect(server.url, user=SUPERUSER, dbname="postgres", autocommit=True) as database:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            database.execute(f"alter system set {setting} = off")
        database.execute("select pg_reload_conf()")
