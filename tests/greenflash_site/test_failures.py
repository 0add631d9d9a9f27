"""What people and programs are told while the database is away, by the real server on a database that is not there."""

from collections.abc import Iterator

import httpx
import pytest

from products.models.api_key import generate_key
from tests.conftest import free_port, web_server


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A site without its database."""
    with web_server(f"postgres://nobody@127.0.0.1:{free_port()}/nothing", workers=1) as base:
        yield base


def test_it_says_that_the_database_is_away_on_a_page(site: str) -> None:
    port = site.rpartition(":")[2]
    answer = httpx.get(f"{site}/acme/", headers={"Cookie": f"greenflash_{port}_session={'a' * 32}"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "The database cannot be reached" in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_it_says_that_the_database_is_away_to_a_program(site: str) -> None:
    answer = httpx.get(f"{site}/api/v1/products", headers={"Authorization": f"Bearer {generate_key()}"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["code"] == "database_unavailable"


def test_it_is_alive_but_not_ready_without_its_database(site: str) -> None:
    assert httpx.get(f"{site}/healthz").status_code == 200
    readiness = httpx.get(f"{site}/readyz")
    assert readiness.status_code == 503
    assert readiness.json()["database"] is False
