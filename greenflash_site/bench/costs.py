"""What ingest costs beside time: bytes on the disk, memory, and what is refused; part of `manage.py bench`."""

import gzip
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat

from conversations.models import SearchRow
from greenflash_site.bench import load
from greenflash_site.bench.ingest import Bench, percentile
from greenflash_site.bench.installation import Installation
from greenflash_site.bench.processes import cpu_seconds
from greenflash_site.bench.report import Finding
from greenflash_site.bench.workload import Workload
from products.models.api_key import generate_key

PATH = "/api/v1/messages"
MEGABYTE = 1_000_000
# What is to be reached.
DISK_BYTES, IDLE_MEMORY, LOADED_MEMORY, UPLOAD_SECONDS = 800, 300 * MEGABYTE, 450 * MEGABYTE, 1.0
BOMB_SECONDS = 0.1
STORED = 20_000  # messages, to weigh them
SETTLE_SECONDS = 60.0  # for the worker to visit them
SEARCH = SearchRow._meta.db_table
LOAD = Workload(messages=100, clients=8)
LOAD_SECONDS = 4.0
REFUSAL_SECONDS = 1.0
UPLOAD = 100 * MEGABYTE
UPLOADS, UPLOADERS, PIECE = 32, 4, 64 * 1024
# Zeros that are a hundred times as long as what is sent, and longer than a body may be.
BOMB = gzip.compress(bytes(UPLOAD))


def costs(bench: Bench) -> Iterator[Finding]:
    """All of them, one after the other."""
    yield from _disk(bench)
    yield from _memory(bench)
    yield from _refusals(bench)
    yield from _uploads(bench)


def _disk(bench: Bench) -> Iterator[Finding]:
    """What a message adds to tables as they are: where rows that were changed have left room (autovacuum), it is used.

    Into empty tables a message takes more: each conversation is changed by a visit, and the row before is still there.
    """
    for has_ids in (False, True):
        workload = Workload(messages=10, clients=8, has_ids=has_ids)
        bench.tables.clear()
        first = _grown(bench, workload)
        bench.tables.vacuum()
        grown = _grown(bench, workload)
        for_search = grown.pop(SEARCH), first.pop(SEARCH)
        total = sum(grown.values())
        parts = ", ".join(f"{table} {size:.0f}" for table, size in grown.items() if size >= 1)
        yield Finding(
            name=f"disk, a message of 300 characters{', ids' if has_ids else ''}",
            figures=(
                f"{total:.0f} bytes of {DISK_BYTES} ({parts}; for search {for_search[0]:.0f} more);"
                f" before the first vacuum {sum(first.values()):.0f} ({for_search[1]:.0f})"
            ),
            is_reached=total <= DISK_BYTES,
        )


