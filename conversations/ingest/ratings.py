"""Writes of ratings: every one is kept, the latest is shown (Decision 9 of the contract)."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from conversations import examples
from conversations.ingest.fields import ExternalId, Text, Time
from conversations.ingest.refusals import conversation_path, refusal
from conversations.ingest.rules import parse_time
from conversations.ingest.run import run
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError, invalid
from greenflash_site.api.openapi.schemas import any_of
from greenflash_site.api.retries import Attempt, stored_once
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "ratings.sql").read_text()


class LogRating(msgspec.Struct, rename="camel", kw_only=True):
    """A rating of a message or of a whole conversation, on a scale of its own.

    A conversation beside a message says where that message is. `ratedAt` is the time of arrival if it is not sent.
    """

    rules: ClassVar = (any_of("messageId", "externalMessageId", "conversationId", "externalConversationId"),)
    examples: ClassVar = examples.LOG_RATING

    rating: float
    """The rating: at least `ratingMin`, at most `ratingMax`."""
    rating_min: float
    """The lowest rating of the scale, less than `ratingMax`."""
    rating_max: float
    """The highest rating of the scale."""
    product_id: UUID | None = None
    """The product of what is rated, where an external id is in several."""
    conversation_id: UUID | None = None
    """The id of the conversation."""
    external_conversation_id: ExternalId | None = None
    """Your own id of the conversation."""
    message_id: UUID | None = None
    """The id of the message."""
    external_message_id: ExternalId | None = None
    """Your own id of the message."""
    feedback: Text | None = None
    """What was said about it."""
    rated_at: Time | None = None
    """When it was rated: ISO 8601, from 1970 to 24 hours ahead."""

    def __post_init__(self) -> None:
        targets = (self.conversation_id, self.external_conversation_id, self.message_id, self.external_message_id)
        if targets == (None, None, None, None):
            raise ValueError(
                "Say what is rated: give `messageId`, `externalMessageId`, `conversationId` or `externalConversationId`"
            )


def store_rating(
    body: LogRating, *, caller: Caller, attempt: Attempt | None = None, now: datetime | None = None
) -> None:
    """Keep a rating; it is committed when this returns (or with the caller's transaction).

    Raises ApiError: 400 for what does not validate, 403 for a product out of the key's reach, 404 for a conversation
    or message that is not within it.
    """
    now = now or datetime.now(UTC)
    caller = caller.reaching(body.product_id)
    values = _values(body, now)
    stored_once(
        attempt,
        earlier=lambda attempt: attempt.earlier(caller.workspace.ratings.all(), now),
        store=lambda: _store(body, values, caller=caller, attempt=attempt, now=now),
    )


def _values(body: LogRating, now: datetime) -> dict[str, Any]:
    if body.rating_min >= body.rating_max:
        raise invalid("ratingMin must be less than ratingMax.", "$.ratingMin")
    if not body.rating_min <= body.rating <= body.rating_max:
        raise invalid("The rating must lie between ratingMin and ratingMax.", "$.rating")
    # Exactly: the difference of two floats may be too large for one.
    above, scale = (
        Fraction(body.rating) - Fraction(body.rating_min),
        Fraction(body.rating_max) - Fraction(body.rating_min),
    )
    return {
        "value": body.rating,
        "minimum": body.rating_min,
        "maximum": body.rating_max,
        "normalized": float(above / scale),
        "feedback": body.feedback or "",
        "rated_at": now if body.rated_at is None else parse_time(body.rated_at, now=now, path="$.ratedAt"),
    }


def _store(body: LogRating, values: dict[str, Any], *, caller: Caller, attempt: Attempt | None, now: datetime) -> None:
    def run_for(caller: Caller) -> str | None:
        reachable = list(caller.versions)
        row = run(
            STATEMENT,
            {
                **values,
                "workspace": caller.workspace_id,
                "product": body.product_id,
                "products": [body.product_id] if body.product_id else reachable,
                "reachable": reachable,
                "conversation": body.conversation_id,
                "external_conversation": body.external_conversation_id,
                "message": body.message_id,
                "external_message": body.external_message_id,
                "rating": new_id(),
                "lock": attempt.lock if attempt else None,
                "request_hash": attempt.hash_at(now) if attempt else None,
                "now": now,
            },
        )
        problem: str | None = row["problem"]
        return problem

    problem = run_for(caller)
    if problem in {"conversation_not_found", "message_not_found"}:
        # Perhaps of a product made within the last second, which this process does not know of yet.
        problem = run_for(caller.reload())
    if problem is not None:
        raise _refusal(problem, body)


def _refusal(problem: str, body: LogRating) -> ApiError:
    if problem.startswith("message_"):
        return refusal(problem, "$.messageId" if body.message_id else "$.externalMessageId")
    return refusal(problem, conversation_path(body.conversation_id))
