"""Many clients of the real server at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

CLIENTS = 50


def at_once[T](act: Callable[[int], T], clients: int = CLIENTS) -> list[T]:
    """What `act` gives for each number of a client, all begun at the same moment."""
    start = Barrier(clients)

    def run(number: int) -> T:
        start.wait(timeout=20)
        return act(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))
