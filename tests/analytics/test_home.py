"""Home: the checklist until data flows, afterwards what is going on."""

import html
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.test import Client
from django.utils import timezone

from analytics.queries import DAYS, product_cards
from conversations.ingest.ratings import LogRating, store_rating
from conversations.models import Conversation, Review
from greenflash_site.api.auth import caller_of
from products.actions import create_api_key, create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell
from tests.conversations.test_tallies import count_all

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def states(page: str) -> list[str]:
    """The states of the checklist's three steps."""
    return re.findall(r'data-state="(done|current|todo)"', page)


def sparklines(page: str) -> list[list[int]]:
    """The numbers of the cards' sparklines, as read to people who do not see."""
    return [[int(number) for number in each.split(",")] for each in re.findall(r"last \d+ days: ([\d, ]+)", page)]


def rate(conversation: Conversation, rating: int = 1, *, at: datetime | None = None, feedback: str = "") -> None:
    """Rate a conversation with so many of five stars."""
    body = {"rating": rating, "ratingMin": 1, "ratingMax": 5, "conversationId": str(conversation.id)}
    body |= {"feedback": feedback} | ({"ratedAt": at.isoformat()} if at else {})
    store_rating(msgspec.convert(body, LogRating), caller=caller_of(conversation.workspace))


def attention(client: Client, **query: str) -> list[tuple[str, str]]:
    """What needs attention: the text of each link and where it leads."""
    page = client.get("/acme/", query).text
    listed = page[page.index('id="attention-title"') :].split("</ul>")[0] if 'id="attention-title"' in page else ""
    found = re.findall(r'<a class="row-link" href="([^"]+)"[^>]*>([^<]+)</a>', listed)
    return [(html.unescape(text), html.unescape(href)) for href, text in found]


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
    assert snippets.count(str(product.id)) >= 6
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
    waiting = as_owner.get("/acme/?ticks=100", headers=PARTIAL)
    assert (waiting.status_code, waiting.content) == (204, b"")
    first = tell(product, "The very first")
    tell(product, "The second", externalConversationId="2")
    arrived = as_owner.get("/acme/?ticks=100", headers=PARTIAL)
    assert arrived.status_code == 200
    assert f'href="/acme/conversations/{first.id}/"' in arrived.text
    assert "The very first" in arrived.text
    assert "<html" not in arrived.text
    assert "every 1s" not in arrived.text  # that was all


def test_it_sends_the_checklist_when_more_of_it_is_done_than_it_shows(as_owner: Client, owner: Member) -> None:
    ticks = "000"
    for step in ("product", "key", "revoked"):
        assert as_owner.get("/acme/", {"ticks": ticks}, headers=PARTIAL).status_code == 204
        if step == "product":
            product = create_product(owner, name="Helpbot")
        elif step == "key":
            key = create_api_key(owner.workspace, acting_user=owner.person, name="k").api_key
        else:
            key.revoke()
        page = as_owner.get("/acme/", {"ticks": ticks}, headers=PARTIAL).text
        asked = re.search(r"ticks=(\d+)", page)
        assert asked
        ticks = asked[1]
        assert states(page)[:2] == ["done", "done" if step == "key" else "current"]
        assert (f"{settings.GREENFLASH.url}/api/v1" in page) == (step == "key")
        assert str(product.id) in page


def test_it_stops_waiting_when_development_speaks_first(as_owner: Client, development: Product) -> None:
    first = tell(development, "Just trying")
    assert str(first.id) in as_owner.get("/acme/", headers=PARTIAL).text


def test_it_does_not_tell_a_newcomer_or_a_stranger_of_conversations(
    newcomer: Member, stranger: Member, product: Product
) -> None:
    tell(product, "Ours alone")
    nora, charlie = browser_of(newcomer.person), browser_of(stranger.person)
    for browser, path in ((nora, "/acme/"), (charlie, "/globex/")):
        assert "Ours alone" not in browser.get(path, headers=PARTIAL).text
        assert browser.get(path, {"ticks": "000"}, headers=PARTIAL).status_code == 204
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
    count_all()
    cards = product_cards(owner.visible_products(), zone=UTC)
    assert [card.product.name for card in cards] == ["Alpha", "Beta", "Gamma"]
    assert [[day.conversations for day in card.days] for card in cards] == [*expected, [0] * DAYS]
    for card, days in zip(cards, expected, strict=False):
        week, before = sum(days[-7:]), sum(days[:7])
        assert (card.conversations_today, card.week.conversations) == (days[-1], week)
        assert card.change == round(100 * (week - before) / before)
    assert cards[2].change is None
    assert cards[2].last_message_at is None
    assert sparklines(as_owner.get("/acme/").text) == [*expected, [0] * DAYS]


def test_it_never_mixes_environments(as_owner: Client, product: Product, development: Product) -> None:
    tell(product, "Real talk")
    for _ in range(3):
        tell(development, "Trial talk")
    count_all()
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
        product = create_product(owner, name=f"Bot {number}")
        conversation = tell(product, "Hello", externalOrganizationId=f"org-{number}")
        rate(conversation)
    count_all()
    as_owner.get("/acme/")
    with django_assert_max_num_queries(12):
        as_owner.get("/acme/")