def _grown(bench: Bench, workload: Workload) -> dict[str, float]:
    """Bytes by which each table has grown for each of so many messages more, when the worker has visited all."""
    before = bench.tables.sizes()
    bench.store(workload, count=STORED // workload.messages)
    deadline = time.monotonic() + SETTLE_SECONDS
    while not bench.tables.is_digested() and time.monotonic() < deadline:
        time.sleep(0.2)
    return {table: (size - before[table]) / STORED for table, size in bench.tables.sizes().items()}


def _memory(bench: Bench) -> Iterator[Finding]:
    yield Finding(
        name="memory, idle",
        figures=f"{bench.idle_memory / MEGABYTE:.0f} MB of {IDLE_MEMORY / MEGABYTE:.0f}",
        is_reached=bench.idle_memory <= IDLE_MEMORY,
    )
    bodies = bench.bodies(LOAD, count=1_000)
    requests = [load.request(PATH, body, api_key=bench.installation.api_key) for body in bodies]
    with watched(bench.installation) as memory:
        load.send_all(requests, port=bench.installation.port, clients=LOAD.clients, seconds=LOAD_SECONDS)
    peak = max(memory.peak, bench.peak_memory)
    yield Finding(
        name="memory, under load",
        figures=f"{peak / MEGABYTE:.0f} MB of {LOADED_MEMORY / MEGABYTE:.0f}",
        is_reached=peak <= LOADED_MEMORY,
    )


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Requests of one kind, the status of their answers, and by how many clients they are sent."""

    name: str
    requests: Sequence[bytes]
    status: str
    clients: int = 8


def _refusals(bench: Bench) -> Iterator[Finding]:
    """A key that is none must cost less than what is stored, a bomb no time."""
    key = bench.installation.api_key
    bodies = bench.bodies(Workload(messages=2, clients=8), count=3_000)
    misspelled = key[:-1] + ("0" if key[-1] != "0" else "1")  # which its checksum tells
    bomb = load.request(PATH, BOMB, api_key=key, Content_Encoding="gzip")

    def sending(name: str, keys: Iterable[str], status: str) -> Sending:
        requests = [load.request(PATH, body, api_key=key) for body, key in zip(bodies, keys, strict=False)]
        return Sending(name=name, requests=requests, status=status)

    stored, finding = _send(bench.installation, sending("two messages", repeat(key), "201"))
    yield finding
    for kind in (
        sending("a key with a wrong checksum", repeat(misspelled), "401"),
        sending("keys nobody has", (generate_key() for _ in bodies), "401"),
    ):
        timing, finding = _send(bench.installation, kind)
        yield replace(finding, is_reached=timing.rate > stored.rate)
    kind = Sending(
        name=f"{len(BOMB) // 1000} KB of gzip that are 100 MB", requests=[bomb] * 1_000, status="413", clients=1
    )
    timing, finding = _send(bench.installation, kind)
    yield replace(finding, is_reached=percentile(timing.latencies, 0.99) < BOMB_SECONDS)


def _send(here: Installation, sending: Sending) -> tuple[load.Timing, Finding]:
    """How many a second were answered, what that cost, and by how much the memory grew."""
    server, database = here.processes()
    before = cpu_seconds(server), cpu_seconds(database)
    with watched(here) as memory:
        timing = load.send_all(
            sending.requests,
            port=here.port,
            clients=sending.clients,
            seconds=REFUSAL_SECONDS,
            expected=(sending.status.encode(),),
        )
    cpu = [cpu_seconds(each) - was for each, was in zip((server, database), before, strict=True)]
    per_request = [1e6 * each / len(timing.latencies) for each in cpu]
    return timing, Finding(
        name=f"{sending.name}: {sending.status}",
        figures=(
            f"{timing.rate:,.0f} requests/s, p99 {1000 * percentile(timing.latencies, 0.99):.1f} ms, µs a request:"
            f" server {per_request[0]:.0f}, database {per_request[1]:.0f}; memory {memory.grown / MEGABYTE:+.0f} MB"
        ),
    )


def _uploads(bench: Bench) -> Iterator[Finding]:
    here = bench.installation
    for name, is_chunked in (("100 MB", False), ("a body without an end", True)):
        with watched(here) as memory, ThreadPoolExecutor(UPLOADERS) as pool:
            seconds = list(pool.map(partial(upload, here), [is_chunked] * UPLOADS))
        yield Finding(
            name=f"{name}, {UPLOADERS} at once: 413",
            figures=f"{max(seconds):.3f} s at most of {UPLOAD_SECONDS:g}, {memory.grown / MEGABYTE:+.0f} MB",
            is_reached=max(seconds) < UPLOAD_SECONDS,
        )


def upload(here: Installation, is_chunked: bool) -> float:
    """Send a body that is too long, of declared length or in chunks, until an answer comes; after how many seconds."""
    piece, length = bytes(PIECE), b"Content-Length: %d" % UPLOAD
    if is_chunked:
        piece, length = b"%x\r\n%b\r\n" % (PIECE, piece), b"Transfer-Encoding: chunked"
    left = load.request(PATH, b"", api_key=here.api_key).replace(b"Content-Length: 0", length)
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", here.port)) as connection:
        poller = select.poll()
        poller.register(connection, select.POLLIN | select.POLLOUT)
        connection.setblocking(False)
        answer = b""
        while not answer:
            events = poller.poll(1000 * load.PATIENCE)
            if not events or time.perf_counter() - started > load.PATIENCE:
                raise load.LoadFailed(f"No answer for {load.PATIENCE:g} s.")
            if events[0][1] & ~select.POLLOUT:
                answer = connection.recv(65_536)
            else:
                left = left[connection.send(left) :] or piece
    if not answer.startswith(b"HTTP/1.1 413"):
        raise load.LoadFailed(answer.decode(errors="replace"))
    return time.perf_counter() - started


@dataclass
class Memory:
    """Bytes that all processes of `up` took before and, at most, meanwhile."""

    before: int
    peak: int

    @property
    def grown(self) -> int:
        """How much more it was at most."""
        return self.peak - self.before


@contextmanager
def watched(here: Installation) -> Iterator[Memory]:
    """Look at the memory every tenth of a second."""
    memory = Memory(before=here.memory(), peak=here.memory())
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            memory.peak = max(memory.peak, here.memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()
