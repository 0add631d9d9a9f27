"""What a row of a list of conversations shows beside its own columns: ratings of messages, events, failed tools."""

from functools import cache
from typing import Any

from django.db.models import Aggregate, Count, Exists, Min, OuterRef, QuerySet, Subquery

from conversations.models import ConversationQuerySet, Event, Message, MessageType, Rating


def for_list(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Rows of a list, the newest first, with what is `counted`."""
    return counted(conversations.for_list())


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
