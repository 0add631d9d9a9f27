"""The front over real sockets, byte by byte: what it refuses, what reaches the application, what comes back."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from greenflash_site.server.web import port_answers, port_is_free
from tests.greenflash_site.front_server import MEGABYTE, Server, head, read_reply, running, started, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("front"), threads=2) as one:
        yield one


def called(server: Server, path: str) -> bool:
    return f"called {path}" in server.journal()


def test_it_gives_the_application_a_correct_environ(server: Server) -> None:
    reply = server.ask(
        head(
            "POST /caf%C3%A9/a%2Fb%00?q=%41&r",
            "Content-Type: text/x",
            "Cookie: a=1",
            "Cookie: b=2",
            "Content-Length: 3",
            "Authorization: one",
            "Authorization: two",
            "X-Name: caf\xe9",
        ),
        b"abc",
    )
    environ = reply.json["environ"]
    assert reply.status == 200
    assert reply.json["body"] == "abc"
    assert environ["PATH_INFO"] == "/caf\xc3\xa9/a/b\0"
    assert environ["REQUEST_URI"] == "/caf%C3%A9/a%2Fb%00"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["QUERY_STRING"] == "q=%41&r"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(server.port)
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["CONTENT_TYPE"] == "text/x"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["HTTP_HOST"] == "a"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_AUTHORIZATION"] == "one,two"
    assert environ["HTTP_X_NAME"] == "caf\xe9"
    assert not {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"} & environ.keys()


def test_it_drops_headers_with_an_underscore(server: Server) -> None:
    environ = server.ask(head("GET /", "X_Forwarded_For: 1.2.3.4", "X-Other: 1")).json["environ"]
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["HTTP_X_OTHER"] == "1"


def test_it_hands_over_a_chunked_body_whole(server: Server) -> None:
    reply = server.ask(
        head("POST /", "Transfer-Encoding: chunked"), b"5\r\nhello\r\n", b"6;x=y\r\n world\r\n", b"0\r\nX-T: 1\r\n\r\n"
    )
    assert reply.json["body"] == "hello world"
    assert reply.json["environ"]["CONTENT_LENGTH"] == "11"
    assert "HTTP_TRANSFER_ENCODING" not in reply.json["environ"]


def test_it_takes_several_requests_on_one_connection(server: Server) -> None:
    post = head("POST /", "Content-Length: 3") + b"abc"
    with server.connect(post) as connection:
        assert read_reply(connection).json["body"] == "abc"
        connection.sendall(head("GET /second"))
        assert read_reply(connection).json["environ"]["PATH_INFO"] == "/second"


def test_it_takes_a_body_at_the_limit(server: Server) -> None:
    assert server.ask(head("POST /", "Content-Length: 100000"), b"x" * 100_000).status == 200


def test_it_refuses_a_declared_length_over_the_limit_without_waiting_for_it(server: Server) -> None:
    reply = server.ask(head("POST /api/declared", "Content-Length: 100001"))
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json) == {"success", "error", "code", "requestId"}
    assert reply.json["code"] == "body_too_large"
    assert reply.json["requestId"] == reply.headers["x-request-id"]
    assert not called(server, "/api/declared")


def test_it_lets_a_client_that_sends_all_first_read_why_it_was_refused(server: Server) -> None:
    assert server.ask(head("POST /", f"Content-Length: {20 * MEGABYTE}"), b"x" * 20 * MEGABYTE).status == 413


def test_it_refuses_an_endless_chunked_body(server: Server) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    reply = server.ask(head("POST /endless", "Transfer-Encoding: chunked"), chunk * 8)
    assert reply.status == 413
    assert reply.headers["content-type"].startswith("text/plain")
    assert not called(server, "/endless")


@pytest.mark.parametrize(
    "half",
    [
        head("POST /half", "Content-Length: 50") + b"12345",
        head("POST /half", "Transfer-Encoding: chunked") + b"5\r\n12345\r\n",
    ],
)
def test_it_answers_others_while_forty_bodies_are_half_sent(server: Server, half: bytes) -> None:
    waiting = [server.connect(half) for _ in range(40)]
    try:
        for _ in range(20):
            assert server.ask(head("GET /")).status == 200
        reply = read_reply(waiting[0])
        assert (reply.status, reply.headers["connection"]) == (408, "close")
        assert waiting[0].recv(1) == b""
    finally:
        for connection in waiting:
            connection.close()
    assert not called(server, "/half")


def test_it_calls_nothing_when_the_client_resets_in_the_middle_of_a_body(server: Server) -> None:
    for framing, part in (("Content-Length: 50", b"12345"), ("Transfer-Encoding: chunked", b"5\r\n12345\r\n")):
        connection = server.connect(head("POST /reset", framing), part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    time.sleep(0.2)
    assert server.ask(head("GET /")).status == 200
    assert not called(server, "/reset")


def test_it_refuses_a_malformed_chunk(server: Server) -> None:
    reply = server.ask(head("POST /malformed", "Transfer-Encoding: chunked"), b"3\r\nabcZZ\r\n0\r\n\r\n")
    assert reply.status == 400
    assert not called(server, "/malformed")


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: 3,3"],
        ["Content-Length: -3"],
        ["Content-Length: +3"],
        ["Transfer-Encoding: identity"],
    ],
)
def test_it_refuses_a_body_of_unclear_length(server: Server, headers: list[str]) -> None:
    assert server.ask(head("POST /unclear", *headers), b"abcd").status == 400
    assert not called(server, "/unclear")


@pytest.mark.parametrize("order", [1, -1])
def test_it_lets_nothing_be_smuggled_behind_two_lengths(server: Server, order: int) -> None:
    headers = ["Content-Length: 4", "Transfer-Encoding: chunked"][::order]
    with server.connect(head("POST /", *headers), b"0\r\n\r\n", head("GET /smuggled")) as connection:
        assert read_reply(connection).headers["connection"] == "close"
        assert connection.recv(1) == b""
    assert not called(server, "/smuggled")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head("FROB /refused"), 405),
        (head("TRACE /refused"), 405),
        (head(f"GET /refused?{'x' * 8192}"), 414),
        (head(f"GET /{'x' * 70_000}"), 414),
        (head("GET /refused", f"X-A: {'x' * 9000}"), 431),
        (head("GET /refused", *(f"X-{number}: {'x' * 5000}" for number in range(7))), 431),
        (head("GET /refused", *(f"X-{number}: x" for number in range(200))), 431),
        (head("GET /refused", f"X-A: {'x' * 200_000}"), 431),
    ],
)
def test_it_refuses_a_head_out_of_bounds(server: Server, request_head: bytes, status: int) -> None:
    reply = server.ask(request_head)
    assert reply.status == status
    assert (status == 405) == ("allow" in reply.headers)
    assert not called(server, "/refused")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /strange\r\n\r\n",  # HTTP/0.9
        b"GET /strange HTTP/3.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # what TLS begins with
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes(range(256)) * 8,
        b"\r\n" * 1000 + b"\0",
    ],
)
def test_it_closes_on_those_who_do_not_speak_http(server: Server, sent: bytes) -> None:
    with server.connect(sent) as connection, suppress(ConnectionResetError):
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert not called(server, "/strange")
    assert server.ask(head("GET /")).status == 200


def test_it_answers_while_two_thousand_connections_say_nothing(server: Server) -> None:
    with ExitStack() as silent:
        for _ in range(2_000):
            silent.enter_context(server.connect())
        assert server.ask(head("GET /")).status == 200


@pytest.mark.parametrize("path", ["/raise", "/exit"])
def test_it_answers_500_without_the_trace_and_logs_it(server: Server, path: str) -> None:
    reply = server.ask(head(f"GET {path}?token=private"))
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body
    assert f"GET {path} failed" in server.log()
    assert "private" not in server.log()
    for _ in range(4):  # its threads are all there
        assert server.ask(head("GET /")).status == 200


def test_it_sends_head_without_a_body(server: Server) -> None:
    with server.connect(head("HEAD /")) as connection:
        reply = read_reply(connection, is_head=True)
        assert int(reply.headers["content-length"]) > 100
        connection.sendall(head("GET /next"))
        assert read_reply(connection).json["environ"]["PATH_INFO"] == "/next"
    assert server.ask(head("HEAD /stream?3")).status == 200


@pytest.mark.parametrize("status", [204, 304])
def test_it_sends_some_answers_without_a_body(server: Server, status: int) -> None:
    with server.connect(head(f"GET /{status}")) as connection:
        assert read_reply(connection).status == status
        connection.sendall(head("GET /next"))
        assert read_reply(connection).status == 200


def test_it_sends_a_large_answer_whole(server: Server) -> None:
    reply = server.ask(head("GET /large"))
    assert reply.headers["content-length"] == str(3 * MEGABYTE)
    assert reply.body == b"x" * 3 * MEGABYTE


def test_it_streams(server: Server) -> None:
    reply = server.ask(head("GET /stream?5"))
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.body == b"".join(b"%065536d" % number for number in range(5))


def test_it_ends_a_stream_that_raises_and_logs_it(server: Server) -> None:
    assert server.ask(head("GET /stream/breaks")).body == b"001"
    until(lambda: "ZeroDivisionError" in server.log())


def test_it_stops_a_stream_that_nobody_reads_and_closes_it(tmp_path: Path) -> None:
    with running(tmp_path, threads=1) as server:
        readers = [server.connect(head("GET /stream?5000")) for _ in range(2)]
        until(lambda: server.journal().count("called /stream") == 2)
        # The one thread is not held by them; a third stream is one too many.
        assert server.ask(head("GET /")).status == 200
        assert server.ask(head("GET /stream?5000")).status == 503
        assert server.ask(head("GET /stream?5")).status == 503
        until(lambda: server.journal().count("closed") >= 4)
        assert sum(line.startswith("yielded") for line in server.journal()) < 1000
        assert len(server.ask(head("GET /stream?5")).body) == 5 * 65536
        for reader in readers:
            reader.close()


def test_it_closes_a_stream_when_the_client_goes(tmp_path: Path) -> None:
    with running(tmp_path, threads=1) as server:
        connection = server.connect(head("GET /stream?100000"))
        connection.recv(1000)
        connection.close()
        until(lambda: "closed" in server.journal())


def test_it_answers_503_at_once_when_too_many_wait(tmp_path: Path) -> None:
    with running(tmp_path, threads=1) as server:
        held = [server.connect(head("GET /held")) for _ in range(4)]
        until(lambda: called(server, "/held"))
        time.sleep(0.2)
        reply = server.ask(head("POST /api/x", "Content-Length: 3"), b"abc")
        assert (reply.status, reply.headers["retry-after"], reply.json["code"]) == (503, "1", "overloaded")
        server.free()
        for connection in held:
            assert read_reply(connection).status == 200
            connection.close()


def test_it_refuses_a_caller_whose_requests_wait_but_not_another(tmp_path: Path) -> None:
    with running(tmp_path, threads=1) as server:
        held = [server.connect(head("GET /held", "Authorization: Bearer loud")) for _ in range(4)]
        until(lambda: called(server, "/held"))
        until(lambda: server.ask(head("GET /", "Authorization: Bearer loud")).status == 503)
        quiet = server.connect(head("GET /", "Authorization: Bearer quiet"))
        time.sleep(0.2)
        server.free()
        for connection in [quiet, *held]:
            assert read_reply(connection).status == 200
            connection.close()


@pytest.mark.parametrize(
    ("loud", "quiet"),
    [
        (["Authorization: Bearer loud"], ["Authorization: Bearer quiet"]),
        (["Cookie: session=loud"], ["Cookie: session=quiet"]),
        (["Authorization: Bearer loud", "Cookie: a=1"], []),
    ],
)
def test_it_keeps_a_thread_free_for_another_caller(tmp_path: Path, loud: list[str], quiet: list[str]) -> None:
    with running(tmp_path, threads=2) as server:
        assert server.ask(head("GET /", *quiet)).status == 200
        held = [server.connect(head("GET /held", *loud)) for _ in range(3)]
        until(lambda: called(server, "/held"))
        for _ in range(5):
            assert server.ask(head("GET /", *quiet)).status == 200
        assert server.journal().count("called /held") == 1
        server.free()
        for connection in held:
            assert read_reply(connection).status == 200
            connection.close()


def test_it_calls_nothing_for_a_key_that_was_refused_within_this_second(server: Server) -> None:
    replies = [server.ask(head("GET /limited", "Authorization: Bearer loud")) for _ in range(20)]
    assert {reply.status for reply in replies} == {429}
    assert server.journal().count("called /limited") < 20
    assert len({reply.headers["x-request-id"] for reply in replies}) == 20
    assert all(reply.body.decode() == reply.headers["x-request-id"] for reply in replies)
    assert server.ask(head("GET /", "Authorization: Bearer loud")).status == 200


def test_it_refuses_large_bodies_but_not_small_ones_when_memory_is_full(tmp_path: Path) -> None:
    with running(tmp_path, threads=1) as server:
        large = head("POST /", "Content-Length: 100000")
        held = [server.connect(large, b"x" * 99_999) for _ in range(4)]
        time.sleep(0.2)
        assert server.ask(large, b"x" * 100_000).status == 503
        assert server.ask(head("POST /", "Content-Length: 1000"), b"x" * 1000).status == 200
        for connection in held:
            connection.sendall(b"x")
            assert read_reply(connection).status == 200
            connection.close()
        assert server.ask(large, b"x" * 100_000).status == 200


def test_it_ends_at_a_signal_while_its_workers_still_load(tmp_path: Path) -> None:
    with started(tmp_path, threads=1, FRONT_LOADS_SECONDS="5") as (process, server):
        until(lambda: server.journal() == ["loading"])
        process.terminate()
        process.wait(60)
        assert server.journal() == ["loading"]


def test_it_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        assert port_answers("127.0.0.1", port)
    assert port_is_free("127.0.0.1", port)
    assert not port_answers("127.0.0.1", port)
