"""The OpenAPI document: valid, whole, served to anybody, and the judge of every answer of every test."""

from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import resolve
from openapi_spec_validator import validate

from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.document import document
from products.models import Product, Scope
from tests.conftest import Api
from tests.judge import OffTheDocument, judge


def test_it_is_valid() -> None:
    validate(document())


def test_it_is_given_to_anybody() -> None:
    response = Client().get("/api/v1/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == document()
    again = Client().get("/api/v1/openapi.json", headers={"If-None-Match": f'W/"x", {response["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])


def test_it_costs_no_query(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        Client().get("/api/v1/openapi.json")


GOOD: dict[str, Any] = {
    "method": "GET",
    "url": "/api/v1/products?page=1",
    "status": 200,
    "headers": {
        "Content-Type": "application/json",
        "X-Request-Id": "018f4b6e-0000-7000-8000-000000000000",
        "Link": '<http://testserver/api/v1/products>; rel="first"',
        "RateLimit-Limit": "5",
        "RateLimit-Remaining": "4",
        "RateLimit-Reset": "60",
    },
    "content": b"[]",
}
NOT_FOUND = b'{"error":"No.","code":"not_found","requestId":"018f4b6e-0000-7000-8000-000000000000","success":false}'


def test_it_lets_a_documented_answer_pass() -> None:
    judge(**GOOD)
    without_link = {name: value for name, value in GOOD["headers"].items() if name != "Link"}
    judge(**{**GOOD, "url": "/api/v1/nothing", "status": 404, "content": NOT_FOUND, "headers": without_link})
    judge(**{**GOOD, "url": "/healthz", "status": 418, "content": b"whatever"})


@pytest.mark.parametrize(
    "change",
    [
        {"status": 202},
        {"status": 404, "content": NOT_FOUND},  # a list is never not there
        {"method": "POST"},
        {"url": "/api/v1/nothing"},
        {"url": "/api/v1/products?page=0"},
        {"content": b""},
        {"content": b"{}"},
        {"content": b'[{"id":"018f4b6e-0000-7000-8000-000000000000"}]'},
        {"headers": {**GOOD["headers"], "Content-Type": "text/html"}},
        {"headers": {**GOOD["headers"], "Link": "nonsense"}},
        {"headers": {**GOOD["headers"], "RateLimit-Reset": "soon"}},
        {"headers": {**GOOD["headers"], "RateLimit-Reset": "61"}},
        {"headers": {**GOOD["headers"], "Retry-After": "1"}},
        {"headers": {**GOOD["headers"], "X-Request-Id": "1"}},
        {"headers": {name: value for name, value in GOOD["headers"].items() if name != "X-Request-Id"}},
        {"headers": {name: value for name, value in GOOD["headers"].items() if name != "Link"}},
    ],
    ids=range(16),
)
def test_it_refuses_an_answer_off_the_document(change: dict[str, Any]) -> None:
    with pytest.raises(OffTheDocument):
        judge(**{**GOOD, **change})


@pytest.mark.parametrize("field", ["id", "name", "icon", "createdAt", "members", "userPrivacy"])
def test_it_refuses_an_answer_without_a_field(field: str, api: Api, product: Product) -> None:
    response = api.get(f"products/{product.id}")
    body = response.json()
    url = f"/api/v1/products/{product.id}"
    seen: dict[str, Any] = {"method": "GET", "url": url, "status": 200, "headers": dict(response.items())}
    judge(**seen, content=response.content)
    for other in ({k: v for k, v in body.items() if k != field}, {**body, field: 5}, {**body, f"{field}X": None}):
        with pytest.raises(OffTheDocument):
            judge(**seen, content=msgspec.json.encode(other))


def test_it_refuses_what_was_taken_against_the_document(api: Api, product: Product) -> None:
    sent = {"productId": str(product.id), "externalUserId": "ann", "messages": [{"role": "user"}]}
    response = api.post("messages", sent)
    headers = dict(response.items())
    seen: dict[str, Any] = {"method": "POST", "url": "/api/v1/messages", "status": 201, "headers": headers}
    judge(**seen, content=response.content, sent=msgspec.json.encode(sent))
    with pytest.raises(OffTheDocument):
        judge(**seen, content=response.content, sent=msgspec.json.encode({**sent, "externalUserId": ""}))


def test_it_sees_what_a_test_is_answered(api: Api, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    @endpoint(Scope.READ, answer=list[Any])
    def list_products(request: ApiRequest) -> Answer:
        """An endpoint that does not answer as the document says."""
        return Answer(body=[{"id": 5}])

    view: Any = resolve("/api/v1/products").func
    monkeypatch.setitem(view.endpoints, "GET", list_products)
    with pytest.raises(OffTheDocument):
        api.get("products")
