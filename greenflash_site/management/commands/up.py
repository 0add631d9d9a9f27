"""`manage.py up`: the whole product under one parent: database, migrations, web server and worker."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from greenflash_site import safety
from greenflash_site.database import embedded
from greenflash_site.headless import make_what_is_missing
from greenflash_site.server.supervisor import ORPHAN_SECONDS, Child, exit_with_main_process, supervise
from greenflash_site.server.web import port_answers, port_is_free

MANAGE = str(Path(settings.BASE_DIR) / "manage.py")
# Any number will do, if every start of this product takes the same.
MIGRATION_LOCK = 7_308_047


def _port_becomes_free(host: str, port: int) -> bool:
    """Whether the port is free, at once or when the web server of an `up` that was just killed has followed it."""
    deadline = time.monotonic() + ORPHAN_SECONDS + 2
    while not (free := port_is_free(host, port)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return free


def apart(work: Callable[[], None]) -> None:
    """Do it in a process of its own, whose memory goes with it: of migrating 50 MB would stay.

    Raises CommandError or ImproperlyConfigured when `work` does, and CommandError when it died of anything else.
    """
    here, there = multiprocessing.Pipe(duplex=False)

    def run() -> None:
        exit_with_main_process()
        try:
            work()
        except (CommandError, ImproperlyConfigured) as error:
            there.send(error)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    try:
        process.join()
    finally:
        process.terminate()  # if this one was interrupted
        process.join()
    if here.poll():
        raise here.recv()
    if process.exitcode:
        raise CommandError("The installation could not be prepared; what is above says why.")


class Command(BaseCommand):
    help = "Run Greenflash: its database (unless DATABASE_URL names one), the web server and the worker."
    requires_system_checks = []

    def handle(self, **_options: Any) -> None:
        """Run until Ctrl-C or SIGTERM; then drain, stop, and leave nothing behind."""
        here = settings.GREENFLASH
        try:
            safety.refuse_unsafe_settings()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        if not _port_becomes_free(here.host, here.port):
            raise CommandError(
                f"Port {here.port} is taken, perhaps by another Greenflash. Stop that, or choose another port with"
                f" GREENFLASH_PORT (like GREENFLASH_PORT={here.port + 1})."
            )
        try:
            with ExitStack() as stack:
                server = (
                    stack.enter_context(embedded.running(here.data, log=self.say)) if here.embedded_database else None
                )
                apart(self.prepare)
                status = supervise(
                    [
                        Child(
                            name="web",
                            argv=[sys.executable, MANAGE, "web"],
                            is_up=partial(port_answers, here.host, here.port),
                        ),
                        Child(name="worker", argv=[sys.executable, MANAGE, "worker"]),
                    ],
                    ready=lambda: self.say(f"Greenflash is at {here.url}"),
                    poll=server.keep_alive if server else None,
                    log=self.say,
                )
        except (embedded.EmbeddedDatabaseError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        sys.exit(status)

    def prepare(self) -> None:
        """Bring tables and static files up to date, and make what the environment asks for."""
        try:
            safety.refuse_superuser()
            with connection.cursor() as cursor:
                # Two starts at once on one database: one migrates, the other waits and finds it done.
                cursor.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
                call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
                make_what_is_missing(settings.GREENFLASH_INIT, log=self.say)
                cursor.execute("select pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}Check DATABASE_URL.") from None
        connection.close()
        call_command("collectstatic", interactive=False, verbosity=0)

    def say(self, sentence: str) -> None:
        """One line for the person at the terminal."""
        self.stdout.write(sentence)
        self.stdout.flush()
