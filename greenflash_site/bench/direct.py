"""Ingest without HTTP, from as many processes and connections as the web server has: the ceiling that HTTP has.

`statement` is the one statement alone, run with arguments that were made beforehand; `accept` is all that an endpoint
does for a request but for HTTP and the key: decode, validate, store, encode.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Literal

import msgspec
from django.conf import settings
from django.db import connection

from conversations.ingest.accept import accept
from conversations.ingest.contract import CreateMessages
from conversations.ingest.rows import message_rows
from conversations.ingest.statement import arguments, store
from greenflash_site.api.auth import Caller, caller_of
from greenflash_site.api.retries import Attempt
from greenflash_site.bench.load import Timing
from products.models import Workspace

type Way = Literal["statement", "accept"]


class Direct:
    """Processes that wait for work; made by `processes`."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def store_all(self, way: Way, bodies: Sequence[bytes], *, clients: int, seconds: float) -> Timing:
        """Store requests from `clients` connections, at most as many as the web server has, until the time is over."""
        threads = -(-min(clients, len(self._pipes) * settings.GREENFLASH.web_threads) // len(self._pipes))
        pipes = self._pipes[:clients]
        for index, pipe in enumerate(pipes):
            pipe.send((way, bodies[index :: len(pipes)], threads, seconds))
        for pipe in pipes:
            pipe.recv()  # ready
        for pipe in pipes:
            pipe.send("go")
        timings: list[Timing] = [pipe.recv() for pipe in pipes]
        return Timing(
            started=min(timing.started for timing in timings),
            ended=max(timing.ended for timing in timings),
            latencies=[each for timing in timings for each in timing.latencies],
        )


@contextmanager
def processes() -> Iterator[Direct]:
    """Processes to store from, forked from this one, which must not have connected to the database yet."""
    context = multiprocessing.get_context("fork")
    pairs = [context.Pipe() for _ in range(settings.GREENFLASH.web_workers)]
    children = [context.Process(target=_work, args=(theirs,), daemon=True) for _, theirs in pairs]
    for child in children:
        child.start()
    try:
        yield Direct([ours for ours, _ in pairs])
    finally:
        for child in children:
            child.terminate()
            child.join()


def _work(pipe: Connection) -> None:
    # Ctrl-C and SIGTERM are the bench's affair, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    caller: Caller | None = None
    while True:
        way, bodies, threads, seconds = pipe.recv()
        caller = caller or caller_of(Workspace.objects.earliest("created_at"))
        make = _statement if way == "statement" else _accept
        calls = iter([make(body, caller) for body in bodies])
        pipe.send("ready")
        pipe.recv()
        pipe.send(_call_all(calls, threads=threads, seconds=seconds))


def _call_all(calls: Iterator[Callable[[], object]], *, threads: int, seconds: float) -> Timing:
    latencies: list[float] = []
    deadline = perf_counter() + seconds

    def call() -> None:
        while (begun := perf_counter()) < deadline and (run := next(calls, None)) is not None:
            run()
            latencies.append(perf_counter() - begun)
        connection.close()  # to the pool, for the next thread

    started = perf_counter()
    running = [threading.Thread(target=call) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return Timing(started, perf_counter(), latencies)


def _attempt(body: bytes) -> Attempt:
    return Attempt(digest=sha256(body).digest(), is_retry=False)


def _statement(body: bytes, caller: Caller) -> Callable[[], object]:
    request = msgspec.json.decode(body, type=CreateMessages)
    now = datetime.now(UTC)
    prepared = arguments(
        request,
        caller=caller,
        rows=message_rows(request, now),
        prompt=None,
        new_models=[],
        attempt=_attempt(body),
        now=now,
    )
    return lambda: store(prepared)


def _accept(body: bytes, caller: Caller) -> Callable[[], object]:
    def run() -> bytes:
        request = msgspec.json.decode(body, type=CreateMessages)
        return msgspec.json.encode(accept(request, caller=caller, attempt=_attempt(body)).answer)

    return run
