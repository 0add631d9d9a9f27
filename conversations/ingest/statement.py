"""Calls `accept_messages`, the function in the database that stores a request (`accept.sql`): its arguments."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
from django.db import connection
from psycopg import errors as sql_errors
from psycopg.pq import ConnStatus, ExecStatus

from conversations.ingest.contract import CreateMessages, SystemPrompt, VoiceCall
from conversations.ingest.model_names import ModelName, model_name
from conversations.ingest.prompts import StoredPrompt
from conversations.ingest.rows import Row, title_of
from conversations.ingest.run import again_on_collision
from conversations.ingest.tokens import count_tokens
from conversations.models import MessageType
from greenflash_site.api.auth import Caller
from greenflash_site.api.retries import Attempt
from products.models.ids import new_id_text

CALL = b"select problem, conversation_id, created, existing from accept_messages($1::uuid, $2::jsonb, $3::jsonb)"


class NewModel(msgspec.Struct):
    """A model that the workspace may not have yet."""

    id: str
    canonical_id: str
    display_name: str
    provider: str
    family: str


class PromptUse(msgspec.Struct):
    """What something of a prompt counts in half tokens, once per conversation."""

    fingerprint: UUID
    half_tokens: int


class Parent(msgspec.Struct):
    """The parent of the message at place `i`, by id."""

    i: int
    id: UUID


class Request(msgspec.Struct, omit_defaults=True, kw_only=True):
    """All of a request but its messages, named as accept.sql reads it; the counts are those of all its messages."""

    now: datetime
    reachable: list[UUID]
    participant: str
    new_participant: str
    new_conversation: str
    title: str
    messages: int
    tool_calls: int
    first_at: datetime
    last_at: datetime
    properties: dict[str, Any]
    removed_properties: list[str]
    product: UUID | None = None
    version: UUID | None = None
    conversation: UUID | None = None
    external_conversation: str | None = None
    organization: str | None = None
    new_organization: str | None = None
    model: str | None = None
    model_of_messages: str | None = None
    new_models: list[NewModel] | None = None
    prompt: UUID | None = None
    prompt_variables: dict[str, str] | None = None
    prompt_uses: list[PromptUse] | None = None
    voice_call: VoiceCall | None = None
    lock: int | None = None
    request_hash: UUID | None = None
    external_ids: list[str] | None = None
    parents: list[Parent] | None = None


class Outcome(msgspec.Struct):
    """What the function tells: a `problem` and nothing else, or what became of the request.

    `existing` maps the external ids of messages that were there before to `[id, type]`, as JSON.
    """

    problem: str | None
    conversation_id: str
    created: bool
    existing: bytes


type Arguments = list[bytes]

TOOL_CALL = MessageType.TOOL_CALL.value


def arguments(
    body: CreateMessages,
    *,
    caller: Caller,
    rows: Sequence[Row],
    prompt: StoredPrompt | None,
    new_models: Sequence[ModelName],
    attempt: Attempt | None,
    now: datetime,
) -> Arguments:
    """What the function is called with: the workspace, the request and its messages."""
    properties = body.properties or {}
    variables = body.system_prompt.variables if isinstance(body.system_prompt, SystemPrompt) else None
    newest = caller.versions.get(body.product_id) if body.product_id else None
    uses = _prompt_uses(prompt, variables or {})
    times = [row.created_at for row in rows]
    request = Request(
        now=now,
        reachable=list(caller.versions),
        participant=body.external_user_id,
        new_participant=new_id_text(),
        new_conversation=new_id_text(),
        title=title_of(rows),
        messages=len(rows),
        tool_calls=[row.type for row in rows].count(TOOL_CALL),
        first_at=min(times),
        last_at=max(times),
        properties={key: value for key, value in properties.items() if value is not None},
        removed_properties=[key for key, value in properties.items() if value is None],
        product=body.product_id,
        version=prompt.version_id if prompt else newest,
        conversation=body.conversation_id,
        external_conversation=body.external_conversation_id,
        organization=body.external_organization_id,
        new_organization=new_id_text() if body.external_organization_id else None,
        model=model_name(body.model).canonical_id if body.model else None,
        model_of_messages=next((row.model for row in reversed(rows) if row.model), None),
        new_models=[
            NewModel(new_id_text(), name.canonical_id, name.display_name, name.provider, name.family)
            for name in new_models
        ]
        or None,
        prompt=prompt.id if prompt else None,
        prompt_variables=variables or None,
        prompt_uses=uses or None,
        voice_call=body.voice_call,
        lock=attempt.lock if attempt else None,
        request_hash=attempt.hash_at(now) if attempt else None,
        external_ids=[row.external_id for row in rows if row.external_id is not None] or None,
        parents=[Parent(row.i, row.parent_id) for row in rows if row.parent_id is not None] or None,
    )
    return [str(caller.workspace_id).encode(), msgspec.json.encode(request), msgspec.json.encode(rows)]


def _prompt_uses(prompt: StoredPrompt | None, variables: dict[str, str]) -> list[PromptUse]:
    """The prompt itself, and each value of a variable."""
    if prompt is None:
        return []
    values = [
        PromptUse(UUID(bytes=blake2b(f"{name}\0{value}".encode(), digest_size=16).digest()), count_tokens(value))
        for name, value in variables.items()
    ]
    return [PromptUse(prompt.id, prompt.tokens), *values]


def store(arguments: Arguments) -> Outcome:
    """Call the function: one statement, one transaction unless the caller has one."""
    return again_on_collision(partial(_call, arguments))


def _call(arguments: Arguments) -> Outcome:
    """By libpq itself: Django's cursor binds on the client's side, and psycopg's takes 128 µs for what takes 38 here.

    The caller's transaction, if there is one, has begun: `again_on_collision` made a savepoint in it. The call is not
    prepared: that would spare the database 30 µs, and ask us to know what each connection has forgotten.
    """
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    result = raw.pgconn.exec_params(CALL, arguments)
    if result.status != ExecStatus.TUPLES_OK:
        if raw.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(result.get_error_message())
        raise sql_errors.error_from_result(result)
    problem, conversation_id, created, existing = (result.get_value(0, column) for column in range(4))
    return Outcome(
        problem=problem.decode() if problem else None,
        conversation_id=conversation_id.decode() if conversation_id else "",
        created=created == b"t",
        existing=existing or b"{}",
    )
