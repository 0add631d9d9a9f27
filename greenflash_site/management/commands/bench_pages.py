"""`manage.py bench_pages` (`make bench-pages`): how fast pages are on a million messages (docs/bench.md)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from greenflash_site.bench.browser import look
from greenflash_site.bench.installation import DidNotStart, running
from greenflash_site.bench.load import LoadFailed
from greenflash_site.bench.pages import LONGEST, NEWEST, SHORT, Visitor, pages, session_of, table
from greenflash_site.bench.processes import machine
from greenflash_site.management.commands.bench_data import EMAIL
from products.models import Workspace


class Command(BaseCommand):
    help = "Measure pages on an installation of its own, with a year of conversations."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much to measure, and on how much."""
        parser.add_argument("--conversations", type=int, default=100_000, help="how many, ten messages each (100,000)")
        parser.add_argument("--seconds", type=float, default=2.0, help="how long each kind of page is asked for (2)")
        parser.add_argument(
            "--only", default="", help="measure only pages whose name has this in it, and in no browser"
        )

    def handle(self, *, conversations: int, seconds: float, only: str, **_options: Any) -> None:
        """Make the data unless it is there, measure, and say what was measured."""
        try:
            with running() as installation:
                workspace = Workspace.objects.filter(members__person__email=EMAIL).first()
                if workspace is None:
                    call_command("bench_data", conversations=conversations, stdout=self.stdout, stderr=self.stderr)
                    workspace = Workspace.objects.get(members__person__email=EMAIL)
                visitor = Visitor(installation=installation, session=session_of(workspace.members.get().person))
                every = list(pages(workspace))
                bar = tqdm(
                    [page for page in every if only in page.name], unit=" pages", disable=not self.stderr.isatty()
                )
                self.stdout.write(machine())
                rows = [visitor.measure(page, seconds=seconds) for page in bar]
                for line in table(rows):
                    self.stdout.write(line)
                if not only:
                    self._look(visitor, {page.name: page.paths[0] for page in every})
                self.stdout.write(machine())
        except (DidNotStart, LoadFailed) as error:
            raise CommandError(str(error)) from None

    def _look(self, visitor: Visitor, paths: dict[str, str]) -> None:
        """Say what a browser sees of some pages."""
        base = f"http://127.0.0.1:{visitor.installation.port}"
        first, later, long = (paths[name] for name in (NEWEST, SHORT, LONGEST))
        for line in look(base, cookie=visitor.cookie, first=first, later=later, long=long):
            self.stdout.write(line)
