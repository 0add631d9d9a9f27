"""What the demo's people thought of a conversation and did afterwards: ratings, and events of the business.

Pure and seeded like the story itself: the same conversation always has the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from greenflash_site.demo.script import Json, Mood
from greenflash_site.demo.story import Request


@dataclass(frozen=True, slots=True)
class Reaction:
    """One POST to `path`, and when; its body is as on the wire but for `productId`."""

    path: Literal["ratings", "events"]
    product: str
    at: datetime
    body: dict[str, Json]


# How many stars a conversation gets that ended in this mood.
_STARS: dict[Mood, tuple[int, ...]] = {"pleased": (4, 5, 5, 5), "neutral": (3, 3, 4, 4, 5), "upset": (1, 1, 1, 2, 2, 3)}
_FEEDBACK: dict[Mood, tuple[str, ...]] = {
    "pleased": (
        "Solved in two minutes, no ticket needed.",
        "Friendly and quick.",
        "Didn't expect a bot to actually fix it.",
        "Clear steps, worked the first time.",
    ),
    "neutral": (
        "Okay, but it took a few questions to get there.",
        "The answer was fine, the wait was not.",
        "Would have liked a link to the right page.",
    ),
    "upset": (
        "It kept suggesting what I had already tried.",
        "I asked for a human three times.",
        "Still broken, and now I have to explain it all again.",
        "Did not understand the question at all.",
    ),
}
# What follows from a conversation with each product: (event, its value, how that reads, whether it is good news,
# of how many conversations that ended in each mood).
_EVENTS: dict[str, tuple[tuple[str, str, str, str, dict[Mood, float]], ...]] = {
    "support": (
        ("order_placed", "«amount»", "currency", "positive", {"pleased": 0.16, "neutral": 0.06, "upset": 0.01}),
        ("plan_upgraded", "«plan»", "currency", "positive", {"pleased": 0.05, "neutral": 0.01, "upset": 0.0}),
        ("refund_issued", "«refund»", "currency", "neutral", {"pleased": 0.02, "neutral": 0.04, "upset": 0.1}),
        ("ticket_escalated", "tier 2", "text", "negative", {"pleased": 0.01, "neutral": 0.06, "upset": 0.3}),
        ("subscription_cancelled", "true", "boolean", "negative", {"pleased": 0.0, "neutral": 0.01, "upset": 0.12}),
    ),
    "coding": (
        ("pull_request_merged", "«lines»", "numeric", "positive", {"pleased": 0.55, "neutral": 0.35, "upset": 0.05}),
        ("pull_request_closed", "«lines»", "numeric", "negative", {"pleased": 0.02, "neutral": 0.1, "upset": 0.4}),
        ("change_reverted", "true", "boolean", "negative", {"pleased": 0.01, "neutral": 0.03, "upset": 0.1}),
    ),
}


def reactions(last: Request, *, until: datetime) -> Iterator[Reaction]:
    """What came after a conversation whose last request this is; nothing after `until`."""
    conversation = str(last.body["externalConversationId"])
    rng = Random(conversation)
    for reaction in (*_ratings(last, conversation, rng), *_events(last, conversation, rng)):
        if reaction.at <= until:
            yield reaction


def _ratings(last: Request, conversation: str, rng: Random) -> Iterator[Reaction]:
    said = [message for message in _messages(last) if message.get("role", "final_response") != "user"]
    answers = [each for each in said if each.get("role") == "assistant" or each.get("messageType") == "final_response"]
    if answers and rng.random() < 0.12:
        good = rng.random() < {"pleased": 0.95, "neutral": 0.6, "upset": 0.1}[last.mood]
        yield _rating(
            last,
            rng,
            target="externalMessageId",
            id=str(rng.choice(answers)["externalMessageId"]),
            value=int(good),
            least=0,
            most=1,
        )
    # Who is cross rates more often.
    if rng.random() < {"pleased": 0.3, "neutral": 0.18, "upset": 0.42}[last.mood]:
        stars = rng.choice(_STARS[last.mood])
        yield _rating(last, rng, target="externalConversationId", id=conversation, value=stars, least=1, most=5)


def _rating(last: Request, rng: Random, *, target: str, id: str, value: int, least: int, most: int) -> Reaction:
    body: dict[str, Json] = {target: id, "rating": value, "ratingMin": least, "ratingMax": most}
    if rng.random() < 0.45:
        body["feedback"] = rng.choice(_FEEDBACK[last.mood])
    return Reaction("ratings", last.product, last.at + timedelta(seconds=rng.uniform(20, 900)), body)


def _events(last: Request, conversation: str, rng: Random) -> Iterator[Reaction]:
    for type, value, value_type, influence, shares in _EVENTS[last.product]:
        if rng.random() >= shares[last.mood]:
            continue
        values = {
            "«amount»": f"{rng.lognormvariate(4.4, 0.8):.2f}",
            "«plan»": rng.choice(("29.00", "79.00", "199.00")),
            "«refund»": f"{rng.lognormvariate(3.6, 0.7):.2f}",
            "«lines»": str(round(rng.lognormvariate(4, 1))),
        }
        body: dict[str, Json] = {
            "eventType": type,
            "value": values.get(value, value),
            "valueType": value_type,
            "influence": influence,
            "externalConversationId": conversation,
            "externalUserId": last.body["externalUserId"],
            "insertId": f"{conversation}-{type}",
        }
        if "externalOrganizationId" in last.body:
            body["externalOrganizationId"] = last.body["externalOrganizationId"]
        yield Reaction("events", last.product, last.at + timedelta(minutes=rng.lognormvariate(3.2, 1.1)), body)


def _messages(request: Request) -> list[dict[str, Any]]:
    messages = request.body["messages"]
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
