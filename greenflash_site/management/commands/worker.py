"""`manage.py worker`: works off jobs; `manage.py up` runs one, and more may run on other machines."""

import asyncio
import logging
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from greenflash_site.server.supervisor import exit_with_parent

# A job that has begun may take this long to finish when the worker is told to stop.
DRAIN_SECONDS = 20


class Command(BaseCommand):
    help = "Work off jobs: mail, exports, clean-up."

    def handle(self, **_options: Any) -> None:
        """Work until SIGTERM or Ctrl-C, finishing what has begun."""
        exit_with_parent()
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        with app.replace_connector(app.connector.get_worker_connector()) as worker_app:  # type: ignore[attr-defined]
            asyncio.run(self._work(worker_app))

    async def _work(self, worker_app: Any) -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                name="worker", shutdown_graceful_timeout=DRAIN_SECONDS, delete_jobs="successful"
            )
