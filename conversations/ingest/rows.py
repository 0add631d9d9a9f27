"""The messages of a request as rows, once they are known to keep the rules; `accept` hands them to the statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from conversations.ingest.contract import CreateMessages, NewMessage
from conversations.ingest.model_names import model_name
from conversations.ingest.rules import check_depth, check_properties, find_cycle, parse_time
from conversations.models import Conversation
from greenflash_site.api.errors import invalid
from products.models.ids import new_id_text

RESOLUTION = timedelta(microseconds=1)  # of a time in the database


class Row(msgspec.Struct, omit_defaults=True):
    """One message on its way into the database, named as accept.sql reads it."""

    i: int
    id: str
    type: str
    created_at: datetime
    external_id: str | None = None
    content: str | None = None
    context: str | None = None
    tool_name: str | None = None
    input: Any = None
    output: Any = None
    model: str | None = None
    parent_id: UUID | None = None
    parent_external_id: str | None = None
    properties: dict[str, Any] | None = None
    voice: Any = None


def message_rows(body: CreateMessages, now: datetime) -> list[Row]:
    """The messages as rows; of several with one external id in the request, the first."""
    rows: dict[str | int, Row] = {}
    # Without a time of its own a message happened as it arrived, after those sent before it.
    arrival = now
    for i, message in enumerate(body.messages):
        key = message.external_message_id or i
        rows.setdefault(key, _row(i, message, now, arrival))
        arrival += RESOLUTION
    parents = {
        row.external_id: row.parent_external_id
        for row in rows.values()
        if row.parent_external_id is not None and row.external_id is not None
    }
    if (cyclic := find_cycle(parents)) is not None:
        path = f"$.messages[{rows[cyclic].i}]"
        raise invalid("These messages are each other's parents.", path, code="parent_cycle")
    return list(rows.values())


def _row(i: int, message: NewMessage, now: datetime, arrival: datetime) -> Row:
    # Most messages have none of these.
    if message.properties:
        check_properties(message.properties, f"$.messages[{i}].properties")
    if message.input is not None:
        check_depth(message.input, f"$.messages[{i}].input")
    if message.output is not None:
        check_depth(message.output, f"$.messages[{i}].output")
    return Row(
        i=i,
        id=new_id_text(),
        type=message.type,
        created_at=arrival
        if message.created_at is None
        else parse_time(message.created_at, now=now, path=f"$.messages[{i}].createdAt"),
        external_id=message.external_message_id,
        content=message.content,
        context=message.context,
        tool_name=message.tool_name,
        input=message.input,
        output=message.output,
        model=model_name(message.model).canonical_id if message.model else None,
        parent_id=message.parent_message_id,
        parent_external_id=message.parent_external_message_id,
        properties=message.properties,
        voice=message.voice,
    )


def title_of(rows: Sequence[Row]) -> str:
    """The first thing the user said, on one line."""
    said = [row for row in rows if row.type == "user_message" and row.content and not row.content.isspace()]
    first = min(said, key=lambda row: row.created_at, default=None)
    return " ".join((first.content or "")[:4000].split())[: Conversation.TITLE_LENGTH] if first else ""
