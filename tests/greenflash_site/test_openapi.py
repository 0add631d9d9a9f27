"""The OpenAPI document: valid, whole, served to anybody, and the judge of every answer of every test."""

from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from django.test import Client
from django.urls import resolve
from openapi_spec_validator import validate

from conversations import examples
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.document import document, operations
from greenflash_site.api.openapi.schemas import schemas_of
from products.actions import create_product
from products.models import Member, Product, Scope
from tests.conftest import Api
from tests.judge import PREFIX, OffTheDocument, judge, refuse_errors, resolved


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
        {"url": "/api/v1/products/7"},
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
    ids=range(17),
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


def request_examples() -> list[Any]:
    """Each example of a request: path, method and body."""
    return [
        pytest.param(path, method, example["value"], id=f"{method} {path}: {name}")
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
        for name, example in operation["requestBody"]["content"]["application/json"].get("examples", {}).items()
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "method", "body"), request_examples())
def test_it_has_examples_that_work(
    path: str, method: str, body: Any, server: str, api_key: str, owner: Member, product: Product
) -> None:
    create_product(owner, name="Example", id=UUID(examples.PRODUCT))
    with httpx.Client(base_url=f"{server}{PREFIX}", headers={"Authorization": f"Bearer {api_key}"}) as client:
        for other, made in (("messages", "A chat"), ("users", "A user"), ("organizations", "An organization")):
            first = document()["paths"][f"/{other}"]["post"]["requestBody"]["content"]["application/json"]["examples"]
            assert client.post(other, json=first[made]["value"]).status_code in {200, 201}
        url = path.replace("{externalId}", "user-123" if "users" in path else "acme")
        response = client.request(method, url, json=body)
        assert response.status_code in {200, 201}, response.text


def test_it_has_an_example_of_every_body_and_answer() -> None:
    without = []
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            answers = [resolved(response) for response in operation["responses"].values()]
            for each in [operation.get("requestBody", {}), *answers]:
                for media in each.get("content", {}).values():
                    for example in media.get("examples", {}).values():
                        refuse_errors(media["schema"], example["value"], f"{method} {path}")
                    if "examples" not in media and path != "/openapi.json":
                        without.append(f"{method} {path} {media['schema']}")
    assert without == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "messages", {"content": b" " * (8 * 1024 * 1024 + 1)}, 413),
        ("POST", "messages", {"content": iter([b" " * 1024 * 1024] * 9)}, 413),
        ("GET", "products", {"content": b" " * (8 * 1024 * 1024 + 1)}, 413),
        ("GET", f"products?page={'1' * 9_000}", {}, 414),
        ("GET", "products", {"headers": {"X-Large": "x" * 9_000}}, 431),
        ("BREW", "products", {}, 405),
        ("BREW", "nothing", {}, 405),
        ("PUT", "products", {}, 405),
        ("GET", "nothing", {}, 404),
        ("GET", "products", {"headers": {"Host": "evil.example"}}, 400),
    ],
    ids=range(10),
)
def test_it_describes_what_is_refused_before_an_endpoint(
    method: str, path: str, options: dict[str, Any], status: int, server: str
) -> None:
    response = httpx.request(method, f"{server}{PREFIX}/{path}", **options)
    assert response.status_code == status
    assert response.json()["requestId"] == response.headers["X-Request-Id"]


def test_it_names_each_struct_once() -> None:
    """A struct that is sent and answered would need two schemas."""
    every = list(operations())
    sent = schemas_of([each.endpoint.body for each in every if each.endpoint.body], answers=False)
    answered = schemas_of([each.endpoint.answer_type for each in every], answers=True)
    assert sent.keys() & answered.keys() == set()
    assert len({each.id for each in every}) == len(every)
