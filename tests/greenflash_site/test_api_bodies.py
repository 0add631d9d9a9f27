"""What stands between the wire and an endpoint: methods, content types, gzip, JSON, sizes, and the shape of errors."""

import gzip
import json
import socket
import zlib
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client

from conversations.models import Message
from greenflash_site.api.endpoint import MAX_BODY
from products.actions import create_api_key
from products.models import Member, Product
from tests.conftest import Api
from tests.conversations.bodies import saying


def send(api: Api, raw: bytes, content_type: str = "application/json", **headers: str) -> Any:
    """POST bytes as they are to /api/v1/messages."""
    return api.client.generic("POST", "/api/v1/messages", raw, content_type, headers=headers or None)


def encoded(product: Product, **fields: Any) -> bytes:
    return json.dumps(saying(product, **fields)).encode()


def assert_error(response: Any, status: int, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"], body["success"]) == (status, code, False)
    assert body.keys() - {"path"} == {"success", "error", "code", "requestId"}
    assert UUID(body["requestId"]) == UUID(response["X-Request-Id"])
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["messages", "products", "interactions", f"products/{UUID(int=7)}"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_it_names_the_methods_of_a_path(method: str, path: str, api: Api) -> None:
    allowed = "POST" if path == "messages" else "GET"
    if method != allowed:
        response = api.client.generic(method, f"/api/v1/{path}")
        assert_error(response, 405, "method_not_allowed")
        assert response["Allow"] == allowed


@pytest.mark.parametrize(
    "path", ["", "nothing", "messages/", "messages/1", "products/x", "Messages", "../healthz", "%00"]
)
def test_it_answers_404_in_its_own_words(path: str, api: Api) -> None:
    for client in (api.client, Client()):
        assert_error(client.get(f"/api/v1/{path}"), 404, "not_found")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8", "Application/JSON;"])
def test_it_takes_json(content_type: str, api: Api, product: Product) -> None:
    assert send(api, encoded(product), content_type).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
     "application/json; charset=utf-16", "application/json; charset=latin-1", "application/json, text/plain"],
)  # fmt: skip
def test_it_takes_nothing_but_json(content_type: str, api: Api, product: Product) -> None:
    assert_error(send(api, encoded(product), content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b'{"externalUserId":"a\xff"}', "invalid_json"),
        (b'{"externalUserId":"\\ud800"}', "invalid_json"),
        (b'{"externalUserId":"a\x00b"}', "invalid_json"),
        (b'{"externalUserId":"a","messages":[{"input":NaN}]}', "invalid_json"),
        (b'{"externalUserId":"a","messages":[{"input":Infinity}]}', "invalid_json"),
        (b'{"externalUserId":"a","messages":[{"input":' + b"[" * 100_000, "invalid_json"),
        (b'{"unknown":' + b'{"a":' * 100_000, "invalid_json"),
        (b'{"externalUserId":"a","messages":[{"input":1e400}]}', "invalid_value"),
        (b'{"externalUserId":"a","messages":[{"input":' + b"9" * 5_000 + b"}]}", "invalid_value"),
        (b"null", "invalid_value"),
        (b"[]", "invalid_value"),
        (b'"x"', "invalid_value"),
        (b"1", "invalid_value"),
        (b"true", "invalid_value"),
        (b"{}", "invalid_value"),
    ],
    ids=range(19),
)
def test_it_refuses_what_is_no_json_object(raw: bytes, code: str, api: Api) -> None:
    assert_error(send(api, raw), 400, code)


def test_it_refuses_what_follows_the_body(api: Api, product: Product) -> None:
    assert_error(send(api, encoded(product) + b"{}"), 400, "invalid_json")
    assert not Message.objects.exists()


