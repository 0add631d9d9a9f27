"""What people and programs are told while the database is away, by the real server on a database that is not there."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message

import pytest

from products.models.api_key import generate_key
from tests.conftest import free_port, web_server


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A site without its database."""
    with web_server(f"postgres://nobody@127.0.0.1:{free_port()}/nothing", workers=1) as base:
        yield base


def ask(url: str, **headers: str) -> tuple[int, Message, str]:
    """Status, headers and body of the answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310 - our own server
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def test_it_says_that_the_database_is_away_on_a_page(site: str) -> None:
    port = site.rpartition(":")[2]
    status, headers, page = ask(f"{site}/acme/", Cookie=f"greenflash_{port}_session={'a' * 32}")
    assert status == 503
    assert headers["Retry-After"] == "2"
    assert "The database cannot be reached" in page
    assert "Content-Security-Policy" in headers


def test_it_says_that_the_database_is_away_to_a_program(site: str) -> None:
    status, headers, body = ask(f"{site}/api/v1/products", Authorization=f"Bearer {generate_key()}")
    assert status == 503
    assert headers["Retry-After"] == "2"
    assert json.loads(body)["code"] == "database_unavailable"


def test_it_is_alive_but_not_ready_without_its_database(site: str) -> None:
    assert ask(f"{site}/healthz")[0] == 200
    status, _, body = ask(f"{site}/readyz")
    assert status == 503
    assert json.loads(body)["database"] is False
