"""Whose call runs next: every caller in a line of its own, in one thread so that nothing is left to chance."""

from collections.abc import Sequence
from functools import partial

from greenflash_site.server.turns import Turns


class Order:
    """What ran, by a thread that begins when all has been put."""

    def __init__(self, *, threads: int, company_seconds: float = 60.0) -> None:
        self.ran: list[str] = []
        self.turns = Turns(threads=threads, company_seconds=company_seconds)

    def put(self, *calls: str) -> None:
        for call in calls:
            self.turns.put(call[0], partial(self.ran.append, call))

    def all(self, *, last: str) -> Sequence[str]:
        """In which order they run, until `last` has and what was next by then."""

        def run() -> None:
            self.ran.append(last)
            self.turns.end_one()

        self.turns.put(last[0], run)
        self.turns.run()
        return self.ran


def test_it_runs_the_calls_of_one_caller_in_their_order() -> None:
    order = Order(threads=2)
    order.put("a1", "a2", "a3", "a4")
    assert order.all(last="a5") == ["a1", "a2", "a3", "a4", "a5"]


def test_it_runs_another_callers_call_after_those_that_have_begun() -> None:
    order = Order(threads=4)
    order.put("a1", "a2", "a3", "a4", "a5", "a6", "b1")
    assert order.all(last="a7") == ["a1", "a2", "a3", "a4", "b1", "a5", "a6", "a7"]


def test_it_takes_turns_between_callers() -> None:
    order = Order(threads=2)
    order.put("a1", "b1", "a2", "a3", "b2", "c1", "b3", "a4")
    assert order.all(last="c2") == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3"]


def test_it_gives_half_of_the_threads_to_a_caller_in_company() -> None:
    turns = Turns(threads=4, company_seconds=60.0)
    turns.put("b", lambda: None)
    for _ in range(6):
        turns.put("a", lambda: None)
    assert (turns.waiting("a"), turns.waiting("b"), turns.waiting("c")) == (4, 0, 0)


def test_it_gives_all_threads_to_a_caller_alone() -> None:
    turns = Turns(threads=4, company_seconds=60.0)
    for _ in range(6):
        turns.put("a", lambda: None)
    assert turns.waiting("a") == 2


def test_it_gives_all_threads_again_when_the_others_have_gone() -> None:
    turns = Turns(threads=4, company_seconds=0.0)
    for caller in "bcaaaaaa":
        turns.put(caller, lambda: None)
    assert turns.waiting("a") == 2


def test_it_lets_a_call_that_left_its_place_end_later() -> None:
    turns = Turns(threads=1, company_seconds=60.0)
    turns.put("a", lambda: None)
    turns.put("a", lambda: None)
    assert turns.waiting("a") == 1
    turns.leave("a")
    assert turns.waiting("a") == 0
    turns.rejoin("a")
    turns.leave("a")
    turns.put("a", lambda: None)
    assert turns.waiting("a") == 1


def test_it_forgets_callers_who_have_gone() -> None:
    order = Order(threads=2)
    order.put("a1", "b1", "a2")
    order.all(last="c1")
    assert not order.turns._lines
