"""The one way in: a decoded request becomes rows by one statement, in one transaction, in one round trip.

Called by the endpoint and by our own commands; `accept.sql` beside this file is the statement.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
from django.db import connection, transaction
from psycopg import errors as sql_errors
from psycopg.rows import dict_row

from conversations.ingest.contract import (
    AcceptedMessage,
    CreateMessages,
    MessagesCreated,
    NewMessage,
)
from conversations.ingest.rules import check_depth, check_properties, find_cycle, parse_time
from conversations.models import Conversation
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError, forbidden, invalid, not_found
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "accept.sql").read_text()
# Each try that fails means that somebody else's request succeeded; more than a few in a row is not contention.
TRIES = 8
LOCKING_FROM = 6


class Row(msgspec.Struct, omit_defaults=True):
    """One message on its way into the database, named as accept.sql reads it."""

    i: int
    id: UUID
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


@dataclass(frozen=True)
class Accepted:
    """What became of a request, and whether it created anything (201) or only matched (200)."""

    answer: MessagesCreated
    created: bool


def accept(body: CreateMessages, *, caller: Caller, now: datetime | None = None) -> Accepted:
    """Store a request whole or not at all; it is committed when this returns.

    `now` is the time of arrival (the demo tells its story at times past). Raises ApiError: 400 for what does not
    validate, 403 for a product out of the key's reach, 404 for what is not in its workspace.
    """
    now = now or datetime.now(UTC)
    caller = _knowing_product(body, caller)
    rows = _rows(body, now)
    result = _store(_parameters(body, caller, rows, now))
    if result["problem"] in {"product_out_of_reach", "product_required"}:
        # Perhaps of a product made within the last second, which this process does not know of yet.
        result = _store(_parameters(body, caller.reload(), rows, now))
    if result["problem"] is not None:
        raise _refusal(result["problem"])
    # Django keeps psycopg from decoding JSON.
    existing: dict[str, list[str]] = msgspec.json.decode(result["existing"] or "{}")
    return _accepted(body, rows, existing, result)


def _knowing_product(body: CreateMessages, caller: Caller) -> Caller:
    """The caller, once the product named is known to be within reach; a product unknown to the cache is looked up."""
    if body.product_id is None:
        return caller
    if body.product_id not in caller.versions and body.product_id not in caller.out_of_reach:
        caller = caller.reload()
    if body.product_id in caller.out_of_reach:
        raise forbidden("product_out_of_reach", "This API key may not be used for this product.")
    if body.product_id not in caller.versions:
        raise not_found("There is no product with this id here.", "$.productId")
    return caller


def _rows(body: CreateMessages, now: datetime) -> list[Row]:
    """The messages as rows; of several with one external id in the request, the first."""
    check_properties(body.properties, "$.properties")
    if body.voice_call is not None:
        check_properties(body.voice_call.structured_outputs, "$.voiceCall.structuredOutputs")
    rows: dict[str | int, Row] = {}
    for i, message in enumerate(body.messages):
        key = message.external_message_id or i
        rows.setdefault(key, _row(i, message, now))
    known = {row.external_id: row for row in rows.values() if row.external_id is not None}
    cyclic = find_cycle({external_id: row.parent_external_id for external_id, row in known.items()})
    if cyclic is not None:
        path = f"$.messages[{known[cyclic].i}]"
        raise invalid("These messages are each other's parents.", path, code="parent_cycle")
    return list(rows.values())


def _row(i: int, message: NewMessage, now: datetime) -> Row:
    path = f"$.messages[{i}]"
    check_properties(message.properties, f"{path}.properties")
    check_depth(message.input, f"{path}.input")
    check_depth(message.output, f"{path}.output")
    return Row(
        i=i,
        id=new_id(),
        type=message.type,
        # Without a time of its own a message happened as it arrived, after those sent before it.
        created_at=now + timedelta(microseconds=i)
        if message.created_at is None
        else parse_time(message.created_at, now=now, path=f"{path}.createdAt"),
        external_id=message.external_message_id,
        content=message.content,
        context=message.context,
        tool_name=message.tool_name,
        input=message.input,
        output=message.output,
        model=message.model,
        parent_id=message.parent_message_id,
        parent_external_id=message.parent_external_message_id,
        properties=message.properties,
        voice=message.voice,
    )


def _title(rows: list[Row]) -> str:
    """The first thing the user said, on one line."""
    said = [row for row in rows if row.type == "user_message" and row.content and not row.content.isspace()]
    first = min(said, key=lambda row: row.created_at, default=None)
    return " ".join((first.content or "")[:4000].split())[: Conversation.TITLE_LENGTH] if first else ""


def _parameters(body: CreateMessages, caller: Caller, rows: list[Row], now: datetime) -> dict[str, Any]:
    properties = body.properties or {}
    return {
        "workspace": caller.workspace_id,
        "product": body.product_id,
        "version": caller.versions.get(body.product_id) if body.product_id else None,
        "products": [body.product_id] if body.product_id else list(caller.versions),
        "reachable": list(caller.versions),
        "conversation": body.conversation_id,
        "external_conversation": body.external_conversation_id,
        "organization": body.external_organization_id,
        "participant": body.external_user_id,
        "new_organization": new_id(),
        "new_participant": new_id(),
        "new_conversation": new_id(),
        "title": _title(rows),
        "model": body.model,
        "properties": _json({key: value for key, value in properties.items() if value is not None}),
        "removed_properties": [key for key, value in properties.items() if value is None],
        "system_prompt": None if body.system_prompt is None else _json(body.system_prompt),
        "voice_call": None if body.voice_call is None else _json(body.voice_call),
        "messages": _json(rows),
        "now": now,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _store(parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the statement; on a collision with another request run it again, which then sees what the other stored.

    If that does not end it the conversation, if it is there, is locked first. Not at once: such a lock comes before
    those of organization and participant, out of order. Twelve clients who begin one conversation together need two
    or three runs more; with the lock from the first on they deadlocked in most rounds, a second each time.
    """
    for attempt in range(TRIES):
        is_locking = attempt >= LOCKING_FROM
        try:
            with transaction.atomic() if is_locking or connection.in_atomic_block else nullcontext():
                if is_locking:
                    _lock_conversation(parameters)
                return _run(STATEMENT, parameters)
        except (sql_errors.DivisionByZero, sql_errors.DeadlockDetected, sql_errors.SerializationFailure):
            if attempt == TRIES - 1:
                raise ApiError(
                    503,
                    "busy",
                    "This conversation is being written by many at once. Try again.",
                    headers={"Retry-After": "1"},
                ) from None
        except sql_errors.ForeignKeyViolation:
            # The key's products are known for up to a second: this one was deleted within it.
            raise not_found("There is no product with this id here.", "$.productId") from None
    raise AssertionError("unreachable")


