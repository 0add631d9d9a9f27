"""The load generator: some clients on connections that stay open, in one thread, as cheap as Python can be.

It shares the processors with what it measures: requests are made beforehand, and an answer is not parsed but for its
status and length. 12 µs a request.
"""

import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter, sleep

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
GOOD = (b"20",)
EMPTY = (b"204", b"304")  # answers without a body, and without a length
PATIENCE = 60.0  # seconds without any answer


class LoadFailed(Exception):
    """A connection broke, or an answer was no success; the message shows it."""


@dataclass
class Timing:
    """What some clients together did: how many requests, from when to when, and how long each took (seconds)."""

    started: float
    ended: float
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / (self.ended - self.started)


def request(path: str, body: bytes, *, api_key: str, **headers: str) -> bytes:
    """The bytes of a POST."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body


def page(path: str, *, cookie: str) -> bytes:
    """The bytes of a GET, as a browser that is signed in sends it."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: {cookie}",
        "Accept: text/html",
        "Accept-Encoding: gzip",
    ]
    return "\r\n".join(lines).encode() + HEAD_END


def send_all(
    requests: Sequence[bytes],
    *,
    port: int,
    clients: int,
    seconds: float,
    expected: tuple[bytes, ...] = GOOD,
    pause: float = 0.0,
) -> Timing:
    """Send requests, each client its next when it has its answer, until they are all sent or the time is over.

    Between an answer and the next request each waits for `pause` seconds. Raises LoadFailed at an answer whose status
    does not begin with one of those expected.
    """
    poller = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(min(clients, len(requests))):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[connection.fileno()] = connection
        poller.register(connection, select.EPOLLIN)
    try:
        return _converse(requests, sockets, poller, seconds=seconds, expected=expected, pause=pause)
    finally:
        poller.close()
        for connection in sockets.values():
            connection.close()


def _converse(
    requests: Sequence[bytes],
    sockets: dict[int, socket.socket],
    poller: select.epoll,
    *,
    seconds: float,
    expected: tuple[bytes, ...],
    pause: float,
) -> Timing:
    starts = tuple(b"HTTP/1.1 " + status for status in expected)
    waiting = iter(requests)
    sent_at: dict[int, float] = {}
    begun: dict[int, bytes] = {}  # answers of which a part is here
    latencies: list[float] = []
    started = perf_counter()
    deadline = started + seconds
    for number, connection in sockets.items():
        sent_at[number] = perf_counter()
        connection.sendall(next(waiting))
    while sent_at:
        events = poller.poll(PATIENCE)
        if not events:
            raise LoadFailed(f"No answer for {PATIENCE:g} s.")
        for number, _ in events:
            connection = sockets[number]
            received = connection.recv(262_144)
            if not received:
                raise LoadFailed("The server closed the connection.")
            answer = begun.pop(number, b"") + received
            if not _is_whole(answer):
                begun[number] = answer
                continue
            now = perf_counter()
            latencies.append(now - sent_at.pop(number))
            if not answer.startswith(starts):
                raise LoadFailed(answer.decode(errors="replace"))
            if pause:
                sleep(pause)
            if now < deadline and (following := next(waiting, None)) is not None:
                sent_at[number] = perf_counter()
                connection.sendall(following)
    return Timing(started, perf_counter(), latencies)


def _is_whole(answer: bytes) -> bool:
    head_end = answer.find(HEAD_END)
    if head_end < 0:
        return False
    head = answer[:head_end].lower()
    at = head.find(LENGTH)
    if at < 0:
        if head.split(b" ", 2)[1] not in EMPTY:
            raise LoadFailed(f"An answer does not say how long it is: {head.decode(errors='replace')}")
        return True
    return len(answer) == head_end + len(HEAD_END) + int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0])
