"""Numbers by day, in the viewer's zone, against what one would count oneself."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from analytics import rollups
from analytics.rollups import Days, EventNumbers, Numbers
from conversations.models import Conversation, Message
from products.models import Product
from tests.conftest import Api, tell
from tests.conversations.test_tallies import count_all

ZONES = ("UTC", "Asia/Kathmandu", "Asia/Kolkata", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe")
NOW = datetime(2025, 11, 25, 13, tzinfo=UTC)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A time of November."""
    return datetime(2025, 11, day, hour, minute, tzinfo=UTC)


def test_it_goes_through_days_and_those_before() -> None:
    days = Days.until(date(2025, 11, 3), count=3)
    assert [day.day for day in days] == [1, 2, 3]
    assert (days.before.first, days.before.last) == (date(2025, 10, 29), date(2025, 10, 31))
    assert len(days.with_before) == 6
    assert days.bounds[0] == at(1, 0)
    assert days.bounds[-1] == at(4, 0)


def test_it_knows_that_days_are_not_always_as_long() -> None:
    """The clocks go back on November 2 in New York."""
    bounds = Days(date(2025, 10, 31), date(2025, 11, 2), ZoneInfo("America/New_York")).bounds
    lengths = [(end - begin) / timedelta(hours=1) for begin, end in pairwise(bounds)]
    assert lengths == [24, 24, 25]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
def test_it_sums_the_days_of_every_zone(product: Product, development: Product, zone: str) -> None:
    """Also of those that are half an hour or three quarters off."""
    random, here = Random(zone), ZoneInfo(zone)
    for number in range(60):
        when = NOW - timedelta(minutes=random.randrange(9 * 24 * 60))
        said = {"role": "user", "content": "Hi", "createdAt": when.isoformat()}
        tell(
            random.choice([product, development]),
            said,
            at=NOW,
            externalUserId=f"u{random.randrange(5)}",
            externalConversationId=f"c{number // 2}",
        )
    count_all()
    days = Days.until(NOW.astimezone(here).date(), count=8, zone=here)
    for products in ([product], [product, development]):
        of_these = Message.objects.filter(conversation__product__in=products)
        messages = [(message, message.created_at.astimezone(here).date()) for message in of_these]
        begun = [
            conversation.first_message_at.astimezone(here).date()
            for conversation in Conversation.objects.filter(product__in=products)
        ]
        found = rollups.by_day(products, days)
        assert [day.messages for day in found] == [sum(on == day for _, on in messages) for day in days]
        assert [day.conversations for day in found] == [begun.count(day) for day in days]
        people = [{m.conversation.participant_id for m, on in messages if on == day} for day in days]
        assert rollups.users_by_day(products, days) == [len(each) for each in people]
        assert rollups.users_in_each(products, [days]) == [len(set().union(*people))]
        halves = (len(set().union(*people[:4])), len(set().union(*people[4:])))
        assert rollups.users_by_day_and_half(products, days) == ([len(each) for each in people], halves)
    assert sum(found[day].messages for day in range(8)) > 20


@pytest.mark.django_db
def test_it_counts_a_person_once_in_each_period(product: Product) -> None:
    for day in (1, 2, 2, 3, 9):
        tell(product, "Hi", at=at(day), externalUserId="grace")
    tell(product, "Hi", at=at(3), externalUserId="ada")
    tell(product, {"role": "assistant", "content": "Anybody there?"}, at=at(4), externalUserId="silent")
    count_all()
    days = Days(date(2025, 11, 1), date(2025, 11, 4))
    assert rollups.users_by_day([product], days) == [1, 1, 2, 0]
    assert rollups.users_in_each([product], [days, Days(date(2025, 11, 5), date(2025, 11, 9))]) == [2, 1]


@pytest.mark.django_db
def test_it_means_ratings_and_failures_where_there_are_some(product: Product, api: Api) -> None:
    said = {"messageType": "tool_call", "toolName": "t", "input": {}}, {"messageType": "tool_error", "output": "no"}
    conversation = tell(product, *said, {**said[0]}, at=at(2))
    for rating, day in ((1, 2), (2, 3), (5, 3)):
        message = tell(product, "Hi", at=at(day)).messages.get()
        body = {"rating": rating, "ratingMin": 1, "ratingMax": 5, "ratedAt": at(day).isoformat()}
        assert api.post("ratings", {**body, "messageId": str(message.id)}).status_code == 201
    count_all()
    first, second, third = rollups.by_day([product], Days(date(2025, 11, 1), date(2025, 11, 3)))
    assert (first.rating, second.rating, third.rating) == (None, 0, 0.625)
    assert (third.ratings, third.low_ratings, third.high_ratings) == (2, 1, 1)
    assert (first.tool_failures, second.tool_failures) == (None, 0.5)
    assert rollups.total([second, third]).rating == pytest.approx(1.25 / 3)
    assert rollups.total([first, second, third]).tokens == sum(each.tokens for each in Conversation.objects.all())
    assert conversation.tool_call_count == 2


@pytest.mark.django_db
def test_it_sums_events_by_day_and_by_type(product: Product, api: Api) -> None:
    for kind, value, influence, day in (
        ("purchase", "12.50", "positive", 2),
        ("purchase", "7.5", "positive", 3),
        ("cancelled", "1", "negative", 3),
        ("purchase", "9", "positive", 5),
    ):
        event = {"eventType": kind, "value": value, "valueType": "currency", "influence": influence}
        sent = api.post("events", {**event, "productId": str(product.id), "eventAt": at(day).isoformat()})
        assert sent.status_code in (200, 201), sent.content
    count_all()
    days = Days(date(2025, 11, 1), date(2025, 11, 3))
    assert [day.events for day in rollups.events_by_day([product], days)] == [0, 1, 2]
    assert rollups.events_by_type([product], days) == {
        "purchase": EventNumbers(2, 2, 0, Decimal(20)),
        "cancelled": EventNumbers(1, 0, 1, Decimal(1)),
    }
    assert list(rollups.events_by_type([product], days)) == ["purchase", "cancelled"]


@pytest.mark.django_db
def test_it_has_nothing_to_say_of_no_products() -> None:
    days = Days(date(2025, 11, 1), date(2025, 11, 3))
    assert rollups.by_day([], days) == [Numbers()] * 3
    assert rollups.users_by_day([], days) == [0, 0, 0]
    assert rollups.events_by_type([], days) == {}


@pytest.mark.django_db
def test_it_never_counts_what_belongs_to_others(product: Product, development: Product) -> None:
    tell(development, "Hi", at=at(2))
    count_all()
    assert rollups.by_day([product], Days(date(2025, 11, 1), date(2025, 11, 3))) == [Numbers()] * 3
