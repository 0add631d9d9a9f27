"""Writes of events: what talk led to, kept once for each `insertId` (Decisions 10 and 11 of the contract)."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec

from conversations import examples
from conversations.ingest.fields import WITHOUT_NUL, ExternalId, Fraction, Name, Properties, Time
from conversations.ingest.refusals import conversation_path, refusal
from conversations.ingest.rules import check_properties, parse_time
from conversations.ingest.run import run
from conversations.ingest.sampling import count_sampled_out, is_kept
from conversations.models import Influence, ValueType
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError, invalid
from greenflash_site.api.openapi.schemas import when
from greenflash_site.api.retries import Attempt, stored_once
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "events.sql").read_text()
MAX_VALUE = 10_000
SCORES: dict[str, float] = {Influence.POSITIVE: 1, Influence.NEUTRAL: 0, Influence.NEGATIVE: -1}
# What Python, PostgreSQL and everybody else read as one number; not "1_000", "٣" or "1e999999".
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class CreateEvent(msgspec.Struct, rename="camel", kw_only=True):
    """Something that happened, like a purchase, a sign-up or a cancellation.

    `value` is text and reads as `valueType` says. `qualityImpactScore` follows from `influence` if it is not sent,
    `eventAt` is the time of arrival. An `insertId` of your own makes the event happen once, however often it is sent.
    """

    rules: ClassVar = (
        when("valueType", ["currency", "numeric"], {"properties": {"value": {"pattern": f"^{DECIMAL.pattern}$"}}}),
        when("valueType", ["boolean"], {"properties": {"value": {"enum": ["true", "false"]}}}),
    )
    examples: ClassVar = examples.CREATE_EVENT

    event_type: Name
    """What happened, in your own words."""
    product_id: UUID
    """The product it has to do with."""
    value: Annotated[str, msgspec.Meta(max_length=MAX_VALUE, extra_json_schema=WITHOUT_NUL)]
    """What it is worth: a number for `currency` and `numeric`, `true` or `false` for `boolean`, else any text."""
    value_type: Literal["currency", "numeric", "text", "boolean"] | None = None
    """How `value` reads; text when absent."""
    influence: Literal["positive", "negative", "neutral"] | None = None
    """Whether it is good news; neutral when absent."""
    quality_impact_score: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    """How much it tells of quality: -1 to 1; 1, 0 or -1 by `influence` when absent."""
    event_at: Time | None = None
    """When it happened: ISO 8601, from 1970 to 24 hours ahead."""
    user_id: UUID | None = None
    """The id of the user; 404 for one that is not there."""
    external_user_id: ExternalId | None = None
    """Your own id of the user, who is made on first mention."""
    organization_id: UUID | None = None
    """The id of the organization; 404 for one that is not there."""
    external_organization_id: ExternalId | None = None
    """Your own id of the organization, which is made on first mention."""
    conversation_id: UUID | None = None
    """The id of the conversation that led to it; 404 for one that is not there."""
    external_conversation_id: ExternalId | None = None
    """Your own id of that conversation; 404 for one that is not there."""
    properties: Properties | None = None
    """Your own data about the event."""
    insert_id: ExternalId | None = None
    """Your own id of the event: it is stored once, however often it is sent."""
    sample_rate: Fraction | None = None
    """How much to keep, by `insertId` where there is one."""
    force_sample: bool | None = None
    """Keep this event whatever the sample rate."""


@dataclass(frozen=True)
class StoredEvent:
    """The event's id, None when it was sampled out; and whether this request made it."""

    id: UUID | None
    created: bool


def store_event(
    body: CreateEvent, *, caller: Caller, attempt: Attempt | None = None, now: datetime | None = None
) -> StoredEvent:
    """Keep an event; it is committed when this returns (or with the caller's transaction).

    Raises ApiError: 400 for what does not validate, 403 for a product out of the key's reach, 404 for a conversation,
    user or organization that is named by an id and not there.
    """
    now = now or datetime.now(UTC)
    caller = caller.reaching(body.product_id)
    values = _values(body, now)
    if body.insert_id is not None:
        attempt = None  # the insert id tells by itself what was sent before

    def earlier(attempt: Attempt) -> StoredEvent | None:
        event = attempt.earlier(caller.workspace.events.all(), now)
        return StoredEvent(event.id, created=True) if event else None

    return stored_once(
        attempt, earlier=earlier, store=lambda: _store(body, values, caller=caller, attempt=attempt, now=now)
    )


def _values(body: CreateEvent, now: datetime) -> dict[str, Any]:
    check_properties(body.properties, "$.properties")
    value_type = body.value_type or ValueType.TEXT.value
    _check_value(body.value, value_type)
    influence = body.influence or Influence.NEUTRAL.value
    score = SCORES[influence] if body.quality_impact_score is None else body.quality_impact_score
    return {
        "type": body.event_type,
        "value": body.value,
        "value_type": value_type,
        "influence": influence,
        "quality_impact_score": score,
        "properties": msgspec.json.encode(body.properties or {}).decode(),
        "event_at": now if body.event_at is None else parse_time(body.event_at, now=now, path="$.eventAt"),
    }


def _check_value(value: str, value_type: str) -> None:
    if value_type == ValueType.BOOLEAN and value not in {"true", "false"}:
        raise invalid("A boolean value is 'true' or 'false'.", "$.value")
    if value_type in {ValueType.CURRENCY, ValueType.NUMERIC}:
        if not DECIMAL.fullmatch(value):
            raise invalid(f"A {value_type} value is a number, like '99.00'.", "$.value")
        if not isfinite(float(value)):
            raise invalid("The number is too large.", "$.value", code="number_too_large")


def _store(
    body: CreateEvent, values: dict[str, Any], *, caller: Caller, attempt: Attempt | None, now: datetime
) -> StoredEvent:
    if not body.force_sample and not is_kept(body.sample_rate, body.insert_id or secrets.token_hex()):
        count_sampled_out("events", workspace_id=caller.workspace_id, product_id=body.product_id, now=now)
        return StoredEvent(None, created=False)
    row = run(
        STATEMENT,
        {
            **values,
            "workspace": caller.workspace_id,
            "product": body.product_id,
            "reachable": list(caller.versions),
            "conversation": body.conversation_id,
            "external_conversation": body.external_conversation_id,
            "participant": body.user_id,
            "external_participant": body.external_user_id,
            "organization": body.organization_id,
            "external_organization": body.external_organization_id,
            "insert_id": body.insert_id,
            "event": new_id(),
            "new_participant": new_id(),
            "new_organization": new_id(),
            "lock": attempt.lock if attempt else None,
            "request_hash": attempt.hash_at(now) if attempt else None,
            "now": now,
        },
    )
    if row["problem"] is not None:
        raise _refusal(row["problem"], body)
    return StoredEvent(row["event"], created=row["created"])


def _refusal(problem: str, body: CreateEvent) -> ApiError:
    subject, _, _ = problem.partition("_")
    paths = {"participant": "$.userId", "organization": "$.organizationId"}
    return refusal(problem, paths.get(subject) or conversation_path(body.conversation_id))
