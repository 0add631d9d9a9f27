"""The big data set of page benches (greenflash_site/bench/told.py, filling.py), made small."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count, F, Max, Q
from django.test import Client

from conversations.filters import NAMES
from conversations.ingest.tokens import message_tokens
from conversations.models import Conversation, Event, Message, Organization, Participant, Rating, Review
from conversations.models.rating import LOW
from greenflash_site.bench.filling import fill, visit_all
from greenflash_site.bench.pages import MOST_QUERIES, filters, look_at, pages, session_of
from products.models import Member, Person, Product, Workspace
from tests.conftest import browser_of

CONVERSATIONS, MESSAGES = 200, 2_000
UNTIL = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def big(db: None) -> Workspace:
    """An organization that the bench filled."""
    person = Person.objects.create_user("bench@greenflash.example", "correct horse battery staple")
    workspace = fill(person, conversations=CONVERSATIONS, messages=MESSAGES, until=UNTIL, shown=False)
    visit_all(shown=False)
    return workspace


def test_it_makes_as_much_as_asked_of_every_kind(big: Workspace) -> None:
    conversations = Conversation.objects.filter(workspace=big)
    assert conversations.count() == CONVERSATIONS
    assert Message.objects.filter(workspace=big).count() == MESSAGES
    lengths = Counter(conversations.values_list("message_count", flat=True))
    assert max(lengths) > 4 * MESSAGES / CONVERSATIONS
    assert min(lengths) < 4
    products = Counter(conversations.values_list("product__name", "product__environment"))
    assert set(products) == {
        ("Wren Help", "production"),
        ("Wren Code", "production"),
        ("Wren Help", "development"),
    }
    types = set(Message.objects.filter(workspace=big).values_list("type", flat=True))
    assert {"user_message", "assistant_message", "tool_call", "tool_error", "observation"} <= types
    assert Participant.objects.filter(workspace=big).count() > 50
    assert Organization.objects.filter(workspace=big).count() > 10
    assert Event.objects.filter(workspace=big).count() > 5
    said = Message.objects.filter(workspace=big)
    assert all(said.filter(content__regex=script).exists() for script in ("[a-z]", "[ぁ-ん]", "[ä-ü]"))


def test_it_spreads_over_a_year_and_not_beyond(big: Workspace) -> None:
    messages = Message.objects.filter(workspace=big)
    times = messages.aggregate(last=Max("created_at"))
    months = {each.strftime("%Y-%m") for each in messages.values_list("created_at", flat=True)}
    assert UNTIL - timedelta(days=1) < times["last"] <= UNTIL
    assert len(months) >= 12
    # Ids are of their time, like those that ingest makes.
    ordered = list(messages.order_by("id").values_list("created_at", flat=True))
    assert ordered == sorted(ordered)


def test_it_counts_what_conversations_hold(big: Workspace) -> None:
    counted = Conversation.objects.filter(workspace=big).annotate(
        held=Count("messages"),
        calls=Count("messages", filter=Q(messages__type="tool_call")),
        highest=Max("messages__position"),
        last_at=Max("messages__created_at"),
    )
    right = counted.filter(
        message_count=F("held"),
        tool_call_count=F("calls"),
        last_position=F("highest"),
        counted_position=F("highest"),
        search_due_at=None,
        last_message_at=F("last_at"),
    )
    assert right.count() == CONVERSATIONS
    assert not counted.exclude(title__gt="").exists()
    tokens = sum(message_tokens(*each) for each in Message.objects.values_list("type", "content"))
    assert 2 * tokens == sum(Conversation.objects.values_list("half_tokens", flat=True))


def test_it_shows_the_latest_rating_of_a_conversation(big: Workspace) -> None:
    ratings = Rating.objects.filter(workspace=big)
    whole = ratings.filter(message_id__isnull=True)
    latest = {rating.conversation_id: rating for rating in whole.order_by("rated_at")}
    rated = {each.id: each for each in Conversation.objects.filter(workspace=big, rated_at__isnull=False)}
    assert rated.keys() == latest.keys()
    for id, rating in latest.items():
        shown = rated[id]
        assert (shown.rating, shown.rating_min, shown.rating_max) == (rating.value, rating.minimum, rating.maximum)
        assert shown.rating_normalized == rating.normalized
        assert (shown.feedback or "") == rating.feedback
    of_messages = ratings.filter(message_id__isnull=False)
    assert of_messages
    messages = dict(Message.objects.filter(workspace=big).values_list("id", "conversation_id"))
    assert all(messages[rating.message_id] == rating.conversation_id for rating in of_messages if rating.message_id)


def test_it_reviews_what_was_rated_low_a_day_later(big: Workspace) -> None:
    low = Conversation.objects.filter(workspace=big, ratings__normalized__lt=LOW)
    reviewed = set(Review.objects.filter(workspace=big).values_list("conversation_id", flat=True))
    assert reviewed == set(low.filter(last_message_at__lt=UNTIL - timedelta(days=1)).values_list("id", flat=True))
    assert reviewed


def test_it_asks_for_pages_that_are_there_and_cost_few_queries(big: Workspace) -> None:
    session = session_of(Member.objects.get(workspace=big).person)
    seen = {page.name: [look_at(path, session=session) for path in page.paths[:1]] for page in pages(big)}
    assert {"conversations, newest", "the longest conversation", "search, a rare word", "home"} <= seen.keys()
    assert {name: look.status for name, looks in seen.items() for look in looks if look.status != 200} == {
        "poll of the list, nothing new": 204,
        "poll of a conversation, unchanged": 204,
    }
    queries = {name: look.queries for name, looks in seen.items() for look in looks}
    assert {name: count for name, count in queries.items() if count > MOST_QUERIES} == {}


def test_it_filters_by_all_that_the_list_can_be_filtered_by(big: Workspace) -> None:
    assert {name for _, values in filters(big) for value in values for name in value} | {"q"} >= set(NAMES)


def test_it_looks_for_words_that_are_there_or_not_as_it_says(big: Workspace) -> None:
    session = session_of(Member.objects.get(workspace=big).person)
    rows = {
        page.name: [look_at(path, session=session).rows for path in page.paths[:3]]
        for page in pages(big)
        if page.name.startswith("search, ")
    }
    assert rows["search, an absent word"] == [0, 0, 0]
    assert 1 <= min(rows["search, a rare word"]) <= max(rows["search, a rare word"]) < 10
    assert min(rows["search, a common word"]) > 5
    assert max(rows["search, three letters of a word"]) > 5


def test_it_reads_like_what_was_sent(big: Workspace) -> None:
    browser: Client = browser_of(Member.objects.get(workspace=big).person)
    longest = Conversation.objects.filter(workspace=big).order_by("-message_count")[0]
    answer = browser.get(f"/{big.slug}/conversations/{longest.id}/")
    assert answer.status_code == 200
    first = longest.messages.in_order()[0]
    assert first.content
    assert first.content.split()[-1] in answer.content.decode()
    assert Product.objects.filter(workspace=big).count() == 3