def test_it_takes_a_body_of_eight_mib_and_no_byte_more(api: Api, product: Product) -> None:
    body = encoded(product)
    assert send(api, body + b" " * (MAX_BODY - len(body))).status_code == 201
    assert_error(send(api, body + b" " * (MAX_BODY - len(body) + 1)), 413, "body_too_large")
    packed = gzip.compress(body + b" " * (MAX_BODY - len(body)), 1)
    assert send(api, packed, **{"Content-Encoding": "gzip"}).status_code == 201
    packed = gzip.compress(body + b" " * (MAX_BODY - len(body) + 1), 1)
    assert_error(send(api, packed, **{"Content-Encoding": "gzip"}), 413, "body_too_large")
    assert Message.objects.count() == 2


def test_it_takes_gzip(api: Api, product: Product) -> None:
    for encoding in ("gzip", "GZIP", " gzip "):
        assert send(api, gzip.compress(encoded(product)), **{"Content-Encoding": encoding}).status_code == 201
    assert send(api, encoded(product), **{"Content-Encoding": "identity"}).status_code == 201
    nul = gzip.compress(encoded(product, externalConversationId="a\0"))
    assert send(api, nul, **{"Content-Encoding": "gzip"}).json()["path"] == "$.externalConversationId"


def bomb() -> bytes:
    """100 MiB of spaces in 100 KB."""
    return gzip.compress(b" " * 100 * 1024 * 1024, 9)


@pytest.mark.parametrize(
    ("damage", "status", "code"),
    [
        (lambda packed: packed[:-9], 400, "invalid_gzip"),
        (lambda packed: packed[:-1], 400, "invalid_gzip"),
        (lambda packed: packed[:5], 400, "invalid_gzip"),
        (lambda packed: b"garbage", 400, "invalid_gzip"),
        (lambda packed: packed[:12] + b"\xff\xff" + packed[14:], 400, "invalid_gzip"),
        (lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:], 400, "invalid_gzip"),
        (lambda packed: packed + b"\0", 400, "invalid_gzip"),
        (lambda packed: packed + packed, 400, "invalid_gzip"),
        (lambda packed: zlib.compress(gzip.decompress(packed)), 400, "invalid_gzip"),
        (gzip.decompress, 400, "invalid_gzip"),
        (lambda packed: gzip.compress(packed), 400, "invalid_json"),
        (lambda packed: bomb(), 413, "body_too_large"),
    ],
    ids=range(12),
)
def test_it_refuses_broken_gzip(damage: Any, status: int, code: str, api: Api, product: Product) -> None:
    packed = damage(gzip.compress(encoded(product)))
    assert_error(send(api, packed, **{"Content-Encoding": "gzip"}), status, code)
    assert not Message.objects.exists()


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x-gzip", "zstd"])
def test_it_knows_no_other_encoding(encoding: str, api: Api, product: Product) -> None:
    assert_error(send(api, encoded(product), **{"Content-Encoding": encoding}), 415, "unsupported_encoding")


def test_it_refuses_the_stranger_before_it_reads_the_body(product: Product, stranger: Member) -> None:
    assert Client().post("/api/v1/messages", b"{", content_type="text/plain").status_code == 401
    key = create_api_key(stranger.workspace, acting_user=stranger.person, name="read", scope="read").plaintext
    assert send(Api(key), b"{").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_it_takes_a_body_in_chunks_from_a_socket(server: str, api_key: str, product: Product) -> None:
    """The front buffers a chunked body, so nothing is lost where a WSGI server would see none; 411 is not needed."""
    url, body = urlsplit(server), encoded(product)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:20], body[20:])) + b"0\r\n\r\n"
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {api_key}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(head.encode() + chunks)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 201 "), answer
    assert Message.objects.count() == 1


@pytest.mark.parametrize("path", ["products", "nothing"])
def test_it_answers_for_its_own_hosts_only(path: str, api: Api) -> None:
    assert_error(api.client.get(f"/api/v1/{path}", headers={"Host": "evil.example"}), 400, "unknown_host")


def test_it_refuses_a_thousand_parameters(api: Api, product: Product) -> None:
    assert_error(api.client.get(f"/api/v1/products?{'a&' * 1_001}"), 400, "invalid_value")
