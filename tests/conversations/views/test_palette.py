"""The command palette: what a few letters lead to, and for whom."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import Participant
from conversations.palette import PAGES
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell

PALETTE = "/acme/palette/"


def places(client: Client, text: str = "", **query: str) -> list[str]:
    """Where the palette leads, from top to bottom."""
    page = client.get(PALETTE, {"q": text, **query}).text
    return re.findall(r'<a class="palette__place" href="([^"]*)"', page)


@pytest.mark.parametrize("text", ["parcel-7", "where is", "WHERE IS MY P"])
def test_it_finds_a_conversation_by_id_or_beginning(as_owner: Client, product: Product, text: str) -> None:
    talk = tell(product, "Where is my parcel?", externalConversationId="parcel-7")
    tell(product, "Something else")
    url = f"/acme/conversations/{talk.id}/"
    assert url in places(as_owner, text)
    assert places(as_owner, str(talk.id)).count(url) == 1


def test_it_finds_people_companies_and_products(as_owner: Client, product: Product) -> None:
    tell(product, "Hi", externalUserId="helen", externalOrganizationId="helvetia")
    person = Participant.objects.get(external_id="helen")
    found = places(as_owner, "hel")
    assert {
        f"/acme/products/{product.id}/",
        f"/acme/users/{person.id}/",
        f"/acme/organizations/{person.organization_id}/",
    } <= set(found)
    assert places(as_owner, str(person.id))[1:] == [f"/acme/users/{person.id}/"]
    assert f"/acme/products/{product.id}/" in places(as_owner, str(product.id))


def test_it_lists_pages_that_one_may_open(as_owner: Client, viewer: Member) -> None:
    everything = [reverse(route, args=["acme"]) for route, *_ in PAGES]
    assert places(as_owner) == everything
    assert all(as_owner.get(url).status_code == 200 for url in everything)
    vera = browser_of(viewer.person)
    assert all(vera.get(url).status_code == 200 for url in places(vera))
    assert len(places(vera)) < len(everything)
    assert places(as_owner, "create key") == [
        reverse("api-key-new", args=["acme"]),
        "/acme/conversations/?q=create+key",
    ]


def test_it_leads_nobody_to_what_they_may_not_see(
    owner: Member, collaborator: Member, stranger: Member, product: Product, development: Product
) -> None:
    secret = create_product(owner, name="Secret bot")
    talk = tell(secret, "secret talk", externalUserId="secret user", externalOrganizationId="secret company")
    trial = tell(development, "secret trial", externalUserId="secret tester")
    bob, charlie = browser_of(collaborator.person), browser_of(stranger.person)
    for text in ("secret", str(talk.id), str(talk.participant_id), str(secret.id)):
        assert [url for url in places(bob, text) if "?q=" not in url] == []
        assert charlie.get(PALETTE, {"q": text}).status_code == 404
    ada = browser_of(owner.person)
    url = f"/acme/conversations/{trial.id}/"
    assert url not in places(ada, "secret")
    assert f"{url}?environment=development" in places(ada, "secret", environment="development")


def test_it_answers_the_open_palette_with_its_list_alone(as_owner: Client, product: Product) -> None:
    answer = as_owner.get(PALETTE, {"q": "users"}, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.text.strip().startswith('<div class="palette__group"')
    assert "HX-Request-Type" in answer.headers["Vary"]


@pytest.mark.parametrize("text", ["\0", "%", "_", "\\", "'", "x" * 5_000, "😕", "<b>"])
def test_it_survives_any_text(as_owner: Client, product: Product, text: str) -> None:
    tell(product, "Hello", externalUserId="ada")
    answer = as_owner.get(PALETTE, {"q": text})
    assert answer.status_code == 200
    assert "<b>" not in answer.text.split("<main")[1]


def test_it_takes_few_queries(
    as_owner: Client, product: Product, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    talk = tell(product, "Hello", externalUserId="hello", externalOrganizationId="hello")
    as_owner.get(PALETTE)
    for text in ("hello", str(talk.id), "nothing of the kind"):
        with django_assert_max_num_queries(12):
            places(as_owner, text)
