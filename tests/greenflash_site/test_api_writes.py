"""Whatever is sent to whichever endpoint that takes a body: what is wrong with it is told, and nothing is stored.

`test_api_bodies.py` has these cases and more for `POST /messages`; here each endpoint meets each family of them.
"""

import gzip
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from conversations.models import Event, Message, Organization, Participant, Rating
from greenflash_site.api.endpoint import MAX_BODY
from greenflash_site.api.urls import urlpatterns
from products.models import Product
from tests.conftest import Api, tell

type Json = dict[str, Any]

# A good body for each endpoint that takes one, and the name of a text field of it.
WRITES: dict[tuple[str, str], tuple[Callable[[Product], Json], str]] = {
    ("POST", "messages"): (
        lambda product: {
            "productId": str(product.id),
            "externalUserId": "ann",
            "messages": [{"role": "user", "content": "Hello"}],
        },
        "externalUserId",
    ),
    ("POST", "users"): (lambda product: {"externalUserId": "ann", "name": "Ann"}, "name"),
    ("PUT", "users/ann"): (lambda product: {"name": "Ann"}, "name"),
    ("POST", "organizations"): (lambda product: {"externalOrganizationId": "acme", "name": "Acme"}, "name"),
    ("PUT", "organizations/acme"): (lambda product: {"name": "Acme"}, "name"),
    ("POST", "ratings"): (
        lambda product: {
            "productId": str(product.id),
            "externalConversationId": "c1",
            "rating": 4,
            "ratingMin": 1,
            "ratingMax": 5,
            "feedback": "Good",
        },
        "feedback",
    ),
    ("POST", "events"): (
        lambda product: {"productId": str(product.id), "eventType": "signup", "value": "1", "externalUserId": "ann"},
        "value",
    ),
}
OBJECT = b'{"unknown": '
WRONG_BYTES = [
    b" ", b"{", b"null", b"[]", b'"x"', b"1", b"true", b"{'a': 1}", b"\xff\xfe", b"\xef\xbb\xbf{}",
    OBJECT + b"NaN}", OBJECT + b"Infinity}", OBJECT + b'"\\ud800"}', OBJECT + b'"a\x00b"}', OBJECT + b'"a\xff"}',
    OBJECT + b"[" * 100_000, OBJECT + b'{"a":' * 100_000,
]  # fmt: skip
BOMB = gzip.compress(b" " * 100 * 1024 * 1024, 6)
every_write = pytest.mark.parametrize("write", WRITES, ids=" ".join)


@pytest.fixture(autouse=True)
def _told(product: Product) -> None:
    """What the bodies speak of is there."""
    tell(product, "Hi", externalUserId="ann", externalOrganizationId="acme", externalConversationId="c1")


def send(api: Api, write: tuple[str, str], raw: bytes, content_type: str = "application/json", **headers: str) -> Any:
    method, path = write
    return api.client.generic(method, f"/api/v1/{path}", raw, content_type, headers=headers or None)


def stored() -> list[Any]:
    """All there is, to see that nothing was written."""
    return [
        list(model.objects.order_by("id").values()) for model in (Message, Participant, Organization, Rating, Event)
    ]


def good(write: tuple[str, str], product: Product, **fields: Any) -> bytes:
    return json.dumps({**WRITES[write][0](product), **fields}).encode()


def assert_refused(response: Any, status: int) -> Json:
    body: Json = response.json()
    assert (response.status_code, body["success"]) == (status, False), body
    assert UUID(body["requestId"]) == UUID(response["X-Request-Id"])
    return body


def test_it_knows_every_endpoint_with_a_body() -> None:
    there = {
        (method, str(pattern.pattern).replace("<external_id:external_id>", "*"))
        for pattern in urlpatterns
        for method, endpoint in vars(pattern.callback)["endpoints"].items()
        if endpoint.body
    }
    assert there == {(method, path.replace("/ann", "/*").replace("/acme", "/*")) for method, path in WRITES}


@every_write
def test_it_takes_what_is_good(write: tuple[str, str], api: Api, product: Product) -> None:
    assert send(api, write, good(write, product)).status_code in (200, 201)
    # Unknown fields are ignored, whatever they are called.
    strange = {name: name for name in ("__proto__", "constructor", "__class__", "pk", "workspace_id", "id__in", "%s")}
    assert send(api, write, good(write, product, **strange)).status_code in (200, 201)
    packed = gzip.compress(good(write, product))
    assert send(api, write, packed, **{"Content-Encoding": "gzip"}).status_code in (200, 201)


@every_write
def test_it_refuses_what_is_no_json_object(write: tuple[str, str], api: Api) -> None:
    before = stored()
    for raw in WRONG_BYTES:
        assert_refused(send(api, write, raw), 400)
    assert stored() == before


@every_write
def test_it_refuses_other_content_types_and_encodings(write: tuple[str, str], api: Api, product: Product) -> None:
    before, body = stored(), good(write, product)
    for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
        assert_refused(send(api, write, body, content_type), 415)
    for encoding in ("br", "deflate", "gzip, gzip"):
        assert_refused(send(api, write, body, **{"Content-Encoding": encoding}), 415)
    assert stored() == before


@every_write
def test_it_refuses_broken_and_endless_gzip(write: tuple[str, str], api: Api, product: Product) -> None:
    before, packed = stored(), gzip.compress(good(write, product))
    for broken in (packed[:-1], b"garbage", packed + b"\0", packed + packed):
        assert_refused(send(api, write, broken, **{"Content-Encoding": "gzip"}), 400)
    assert_refused(send(api, write, BOMB, **{"Content-Encoding": "gzip"}), 413)
    assert_refused(send(api, write, b" " * (MAX_BODY + 1)), 413)
    assert stored() == before


@every_write
def test_it_names_the_field_at_fault(write: tuple[str, str], api: Api, product: Product) -> None:
    before, field = stored(), WRITES[write][1]
    for wrong in ("a\0b", 5, True, ["a"], {"a": 1}, 2**63, 1.5, "x" * 1_000_001):
        assert assert_refused(send(api, write, good(write, product, **{field: wrong})), 400)["path"] == f"$.{field}"
    assert stored() == before


@every_write
def test_it_bounds_properties(write: tuple[str, str], api: Api, product: Product) -> None:
    if write == ("POST", "ratings"):
        return  # has none
    before = stored()
    deep: Any = 1
    for _ in range(33):
        deep = [deep]
    wrongs: list[Any] = [
        [],
        "x",
        {str(n): n for n in range(101)},
        {"x" * 201: 1},
        {"a": deep},
        {"a\0": 1},
        {"a": "b\0"},
    ]
    for wrong in wrongs:
        path = assert_refused(send(api, write, good(write, product, properties=wrong)), 400)["path"]
        assert path.startswith("$.properties")
    assert stored() == before


@every_write
def test_it_keeps_strange_text_as_it_is(write: tuple[str, str], api: Api, product: Product) -> None:
    field = WRITES[write][1]
    for text in (
        "👩‍👧‍👦",
        "e" + "\u0301" * 100,
        "\u202eabc",
        "\u2028",
        "{0.__class__}",
        "%s",
        "' or 1=1 --",
        "<script>",
    ):
        assert send(api, write, good(write, product, **{field: text})).status_code in (200, 201), text
