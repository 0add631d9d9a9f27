"""The list of conversations: its order, its pages, its filters, and what it costs."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from conversations import keyset
from conversations.filters import RATINGS, ConversationFilter
from conversations.keyset import PAGE_SIZE
from conversations.models import Conversation, conversations_of
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell
from tests.conversations.test_filters import a_request

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIST = "/acme/conversations/"
RATINGS_BY_NUMBER = list(RATINGS)
IDS = {"user": "participant_id", "organization": "organization_id"}
SOME_ID = "0190b0a0-0000-7000-8000-000000000001"


def titles(page: str) -> list[str]:
    """The titles of a page's rows, from top to bottom."""
    rows = re.findall(r'<a class="row-link[^>]*>\s*<bdi>(.*?)</bdi>', page)
    assert len(rows) == page.count("<tr") - 1 if rows else True
    return rows


def link(page: str, rel: str) -> str | None:
    """The link to the newer (prev) or older (next) page."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


@pytest.fixture
def many(product: Product) -> list[str]:
    """Two pages and a half of conversations, newest first; three share each moment."""
    names = [f"talk {number:03}" for number in range(PAGE_SIZE * 5 // 2)]
    for number, name in enumerate(names):
        tell(product, name, at=NOON + timedelta(minutes=number // 3), externalUserId=f"user-{number % 7}")
    by_time = Conversation.objects.order_by("-last_message_at", "-id")
    return list(by_time.values_list("title", flat=True))


def test_it_shows_the_latest_activity_first(as_owner: Client, product: Product) -> None:
    tell(product, "first", at=NOON, externalConversationId="a")
    tell(product, "second", at=NOON + timedelta(hours=1))
    assert titles(as_owner.get(LIST).text) == ["second", "first"]
    tell(product, "awake again", at=NOON + timedelta(hours=2), externalConversationId="a")
    assert titles(as_owner.get(LIST).text) == ["first", "second"]


def test_it_shows_who_talked_about_what(as_owner: Client, product: Product) -> None:
    tell(
        product,
        "Where is my parcel?",
        {"messageType": "tool_call", "toolName": "track"},
        externalUserId="grace",
        externalOrganizationId="initech",
        model="gpt-9",
    )
    row = as_owner.get(LIST).text.split("<tbody")[1]
    for word in ("Where is my parcel?", "grace", "initech", "gpt-9", "Helpbot"):
        assert word in row


def test_it_pages_through_all_rows_once_and_back(as_owner: Client, many: list[str]) -> None:
    pages, url = [], ""
    while True:
        page = as_owner.get(f"{LIST}{url}").text
        pages.append(titles(page))
        older = link(page, "next")
        if older is None:
            break
        url = older
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, PAGE_SIZE // 2]
    assert [title for page in pages for title in page] == many
    back = []
    while newer := link(page, "prev"):
        page = as_owner.get(f"{LIST}{newer}").text
        back.append(titles(page))
    assert back == pages[1::-1]


def test_it_pages_through_a_day_long_ago(as_owner: Client, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went on for days after it, and what ended then, once each and in one order, down and up again."""
    monkeypatch.setattr(keyset, "PAGE_SIZE", 3)
    for number in range(4):
        tell(product, f"short {number}", at=NOON + timedelta(minutes=number))
        tell(product, f"long {number}", at=NOON, externalConversationId=str(number))
        tell(product, "still here", at=NOON + timedelta(days=2 + number), externalConversationId=str(number))
        tell(product, f"later {number}", at=NOON + timedelta(days=1 + number))
    expected = [f"{length} {number}" for length in ("long", "short") for number in (3, 2, 1, 0)]
    pages, url = [], "?from=2026-05-04&until=2026-05-04"
    while url:
        page = as_owner.get(f"{LIST}{url}").text
        pages.append(titles(page))
        url = link(page, "next") or ""
    assert pages == [expected[:3], expected[3:6], expected[6:]]
    while newer := link(page, "prev"):
        page = as_owner.get(f"{LIST}{newer}").text
        pages.append(titles(page))
    assert pages[3:] == [expected[3:6], expected[:3]]


