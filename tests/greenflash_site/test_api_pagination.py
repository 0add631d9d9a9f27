"""The pages of lists and their `Link` header, in both dialects."""

import re
from typing import Any

import pytest

from products.actions import create_api_key, create_product
from products.models import Member, Product
from tests.conftest import Api, tell


@pytest.fixture
def seven(product: Product) -> list[str]:
    """The ids of seven conversations, the latest first."""
    return [str(tell(product, "Hello", externalConversationId=f"c{n}").id) for n in range(7)][::-1]


def links(response: Any) -> dict[str, str]:
    """The relations of a Link header and their URLs."""
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', response["Link"])}


def follow(api: Api, response: Any, rel: str) -> Any:
    return api.client.get(links(response)[rel].removeprefix("http://testserver"))


def ids(response: Any) -> list[str]:
    return [item["id"] for item in response.json()]


@pytest.mark.parametrize("query", [{"limit": 3}, {"limit": 3, "page": 1}, {"limit": 3, "offset": 0}])
def test_it_is_walked_by_next_and_prev(query: dict[str, int], api: Api, product: Product, seven: list[str]) -> None:
    first = api.get("interactions", **query, productId=product.id)
    assert links(first).keys() == {"first", "next"}
    second = follow(api, first, "next")
    assert links(second).keys() == {"first", "prev", "next"}
    third = follow(api, second, "next")
    assert links(third).keys() == {"first", "prev"}
    assert [ids(page) for page in (first, second, third)] == [seven[:3], seven[3:6], seven[6:]]
    assert ids(follow(api, third, "prev")) == seven[3:6]
    assert ids(follow(api, third, "first")) == seven[:3]
    assert all(f"productId={product.id}" in url for url in links(second).values())


def test_it_answers_in_the_words_of_the_question(api: Api, seven: list[str]) -> None:
    assert links(api.get("interactions", limit=2, page=2)) == {
        "first": "http://testserver/api/v1/interactions?limit=2&page=1",
        "prev": "http://testserver/api/v1/interactions?limit=2&page=1",
        "next": "http://testserver/api/v1/interactions?limit=2&page=3",
    }
    assert links(api.get("interactions", limit=2, offset=1)) == {
        "first": "http://testserver/api/v1/interactions?limit=2&offset=0",
        "prev": "http://testserver/api/v1/interactions?limit=2&offset=0",
        "next": "http://testserver/api/v1/interactions?limit=2&offset=3",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, slice(0, 7)),
        ({"limit": 100}, slice(0, 7)),
        ({"limit": 7}, slice(0, 7)),
        ({"offset": 5}, slice(5, 7)),
        ({"offset": 7}, slice(0, 0)),
        ({"offset": 100_000_000}, slice(0, 0)),
        ({"page": 2, "limit": 4}, slice(4, 7)),
        ({"page": 1_000_000}, slice(0, 0)),
        ({"page": 3, "offset": 1, "limit": 2}, slice(1, 3)),  # the offset is the more exact word
        ({"unknown": "x", "sort": "password"}, slice(0, 7)),
    ],
)
def test_it_gives_the_page_asked_for(query: dict[str, Any], expected: slice, api: Api, seven: list[str]) -> None:
    response = api.get("interactions", **query)
    assert ids(response) == seven[expected]
    assert ("next" in links(response)) == (expected.stop not in (0, 7))


def test_it_pages_products_by_number(api: Api, product: Product, owner: Member) -> None:
    for name in ("A", "B"):
        create_product(owner, name=name)
    first = api.get("products", pageSize=2)
    assert links(first) == {
        "first": "http://testserver/api/v1/products?page=1&pageSize=2",
        "next": "http://testserver/api/v1/products?page=2&pageSize=2",
    }
    second = follow(api, first, "next")
    assert links(second).keys() == {"first", "prev"}
    assert [item["name"] for item in first.json() + second.json()] == ["A", "B", "Helpbot"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("interactions", "limit"), ("interactions", "offset"), ("interactions", "page"), ("products", "page"),
     ("products", "pageSize")],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", ["-1", "x", "", " 5", "1.5", "NaN", "\u0665", "5\0", "9" * 30, "1e400", "true", "null"]
)
def test_it_refuses_what_is_no_number_of_a_page(path: str, name: str, value: str, api: Api) -> None:
    response = api.get(path, **{name: value})
    assert response.status_code == 400
    assert response.json()["path"] == ("$" if "\0" in value else f"$.{name}")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("interactions", {"limit": 0}),
        ("interactions", {"limit": 101}),
        ("interactions", {"page": 0}),
        ("products", {"page": 0}),
        ("products", {"pageSize": 0}),
        ("products", {"pageSize": 101}),
    ],
)
def test_it_refuses_pages_out_of_bounds(path: str, query: dict[str, int], api: Api) -> None:
    assert api.get(path, **query).status_code == 400


def test_it_does_not_let_a_parameter_into_the_header(api: Api, seven: list[str]) -> None:
    response = api.get("interactions", limit=1, x='>; rel="next", <http://evil.example/\r\nSet-Cookie: a=b')
    assert links(response)["next"].startswith("http://testserver/api/v1/interactions?x=%3E%3B+rel")
    assert links(response).keys() == {"first", "next"}


def test_it_has_no_next_page_for_the_stranger(stranger: Member, seven: list[str]) -> None:
    api = Api(create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext)
    response = api.get("interactions", limit=1)
    assert response.json() == []
    assert links(response).keys() == {"first"}
