"""Writes of users: `POST /users` makes or changes one, `PUT /users/{externalId}` changes one (Decision 8)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from conversations import examples
from conversations.ingest.fields import WITHOUT_NUL, ExternalId, FreeName, Properties
from conversations.ingest.properties import merge_parameters, merge_refusal
from conversations.ingest.refusals import refusal
from conversations.ingest.rules import EMAIL, check_email, check_properties
from conversations.ingest.run import run
from conversations.models import Organization, Participant
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError, not_found
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "participants.sql").read_text()

Email = Annotated[str, msgspec.Meta(max_length=320, extra_json_schema={"pattern": f"^{EMAIL.pattern}$"})]


class UpdateUser(msgspec.Struct, rename="camel", kw_only=True):
    """What changes of a user: what is not sent stays.

    `null` clears `name`, `email` and `phone`, and takes the user out of the organization; `properties` are merged at
    the top level, a key sent as `null` is removed. `anonymized: true` erases all of these but the organization, and
    keeps them empty for good.
    """

    examples: ClassVar = examples.UPDATE_USER

    name: FreeName | UnsetType | None = UNSET
    """The user's name, as people call them."""
    email: Email | UnsetType | None = UNSET
    """An address to know the user by; nothing is sent there."""
    phone: Annotated[str, msgspec.Meta(max_length=64, extra_json_schema=WITHOUT_NUL)] | UnsetType | None = UNSET
    """A telephone number, in any notation."""
    properties: Properties | None = None
    """Your own data about the user: at most 100 and 1 MiB together with those that are stored."""
    anonymized: bool | None = None
    """Erase what is known of the user and keep it erased. `false` undoes nothing."""
    organization_id: UUID | UnsetType | None = UNSET
    """The id of the user's organization; 404 for one that is not there."""
    external_organization_id: ExternalId | UnsetType | None = UNSET
    """Your own id of the user's organization, which is made on first mention."""


class CreateUser(UpdateUser, rename="camel", kw_only=True):
    """A user by your own id, made if there is none yet."""

    examples: ClassVar = examples.CREATE_USER

    external_user_id: ExternalId
    """Your own id of the user."""


@dataclass(frozen=True)
class StoredParticipant:
    """A participant as it is now, and whether this request made it."""

    participant: Participant
    created: bool


def store_participant(
    body: UpdateUser, *, external_id: str, creates: bool, caller: Caller, now: datetime | None = None
) -> StoredParticipant:
    """Change the workspace's participant of this external id; where there is none, make it if this `creates`.

    Raises ApiError: 400 for what does not validate, 404 for an organization or a participant that is not there.
    """
    check_properties(body.properties, "$.properties")
    if isinstance(body.email, str):
        check_email(body.email, "$.email")
    is_erased = body.anonymized is True
    row = run(
        STATEMENT,
        {
            "workspace": caller.workspace_id,
            "external_id": external_id,
            "creates": creates,
            "name": "" if is_erased else _text(body.name),
            "email": "" if is_erased else _text(body.email),
            "phone": "" if is_erased else _text(body.phone),
            **merge_parameters(None if is_erased else body.properties),
            "anonymized": is_erased,
            "moves": (body.organization_id, body.external_organization_id) != (UNSET, UNSET),
            "organization": body.organization_id or None,
            "external_organization": body.external_organization_id or None,
            "new_participant": new_id(),
            "new_organization": new_id(),
            "now": now or datetime.now(UTC),
        },
    )
    if row["problem"] is not None:
        raise _refusal(row["problem"])
    organization_id = row["organization_id"]
    participant = Participant(
        id=row["id"],
        external_id=row["external_id"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        properties=msgspec.json.decode(row["properties"]),
        anonymized_at=row["anonymized_at"],
        organization=Organization(id=organization_id, external_id=row["external_organization_id"])
        if organization_id
        else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
    return StoredParticipant(participant, created=row["created"])


def _text(sent: str | UnsetType | None) -> str | None:
    """What the column becomes: None leaves it as it is, and what is cleared is empty."""
    return None if sent is UNSET else sent or ""


def _refusal(problem: str) -> ApiError:
    if problem == "participant_not_found":
        return not_found()
    return refusal(problem, "$.organizationId") if problem.startswith("organization_") else merge_refusal(problem)
