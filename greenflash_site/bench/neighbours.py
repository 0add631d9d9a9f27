"""What a good client notices of others who are slow or loud; part of `manage.py bench`."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from django.db import connection

from greenflash_site.bench import load
from greenflash_site.bench.costs import PATH
from greenflash_site.bench.ingest import Bench, percentile
from greenflash_site.bench.installation import Installation
from greenflash_site.bench.report import Finding
from greenflash_site.bench.workload import Workload
from products.actions import create_api_key, create_product, create_workspace
from products.models import Member, Person

# What the good client sends: one client, two messages at a time, with pauses, as a chatbot does.
GOOD, PAUSE_SECONDS, SECONDS = Workload(messages=2, clients=1), 0.01, 3.0
HALF_SENT = (100, 1_000)
LOUD = Workload(messages=10, clients=32)
LOUD_REQUESTS, LOUD_SECONDS, WARM_UP_SECONDS = 2_000, 60.0, 2.0
# Requests a minute, of which the loud one has used up all after a moment and the good one does not.
RATE_LIMIT = 1_200
# How many times longer the 99th percentile may become.
SLOW_SHARE, LOUD_SHARE = 2.0, 1.2


def slow_clients(bench: Bench) -> Iterator[Finding]:
    """Others who send half a request, and then nothing."""
    for count in HALF_SENT:
        before = _good(bench)
        with half_sent(bench.installation, count=count):
            meanwhile = _good(bench)
        yield _compared(f"{count:,} half-sent requests", before + _good(bench), meanwhile, share=SLOW_SHARE)


def loud_neighbour(bench: Bench, *, name: str) -> Iterator[Finding]:
    """A key of another organization that sends as much as it can."""
    before = _good(bench)
    with flood(bench):
        meanwhile = _good(bench)
    yield _compared(name, before + _good(bench), meanwhile, share=LOUD_SHARE)


def _good(bench: Bench) -> list[float]:
    """How long each request of the good client took."""
    here = bench.installation
    bodies = bench.bodies(GOOD, count=int(SECONDS / PAUSE_SECONDS))
    requests = [load.request(PATH, body, api_key=here.api_key) for body in bodies]
    return load.send_all(requests, port=here.port, clients=1, seconds=SECONDS, pause=PAUSE_SECONDS).latencies


def _compared(name: str, alone: list[float], meanwhile: list[float], *, share: float) -> Finding:
    p50, p99 = (1000 * percentile(alone, each) for each in (0.5, 0.99))
    p50_meanwhile, p99_meanwhile = (1000 * percentile(meanwhile, each) for each in (0.5, 0.99))
    return Finding(
        name=name,
        figures=(
            f"others: p50 {p50:.1f} -> {p50_meanwhile:.1f} ms, p99 {p99:.1f} -> {p99_meanwhile:.1f} ms,"
            f" {p99_meanwhile / p99:.1f} times of at most {share:g}"
        ),
        is_reached=p99_meanwhile < share * p99,
    )


@contextmanager
def half_sent(here: Installation, *, count: int) -> Iterator[None]:
    """So many requests of which a part of the body is missing, for at most as long as the server waits for it."""
    request = load.request(PATH, bytes(1_000), api_key=here.api_key)[:-990]
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", here.port)))
            connection.sendall(request)
        yield


@contextmanager
def flood(bench: Bench) -> Iterator[None]:
    """Another organization's key that is used by 32 clients at once, in a process of its own."""
    here = _neighbour(bench.installation)
    bodies = list(LOUD.bodies(here.product_id, start=0, count=LOUD_REQUESTS))
    requests = [load.request(PATH, body, api_key=here.api_key) for body in bodies]
    context = multiprocessing.get_context("spawn")
    process = context.Process(
        target=load.send_all,
        args=(requests * 100,),
        kwargs={
            "port": here.port,
            "clients": LOUD.clients,
            "seconds": LOUD_SECONDS,
            "expected": (b"20", b"429"),
        },
    )
    process.start()
    try:
        time.sleep(WARM_UP_SECONDS)
        yield
        if not process.is_alive():
            raise load.LoadFailed("The loud neighbour has ended before its time.")
    finally:
        process.terminate()
        process.join()


def _neighbour(here: Installation) -> Installation:
    """The same installation as another organization sees it, which is made."""
    person = Person.objects.create_user(f"neighbour-{time.time_ns()}@greenflash.example")
    workspace = create_workspace("Neighbour", acting_user=person)
    product = create_product(Member.objects.get(workspace=workspace), name="Loud")
    key = create_api_key(workspace, acting_user=person, name="Loud")
    connection.close()  # to the pool, which knows if the database is started anew meanwhile
    return replace(here, product_id=str(product.id), api_key=key.plaintext)