def _lock_conversation(parameters: dict[str, Any]) -> None:
    _run(
        "select 1 from conversation where workspace_id = %(workspace)s::uuid and (id = %(conversation)s::uuid or"
        " (product_id = any(%(products)s::uuid[]) and external_id = %(external_conversation)s::text)) for update",
        parameters,
    )


def _run(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One prepared statement on Django's own connection, past its cursor, which would bind on the client's side."""
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with psycopg.Cursor(raw, row_factory=dict_row) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cast("dict[str, Any]", cursor.fetchone() or {})


def _refusal(problem: str) -> ApiError:
    code, _, index = problem.partition(":")
    match code:
        case "conversation_not_found":
            return not_found("There is no conversation with this id here.", "$.conversationId")
        case "product_out_of_reach":
            return forbidden(code, "This API key may not be used for this conversation's product.")
        case "conversation_mismatch":
            return invalid("This conversation has another product or external id.", "$.conversationId", code=code)
        case "conversation_ambiguous":
            message = "Several products have a conversation with this external id. Send productId as well."
            return invalid(message, "$.externalConversationId", code=code)
        case "product_required":
            message = "No conversation has this external id yet. Send productId to begin one."
            return invalid(message, "$.productId", code=code)
        case _:
            return not_found(
                "This parent is not a message of the conversation.", f"$.messages[{index}].parentMessageId"
            )


def _accepted(
    body: CreateMessages, rows: list[Row], existing: dict[str, list[str]], result: dict[str, Any]
) -> Accepted:
    by_position = {row.i: row for row in rows}
    made: dict[str | None, Row] = {row.external_id: row for row in rows}
    answers = []
    for i, message in enumerate(body.messages):
        external_id = message.external_message_id
        stored = existing.get(external_id) if external_id else None
        row = by_position.get(i) or made[external_id]
        answers.append(
            AcceptedMessage(
                message_id=UUID(stored[0]) if stored else row.id,
                message_type=stored[1] if stored else row.type,
                status="created" if stored is None and row.i == i else "deduplicated",
                external_message_id=external_id,
            )
        )
    return Accepted(
        answer=MessagesCreated(conversation_id=result["conversation_id"], messages=answers),
        created=result["created"] or any(answer.status == "created" for answer in answers),
    )
