"""Measures ingest: the same requests by COPY, by the statement, by `accept` and over HTTP, in turns, in one run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from statistics import median
from typing import Literal

import psycopg

from greenflash_site.bench import load
from greenflash_site.bench.direct import Direct, processes
from greenflash_site.bench.installation import Installation, running
from greenflash_site.bench.load import Timing
from greenflash_site.bench.processes import cpu_seconds
from greenflash_site.bench.tables import Tables
from greenflash_site.bench.workload import Workload
from greenflash_site.database import embedded
from products.models.api_key import generate_key

# COPY comes last: it puts back what the others stored.
type Way = Literal["statement", "accept", "http", "copy"]
WAYS: tuple[Way, ...] = ("statement", "accept", "http", "copy")
# Until all processes of `up` have loaded what they need.
SETTLE_SECONDS = 2.0
WARM_UP_SECONDS = 0.4
WARM_UP_REQUESTS = 400
# So many times more requests are made ready than were needed in the turn before.
RESERVE = 1.5


class BenchFailed(Exception):
    """What was acknowledged is not what is there."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one way did: rates per second, latencies in milliseconds, processor time in microseconds a message.

    `server_cpu` is that of all processes of `up` but the database's; it tells something over HTTP alone.
    """

    requests: float
    messages: float
    p50: float
    p95: float
    p99: float
    server_cpu: float
    database_cpu: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """What all ways did with one kind of requests.

    `ratios` are how many messages a second each way stored for one by the statement: of turns side by side, so that a
    checkpoint in one of them, or a machine whose speed changes, counts once.
    """

    workload: Workload
    figures: dict[str, Figures]
    ratios: dict[str, float]


class Bench:
    """A running installation and what measures it; made by `ready`."""

    def __init__(self, installation: Installation, direct: Direct, tables: Tables) -> None:
        self.tables = tables
        self.installation = installation
        # Bytes of all processes of `up`, the database's apart: before the first request, and at most.
        self.idle_memory = self.peak_memory = installation.memory()
        self._direct = direct
        self._number = 0

    def measure(self, workload: Workload, *, seconds: float, repetitions: int) -> Row:
        """All ways in turns, `repetitions` times, and the medians of that; raises BenchFailed or LoadFailed."""
        self.tables.clear()
        if workload.is_known:
            bodies = list(workload.begin_known(self.installation.product_id))
            self._direct.store_all("accept", bodies, clients=workload.clients, seconds=60)
        turns: dict[str, list[Figures]] = {way: [self._turn(way, workload)] for way in WAYS}
        self.tables.analyze()
        for _ in range(repetitions):
            for way in WAYS:
                turns[way].append(self._turn(way, workload, seconds=seconds, pace=turns[way][-1].requests))
        measured = {way: figures[1:] for way, figures in turns.items()}
        return Row(
            workload=workload,
            figures={way: medians(figures) for way, figures in measured.items()},
            ratios={way: ratio(figures, measured["statement"]) for way, figures in measured.items()},
        )

    def store(self, workload: Workload, *, count: int) -> None:
        """Store so many requests, without HTTP."""
        self._direct.store_all("accept", self.bodies(workload, count=count), clients=workload.clients, seconds=60)

    def bodies(self, workload: Workload, *, count: int) -> list[bytes]:
        """The bodies of so many requests that nobody has sent yet."""
        bodies = list(workload.bodies(self.installation.product_id, start=self._number, count=count))
        self._number += count
        return bodies

    def _turn(
        self,
        way: Way,
        workload: Workload,
        *,
        seconds: float = WARM_UP_SECONDS,
        pace: float = WARM_UP_REQUESTS / WARM_UP_SECONDS,
    ) -> Figures:
        """One way for some seconds, at a pace of about so many requests a second."""
        bodies = [] if way == "copy" else self.bodies(workload, count=int(pace * seconds * RESERVE) + workload.clients)
        known = self.tables.message_count()
        server, database = self.installation.processes()
        before = cpu_seconds(server), cpu_seconds(database)
        timing = self._run(way, bodies, workload, seconds=seconds)
        after = cpu_seconds(server), cpu_seconds(database)
        if way == "copy":
            messages = len(timing.latencies)
        else:
            messages = len(timing.latencies) * workload.messages
            if (stored := self.tables.message_count() - known) != messages:
                raise BenchFailed(f"{messages} messages were acknowledged ({way}), {stored} were stored.")
        self.peak_memory = max(self.peak_memory, self.installation.memory())
        elapsed = timing.ended - timing.started
        p50, p95, p99 = (1000 * percentile(timing.latencies, share) for share in (0.5, 0.95, 0.99))
        return Figures(
            requests=messages / workload.messages / elapsed,
            messages=messages / elapsed,
            p50=p50,
            p95=p95,
            p99=p99,
            server_cpu=1e6 * (after[0] - before[0]) / messages,
            database_cpu=1e6 * (after[1] - before[1]) / messages,
        )

    def _run(self, way: Way, bodies: list[bytes], workload: Workload, *, seconds: float) -> Timing:
        if way == "copy":
            return self.tables.copy()
        if way == "http":
            here = self.installation
            requests = [load.request("/api/v1/messages", body, api_key=here.api_key) for body in bodies]
            return load.send_all(requests, port=here.port, clients=workload.clients, seconds=seconds)
        return self._direct.store_all(way, bodies, clients=workload.clients, seconds=seconds)


@contextmanager
def ready() -> Iterator[Bench]:
    """A bench on an installation that runs as long."""
    with (
        running(api_key=generate_key()) as installation,
        processes() as direct,
        # Now, after the processes were forked.
        psycopg.connect(embedded.url(installation.data), autocommit=True) as connection,
    ):
        time.sleep(SETTLE_SECONDS)
        yield Bench(installation, direct, Tables(connection))


def medians(turns: Sequence[Figures]) -> Figures:
    """Each figure's median, by itself."""
    return Figures(**{field.name: median(getattr(each, field.name) for each in turns) for field in fields(Figures)})


def ratio(turns: Sequence[Figures], others: Sequence[Figures]) -> float:
    """The median of how many messages a second one way stored for each by another, turn by turn."""
    return median(one.messages / other.messages for one, other in zip(turns, others, strict=True))


def percentile(latencies: Sequence[float], share: float) -> float:
    """The latency that `share` of all do not exceed."""
    return sorted(latencies)[min(int(share * len(latencies)), len(latencies) - 1)]
