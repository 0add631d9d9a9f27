"""The supervisor over real processes: each test runs one of this file's parents and looks at what is left of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from greenflash_site.server.supervisor import Child, exit_with_parent, supervise
from greenflash_site.server.web import port_answers, port_is_free, serve
from tests.greenflash_site.front_server import PATIENCE, free_port, make, until

ROOT = Path(__file__).parents[2]


class Parent:
    """A process that supervises `children`, and what it logged."""

    def __init__(self, folder: Path, **children: list[str]) -> None:
        self.folder = folder
        self._log = folder / "log"
        with self._log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, "parent", json.dumps(children)],
                env={**os.environ, "FRONT_JOURNAL": str(folder / "journal"), "PIDS": str(folder)},
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def log(self) -> str:
        return self._log.read_text()

    def pids(self, name: str) -> list[int]:
        """The processes that were child `name`, oldest first."""
        file = self.folder / name
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def descendants(self) -> list[int]:
        return descendants_of(self.process.pid)


def descendants_of(pid: int) -> list[int]:
    """All processes below `pid`."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    below = [pid]
    for parent in below:
        below += [child for child, its_parent in pairs if its_parent == parent]
    return below[1:]


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be noticed does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Parent]]:
    parents = []

    def start_parent(**children: list[str]) -> Parent:
        parents.append(Parent(tmp_path, **children))
        return parents[-1]

    yield start_parent
    for parent in parents:
        left = [parent.process.pid, *parent.descendants()]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        parent.process.wait()


def test_it_says_when_all_are_up_and_stops_them_on_sigterm(start: Callable[..., Parent]) -> None:
    parent = start(one=["steady"], two=["steady"])
    until(lambda: "ready" in parent.log())
    children = parent.descendants()
    assert len(children) == 2
    parent.process.send_signal(signal.SIGTERM)
    assert parent.process.wait(PATIENCE) == 0
    assert not any(is_alive(pid) for pid in children)


def test_it_lets_a_child_finish_and_a_second_signal_hastens_it(start: Callable[..., Parent]) -> None:
    parent = start(deaf=["deaf"])
    until(lambda: "deaf listens" in parent.log())
    (child,) = parent.descendants()
    parent.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert is_alive(child)
    parent.process.send_signal(signal.SIGINT)
    assert parent.process.wait(PATIENCE) == 0
    assert not is_alive(child)


def test_it_kills_a_child_that_does_not_stop_in_time(start: Callable[..., Parent]) -> None:
    parent = start(deaf=["deaf"], short_grace=["steady"])
    until(lambda: "deaf listens" in parent.log())
    parent.process.send_signal(signal.SIGTERM)
    assert parent.process.wait(PATIENCE) == 0
    assert not parent.descendants()


def test_it_starts_a_child_again_after_longer_and_longer_pauses(start: Callable[..., Parent]) -> None:
    parent = start(steady=["steady"], failing=["failing"])
    until(lambda: len(parent.pids("failing")) == 3)
    assert "failing ended with status 7; starting it again in 0.5 s." in parent.log()
    assert "failing ended with status 7; starting it again in 1 s." in parent.log()
    (steady,) = parent.pids("steady")
    os.kill(steady, signal.SIGKILL)
    until(lambda: len(parent.pids("steady")) == 2)
    assert "steady ended by SIGKILL; starting it again in 0.5 s." in parent.log()


def test_it_kills_what_a_dead_child_started(start: Callable[..., Parent]) -> None:
    parent = start(family=["family"])
    until(lambda: len(parent.descendants()) == 2)
    first, second = parent.descendants()
    os.kill(first, signal.SIGKILL)
    until(lambda: not is_alive(second))


def test_it_leaves_nothing_when_it_is_killed(start: Callable[..., Parent]) -> None:
    port = free_port()
    parent = start(web=["web", str(port)], steady=["steady"])
    until(lambda: "ready" in parent.log())
    below = parent.descendants()
    assert len(below) == 4  # granian, its two workers, and the other child
    parent.process.kill()
    parent.process.wait()
    until(lambda: not any(is_alive(pid) for pid in below))
    assert port_is_free("127.0.0.1", port)


def test_it_serves_again_after_the_web_server_was_killed(start: Callable[..., Parent]) -> None:
    port = free_port()
    parent = start(web=["web", str(port)])
    until(lambda: "ready" in parent.log())
    before = parent.descendants()
    os.kill(parent.pids("web")[0], signal.SIGKILL)
    until(lambda: len(parent.pids("web")) == 2 and port_answers("127.0.0.1", port))
    assert not any(is_alive(pid) for pid in before)
    assert parent.log().count("starting it again") == 1


def test_it_serves_with_a_new_worker_after_one_was_killed(start: Callable[..., Parent]) -> None:
    port = free_port()
    parent = start(web=["web", str(port)])
    until(lambda: "ready" in parent.log())
    (main,) = parent.pids("web")
    until(lambda: len(descendants_of(main)) == 2)
    killed, kept = descendants_of(main)
    os.kill(killed, signal.SIGKILL)
    until(lambda: len([pid for pid in descendants_of(main) if is_alive(pid) and pid not in {killed, kept}]) == 1)
    assert port_answers("127.0.0.1", port)
    assert parent.pids("web") == [main]


def test_it_drains_the_web_server(start: Callable[..., Parent]) -> None:
    port = free_port()
    parent = start(web=["web", str(port)])
    until(lambda: "ready" in parent.log())
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /slow?1 HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: (parent.folder / "journal").exists())
        parent.process.send_signal(signal.SIGTERM)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert parent.process.wait(PATIENCE) == 0


def test_it_stops_all_when_poll_gives_up(start: Callable[..., Parent]) -> None:
    parent = start(doomed=["steady"])
    assert parent.process.wait(PATIENCE) == 1
    assert "The database is gone." in parent.log()
    assert not parent.descendants()


def run_parent(children: dict[str, list[str]]) -> int:
    """What `manage.py up` does with its children."""
    (port,) = [int(argv[1]) for argv in children.values() if argv[0] == "web"] or [0]

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    polls = iter([None, "The database is gone."])
    return supervise(
        [
            Child(
                name=name,
                argv=[sys.executable, "-m", "tests.greenflash_site.test_supervisor", *argv],
                env={"CHILD": name},
                is_up=(lambda: port_answers("127.0.0.1", port)) if argv[0] == "web" else None,
            )
            for name, argv in children.items()
        ],
        log=say,
        ready=lambda: say("ready"),
        poll=(lambda: next(polls)) if "doomed" in children else None,
        grace=1 if "short_grace" in children else 2 * PATIENCE,
    )


def run_child(kind: str) -> None:
    """A child of each kind."""
    exit_with_parent()
    with (Path(os.environ["PIDS"]) / os.environ["CHILD"]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if kind == "web":
        serve(host="127.0.0.1", port=int(sys.argv[2]), workers=2, threads=1, make=make)
    elif kind == "failing":
        sys.exit(7)
    else:
        if kind == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            sys.stdout.write("deaf listens\n")
            sys.stdout.flush()
        if kind == "family":
            subprocess.Popen(["sleep", str(10 * PATIENCE)])
        time.sleep(10 * PATIENCE)


if __name__ == "__main__":
    if sys.argv[1] == "parent":
        sys.exit(run_parent(json.loads(sys.argv[2])))
    run_child(sys.argv[1])
