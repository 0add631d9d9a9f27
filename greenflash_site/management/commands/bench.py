"""`manage.py bench` (`make bench`): how fast ingest is, on an installation of its own (docs/bench.md)."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from greenflash_site.bench.costs import costs
from greenflash_site.bench.ingest import BenchFailed, ready
from greenflash_site.bench.installation import DidNotStart, running
from greenflash_site.bench.load import LoadFailed
from greenflash_site.bench.neighbours import RATE_LIMIT, limited_neighbour, loud_neighbour, slow_clients
from greenflash_site.bench.processes import machine
from greenflash_site.bench.report import table, targets
from greenflash_site.bench.workload import Workload

QUICK = [
    Workload(messages=messages, clients=clients, is_known=kind, has_ids=kind)
    for messages, clients in ((1, 8), (2, 1), (2, 8), (10, 16), (100, 8))
    for kind in (False, True)
]
FULL = [
    Workload(messages=messages, clients=clients, is_known=is_known, has_ids=has_ids)
    for messages in (1, 2, 10, 100)
    for clients in ((1, 8, 16, 32) if messages == 10 else (1, 8, 32))
    for is_known in (False, True)
    for has_ids in (False, True)
]


class Command(BaseCommand):
    help = "Measure ingest on an installation of its own, beside what the database alone can do."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much to measure."""
        parser.add_argument("--full", action="store_true", help="all kinds of requests, not just some")
        parser.add_argument("--seconds", type=float, default=1.0, help="how long each way is measured at a time (1)")
        parser.add_argument("--repetitions", type=int, default=7, help="how often; medians are told (7)")
        parser.add_argument("--only", choices=("speed", "costs"), help="measure only how fast, or what it costs beside")

    def handle(self, *, full: bool, seconds: float, repetitions: int, only: str | None, **_options: Any) -> None:
        """Measure, and say what was measured."""
        self.say([machine()])
        try:
            with ready() as bench:
                if only != "costs":
                    bar = tqdm(FULL if full else QUICK, unit=" kinds", disable=not self.stderr.isatty())
                    rows = [bench.measure(workload, seconds=seconds, repetitions=repetitions) for workload in bar]
                    self.say([*table(rows), "", *targets(rows), ""])
                if only != "speed":
                    self.say(costs(bench))
                    self.say(slow_clients(bench))
                    self.say(loud_neighbour(bench))
            if only != "speed":
                with running(rate_limit=RATE_LIMIT):
                    self.say(limited_neighbour(bench))
            self.say([machine()])
        except (BenchFailed, DidNotStart, LoadFailed) as error:
            raise CommandError(str(error)) from None

    def say(self, lines: Iterable[object]) -> None:
        """What was measured, a line each."""
        for line in lines:
            self.stdout.write(str(line))
