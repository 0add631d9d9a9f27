"""The one statement of ingest, `accept.sql`, and what it is run with."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from conversations.ingest.contract import CreateMessages, SystemPrompt
from conversations.ingest.model_names import ModelName, model_name
from conversations.ingest.prompts import StoredPrompt
from conversations.ingest.rows import Row, title_of
from conversations.ingest.run import run
from conversations.ingest.tokens import count_tokens
from greenflash_site.api.auth import Caller
from greenflash_site.api.retries import Attempt
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "accept.sql").read_text()
LOCK = """
select 1 from conversation where workspace_id = %(workspace)s::uuid and (id = %(conversation)s::uuid or
  (product_id = any(%(products)s::uuid[]) and external_id = %(external_conversation)s::text)) for update
"""


def store(parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the statement; when nothing else helps against a collision, with the conversation locked, if it is there."""
    return run(STATEMENT, parameters, lock=LOCK)


def parameters(
    body: CreateMessages,
    *,
    caller: Caller,
    rows: Sequence[Row],
    prompt: StoredPrompt | None,
    new_models: Sequence[ModelName],
    attempt: Attempt | None,
    now: datetime,
) -> dict[str, Any]:
    """What the statement is run with, named as it reads them."""
    properties = body.properties or {}
    variables = body.system_prompt.variables if isinstance(body.system_prompt, SystemPrompt) else None
    newest = caller.versions.get(body.product_id) if body.product_id else None
    return {
        "workspace": caller.workspace_id,
        "product": body.product_id,
        "version": prompt.version_id if prompt else newest,
        "products": [body.product_id] if body.product_id else list(caller.versions),
        "reachable": list(caller.versions),
        "conversation": body.conversation_id,
        "external_conversation": body.external_conversation_id,
        "organization": body.external_organization_id,
        "participant": body.external_user_id,
        "new_organization": new_id(),
        "new_participant": new_id(),
        "new_conversation": new_id(),
        "title": title_of(rows),
        "model": model_name(body.model).canonical_id if body.model else None,
        "model_of_messages": next((row.model for row in reversed(rows) if row.model), None),
        "new_models": _json([{"id": new_id(), **asdict(name)} for name in new_models]),
        "properties": _json({key: value for key, value in properties.items() if value is not None}),
        "removed_properties": [key for key, value in properties.items() if value is None],
        "prompt": prompt.id if prompt else None,
        "prompt_variables": _json(variables) if variables else None,
        "prompt_uses": _json(_prompt_uses(prompt, variables or {})),
        "voice_call": None if body.voice_call is None else _json(body.voice_call),
        "messages": _json(rows),
        "lock": attempt.lock if attempt else None,
        "request_hash": attempt.hash_at(now) if attempt else None,
        "now": now,
    }


def _prompt_uses(prompt: StoredPrompt | None, variables: dict[str, str]) -> list[dict[str, Any]]:
    """What a prompt counts in half tokens, once per conversation: itself, and each value of a variable."""
    if prompt is None:
        return []
    values = (
        (UUID(bytes=blake2b(f"{name}\0{value}".encode(), digest_size=16).digest()), count_tokens(value))
        for name, value in variables.items()
    )
    return [
        {"fingerprint": fingerprint, "half_tokens": tokens}
        for fingerprint, tokens in ((prompt.id, prompt.tokens), *values)
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
