"""Says what the bench measured: a table of all kinds of requests, and one of the targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from greenflash_site.bench.ingest import Figures, Row
from greenflash_site.bench.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be reached: a share of the statement's rate and what one aims for, a 99th percentile (ms)."""

    messages: int
    clients: int
    ratio: float
    aim: float
    p99: float | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something measured in words, and whether its target is reached; None where it has none."""

    name: str
    figures: str
    is_reached: bool | None = None

    def __str__(self) -> str:
        return f"{self.name:44}{self.figures}" + ("" if self.is_reached is None else f": {verdict(self.is_reached)}")


TARGETS = (
    Target(messages=2, clients=8, ratio=0.30, aim=0.45, p99=40),
    Target(messages=10, clients=16, ratio=0.40, aim=0.50),
    Target(messages=100, clients=8, ratio=0.60, aim=0.60),
)
HEAD = (
    "requests of             way         requests/s  messages/s  of statement    p50    p95    p99 ms"
    "   µs a message: server  database"
)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """All figures, a line for each way; µs are processor time."""
    yield HEAD
    for row in rows:
        name = described(row.workload)
        for way, figures in row.figures.items():
            yield f"{name:24}{line(way, figures, row.ratios[way])}"
            name = ""


def line(way: str, figures: Figures, ratio: float) -> str:
    """One way's figures."""
    server = f"{figures.server_cpu:.0f}" if way == "http" else ""
    latencies = "" if way == "copy" else f"{figures.p50:7.1f}{figures.p95:7.1f}{figures.p99:7.1f}"
    return (
        f"{way:10}{figures.requests:12,.0f}{figures.messages:12,.0f}{ratio:14.0%}{latencies:21}"
        f"{server:>27}{figures.database_cpu:10.0f}"
    )


def described(workload: Workload) -> str:
    """A kind of requests in few words: "10 x 16 known, ids" is ten messages a request by 16 clients."""
    kind = ("known" if workload.is_known else "new") + (", ids" if workload.has_ids else "")
    return f"{workload.messages} x {workload.clients} {kind}"


def targets(rows: Sequence[Row]) -> Iterator[str]:
    """Each target with what was measured, the worst of its kinds of requests, and whether it is reached."""
    for target in TARGETS:
        size = (target.messages, target.clients)
        measured = [row for row in rows if (row.workload.messages, row.workload.clients) == size]
        if not measured:
            continue
        ratio = min(row.ratios["http"] for row in measured)
        p99 = max(row.figures["http"].p99 for row in measured)
        is_reached = ratio >= target.ratio and (target.p99 is None or p99 < target.p99)
        yield (
            f"{size[0]} messages, {size[1]} clients: {ratio:.0%} of {target.ratio:.0%} (aim {target.aim:.0%}),"
            f" p99 {p99:.1f} ms" + (f" of {target.p99:g}" if target.p99 else "") + f": {verdict(is_reached)}"
        )


def verdict(is_reached: bool) -> str:
    """In a word."""
    return "reached" if is_reached else "NOT reached"
