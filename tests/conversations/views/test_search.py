"""The list of conversations when something is searched for: what it finds, shows, leads to and costs."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from conversations.models import Conversation
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell
from tests.conversations.test_visits import visit_all

LIST = "/acme/conversations/"


def found(client: Client, text: str, **filters: str) -> list[str]:
    """The sentences that a search shows, from top to bottom, with what was found in square brackets."""
    page = client.get(LIST, {"q": text, **filters})
    assert page.status_code == 200
    sentences = re.findall(r'<small class="search-match"[^>]*>(.*?)</small>', page.text)
    assert len(sentences) == page.text.count('class="row-link')
    return [strip_tags(each.replace("<mark>", "[").replace("</mark>", "]")) for each in sentences]


@pytest.fixture
def told(product: Product) -> Conversation:
    """A conversation of Acme's helpbot that search knows of."""
    conversation = tell(product, "Where is my order?", "I want a refund. At once!", "A refund, I said", model="gpt-9")
    visit_all()
    return conversation


def test_it_shows_the_sentence_and_opens_at_its_message(as_owner: Client, told: Conversation) -> None:
    assert found(as_owner, "refund") == ["I want a [refund]."]
    page = as_owner.get(LIST, {"q": "refund"}).text
    message = told.messages.get(position=2)
    [href] = re.findall(r'class="row-link[^"]*" href="([^"]+)"', page)
    assert href.endswith(f"/{told.id}/?q=refund&amp;message={message.id}")
    reader = as_owner.get(href.replace("&amp;", "&")).text
    [opened] = re.findall(r'id="m-([^"]+)"[^>]*aria-current="true"', reader)
    assert opened == str(message.id)


def test_it_keeps_to_the_filter(as_owner: Client, told: Conversation) -> None:
    assert found(as_owner, "refund", model="gpt-9") == ["I want a [refund]."]
    assert found(as_owner, "refund", model="gpt-8") == []
    assert found(as_owner, "refund", environment="development") == []


def test_it_shows_each_only_what_they_may_see(
    told: Conversation, owner: Member, collaborator: Member, viewer: Member, newcomer: Member, stranger: Member
) -> None:
    secret = create_product(owner, name="Board bot")
    tell(secret, "A refund for the board")
    theirs = create_product(stranger, name="Globex bot")
    tell(theirs, "A refund of Globex")
    visit_all()
    both = ["A [refund] for the board", "I want a [refund]."]
    assert found(browser_of(owner.person), "refund") == both
    assert found(browser_of(collaborator.person), "refund") == both[1:]
    assert found(browser_of(viewer.person), "refund") == both[1:]
    assert found(browser_of(newcomer.person), "refund") == []
    assert browser_of(stranger.person).get(LIST, {"q": "refund"}).status_code == 404
    page = browser_of(stranger.person).get("/globex/conversations/", {"q": "refund"}).text
    assert "of Globex" in page
    assert "the board" not in page


def test_it_shows_markup_as_what_it_is(as_owner: Client, product: Product) -> None:
    tell(product, "<script>alert(1)</script> & <b>refund</b>")
    visit_all()
    page = as_owner.get(LIST, {"q": "<b>refund"}).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <mark>&lt;b&gt;refund</mark>&lt;/b&gt;" in page


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'", '"', "\x00", "\ud800", "x" * 5000, "a " * 2500, "🙂", "%s", "{}"]
)
def test_it_takes_anything_for_a_text(text: str, as_owner: Client, told: Conversation) -> None:
    assert as_owner.get(LIST, {"q": text.encode("utf-8", "surrogatepass")}).status_code == 200


def test_it_pages(as_owner: Client, product: Product) -> None:
    for number in range(120):
        tell(product, f"Hello {number:03}", "unlike the others" if number % 2 else "a refund", externalUserId="u")
    visit_all()
    page = as_owner.get(LIST, {"q": "refund"}).text
    assert page.count('class="row-link') == 50
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    rest = as_owner.get(LIST + older[1].replace("&amp;", "&")).text
    assert rest.count("<mark>refund</mark>") == 10


def test_it_costs_few_queries(as_owner: Client, product: Product) -> None:
    for number in range(60):
        tell(product, f"A refund, {number}", "在庫")
    visit_all()
    for text in ("refund", "refund 59", "在庫", "zyxomorph"):
        as_owner.get(LIST, {"q": text})
        with CaptureQueriesContext(connection) as queries:
            as_owner.get(LIST, {"q": text, "rating": "none"})
        assert len(queries) <= 12


def test_it_says_how_far_it_has_come(as_owner: Client, told: Conversation) -> None:
    lag = "Search is catching up"
    assert lag not in as_owner.get(LIST, {"q": "refund"}).text
    Conversation.objects.update(search_due_at="2026-01-01T00:00:00Z")
    assert f"{lag}: 1 conversation to go." in as_owner.get(LIST, {"q": "refund"}).text
    assert f"{lag}: 1 conversation to go." in as_owner.get(LIST, {"q": "absent"}).text
    assert lag not in as_owner.get(LIST).text


def test_it_asks_how_common_a_text_is_once_for_a_menu_of_counts(as_owner: Client, told: Conversation) -> None:
    with CaptureQueriesContext(connection) as queries:
        menu = as_owner.get("/acme/conversations/filters/rating/", {"q": "refund"})
    assert menu.status_code == 200
    assert sum("as newest" in query["sql"] for query in queries) == 1
