"""The live list: nothing is told while nothing happens, and what arrives is told to who may see it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from conversations import arrivals
from conversations.models import Conversation
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell

LIST = "/acme/conversations/"


class Watcher:
    """A page of the list that somebody leaves open."""

    def __init__(self, member: Member, query: str = "") -> None:
        self.client = browser_of(member.person)
        self.read(self.client.get(f"/{member.workspace.slug}/conversations/?{query}").text)

    def read(self, page: str) -> None:
        """Take the addresses that the page or its fragment asks."""
        found = re.search(r'data-changes="([^"]+)" data-news="([^"]+)"', page)
        assert found
        self.changes, self.news = unescape(found[1]), unescape(found[2])

    def hears(self) -> bool:
        """Whether there is something, asked as the page asks: by nobody in particular."""
        status = Client().get(self.changes).status_code
        assert status in (200, 204)
        return status == 200

    def told(self) -> str:
        """What is told then."""
        page = self.client.get(self.news).text
        self.read(page)
        return re.sub(r"<[^>]+>", "", page).strip()


@pytest.fixture
def old(product: Product) -> Conversation:
    """A conversation of yesterday."""
    return tell(product, "Hello", at=timezone.now() - timedelta(days=1), externalConversationId="old")


def test_it_is_silent_while_nothing_happens(owner: Member, old: Conversation, django_assert_num_queries: Any) -> None:
    ada = Watcher(owner)
    with django_assert_num_queries(1):
        assert not ada.hears()
    assert ada.told() == ""
    assert not ada.hears()


def test_it_tells_of_new_conversations_and_of_those_that_go_on(
    owner: Member, product: Product, old: Conversation
) -> None:
    ada = Watcher(owner)
    tell(product, "New")
    assert ada.hears()
    assert ada.told() == "1 new conversation · Show"
    assert not ada.hears(), "it was told"
    tell(product, "Newer")
    tell(product, "Once more", externalConversationId="old")
    assert ada.hears()
    assert ada.told() == "2 new conversations, 1 with new messages · Show", "since the page was made"


def test_it_tells_of_a_conversation_that_goes_on_alone(owner: Member, product: Product, old: Conversation) -> None:
    ada = Watcher(owner)
    tell(product, "Once more", externalConversationId="old")
    assert ada.told() == "1 conversation with new messages · Show"


def test_it_tells_only_of_what_passes_the_filter(owner: Member, product: Product, old: Conversation) -> None:
    ada = Watcher(owner, "model=gpt-9")
    tell(product, "New", model="claude-7")
    assert ada.hears(), "something happened"
    assert ada.told() == ""
    assert not ada.hears()
    tell(product, "New", model="gpt-9")
    assert ada.told() == "1 new conversation · Show"


def test_it_tells_of_nothing_out_of_reach(
    owner: Member, collaborator: Member, stranger: Member, product: Product, development: Product, old: Conversation
) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(create_product(stranger, name="Globex bot"), "Hi", at=timezone.now() - timedelta(days=1))
    bob, charlie, ada = Watcher(collaborator), Watcher(stranger), Watcher(owner)
    tell(development, "trial")
    assert not ada.hears(), "the page is about production"
    tell(secret, "secret")
    assert ada.hears()
    assert not bob.hears()
    assert bob.told() == ""
    tell(product, "open")
    assert not charlie.hears()
    assert charlie.told() == ""
    assert browser_of(stranger.person).get(ada.news).status_code == 404


def test_it_counts_up_to_a_hundred(
    owner: Member, product: Product, old: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "MOST", 3)
    ada = Watcher(owner)
    for number in range(4):
        tell(product, f"New {number}")
    assert ada.told() == "3+ new conversations · Show"


def test_it_lets_nobody_make_or_keep_a_ticket(owner: Member, product: Product, old: Conversation) -> None:
    """A forged, foreign or expired ticket is told nothing but to ask as a person does."""
    ticket = Watcher(owner).changes.rstrip("/").rpartition("/")[2]
    assert not arrivals.has_arrivals(ticket)
    forged = signing.dumps([product.workspace_id.hex, [], timezone.now().isoformat()], salt="another")
    for other in (ticket[:-1], ticket + "x", "x", forged, "%00", "😀"):
        assert Client().get(f"/changes/conversations/{other}/").status_code == 200, other


@pytest.mark.parametrize(
    "since", ["", "yesterday", "2026-05-04", "2026-05-04T12:00:00", "9999-12-31T23:59:59-14:00", "\0"]
)
def test_it_takes_a_nonsense_moment_for_now(as_owner: Client, product: Product, old: Conversation, since: str) -> None:
    assert "Show" not in as_owner.get(f"{LIST}arrivals/", {"since": since}).text
