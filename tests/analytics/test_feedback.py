"""The pages of ratings and of events: what is counted, what is shown, and for whom."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from conversations import keyset
from conversations.feeds import EventFeed, RatingFeed
from conversations.models import Event, Rating
from conversations.models.rating import HIGH, LOW
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import Api, browser_of, tell
from tests.conversations.test_filters import a_request

RATINGS, EVENTS = "/acme/ratings/", "/acme/events/"


def rated(page: str) -> list[str]:
    """What was said with the ratings of a page, from top to bottom."""
    return re.findall(r'<p class="feed__words" dir="auto">(.*?)</p>', page)


def happened(page: str) -> list[str]:
    """The types of a page's events, from top to bottom."""
    return re.findall(r'<strong dir="auto">(.*?)</strong>', page.partition('class="feed"')[2])


def link(page: str, rel: str) -> str | None:
    """The link to the newer (prev) or older (next) page."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


@pytest.fixture
def many(product: Product, api: Api) -> list[str]:
    """Forty ratings of the last 60 days, of all values on three scales; what was said with them, the newest first."""
    rng, now = Random(7), timezone.now()
    times = [now - timedelta(hours=hours) for hours in sorted(rng.sample(range(1, 60 * 24), 40))]
    for number, at in enumerate(times):
        tell(product, f"talk {number}", at=at, externalConversationId=str(number), model=f"model-{number % 2}")
        low, high = rng.choice([(0, 1), (1, 5), (0, 10)])
        body = {
            "productId": str(product.id), "externalConversationId": str(number), "rating": rng.randint(low, high),
            "ratingMin": low, "ratingMax": high, "ratedAt": at.isoformat(),
            "feedback": f"words {number}" if number % 3 else None,
        }  # fmt: skip
        assert api.post("ratings", body).status_code == 201
    return [f"words {number}" for number in range(40) if number % 3]


def test_it_pages_through_ratings_with_what_was_said(
    as_owner: Client, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "PAGE_SIZE", 7)
    pages, url = [], "?period=90d"
    while url:
        page = as_owner.get(f"{RATINGS}{url}").text
        pages.append(rated(page))
        url = link(page, "next") or ""
    assert [words for page in pages for words in page] == many
    while newer := link(page, "prev"):
        page = as_owner.get(f"{RATINGS}{newer}").text
        assert rated(page) == pages[-2]
        pages.pop()
    assert len(pages) == 1


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_it_counts_as_one_would_by_hand(owner: Member, many: list[str], zone: str) -> None:
    for query in (
        "", "level=low", "level=mid", "level=high", "feedback=yes", "feedback=no", "model=model-1", "period=7d",
        "period=90d", "period=1y", "level=nonsense", "product=nonsense", "period=nonsense",
        "level=low&feedback=yes&model=model-0",
    ):  # fmt: skip
        _count_by_hand(owner, query, zone)


def _count_by_hand(owner: Member, query: str, zone: str) -> None:
    request = a_request(owner, dict(parse_qsl(query)), zone=zone)
    feed = RatingFeed.of_request(request)
    values = QueryDict(query)
    days = {"7d": 7, "90d": 90, "1y": 365}.get(values.get("period", ""), 30)
    today = timezone.now().astimezone(feed.zone).date()
    assert (feed.days[0], feed.days[-1]) == (today - timedelta(days=days - 1), today)

    def passes(rating: Rating) -> bool:
        level = "low" if rating.normalized < LOW else "mid" if rating.normalized < HIGH else "high"
        return (
            values.get("level") in (None, "nonsense", level)
            and values.get("feedback") in (None, "yes" if rating.feedback else "no")
            and values.get("model") in (None, rating.conversation.model)
            and rating.rated_at.astimezone(feed.zone).date() >= feed.days[0]
        )

    left = [rating for rating in Rating.objects.select_related("conversation") if passes(rating)]
    by_day = Counter(rating.rated_at.astimezone(feed.zone).date() for rating in left)
    assert [sum(counts) for counts in feed.spread.by_day] == [by_day[day] for day in feed.days]
    stars = Counter(min(int(rating.normalized * 10), 9) // 2 for rating in left)
    assert feed.spread.stars == [stars[star] for star in range(5)]
    assert {level: sum(counts) for level, counts in feed.spread.levels.items()} == {
        "low": sum(rating.normalized < LOW for rating in left),
        "mid": sum(LOW <= rating.normalized < HIGH for rating in left),
        "high": sum(rating.normalized >= HIGH for rating in left),
    }
    mean = sum(rating.normalized for rating in left) / len(left) if left else None
    assert feed.spread.mean == (pytest.approx(mean) if left else None)
    page = feed.page(QueryDict())
    assert {rating.id for rating in page.rows} == {rating.id for rating in left}


def test_it_shows_the_message_that_was_rated(as_owner: Client, product: Product, api: Api) -> None:
    talk = tell(product, "Where?", {"role": "assistant", "content": "In <Ghent>."}, externalUserId="ada")
    answer = talk.messages.in_order()[1]
    body = {"messageId": str(answer.id), "rating": 0, "ratingMin": 0, "ratingMax": 1, "feedback": "Wrong town"}
    assert api.post("ratings", body).status_code == 201
    page = as_owner.get(RATINGS).text
    assert "In &lt;Ghent&gt;." in page
    assert f"/acme/conversations/{talk.id}/?message={answer.id}#m-{answer.id}" in page
    assert f"/acme/users/{talk.participant_id}/" in page
    assert rated(page) == ["Wrong town"]


@pytest.fixture
def business(product: Product, api: Api) -> dict[str, Any]:
    """Orders, one of them in a conversation and one after it, and a cancellation by somebody who never talked."""
    now = timezone.now()
    talk = tell(product, "I want it", at=now - timedelta(hours=5), externalUserId="ada", externalConversationId="talk")
    base = {"productId": str(product.id)}
    order = {**base, "eventType": "order", "valueType": "currency", "influence": "positive", "externalUserId": "ada"}
    sent = [
        {**order, "value": "100.50", "externalConversationId": "talk"},
        {**order, "value": "1e3", "eventAt": (now - timedelta(hours=4)).isoformat()},
        {**order, "value": "7", "eventAt": (now - timedelta(hours=6)).isoformat()},
        {**base, "eventType": "cancelled", "value": "yes", "influence": "negative", "externalUserId": "silent"},
        {
            **base,
            "eventType": "old",
            "value": "5",
            "valueType": "numeric",
            "eventAt": (now - timedelta(days=80)).isoformat(),
        },
    ]
    for body in sent:
        assert api.post("events", body).status_code == 201
    return {"talk": talk}


def test_it_adds_events_up_by_type(owner: Member, business: dict[str, Any]) -> None:
    totals = {total.type: total for total in EventFeed.of_request(a_request(owner, {})).totals}
    assert list(totals) == ["order", "cancelled"]
    order, cancelled = totals["order"], totals["cancelled"]
    assert (order.count, float(order.money), order.amount) == (3, 1107.5, None)
    assert (order.positive, order.neutral, order.negative, order.in_conversations) == (3, 0, 0, 1)
    assert (cancelled.count, cancelled.money, cancelled.negative) == (1, None, 1)
    longer = EventFeed.of_request(a_request(owner, {"period": "90d"}))
    assert {total.type: total.amount for total in longer.totals}["old"] == 5
    assert sum(map(sum, longer.influences.values())) == 5


def test_it_leads_from_an_event_to_the_conversation_before_it(as_owner: Client, business: dict[str, Any]) -> None:
    feed = as_owner.get(EVENTS).text.split('class="feed"')[-1]
    assert feed.count(f"/acme/conversations/{business['talk'].id}/") == 2
    assert feed.count(">In a conversation<") == 1
    assert feed.count(">After a conversation<") == 1
    assert feed.count("No conversation before it") == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["cancelled", "order", "order", "order"]),
        ("?type=cancelled", ["cancelled"]),
        ("?influence=positive", ["order"] * 3),
        ("?influence=nonsense", ["cancelled", "order", "order", "order"]),
        ("?period=90d&type=old", ["old"]),
        ("?type=none", []),
    ],
)
def test_it_narrows_events(as_owner: Client, business: dict[str, Any], query: str, expected: list[str]) -> None:
    assert happened(as_owner.get(f"{EVENTS}{query}").text) == expected


@pytest.mark.parametrize("path", [RATINGS, EVENTS])
def test_it_survives_nonsense(as_owner: Client, business: dict[str, Any], path: str) -> None:
    for text in ("\0", "x" * 5_000, "'", "%", f"2026-01-01T00:00:00+23:59_{uuid4()}"):
        for name in ("product", "level", "feedback", "model", "period", "type", "influence", "before", "after"):
            assert as_owner.get(path, {name: text}).status_code == 200


def test_it_sums_up_values_of_any_size(as_owner: Client, product: Product, api: Api) -> None:
    for _ in range(3):
        body = {"productId": str(product.id), "eventType": "huge", "value": "1.7e308", "valueType": "currency"}
        assert api.post("events", body).status_code == 201
    assert as_owner.get(EVENTS).status_code == 200


def test_it_shows_members_their_products_only(
    owner: Member, collaborator: Member, stranger: Member, product: Product, development: Product, api: Api
) -> None:
    secret = create_product(owner, name="Secret bot")
    for each, name in ((product, "open"), (secret, "secret"), (development, "trial")):
        talk = tell(each, "Hello", model=f"{name}-model", externalUserId=f"{name} user")
        rating = {
            "conversationId": str(talk.id),
            "rating": 1,
            "ratingMin": 0,
            "ratingMax": 1,
            "feedback": f"{name} words",
        }
        assert api.post("ratings", rating).status_code == 201
        assert (
            api.post("events", {"productId": str(each.id), "eventType": f"{name} event", "value": "1"}).status_code
            == 201
        )
    bob, ada, charlie = (browser_of(each.person) for each in (collaborator, owner, stranger))
    for query in ("", f"?product={secret.id}", "?type=secret+event"):
        for path in (RATINGS, EVENTS):
            page = bob.get(f"{path}{query}").text
            assert "secret" not in page.replace("secret+event", "").split("<main")[1]
            assert "trial" not in page
            assert charlie.get(f"{path}{query}").status_code == 404
    assert rated(bob.get(RATINGS).text) == ["open words"]
    assert set(rated(ada.get(RATINGS).text)) == {"open words", "secret words"}
    assert rated(ada.get(RATINGS, {"environment": "development"}).text) == ["trial words"]
    assert happened(ada.get(EVENTS, {"environment": "development"}).text) == ["trial event"]


def test_it_takes_few_queries(
    as_owner: Client,
    owner: Member,
    many: list[str],
    business: dict[str, Any],
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for number in range(4):
        create_product(owner, name=f"Bot {number}")
    as_owner.get(RATINGS)
    for path in (RATINGS, f"{RATINGS}?level=low&model=model-1&feedback=yes&period=1y", EVENTS, f"{EVENTS}?type=order"):
        with django_assert_max_num_queries(12):
            assert as_owner.get(path).status_code == 200


def test_a_rating_belongs_to_whom_its_conversation_does(product: Product, api: Api) -> None:
    talk = tell(
        product, "Hello", externalUserId="ada", externalOrganizationId="initech", at=datetime(2026, 5, 4, tzinfo=UTC)
    )
    for target in ({"conversationId": str(talk.id)}, {"messageId": str(talk.messages.get().id)}):
        assert api.post("ratings", {**target, "rating": 1, "ratingMin": 0, "ratingMax": 1}).status_code == 201
    ratings = Rating.objects.all()
    same = {(rating.product_id, rating.participant_id, rating.organization_id) for rating in ratings}
    assert same == {(talk.product_id, talk.participant_id, talk.organization_id)}
    assert len(ratings) == 2
    assert Event.objects.count() == 0
