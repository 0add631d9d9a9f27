"""What was thought of a conversation: ratings, business events and notes, for a window of its messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from conversations.models import Conversation, Event, Rating
from conversations.window import Window

# More than a person reads between two messages; the rest is in Ratings and Events.
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The latest rating and the number of notes of each message, and what happened beside the messages, in order.

    `happenings` are ratings of the conversation as a whole and events.
    """

    ratings: Mapping[UUID, Rating] = field(default_factory=dict)
    note_counts: Mapping[UUID, int] = field(default_factory=dict)
    happenings: Sequence[Rating | Event] = ()


def marks_of(conversation: Conversation, window: Window, note_counts: Mapping[UUID, int]) -> Marks:
    """The marks of a window; what happened before its first message belongs to it, after its last if none follows."""
    ids = [message.id for message in (*window.earlier, *window.messages)]
    ratings = list(
        conversation.ratings.filter(
            Q(message_id__in=ids) | Q(_within(window, "rated_at"), message_id=None),
            workspace_id=conversation.workspace_id,
        ).order_by("rated_at", "id")
    )
    events = conversation.events.filter(_within(window, "event_at"), workspace_id=conversation.workspace_id)
    whole = [rating for rating in ratings if rating.message_id is None][-MOST:]
    return Marks(
        ratings={rating.message_id: rating for rating in ratings if rating.message_id is not None},
        note_counts=note_counts,
        happenings=sorted([*whole, *events.order_by("event_at", "id")[:MOST]], key=_time),
    )


def _within(window: Window, name: str) -> Q:
    """From the message before the window up to its last one, open where the conversation is open."""
    bounds = Q()
    if window.starts_after is not None:
        bounds &= Q(**{f"{name}__gte": window.starts_after})
    if window.has_later:
        bounds &= Q(**{f"{name}__lt": window.messages[-1].created_at})
    return bounds


def _time(what: Rating | Event) -> tuple[object, object]:
    return (what.event_at if isinstance(what, Event) else what.rated_at, what.id)