def test_it_stays_steady_while_new_ones_arrive(as_owner: Client, product: Product, many: list[str]) -> None:
    first = as_owner.get(LIST).text
    for number in range(3):
        tell(product, f"new {number}", at=NOON + timedelta(days=1, minutes=number))
    second = as_owner.get(f"{LIST}{link(first, 'next')}").text
    assert titles(first) + titles(second) == many[: 2 * PAGE_SIZE]
    third = as_owner.get(f"{LIST}{link(second, 'prev')}").text
    assert titles(third) == titles(first)
    newest = as_owner.get(f"{LIST}{link(third, 'prev')}").text
    assert titles(newest) == ["new 2", "new 1", "new 0"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "_",
        "2026-05-04_x",
        f"2026-05-04T12:00:00_{SOME_ID}",  # without a zone
        "2026-05-04T12:00:00+00:00",
        f"9999-99-99T00:00:00+00:00_{SOME_ID}",
        f"0001-01-01T00:00:00+14:00_{SOME_ID}",  # before the first year in UTC
        f"9999-12-31T23:59:59-14:00_{SOME_ID}",
        f"2026-05-04T12:00:00+00:00_{SOME_ID}\0",
        "\0",
        "x" * 5_000,
        "%",
    ],
)
@pytest.mark.parametrize("direction", ["before", "after"])
def test_it_takes_a_nonsense_cursor_for_none(as_owner: Client, product: Product, cursor: str, direction: str) -> None:
    tell(product, "Hello")
    assert titles(as_owner.get(LIST, {direction: cursor}).text) == ["Hello"]


