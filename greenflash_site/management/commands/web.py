"""`manage.py web`: the web server alone; `manage.py up` starts it beside the worker and the database."""

import gc
from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from greenflash_site import safety
from greenflash_site.server.supervisor import exit_with_parent
from greenflash_site.server.web import PortTaken, serve

# A request that would wait longer for the database is answered 503, and its thread is free again. Clients give up after
# 60 s; migrations and jobs may take what they need.
PATIENCE = "-c lock_timeout=2s -c statement_timeout=20s -c idle_in_transaction_session_timeout=60s"
# A page is a few rows of an index. To start parallel workers for it, or a compiler, takes longer than to read them: the
# conversations with a low rating came in 19 ms, and in 4 without.
AT_ONCE = "-c max_parallel_workers_per_gather=0 -c jit=off"


def _refuse_unsafe() -> None:
    """CommandError instead of serving what must not be; a database that is away is asked by `up`, or not at all."""
    try:
        safety.refuse_unsafe_settings()
        safety.refuse_superuser()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    except OperationalError:
        pass
    finally:
        # The workers fork: none may share a connection, or the pool's threads, which are not in a fork.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


class Command(BaseCommand):
    help = "Serve the site."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Everything defaults to the settings (docs/settings.md)."""
        installation = settings.GREENFLASH
        parser.add_argument("--host", default=installation.host)
        parser.add_argument("--port", type=int, default=installation.port)
        parser.add_argument("--workers", type=int, default=installation.web_workers, help="processes")
        parser.add_argument("--threads", type=int, default=installation.web_threads, help="requests at once in each")

    def handle(self, *, host: str, port: int, workers: int, threads: int, **_options: Any) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        exit_with_parent()
        _refuse_unsafe()
        # Loaded before the workers fork, who share it: 97 instead of 117 MB for two of them and their parent (PSS).
        import_module(settings.ROOT_URLCONF)
        gc.freeze()
        database = settings.DATABASES["default"]["OPTIONS"]
        database["options"] = f"{database.get('options', '')} {PATIENCE} {AT_ONCE}".strip()
        try:
            serve(host=host, port=port, workers=workers, threads=threads)
        except PortTaken as error:
            raise CommandError(str(error)) from None
