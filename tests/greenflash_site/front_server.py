"""A server of granian and the front, set up as in production, around a tiny WSGI application, for the tests of both."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from greenflash_site.server.front import Front, Limits, make_app
from greenflash_site.server.web import port_answers, port_is_free, serve

LIMITS = Limits(
    body=100_000,
    body_seconds=1.5,
    bodies=400_000,
    waiting=5,
    waiting_each=3,
    company_seconds=60.0,
    streams=2,
    stall_seconds=1.0,
)
MEGABYTE = 1024 * 1024
# In seconds, and generous: the machine may be busy with other tests.
PATIENCE = 60


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers what the path asks for; keeps a line per call in the file of the environment."""
    journal = Path(os.environ["FRONT_JOURNAL"])

    def note(line: str) -> None:
        with journal.open("a") as file:
            file.write(f"{line}\n")

    path = environ["PATH_INFO"]
    note(f"called {path}")
    body = environ["wsgi.input"].read()
    if path == "/raise":
        raise ValueError("secret of the trace")
    if path == "/exit":
        raise SystemExit(3)
    if path == "/slow":
        time.sleep(float(environ["QUERY_STRING"]))
    if path == "/held":
        while "free" not in journal.read_text().splitlines():
            time.sleep(0.02)
    if path == "/limited":
        request_id = secrets.token_hex(16)
        headers = [("Content-Type", "text/plain"), ("RateLimit-Reset", "1"), ("X-Request-Id", request_id)]
        start_response("429 Too Many Requests", headers)
        return [request_id.encode()]
    if path in {"/204", "/304"}:
        start_response(f"{path[1:]} Whatever", [])
        return []
    if path == "/large":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x" * 3 * MEGABYTE]
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return stream(note, int(environ["QUERY_STRING"]))
    if path == "/stream/breaks":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (str(1 // (3 - number)).encode() for number in range(5))
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    answer = json.dumps({"body": body.decode("latin-1"), "environ": seen}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def stream(note: Callable[[str], None], count: int) -> Iterator[bytes]:
    """`count` chunks of 64 KiB."""
    try:
        for number in range(count):
            yield b"%065536d" % number
            note(f"yielded {number}")
    finally:
        note("closed")


def make(threads: int) -> Front:
    """What each worker of the test's server runs; loading it takes as long as the environment says."""
    if seconds := os.environ.get("FRONT_LOADS_SECONDS"):
        journal = Path(os.environ["FRONT_JOURNAL"])
        journal.write_text("loading\n")
        time.sleep(float(seconds))
        journal.write_text("loaded\n")
    return make_app(application, threads=threads, limits=LIMITS)


class Server:
    """A running server and how to talk to it, byte by byte."""

    def __init__(self, port: int, journal: Path, log: Path) -> None:
        self.port = port
        self._journal = journal
        self._log = log

    def connect(self, *parts: bytes) -> socket.socket:
        """A connection on which `parts` were sent; it waits for a minute at most."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(b"".join(parts))
        return connection

    def ask(self, *parts: bytes) -> "Reply":
        """What comes back for `parts` until the server closes or the answer is whole."""
        with self.connect(*parts) as connection:
            return read_reply(connection, is_head=parts[0].startswith(b"HEAD"))

    def journal(self) -> list[str]:
        """A line for everything that the application did."""
        return self._journal.read_text().splitlines() if self._journal.exists() else []

    def free(self) -> None:
        """Let the calls of /held end."""
        with self._journal.open("a") as file:
            file.write("free\n")

    def log(self) -> str:
        """What the server said so far."""
        return self._log.read_text()


class Reply:
    """One HTTP answer, taken apart."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def read_reply(connection: socket.socket, *, is_head: bool = False) -> Reply:
    """Read one answer, by its length or its chunks."""
    with connection.makefile("rb") as file:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = file.readline()
            assert line, f"closed after {head!r}"
            head += line
        reply = Reply(head[:-4], b"")
        if is_head or reply.status in {204, 304}:
            return reply
        if reply.headers.get("transfer-encoding") == "chunked":
            while size := int(file.readline(), 16):
                reply.body += file.read(size)
                file.readline()
            file.readline()
        else:
            reply.body = file.read(int(reply.headers["content-length"]))
        return reply


def free_port() -> int:
    """A port above 20000 that nobody listens on."""
    return next(port for port in iter(lambda: 20_000 + secrets.randbelow(40_000), 0) if port_is_free("127.0.0.1", port))


def until(is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@contextmanager
def running(folder: Path, *, threads: int) -> Iterator[Server]:
    """The server of this file in a process of its own, answering."""
    with started(folder, threads=threads) as (_, server):
        until(lambda: port_answers("127.0.0.1", server.port))
        yield server


@contextmanager
def started(folder: Path, *, threads: int, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    """The same, not waited for, and its process."""
    port = free_port()
    journal, log = folder / "journal", folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(port), str(threads)],
            env={**os.environ, "FRONT_JOURNAL": str(journal), **environment},
            cwd=Path(__file__).parents[2],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process, Server(port, journal, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def head(request_line: str, *headers: str) -> bytes:
    """The head of a request to host "a"."""
    return "\r\n".join([f"{request_line} HTTP/1.1", "Host: a", *headers, "", ""]).encode("latin-1")


if __name__ == "__main__":
    serve(host="127.0.0.1", port=int(sys.argv[1]), workers=1, threads=int(sys.argv[2]), make=make)
