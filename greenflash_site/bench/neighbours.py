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
from greenflash_site.bench.installation import Installation, another
from greenflash_site.bench.report import Finding
from greenflash_site.bench.workload import Workload
from products.actions import create_api_key, create_product, create_workspace
from products.models import Member, Person
from products.models.api_key import generate_key

# What the good client sends: one client, two messages at a time, with pauses, as a chatbot does.
GOOD, PAUSE_SECONDS, SECONDS = Workload(messages=2, clients=1), 0.01, 3.0
HALF_SENT = (100, 1_000)
LOUD = Workload(messages=10, clients=32)
LOUD_REQUESTS, LOUD_SECONDS, WARM_UP_SECONDS = 2_000, 60.0, 2.0
TURNS = 3  # of quiet, loud and loud elsewhere, so that what else the machine does meanwhile meets all of them
# Requests a minute, of which the loud one uses up all before these turns, and the good one has some left after them.
RATE_LIMIT, LIMITED_TURNS = 1_200, 2
LIMITED_SECONDS = 35.0  # they take less
# How many times longer the 99th percentile may become.
SLOW_SHARE, LOUD_SHARE = 2.0, 1.2


def slow_clients(bench: Bench) -> Iterator[Finding]:
    """Others who send half a request, and then nothing."""
    for count in HALF_SENT:
        before = _good(bench)
        with half_sent(bench.installation, count=count):
            meanwhile = _good(bench)
        yield _compared(f"{count:,} half-sent requests", before + _good(bench), meanwhile, share=SLOW_SHARE)


def loud_neighbour(bench: Bench) -> Iterator[Finding]:
    """A key of another organization that sends as much as it can: here, and to an installation of its own.

    Both take the processors from the good client. What more the first takes is what sharing an installation costs, and
    is what the target is about; the second is the machine itself.
    """
    alone, apart, together = [], [], []
    with another(api_key=generate_key()) as elsewhere:
        neighbour = _neighbour(bench.installation)
        for _ in range(TURNS):
            alone += _good(bench)
            with flood(elsewhere):
                apart += _good(bench)
            with flood(neighbour):
                together += _good(bench)
    yield Finding(name="a loud one elsewhere on this machine", figures=_change(alone, apart))
    yield _compared("a loud neighbour, against that", apart, together, share=LOUD_SHARE)


def limited_neighbour(bench: Bench) -> Iterator[Finding]:
    """The same where there is a rate limit, which it has used up."""
    alone, meanwhile = [], []
    neighbour = _neighbour(bench.installation)
    if (left := 60 - time.time() % 60) < LIMITED_SECONDS:  # all in one minute
        time.sleep(left)
    requests = _requests(neighbour)[:RATE_LIMIT]
    load.send_all(requests, port=neighbour.port, clients=LOUD.clients, seconds=LOUD_SECONDS)
    for _ in range(LIMITED_TURNS):
        alone += _good(bench)
        with flood(neighbour):
            meanwhile += _good(bench)
    yield _compared("a loud neighbour, refused for its rate", alone, meanwhile, share=LOUD_SHARE)


def _good(bench: Bench) -> list[float]:
    """How long each request of the good client took."""
    here = bench.installation
    bodies = bench.bodies(GOOD, count=int(SECONDS / PAUSE_SECONDS))
    requests = [load.request(PATH, body, api_key=here.api_key) for body in bodies]
    return load.send_all(requests, port=here.port, clients=1, seconds=SECONDS, pause=PAUSE_SECONDS).latencies


def _compared(name: str, alone: list[float], meanwhile: list[float], *, share: float) -> Finding:
    times = percentile(meanwhile, 0.99) / percentile(alone, 0.99)
    return Finding(
        name=name,
        figures=f"{_change(alone, meanwhile)}, {times:.1f} times of at most {share:g}",
        is_reached=times < share,
    )


def _change(before: list[float], after: list[float]) -> str:
    figures = (
        f"p{share * 100:.0f} {1000 * percentile(before, share):.1f} -> {1000 * percentile(after, share):.1f} ms"
        for share in (0.5, 0.99)
    )
    return f"others: {', '.join(figures)}"


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
def flood(here: Installation) -> Iterator[None]:
    """A key that is used by 32 clients at once, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(
        target=load.send_all,
        args=(_requests(here) * 100,),
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


def _requests(here: Installation) -> list[bytes]:
    """What the loud one sends, again and again."""
    bodies = LOUD.bodies(here.product_id, start=0, count=LOUD_REQUESTS)
    return [load.request(PATH, body, api_key=here.api_key) for body in bodies]


def _neighbour(here: Installation) -> Installation:
    """The same installation as another organization sees it, which is made."""
    person = Person.objects.create_user(f"neighbour-{time.time_ns()}@greenflash.example")
    workspace = create_workspace("Neighbour", acting_user=person)
    product = create_product(Member.objects.get(workspace=workspace), name="Loud")
    key = create_api_key(workspace, acting_user=person, name="Loud")
    connection.close()  # to the pool, which knows if the database is started anew meanwhile
    return replace(here, product_id=str(product.id), api_key=key.plaintext)
