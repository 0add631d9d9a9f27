"""Runs Django's WSGI handler in a bounded number of threads; `front.py` hands it requests that are here in whole."""

import asyncio
import io
import sys
import threading
from collections.abc import Callable, Coroutine, Hashable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import FileWrapper

from greenflash_site.server.turns import Turns

type Headers = list[tuple[str, str]]

PIECE = 64 * 1024  # bytes that go to the client at once
WHOLE = 1024 * 1024  # an answer that declares at most so many bytes is gathered and does not keep its thread


@dataclass(frozen=True)
class Answer:
    """What the WSGI application answered, in whole."""

    status: int
    headers: Headers
    body: bytes


class Stream(Protocol):
    """Where an answer goes that is made piece by piece; both raise `ClientGone`."""

    async def start(self, status: int, headers: Headers, /) -> None: ...

    async def piece(self, data: bytes, /) -> None: ...


class ClientGone(Exception):
    """The client closed its connection, or has not read for too long."""


class CallFailed(Exception):
    """The WSGI application raised; the cause is what it raised."""


class TooManyStreams(Exception):
    """All streams are taken; the answer was dropped."""


class Gateway:
    """`threads` threads that call `wsgi`, each caller at its turn, and up to `streams` more for answers made in pieces.

    A streamed answer stays in the thread that began it (Django's connection and its cursor live there), however
    slowly it is read; another thread takes its place meanwhile.
    """

    def __init__(self, wsgi: WSGIApplication, turns: Turns, *, threads: int, streams: int) -> None:
        self.unfinished = 0
        self._wsgi = wsgi
        self._turns = turns
        self._streams = threading.Semaphore(streams)
        for _ in range(threads):
            self._start_thread()

    async def run(self, environ: WSGIEnvironment, stream: Stream, *, caller: Hashable) -> Answer | None:
        """The answer, or None when it went to `stream`; raises CallFailed or TooManyStreams."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Answer | None] = loop.create_future()

        def call() -> None:
            try:
                answer = self._call(environ, stream, loop, caller)
            except TooManyStreams as error:
                loop.call_soon_threadsafe(outcome.set_exception, error)
            except ClientGone:
                loop.call_soon_threadsafe(outcome.set_result, None)
            except BaseException as error:  # a SystemExit in a view must not end the thread, nor leave anyone waiting
                failure = CallFailed()
                failure.__cause__ = error
                loop.call_soon_threadsafe(outcome.set_exception, failure)
            else:
                loop.call_soon_threadsafe(outcome.set_result, answer)

        self.unfinished += 1
        try:
            self._turns.put(caller, call)
            return await outcome
        finally:
            self.unfinished -= 1

    def _call(
        self, environ: WSGIEnvironment, stream: Stream, loop: asyncio.AbstractEventLoop, caller: Hashable
    ) -> Answer | None:
        head: list[tuple[int, Headers]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: Headers, _exc_info: Any = None, /) -> Callable[[bytes], None]:
            head[:] = [(int(status[:3]), headers)]
            return written.append

        result = self._wsgi(environ, start_response)
        with ExitStack() as at_end:
            if hasattr(result, "close"):
                at_end.callback(result.close)
            chunks = iter(result)
            first = next(chunks, b"")  # only now has a generator called start_response
            status, headers = head[0]
            chunks = chain(written, [first], chunks)
            if environ["REQUEST_METHOD"] == "HEAD" or status in {204, 304}:
                return Answer(status, headers, b"")
            if is_whole(result, headers):
                return Answer(status, headers, b"".join(chunks))
            self._stream(stream, loop, caller=caller, status=status, headers=headers, chunks=chunks)
            return None

    def _stream(
        self,
        stream: Stream,
        loop: asyncio.AbstractEventLoop,
        *,
        caller: Hashable,
        status: int,
        headers: Headers,
        chunks: Iterable[bytes],
    ) -> None:
        def wait_for(step: Coroutine[Any, Any, None]) -> None:
            asyncio.run_coroutine_threadsafe(step, loop).result()

        if not self._streams.acquire(blocking=False):
            raise TooManyStreams
        self._start_thread()
        self._turns.leave(caller)
        try:
            wait_for(stream.start(status, headers))
            for chunk in chunks:
                for piece in pieces(chunk):
                    wait_for(stream.piece(piece))
        finally:
            self._turns.rejoin(caller)
            self._turns.end_one()  # there is one thread too many now
            self._streams.release()

    def _start_thread(self) -> None:
        threading.Thread(target=self._turns.run, name="wsgi", daemon=True).start()


def is_whole(result: Iterable[bytes], headers: Headers) -> bool:
    """Whether the answer is in memory already, as Django's HttpResponse says of itself, or small enough to gather."""
    if isinstance(result, list | tuple) or getattr(result, "streaming", True) is False:
        return True
    return any(name.lower() == "content-length" and int(value) <= WHOLE for name, value in headers)


def pieces(data: bytes) -> Iterable[bytes]:
    """`data` in what goes to the client at once."""
    return (data[at : at + PIECE] for at in range(0, len(data), PIECE))


def file_wrapper(file: Any, _block_size: int = 0) -> FileWrapper:
    """WSGI's way to send a file, in blocks of ours: Django's are of 4 KiB, each a trip between two threads."""
    return FileWrapper(file, PIECE)


def wsgi_environ(scope: dict[str, Any], body: io.BytesIO, *, size: int) -> WSGIEnvironment:
    """PEP 3333's environ of an ASGI `scope` whose body of `size` bytes is here.

    Header names with an underscore are dropped: `X_Forwarded_For` would pass for `X-Forwarded-For`. The body is no
    longer chunked, so Transfer-Encoding is dropped as well. `REQUEST_URI` is the path before decoding, for ids that
    hold an encoded slash.
    """
    raw_path: bytes = scope["raw_path"]
    server_name, server_port = scope["server"]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REQUEST_URI": raw_path.decode("latin-1"),
        "REMOTE_ADDR": scope["client"][0].removeprefix("::ffff:"),  # an IPv4 client of an IPv6 socket
        "SERVER_NAME": server_name,
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": "HTTP/1.1" if scope["http_version"] == "1.1" else "HTTP/1.0",
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": file_wrapper,
    }
    for name, value_bytes in scope["headers"]:
        key = _environ_key(name)
        if key is None:
            continue
        value = value_bytes.decode("latin-1")
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


@lru_cache(maxsize=256)
def _environ_key(header: bytes) -> str | None:
    """Where the environ has this header; None where it is dropped."""
    if b"_" in header or header in {b"content-length", b"transfer-encoding"}:
        return None
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"
