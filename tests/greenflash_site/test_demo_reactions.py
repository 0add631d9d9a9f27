"""What the demo's people think and do afterwards: the same each time, in time, as their mood was, taken by ingest."""

from collections import defaultdict
from datetime import UTC, datetime
from statistics import mean
from typing import cast

import pytest
from django.core.management import call_command

from conversations.models import Conversation, Event, Rating
from greenflash_site.demo.reactions import Reaction, reactions
from greenflash_site.demo.story import Request, story

UNTIL = datetime(2026, 3, 12, 15, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def last() -> list[Request]:
    requests = story(seed=1, until=UNTIL, conversations=1_000)
    return list({request.body["externalConversationId"]: request for request in requests}.values())


@pytest.fixture(scope="module")
def told(last: list[Request]) -> list[tuple[Request, Reaction]]:
    return [(request, reaction) for request in last for reaction in reactions(request, until=UNTIL)]


def test_it_is_the_same_each_time(last: list[Request], told: list[tuple[Request, Reaction]]) -> None:
    assert [reaction for request in last for reaction in reactions(request, until=UNTIL)] == [each for _, each in told]


def test_it_comes_after_the_conversation_and_not_after_the_end(told: list[tuple[Request, Reaction]]) -> None:
    assert all(request.at < reaction.at <= UNTIL for request, reaction in told)


def test_it_follows_from_the_mood(told: list[tuple[Request, Reaction]]) -> None:
    stars, influences = defaultdict(list), defaultdict(list)
    for request, reaction in told:
        if reaction.body.get("ratingMax") == 5:
            stars[request.mood].append(cast("int", reaction.body["rating"]))
        elif reaction.path == "events":
            influences[request.mood].append(reaction.body["influence"])
    assert mean(stars["pleased"]) > mean(stars["neutral"]) > mean(stars["upset"])
    assert influences["upset"].count("negative") > influences["upset"].count("positive")
    assert influences["pleased"].count("positive") > influences["pleased"].count("negative")


@pytest.mark.django_db
def test_it_is_kept_with_the_conversations() -> None:
    call_command("demo_data", conversations=150, verbosity=0)
    assert Rating.objects.filter(message_id=None).count() > 10
    assert Rating.objects.exclude(message_id=None).exists()
    assert Event.objects.count() > 10
    assert Conversation.objects.filter(rating_normalized__lte=0.25).exists()
    for event in Event.objects.select_related("conversation"):
        assert event.conversation is not None
        assert event.event_at > event.conversation.first_message_at
