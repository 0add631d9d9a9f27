"""Conversations as a file: CSV with a row for each, JSONL with all that was said; of any number, piece by piece.

The view streams a small file at once; of a large one the worker keeps the pieces (conversations/tasks.py).
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import batched, groupby
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from conversations.models import Conversation, ConversationQuerySet, Event, Format, Message, Rating
from conversations.rows import counted
from products import spreadsheet
from products.models import Workspace
from products.spreadsheet import BYTE_ORDER_MARK, iso, lines

CONTENT_TYPES = {Format.CSV: spreadsheet.CONTENT_TYPE, Format.JSONL: "application/jsonl; charset=utf-8"}
# Conversations read at once, and messages: a longer conversation goes through by itself.
CONVERSATIONS = 500
MESSAGES = 2_000


def as_file(format: str, found: ConversationQuerySet, workspace: Workspace) -> Iterator[tuple[int, bytes]]:
    """The file of the conversations that are `found` now, the newest first: how many are in it by now, and a piece."""
    batches = _batches(found, workspace)
    return _csv(batches, workspace) if format == Format.CSV else _jsonl(batches, workspace)


def _batches(found: ConversationQuerySet, workspace: Workspace) -> Iterator[list[Conversation]]:
    """All of them in order, some at a time.

    Their ids stay behind a cursor of the server, so that what arrives meanwhile moves none of them out of the file.
    """
    ids = found.newest_first().values_list("id", flat=True).iterator(chunk_size=CONVERSATIONS * 10)
    rows = counted(Conversation.objects.filter(workspace_id=workspace.id)).select_related(
        "participant", "organization", "product"
    )
    for batch in batched(ids, CONVERSATIONS, strict=False):
        by_id = {row.id: row for row in rows.filter(id__in=batch)}
        yield [by_id[id] for id in batch if id in by_id]  # one may have been deleted meanwhile


def _csv(batches: Iterable[list[Conversation]], workspace: Workspace) -> Iterator[tuple[int, bytes]]:
    """A row for each conversation."""
    done = 0
    yield done, BYTE_ORDER_MARK + lines([[*COLUMNS, "url"]])
    pages = f"{settings.GREENFLASH.url}/{workspace.slug}/conversations/"
    for batch in batches:
        done += len(batch)
        yield done, lines([*[read(row) for read in COLUMNS.values()], f"{pages}{row.id}/"] for row in batch)


COLUMNS: dict[str, Callable[[Any], Any]] = {
    "id": lambda row: row.id,
    "external_id": lambda row: row.external_id,
    "title": lambda row: row.title,
    "product": lambda row: row.product.name,
    "environment": lambda row: row.product.environment,
    "user_id": lambda row: row.participant.external_id,
    "user_name": lambda row: row.participant.name,
    "user_email": lambda row: row.participant.email,
    "organization_id": lambda row: row.organization and row.organization.external_id,
    "organization_name": lambda row: row.organization and row.organization.name,
    "model": lambda row: row.model,
    "messages": lambda row: row.message_count,
    "tool_calls": lambda row: row.tool_call_count,
    "tool_errors": lambda row: row.tool_error_count or 0,
    "events": lambda row: row.event_count or 0,
    "rating": lambda row: row.rating,
    "rating_min": lambda row: row.rating_min,
    "rating_max": lambda row: row.rating_max,
    "feedback": lambda row: row.feedback,
    "rated_messages": lambda row: row.rated_messages or 0,
    "first_message_at": lambda row: row.first_message_at,
    "last_message_at": lambda row: row.last_message_at,
}


def _jsonl(batches: Iterable[list[Conversation]], workspace: Workspace) -> Iterator[tuple[int, bytes]]:
    """A line for each conversation with its messages, ratings and events, in the words of the API."""
    done = 0
    for batch in batches:
        about = _about([row.id for row in batch], workspace)
        for few in _few_messages(batch):
            done += len(few)
            if len(few) == 1:
                yield from ((done, piece) for piece in _long_line(few[0], about[few[0].id], workspace))
            else:
                said = _by_conversation(_messages([row.id for row in few], workspace))
                yield done, b"".join(_line(row, about[row.id], said.get(row.id, [])) for row in few)


def _few_messages(batch: list[Conversation]) -> Iterator[list[Conversation]]:
    """The batch in parts of few enough messages to be held at once; a longer conversation is a part of its own."""
    part: list[Conversation] = []
    size = 0
    for row in batch:
        if part and size + row.message_count > MESSAGES:
            yield part
            part, size = [], 0
        part.append(row)
        size += row.message_count
    yield part


def _messages(ids: list[UUID], workspace: Workspace) -> Iterator[Message]:
    found = Message.objects.filter(workspace_id=workspace.id, conversation_id__in=ids)
    return found.order_by("conversation_id", "created_at", "position").iterator(chunk_size=500)


def _by_conversation[R: (Message, Rating, Event)](rows: Iterable[R]) -> dict[UUID, list[R]]:
    """Rows that come ordered by their conversation."""
    return {id: list(group) for id, group in groupby(rows, lambda row: row.conversation_id) if id is not None}


def _about(ids: list[UUID], workspace: Workspace) -> dict[UUID, dict[str, Any]]:
    """The ratings and events of these conversations."""
    ratings = Rating.objects.filter(workspace_id=workspace.id, conversation_id__in=ids)
    events = Event.objects.filter(workspace_id=workspace.id, conversation_id__in=ids)
    rated = _by_conversation(ratings.order_by("conversation_id", "rated_at", "id"))
    happened = _by_conversation(events.order_by("conversation_id", "event_at", "id"))
    return {
        id: {
            "ratings": [_rating(rating) for rating in rated.get(id, [])],
            "events": [_event(event) for event in happened.get(id, [])],
        }
        for id in ids
    }


def _line(row: Conversation, about: dict[str, Any], messages: Iterable[Message]) -> bytes:
    return msgspec.json.encode(_conversation(row) | about | {"messages": [_message(each) for each in messages]}) + b"\n"


def _long_line(row: Conversation, about: dict[str, Any], workspace: Workspace) -> Iterator[bytes]:
    """The line of one conversation, some messages at a time."""
    yield msgspec.json.encode(_conversation(row) | about)[:-1] + b',"messages":['
    for number, messages in enumerate(batched(_messages([row.id], workspace), 500, strict=False)):
        yield b"," * bool(number) + b",".join(msgspec.json.encode(_message(message)) for message in messages)
    yield b"]}\n"


def _conversation(row: Conversation) -> dict[str, Any]:
    return {
        "id": row.id,
        "externalConversationId": row.external_id,
        "title": row.title,
        "productId": row.product_id,
        "product": row.product.name,
        "environment": row.product.environment,
        "externalUserId": row.participant.external_id,
        "userName": row.participant.name,
        "userEmail": row.participant.email,
        "externalOrganizationId": row.organization.external_id if row.organization else None,
        "organizationName": row.organization.name if row.organization else None,
        "model": row.model,
        "properties": row.properties,
        "messageCount": row.message_count,
        "toolCallCount": row.tool_call_count,
        "firstMessageAt": iso(row.first_message_at),
        "lastMessageAt": iso(row.last_message_at),
    }


def _message(message: Message) -> dict[str, Any]:
    told = {
        "id": message.id,
        "externalMessageId": message.external_id,
        "parentMessageId": message.parent_id,
        "parentExternalMessageId": message.parent_external_id,
        "messageType": message.type,
        "content": message.content,
        "context": message.context,
        "toolName": message.tool_name,
        "input": message.input,
        "output": message.output,
        "model": message.model,
        "properties": message.properties,
        "createdAt": iso(message.created_at),
    }
    return {name: value for name, value in told.items() if value is not None}


def _rating(rating: Rating) -> dict[str, Any]:
    return {
        "messageId": rating.message_id,
        "rating": rating.value,
        "ratingMin": rating.minimum,
        "ratingMax": rating.maximum,
        "feedback": rating.feedback,
        "ratedAt": iso(rating.rated_at),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "eventType": event.type,
        "value": event.value,
        "valueType": event.value_type,
        "influence": event.influence,
        "properties": event.properties,
        "eventAt": iso(event.event_at),
    }
