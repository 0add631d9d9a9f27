"""The menus of the filter bar: their counts against a plain count, within reach, capped, and never for long."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from conversations import facets
from conversations.facets import FACETS, choices
from conversations.filters import LENGTHS, ConversationFilter
from conversations.models import Conversation
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell
from tests.conversations.test_filters import Told, a_request, found_by, told

__all__ = ["told"]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that runs the tests may be busy."""
    monkeypatch.setattr(facets, "COUNT_MILLISECONDS", 20_000)


def counts(member: Member, facet: str, query: dict[str, str] | None = None, find: str = "") -> dict[str, int | None]:
    """The values of a menu with their counts."""
    chosen = ConversationFilter.of(a_request(member, query or {}))
    return {choice.value: choice.count for choice in choices(FACETS[facet], chosen, find=find)}


@pytest.mark.parametrize("query", [{}, {"environment": "all"}, {"model": "gpt-9"}, {"rating": "low", "event": "no"}])
def test_it_counts_what_each_value_would_show(owner: Member, told: list[Told], query: dict[str, str]) -> None:
    for facet in FACETS.values():
        if facet.name == "date":
            continue  # of now, as the menus mean it; the conversations are of another year
        others = {name: value for name, value in query.items() if name != facet.name}
        for value, count in counts(owner, facet.name, query).items():
            assert count == len(found_by(owner, {**others, facet.name: value})), (facet.name, value)


def test_it_offers_the_most_frequent_first(owner: Member, told: list[Told]) -> None:
    offered = counts(owner, "user", {"environment": "all"})
    assert offered == Counter(str(each.user.id) for each in told)
    assert list(offered.values()) == sorted(offered.values(), key=lambda count: -(count or 0))
    models = counts(owner, "model", {"environment": "all"})
    assert models == Counter(each.model for each in told if each.model)


def test_it_finds_users_and_organizations_by_name_and_id(owner: Member, product: Product) -> None:
    grace = tell(product, "Hello", externalUserId="grace", externalOrganizationId="initech").participant
    grace.name = "Grace Hopper"
    grace.save(update_fields=["name"])
    tell(product, "Hi", externalUserId="100%", externalOrganizationId="hooli")
    for find in ("grace", "HOPPER", "ace h"):
        assert counts(owner, "user", find=find) == {str(grace.id): 1}
    assert len(counts(owner, "user", find="%")) == 1
    assert len(counts(owner, "organization", find="INIT")) == 1
    for nonsense in ("nobody", "\0x", "x" * 5_000, "_"):
        assert counts(owner, "user", find=nonsense) == {}


def test_it_offers_nothing_out_of_reach(
    owner: Member, collaborator: Member, stranger: Member, product: Product
) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(secret, "secret", externalUserId="spy", externalOrganizationId="agency", model="secret-1")
    tell(product, "open", externalUserId="grace", externalOrganizationId="initech", model="gpt-9")
    bob, charlie = browser_of(collaborator.person), browser_of(stranger.person)
    for facet in FACETS:
        page = bob.get(f"/acme/conversations/filters/{facet}/", {"environment": "all"}).text
        found = bob.get(f"/acme/conversations/filters/{facet}/", {"find": "s"}).text
        foreign = charlie.get(f"/globex/conversations/filters/{facet}/", {"product": str(product.id)}).text
        for word in ("spy", "agency", "secret-1", "Secret bot"):
            assert word not in page
            assert f">{word}<" not in found
        for word in ("grace", "initech", "gpt-9", "Helpbot"):
            assert word not in foreign
    assert counts(collaborator, "length") == {"1-2": 1, "3-5": 0, "6-10": 0, "11-30": 0, "31-100": 0, "101+": 0}
    assert set(counts(stranger, "length").values()) == {0}


def test_it_stops_counting_where_nobody_reads_on(
    as_owner: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST", 3)
    monkeypatch.setattr(facets, "NEWEST", 2)
    for number in range(4):
        tell(product, f"talk {number}", model="gpt-9")
    page = as_owner.get("/acme/conversations/filters/rating/").text
    assert ">3+</data>" in page.replace("\n", "").replace(" ", "")
    assert ">2+</data>" in as_owner.get("/acme/conversations/filters/model/").text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("facet", FACETS)
def test_it_costs_at_most_12_queries(
    as_owner: Client,
    product: Product,
    facet: str,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    """Whatever is filtered by, searched and looked for."""
    told = tell(product, "Where is my order?", model="gpt-9", externalOrganizationId="initech")
    query = {"q": "order", "rating": "none", "length": "1-2", "user": str(told.participant_id), "find": "i"}
    address = f"/acme/conversations/filters/{facet}/"
    assert as_owner.get(address, query).status_code == 200  # the first page of a session writes to it
    with django_assert_max_num_queries(12):
        as_owner.get(address, query)


def test_it_is_a_page_of_its_own_without_script(as_owner: Client, product: Product) -> None:
    tell(product, "Hello", model="gpt-9")
    page = as_owner.get("/acme/conversations/filters/model/?rating=none").text
    assert "<html" in page
    assert 'href="/acme/conversations/?model=gpt-9&amp;rating=none"' in page
    part = as_owner.get(
        "/acme/conversations/filters/model/", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    ).text
    assert "<html" not in part
    assert as_owner.get("/acme/conversations/filters/nonsense/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_it_shows_the_values_without_counts_when_counting_takes_too_long(
    owner: Member, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has locked the table; the menu answers all the same, and the next query is not hurried."""
    tell(product, "Hello")
    is_locked, may_end = Signal(), Signal()

    def lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute(f"lock table {Conversation._meta.db_table} in access exclusive mode")
            is_locked.set()
            may_end.wait(20)
            cursor.execute("rollback")
        connections.close_all()

    thread = Thread(target=lock)
    thread.start()
    try:
        assert is_locked.wait(20)
        with monkeypatch.context() as patched:
            patched.setattr(facets, "COUNT_MILLISECONDS", 150)
            assert counts(owner, "length") == dict.fromkeys(LENGTHS)
    finally:
        may_end.set()
        thread.join()
    assert counts(owner, "length")["1-2"] == 1
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        row: Any = cursor.fetchone()
    assert row[0] not in ("20s", "150ms")