def test_it_links_each_number_to_the_conversations_behind_it(as_owner: Client, product: Product) -> None:
    now = timezone.now()
    for days in (0, 0, 0, 3, 5, 9):
        rate(tell(product, "Hello", at=now - timedelta(days=days)), 4, at=now - timedelta(days=days))
    tell(product, "Not rated", at=now)
    count_all()
    page = html.unescape(as_owner.get("/acme/").text)
    links = re.findall(r'<a class="row-action" href="([^"]+)"[^>]*>(?:<data value="(\d+)"|(\d+)<small>)', page)
    assert [(int(number or 0), percent) for _, number, percent in links] == [(4, ""), (6, ""), (0, "75")]
    listed = [as_owner.get(link).text.count('class="row-link') for link, _, _ in links]
    assert listed == [4, 6, 5]


def test_it_begins_a_day_where_the_viewer_is(as_owner: Client, product: Product) -> None:
    here = ZoneInfo("Pacific/Auckland")
    midnight = datetime.combine(datetime.now(here).date(), time.min, tzinfo=here)
    tell(product, "Yesterday", at=midnight - timedelta(minutes=1))
    tell(product, "Today", at=midnight)
    count_all()
    as_owner.cookies["timezone"] = "Pacific/Auckland"
    assert sparklines(as_owner.get("/acme/").text)[0][-2:] == [1, 1]


def test_it_shows_the_latest_low_ratings_that_stand(as_owner: Client, owner: Member, product: Product) -> None:
    now = timezone.now()
    for number in range(7):
        conversation = tell(product, f"bad {number}", at=now)
        rate(conversation, at=now - timedelta(hours=number), feedback=f"awful {number}")
    rate(tell(product, "good"), 5, feedback="wonderful")
    again = tell(product, "better now")
    rate(again, at=now - timedelta(hours=2), feedback="was awful")
    rate(again, 5, at=now)
    page = as_owner.get("/acme/").text
    assert re.findall(r"awful \d", page) == [f"awful {number}" for number in range(5)]
    assert "wonderful" not in page
    assert "was awful" not in page


def test_it_tells_of_low_ratings_until_they_are_reviewed(
    as_owner: Client, owner: Member, product: Product, development: Product
) -> None:
    bad = [tell(product, f"bad {number}") for number in range(3)]
    for conversation in (*bad, bad[0], tell(development, "bad trial")):
        rate(conversation)
    for left in (3, 2, 1):
        [(title, href)] = attention(as_owner)
        assert title.startswith(f"{left} conversation{'' if left == 1 else 's'} with low ratings")
        assert as_owner.get(href).text.count('class="row-link') == left
        conversation = bad.pop()
        Review.objects.create(
            workspace=owner.workspace, conversation=conversation, reviewer=owner.person, reviewed_at=timezone.now()
        )
    assert attention(as_owner) == []
    assert len(attention(as_owner, environment="all")) == 1


def test_it_tells_of_tools_that_fail_more_often(as_owner: Client, owner: Member, product: Product) -> None:
    now = timezone.now()
    steady = create_product(owner, name="Steady")
    call, error = (
        {"messageType": "tool_call", "toolName": "t", "input": {}},
        {"messageType": "tool_error", "output": "no"},
    )
    for day in range(14):
        at = now - timedelta(days=day)
        tell(product, *[call] * 10, *[error] * (3 if day < 7 else 1), at=at)
        tell(steady, *[call] * 10, *[error] * 3, at=at)
    count_all()
    [(title, href)] = attention(as_owner)
    assert title == "Tools of Helpbot fail more often"
    assert as_owner.get(href).text.count('class="row-link') == 7


def test_it_tells_of_a_product_that_fell_silent(as_owner: Client, owner: Member, product: Product) -> None:
    now = timezone.now()
    weekly = create_product(owner, name="Weekly")
    for day in range(2, 14):
        tell(product, "Hello", at=now - timedelta(days=day))
    for day in (2, 9):
        tell(weekly, "Hello", at=now - timedelta(days=day))
    count_all()
    assert attention(as_owner) == [("Helpbot is silent", f"/acme/products/{product.id}/")]
    tell(product, "Back again")
    count_all()
    assert attention(as_owner) == []


def test_it_tells_of_keys_that_end_soon_to_who_manages_them(
    as_owner: Client, owner: Member, viewer: Member, collaborator: Member, product: Product
) -> None:
    tell(product, "Hello")
    now = timezone.now()
    for name, days in (("soon", 2), ("later", 30), ("gone", -1)):
        create_api_key(
            owner.workspace, acting_user=owner.person, name=name, expires_at=now + timedelta(days=days, hours=1)
        )
    assert attention(as_owner) == [("The API key “soon” expires in 2 days", "/acme/api-keys/")]
    for member in (viewer, collaborator):
        assert attention(browser_of(member.person)) == []
