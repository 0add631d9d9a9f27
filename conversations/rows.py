"""Rows of a list of conversations: what they show of each, its own and what belongs to it, read with one statement."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, Exists, F, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from conversations.models import Conversation, ConversationQuerySet, Event, Message, MessageType, Rating
from conversations.models.conversation import is_thumb
from conversations.snippets import Match
from greenflash_site.compiled import AnyOf, compiled
from products.models import Workspace


@dataclass(slots=True)
class Row:
    """A conversation as a list shows it; of what belongs to it see `counted`.

    `participant` and `organization` are their names, or their ids where they have none. `match` is what a search found
    in it (conversations/search.py).
    """

    id: UUID
    title: str
    model: str
    message_count: int
    tool_call_count: int
    rating: float | None
    rating_min: float | None
    rating_max: float | None
    rating_normalized: float | None
    last_message_at: datetime
    participant_id: UUID
    participant: str
    organization_id: UUID | None
    organization: str | None
    product: str
    color: str
    icon: str
    environment: str
    event_count: int | None
    tool_error_count: int | None
    rated_messages: int | None
    worst_rating: float | None
    has_feedback: bool
    match: Match | None = None

    @property
    def is_rated_by_thumb(self) -> bool:
        """Whether its rating was given as thumb up or down."""
        return is_thumb(self.rating_normalized, self.rating_min, self.rating_max)


def rows_of(conversations: QuerySet[Any, Any], workspace: Workspace) -> list[Row]:
    """Rows of these, which are few and of one workspace, the newest first.

    Which they are is found in an index that holds what is filtered by; only then are their rows read.
    """
    return rows_called([id for id, _ in conversations.values_list("id", "last_message_at")], workspace)


def rows_called(ids: list[UUID], workspace: Workspace) -> list[Row]:
    """Rows of the conversations with these ids, which are few, the newest first.

    By a statement that is always the same: to plan it anew took as long as to run it. No model is made of them.
    """
    return [Row(*row) for row in _rows(workspace.id, ids)] if ids else []


@compiled
def _rows(workspace: UUID, ids: list[UUID]) -> QuerySet[Conversation, tuple[Any, ...]]:
    """Those with these ids in the columns of `Row`."""
    found = Conversation.objects.filter(AnyOf("id", ids), workspace_id=workspace)
    return counted(found.newest_first()).values_list(
        *("id", "title", "model", "message_count", "tool_call_count"),
        *("rating", "rating_min", "rating_max", "rating_normalized", "last_message_at"),
        "participant_id",
        _name_of("participant"),
        "organization_id",
        _name_of("organization"),
        *(f"product__{name}" for name in ("name", "color", "icon", "environment")),
        *_numbers(),
    )


def _name_of(whom: str) -> Coalesce:
    return Coalesce(NullIf(F(f"{whom}__name"), Value("")), F(f"{whom}__external_id"))


def counted(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """With numbers of what belongs to each; None stands for none.

    `event_count` and `tool_error_count` say how many, `rated_messages` how many of its messages are rated and
    `worst_rating` the worst of them as they stand (0 to 1), `has_feedback` whether words were written with a rating.
    """
    return conversations.annotate(**_numbers())


@cache
def _numbers() -> dict[str, Subquery | Exists]:
    """Made once: to put them together takes a tenth of the time of a page."""
    of_messages = Rating.objects.filter(message_id__isnull=False)
    return {
        "event_count": _over(Event.objects.all(), Count("*")),
        "tool_error_count": _over(Message.objects.filter(type=MessageType.TOOL_ERROR), Count("*")),
        "rated_messages": _over(of_messages, Count("message_id", distinct=True)),
        "worst_rating": _over(of_messages.shown(), Min("normalized")),
        "has_feedback": Exists(of_row(Rating.objects.exclude(feedback=""))),
    }


def _over(rows: QuerySet[Any], aggregate: Aggregate) -> Subquery:
    return Subquery(of_row(rows).order_by().values("conversation_id").annotate(found=aggregate).values("found"))


def of_row(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `rows` that belong to the conversation of the query around them."""
    return rows.filter(workspace_id=OuterRef("workspace_id"), conversation_id=OuterRef("id"))
