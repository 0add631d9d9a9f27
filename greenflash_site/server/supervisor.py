"""Runs the processes of `manage.py up` under one parent: starts them again when they die, and none outlives it."""

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import FrameType

PARENT_PIPE = "GREENFLASH_PARENT_PIPE"
GRACE_SECONDS = 30.0  # to finish what has begun after SIGTERM
ORPHAN_SECONDS = 5.0  # the same, when the parent was killed
STEADY_SECONDS = 60.0  # after so long a life a death is no longer counted against a child
LONGEST_PAUSE = 10.0
TICK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Child:
    """A process to keep running; it calls `exit_with_parent` first thing.

    `env` is added to the parent's. `is_up` says whether it does its work by now; without it, started is up.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    is_up: Callable[[], bool] | None = None


def supervise(
    children: Sequence[Child],
    *,
    log: Callable[[str], None],
    ready: Callable[[], None] | None = None,
    poll: Callable[[], str | None] | None = None,
    grace: float = GRACE_SECONDS,
) -> int:
    """Keep `children` running until SIGTERM or SIGINT; returns the exit status, 0, or 1 when `poll` ended it.

    `ready` is called once, when all are up. `poll` is called each second; it may mend something of its own, and
    returns a sentence when there is no going on. Stopping means SIGTERM, then SIGKILL after `grace` seconds or at a
    second signal. Must be called in the main thread. `log` gets a line for each thing that happened.
    """
    read_end, write_end = os.pipe()  # nobody writes: the children read its end when this process is no more
    with _signals() as signals:
        running = [_Running(child, parent_pipe=read_end, log=log) for child in children]
        try:
            trouble = _keep_running(running, signals, ready=ready, poll=poll)
            if trouble:
                log(trouble)
            return 1 if trouble else 0
        finally:
            _stop(running, signals, grace=grace)
            os.close(read_end)
            os.close(write_end)


def exit_with_parent() -> None:
    """For a child of `supervise`: when the parent is gone, so is this process's group, within seconds."""
    pipe = os.environ.get(PARENT_PIPE)
    if pipe is not None:
        _when(lambda: os.read(int(pipe), 1), stop=lambda signum: os.killpg(os.getpgrp(), signum))


def exit_with_main_process() -> None:
    """For a process of `multiprocessing`: when the one that started it is gone, so is this one, within seconds."""
    main = multiprocessing.parent_process()
    if main is not None:
        _when(main.join, stop=lambda signum: os.kill(os.getpid(), signum))


def _when(wait: Callable[[], object], *, stop: Callable[[int], None]) -> None:
    def watch() -> None:
        wait()
        stop(signal.SIGTERM)
        time.sleep(ORPHAN_SECONDS)
        stop(signal.SIGKILL)

    threading.Thread(target=watch, name="exit with parent", daemon=True).start()


class _Running:
    """One child's process of the moment, and when to start the next."""

    def __init__(self, child: Child, *, parent_pipe: int, log: Callable[[str], None]) -> None:
        self.child = child
        self.is_up = False
        self._parent_pipe = parent_pipe
        self._log = log
        self._pause = 0.5
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0

    def tend(self) -> None:
        """Start the process when it is due, and notice its end."""
        if self._process is None:
            if time.monotonic() >= self._due:
                self._start()
        elif self.has_ended():
            status = self._reap(self._process)
            if time.monotonic() - self._started >= STEADY_SECONDS:
                self._pause = 0.5
            self._log(f"{self.child.name} ended {_how(status)}; starting it again in {self._pause:g} s.")
            self._process = None
            self._due = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if self._process is not None and not self.is_up:
            self.is_up = self.child.is_up is None or self.child.is_up()

    def has_ended(self) -> bool:
        """Whether there is no process, or one that has exited (and is not reaped: its group still has its number)."""
        process = self._process
        if process is None:
            return True
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def signal(self, signum: int) -> None:
        """SIGKILL goes to the whole group, anything else to the child, which tells its own."""
        if self._process is not None and not self.has_ended():
            (os.killpg if signum == signal.SIGKILL else os.kill)(self._process.pid, signum)

    def bury(self) -> None:
        """Wait for a process that is ending."""
        if self._process is not None:
            self._reap(self._process)
            self._process = None

    def _start(self) -> None:
        self._started = time.monotonic()
        # A session of its own: Ctrl-C in the terminal reaches the parent only, and the group can be killed as one.
        self._process = subprocess.Popen(  # noqa: S603 - our own commands
            self.child.argv,
            env={**os.environ, **self.child.env, PARENT_PIPE: str(self._parent_pipe)},
            pass_fds=[self._parent_pipe],
            start_new_session=True,
        )

    def _reap(self, process: subprocess.Popen[bytes]) -> int:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        # What it started itself must not keep the port from its successor.
        with suppress(ProcessLookupError, PermissionError):  # macOS: PermissionError when only the dead are left
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _keep_running(
    running: Sequence[_Running],
    signals: SimpleQueue[int],
    *,
    ready: Callable[[], None] | None,
    poll: Callable[[], str | None] | None,
) -> str | None:
    next_poll = 0.0
    while True:
        for one in running:
            one.tend()
        if ready is not None and all(one.is_up for one in running):
            ready()
            ready = None
        if poll is not None and time.monotonic() >= next_poll:
            next_poll = time.monotonic() + TICK_SECONDS
            trouble = poll()
            if trouble:
                return trouble
        # A child that waits to be started, or is not up yet, is looked at more often.
        settled = all(one.is_up and not one.has_ended() for one in running)
        with suppress(Empty):
            if signals.get(timeout=TICK_SECONDS if settled else 0.1) != signal.SIGCHLD:
                return None


def _stop(running: Sequence[_Running], signals: SimpleQueue[int], *, grace: float) -> None:
    for one in running:
        one.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while not all(one.has_ended() for one in running):
        try:
            hastened = signals.get(timeout=0.1) != signal.SIGCHLD
        except Empty:
            hastened = False
        if hastened or time.monotonic() >= deadline:
            for one in running:
                one.signal(signal.SIGKILL)
            break
    for one in running:
        one.bury()


@contextmanager
def _signals() -> Iterator[SimpleQueue[int]]:
    # A SimpleQueue, because its put() may interrupt its get(); an Event's set() in a handler can deadlock.
    signals: SimpleQueue[int] = SimpleQueue()

    def note(signum: int, _frame: FrameType | None) -> None:
        signals.put(signum)

    handlers = {signum: signal.signal(signum, note) for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)}
    try:
        yield signals
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)


def _how(status: int) -> str:
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
