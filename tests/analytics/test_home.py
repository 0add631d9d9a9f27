"""Home: the checklist until data flows, afterwards what is going on."""

import html
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from analytics.queries import DAYS, product_cards
from products.actions import create_api_key, create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def states(page: str) -> list[str]:
    """The states of the checklist's three steps."""
    return re.findall(r'data-state="(done|current|todo)"', page)


def sparklines(page: str) -> list[list[int]]:
    """The numbers of the cards' sparklines, as read to people who do not see."""
    return [[int(number) for number in each.split(",")] for each in re.findall(r"last \d+ days: ([\d, ]+)", page)]


def test_it_ticks_the_checklist_step_by_step(as_owner: Client, owner: Member) -> None:
    page = as_owner.get("/acme/").text
    assert states(page) == ["current", "todo", "todo"]
    assert 'href="/acme/products/new/"' in page
    product = create_product(owner, name="Helpbot")
    page = as_owner.get("/acme/").text
    assert states(page) == ["done", "current", "todo"]
    assert 'href="/acme/api-keys/new/"' in page
    create_api_key(owner.workspace, acting_user=owner.person, name="k")
    page = as_owner.get("/acme/").text
    assert states(page) == ["done", "done", "current"]
    assert "Waiting for the first message" in page
    snippets = html.unescape(page)
    assert snippets.count(str(product.id)) >= 5
    assert f"{settings.GREENFLASH.url}/api/v1" in snippets
    tell(product, "Hello")
    assert states(as_owner.get("/acme/").text) == []


def test_it_asks_for_another_key_when_the_only_one_is_revoked(
    as_owner: Client, owner: Member, product: Product
) -> None:
    key = create_api_key(owner.workspace, acting_user=owner.person, name="k").api_key
    key.revoke()
    assert states(as_owner.get("/acme/").text) == ["done", "current", "todo"]


def test_it_waits_quietly_and_then_links_to_the_first_conversation(
    as_owner: Client, owner: Member, product: Product
) -> None:
    waiting = as_owner.get("/acme/", headers=PARTIAL)
    assert (waiting.status_code, waiting.content) == (204, b"")
    first = tell(product, "The very first")
    tell(product, "The second", externalConversationId="2")
    arrived = as_owner.get("/acme/", headers=PARTIAL)
    assert arrived.status_code == 200
    assert f'href="/acme/conversations/{first.id}/"' in arrived.text
    assert "The very first" in arrived.text
    assert "<html" not in arrived.text


def test_it_stops_waiting_when_development_speaks_first(as_owner: Client, development: Product) -> None:
    first = tell(development, "Just trying")
    assert str(first.id) in as_owner.get("/acme/", headers=PARTIAL).text


def test_it_does_not_tell_a_newcomer_or_a_stranger_of_conversations(
    newcomer: Member, stranger: Member, product: Product
) -> None:
    tell(product, "Ours alone")
    nora, charlie = browser_of(newcomer.person), browser_of(stranger.person)
    assert nora.get("/acme/", headers=PARTIAL).status_code == 204
    assert charlie.get("/globex/", headers=PARTIAL).status_code == 204
    assert charlie.get("/acme/", headers=PARTIAL).status_code == 404
    assert "Ours alone" not in nora.get("/acme/").text


def test_it_offers_no_button_that_would_be_refused(viewer: Member, newcomer: Member) -> None:
    assert 'href="/acme/products/new/"' not in browser_of(viewer.person).get("/acme/").text
    nora = browser_of(newcomer.person)
    assert 'href="/acme/products/new/"' in nora.get("/acme/").text
    assert 'href="/acme/api-keys/new/"' not in nora.get("/acme/").text


def test_it_counts_what_a_plain_count_counts(owner: Member, as_owner: Client) -> None:
    """Three weeks of conversations at random moments, some going on for days."""
    random = Random(20260504)
    now = timezone.now()
    midnight = datetime.combine(now.date(), time.min, tzinfo=UTC)
    begun: dict[str, Counter[int]] = {}
    for name in ("Alpha", "Beta"):
        product = create_product(owner, name=name)
        begun[name] = Counter()
        for number in range(40):
            at = now - timedelta(days=random.uniform(0, 20))
            tell(product, "Hello", at=at, externalConversationId=f"{number}")
            if number % 4 == 0:
                tell(product, "Again", at=min(now, at + timedelta(days=9)), externalConversationId=f"{number}")
            begun[name][(midnight - datetime.combine(at.date(), time.min, tzinfo=UTC)).days] += 1
    create_product(owner, name="Gamma")
    expected = [[begun[name][back] for back in reversed(range(DAYS))] for name in ("Alpha", "Beta")]
    cards = product_cards(owner.visible_products(), today=now.date())
    assert [card.product.name for card in cards] == ["Alpha", "Beta", "Gamma"]
    assert [card.sparkline for card in cards] == [*expected, [0] * DAYS]
    for card, days in zip(cards, expected, strict=False):
        week, before = sum(days[-7:]), sum(days[:7])
        assert (card.conversations_today, card.conversations_week) == (days[-1], week)
        assert card.change == round(100 * (week - before) / before)
    assert cards[2].change is None
    assert cards[2].last_message_at is None
    assert sparklines(as_owner.get("/acme/").text) == [*expected, [0] * DAYS]


def test_it_begins_a_day_at_midnight_in_utc(owner: Member, product: Product) -> None:
    today = datetime(2026, 5, 4, tzinfo=UTC)
    for at in (today - timedelta(microseconds=1), today, today + timedelta(hours=23, minutes=59)):
        tell(product, "Hello", at=at)
    [card] = product_cards(owner.visible_products(), today=today.date())
    assert card.sparkline[-2:] == [1, 2]


def test_it_never_mixes_environments(as_owner: Client, product: Product, development: Product) -> None:
    tell(product, "Real talk")
    for _ in range(3):
        tell(development, "Trial talk")
    shown = {}
    for environment in ("production", "development", "all"):
        page = as_owner.get("/acme/", {"environment": environment}).text
        shown[environment] = ("Real talk" in page, "Trial talk" in page, [days[-1] for days in sparklines(page)])
    assert shown == {
        "production": (True, False, [1]),
        "development": (False, True, [3]),
        "all": (True, True, [1, 3]),
    }


def test_it_lists_the_latest_conversations_of_what_one_may_see(
    owner: Member, collaborator: Member, product: Product
) -> None:
    tell(create_product(owner, name="Secret bot"), "secret talk")
    for number in range(12):
        tell(product, f"talk {number:02}", at=timezone.now() - timedelta(hours=number))
    page = browser_of(collaborator.person).get("/acme/").text
    assert re.findall(r"talk \d\d", page) == [f"talk {number:02}" for number in range(8)]
    assert "secret" not in page.lower()


def test_it_takes_few_queries_whatever_the_data(
    as_owner: Client, owner: Member, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    for number in range(12):
        tell(create_product(owner, name=f"Bot {number}"), "Hello", externalOrganizationId=f"org-{number}")
    as_owner.get("/acme/")
    with django_assert_max_num_queries(12):
        as_owner.get("/acme/")
