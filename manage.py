#!/usr/bin/env python
"""Greenflash's commands: `manage.py up` runs the product, `manage.py help` lists the others."""

import os
import signal
import sys
from contextlib import nullcontext

BENCHES = {"bench", "bench_pages"}


def main() -> None:
    """Run one command; a bench in an installation of its own, whatever the environment says."""
    from greenflash_site.bench.installation import temporary_environment

    # What was begun is undone, and a database that was brought up is stopped. Ctrl-C too, which a script's `make run &`
    # would have ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greenflash_site.settings")
    with temporary_environment() if command in BENCHES else nullcontext():
        run(command)


def run(command: str) -> None:
    """Run one command; beside those that keep their own, the embedded database is there for its duration."""
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from greenflash_site.database import embedded

    needs_database = settings.GREENFLASH.embedded_database and command not in {
        "up",
        "web",
        "worker",
        *BENCHES,
        "help",
        "collectstatic",
    }
    try:
        with embedded.available(settings.GREENFLASH.data) if needs_database else nullcontext():
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedDatabaseError as error:
        sys.exit(f"Greenflash: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # as a shell tells of it


if __name__ == "__main__":
    main()
