"""Whose call a thread takes next, so that no caller is in another's way; `gateway.py` keeps its calls here."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import monotonic

type Call = Callable[[], None]


@dataclass
class _Line:
    """One caller's calls: how many are with the threads, and which wait for one of those to end."""

    begun: int = 0
    waiting: deque[Call] = field(default_factory=deque)


class Turns:
    """A queue in which every caller stands in a line of its own.

    The first calls of each line are with the threads, running or next; when one of them ends, its caller's next goes to
    the end of these. Alone a caller may have all `threads`, but half of them once another has come, until nobody else
    did for `company_seconds`: a call of another finds a free thread, or waits for so many calls of each caller at most,
    however many those have sent.
    """

    def __init__(self, *, threads: int, company_seconds: float) -> None:
        self._threads = threads
        self._share = max(threads // 2, 1)
        self._company_seconds = company_seconds
        self._next: SimpleQueue[tuple[Hashable, Call] | None] = SimpleQueue()
        self._lines: dict[Hashable, _Line] = {}
        self._latest: Hashable = None
        self._shared_until = 0.0
        self._guard = threading.Lock()

    def waiting(self, caller: Hashable) -> int:
        """How many calls of this caller wait for others of its own."""
        line = self._lines.get(caller)
        return len(line.waiting) if line else 0

    def put(self, caller: Hashable, call: Call) -> None:
        """Have `call` run at its caller's turn."""
        with self._guard:
            if caller != self._latest:
                if self._latest is not None:
                    self._shared_until = monotonic() + self._company_seconds
                self._latest = caller
            line = self._lines.setdefault(caller, _Line())
            line.waiting.append(call)
            self._advance(caller, line)

    def run(self) -> None:
        """Run calls as they come, until `end_one`; what each thread does."""
        while (turn := self._next.get()) is not None:
            caller, call = turn
            call()
            self.leave(caller)

    def leave(self, caller: Hashable) -> None:
        """A call of this caller gives up its place with the threads."""
        with self._guard:
            line = self._lines[caller]
            line.begun -= 1
            self._advance(caller, line)
            if not line.begun:
                del self._lines[caller]

    def rejoin(self, caller: Hashable) -> None:
        """A call that has left before its end is about to end."""
        with self._guard:
            self._lines.setdefault(caller, _Line()).begun += 1

    def end_one(self) -> None:
        """Have one thread end, whichever takes this."""
        self._next.put(None)

    def _advance(self, caller: Hashable, line: _Line) -> None:
        most = self._share if self._shared_until > monotonic() else self._threads
        while line.waiting and line.begun < most:
            line.begun += 1
            self._next.put((caller, line.waiting.popleft()))