@pytest.mark.parametrize("at", ["2026-05-04T12:00:00+23:59", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_it_survives_any_time_in_a_cursor(as_owner: Client, product: Product, at: str) -> None:
    """PostgreSQL refuses offsets of sixteen hours and more, which Python knows."""
    tell(product, "Hello")
    shown = [titles(as_owner.get(LIST, {way: f"{at}_{SOME_ID}"}).text) for way in ("before", "after")]
    assert sorted(shown) == [[], ["Hello"]]


def test_it_keeps_filters_while_paging_and_drops_the_place_while_filtering(as_owner: Client, many: list[str]) -> None:
    page = as_owner.get(LIST, {"environment": "all", "product": "", "x": "a&b"}).text
    assert "environment=all" in str(link(page, "next"))
    assert "x=a%26b" in str(link(page, "next"))
    second = as_owner.get(f"{LIST}{link(page, 'next')}").text
    switch = re.findall(r'href="(\?[^"]*)" data-environment="\w+"', second)
    assert len(switch) == 3
    assert not any("before=" in url or "after=" in url for url in switch)


def test_it_shows_one_product_when_asked(as_owner: Client, owner: Member, product: Product) -> None:
    other = create_product(owner, name="Salesbot")
    tell(product, "help me")
    tell(other, "sell me")
    assert titles(as_owner.get(LIST, {"product": str(other.id)}).text) == ["sell me"]
    for nonsense in ("", "x", str(uuid4()), "\0"):
        assert set(titles(as_owner.get(LIST, {"product": nonsense}).text)) == {"help me", "sell me"}


def test_it_never_mixes_environments(as_owner: Client, product: Product, development: Product) -> None:
    tell(product, "real")
    tell(development, "trial")
    assert titles(as_owner.get(LIST).text) == ["real"]
    assert titles(as_owner.get(LIST, {"environment": "development"}).text) == ["trial"]
    assert set(titles(as_owner.get(LIST, {"environment": "all"}).text)) == {"real", "trial"}
    # A product of the other environment is not reached by naming it.
    assert titles(as_owner.get(LIST, {"product": str(development.id)}).text) == ["real"]


def test_it_says_what_to_do_when_nothing_is_there(as_owner: Client, product: Product) -> None:
    assert 'href="/acme/"' in as_owner.get(LIST).text.split("<main")[1]
    tell(product, "Hello")
    assert "environment=all" in as_owner.get(LIST, {"environment": "development"}).text.split("<main")[1]


def test_it_shows_a_member_their_products_and_a_stranger_none(
    owner: Member, collaborator: Member, stranger: Member, product: Product
) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(secret, "secret")
    tell(product, "open")
    bob = browser_of(collaborator.person)
    assert titles(bob.get(LIST, {"environment": "all"}).text) == ["open"]
    assert titles(bob.get(LIST, {"product": str(secret.id)}).text) == ["open"]
    charlie = browser_of(stranger.person)
    assert titles(charlie.get("/globex/conversations/", {"product": str(product.id)}).text) == []


def test_it_takes_no_more_queries_for_more_rows(
    as_owner: Client,
    owner: Member,
    many: list[str],
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for number in range(5):
        tell(create_product(owner, name=f"Bot {number}"), "Hello", externalOrganizationId=f"org-{number}")
    who = Conversation.objects.filter(organization__isnull=False).values_list("participant_id", "organization_id")[0]
    for number in range(5):
        query = urlencode({"rating": RATINGS_BY_NUMBER[number], "model": f"model-{number}"})
        as_owner.post(f"{LIST}views/new/?{query}", {"name": f"View {number}", "is_shared": "on"})
    as_owner.get(LIST)
    everything = {
        "user": who[0], "organization": who[1], "rating": "none", "event": "no", "feedback": "no", "tool_error": "no",
        "length": "1-2", "date": "90d", "q": "hello",
    }  # fmt: skip
    tried: list[dict[str, Any]] = [{}, everything, {"user": who[0]}, {"q": "talk"}, {"q": "nowhere to be found"}]
    for filtered in tried:
        with django_assert_max_num_queries(12):
            assert as_owner.get(LIST, filtered).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"model": "gpt-9"},
        {"length": "101+"},
        {"from": "2026-05-01", "until": "2026-05-03"},
        {"rating": "low"},
        {"feedback": "yes"},
        {"event": "yes"},
        {"tool_error": "no"},
        {"user": "of somebody"},
        {"organization": "of somebody"},
    ],
)
def test_it_finds_a_filtered_page_in_an_index(owner: Member, product: Product, query: dict[str, str]) -> None:
    """A filter that few conversations pass must not read the rows of those that do not."""
    conversation = tell(product, "Hello", externalOrganizationId="initech")
    query = {name: str(getattr(conversation, f"{IDS.get(name)}", value)) for name, value in query.items()}
    create_product(owner, name="Another bot")
    chosen = ConversationFilter.of(a_request(owner, query))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),"
            " 'external_id', null))).* from conversation c, generate_series(1, 2000)"
        )
        cursor.execute("analyze conversation")
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"set local enable_{way} = off")
    plan = chosen.apply(conversations_of(chosen.products)).newest_first().values("id")[:PAGE_SIZE].explain()
    assert re.search(r"using conversation_\w+_last on conversation.*\s+Index Cond: \(+\"?workspace_id", plan), plan
    if not set(query) & set(IDS):
        assert re.search(r"Index Only Scan( Backward)? using conversation_\w+_last", plan), plan


def test_it_finds_a_day_long_ago_without_reading_what_came_later(owner: Member, product: Product) -> None:
    conversation = tell(product, "Hello", at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),"
            " 'first_message_at', at, 'last_message_at', at))).*"
            " from conversation c, generate_series(1, 5000) as number,"
            " lateral (select c.last_message_at + number * interval '1 minute' as at) as later"
        )
        cursor.execute("analyze conversation")
    chosen = ConversationFilter.of(a_request(owner, {"until": NOON.date().isoformat()}))
    soon, later = chosen.parts(conversations_of(chosen.products))
    assert soon.count() == 720
    assert "conversation_long_last" in later.newest_first().values("id")[:PAGE_SIZE].explain()
    assert conversation in soon


def test_it_finds_a_page_by_its_index(owner: Member, product: Product) -> None:
    """Without the workspace in the query no index can be used, and a page reads every conversation there is."""
    tell(product, "Hello")
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    for conversations in (owner.visible_products(), owner.visible_products().in_environment("production").by_name()):
        plan = conversations_of(conversations).newest_first()[:PAGE_SIZE].explain()
        assert re.search(r"conversation_\w+_last on conversation.*\s+Index Cond: \(+\"?workspace_id", plan), plan
