"""What was thought of a conversation: ratings, business events and notes, for a window of its messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from conversations.models import Conversation, Event, Rating
from conversations.window import Window
from greenflash_site.compiled import AnyOf, compiled

# More than a person reads between two messages; the rest is in Ratings and Events.
MOST = 200
# A window is open where the conversation is.
BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


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
    since = window.starts_after or BEGINNING
    until = window.messages[-1].created_at if window.has_later else END
    ratings = _ratings(conversation.workspace_id, conversation.id, ids, since, until)
    events = _events(conversation.workspace_id, conversation.id, since, until)
    whole = [rating for rating in ratings if rating.message_id is None][-MOST:]
    return Marks(
        ratings={rating.message_id: rating for rating in ratings if rating.message_id is not None},
        note_counts=note_counts,
        happenings=sorted([*whole, *events], key=_time),
    )


@compiled
def _ratings(
    workspace: UUID, conversation: UUID, messages: list[UUID], since: datetime, until: datetime
) -> QuerySet[Rating]:
    ratings = Rating.objects.filter(workspace_id=workspace, conversation_id=conversation)
    of_whole = Q(message_id=None, rated_at__gte=since, rated_at__lt=until)
    return ratings.filter(Q(AnyOf("message_id", messages)) | of_whole).order_by("rated_at", "id")


@compiled
def _events(workspace: UUID, conversation: UUID, since: datetime, until: datetime) -> QuerySet[Event]:
    events = Event.objects.filter(workspace_id=workspace, conversation_id=conversation)
    return events.filter(event_at__gte=since, event_at__lt=until).order_by("event_at", "id")[:MOST]


def _time(what: Rating | Event) -> tuple[object, object]:
    return (what.event_at if isinstance(what, Event) else what.rated_at, what.id)
