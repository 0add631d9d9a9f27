"""Writes of organizations: POST makes or changes one, PUT changes one (Decision 8 of the contract)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from conversations import examples
from conversations.ingest.fields import ExternalId, FreeName, Properties
from conversations.ingest.properties import merge_parameters, merge_refusal
from conversations.ingest.rules import check_properties
from conversations.ingest.run import run
from conversations.models import Organization
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import not_found
from products.models.ids import new_id

STATEMENT = (Path(__file__).parent / "organizations.sql").read_text()


class UpdateOrganization(msgspec.Struct, rename="camel", kw_only=True):
    """What changes of an organization: what is not sent stays.

    `null` clears `name`; `properties` are merged at the top level, a key sent as `null` is removed.
    """

    examples: ClassVar = examples.UPDATE_ORGANIZATION

    name: FreeName | UnsetType | None = UNSET
    """The organization's name."""
    properties: Properties | None = None
    """Your own data about the organization: at most 100 and 1 MiB together with those that are stored."""


class CreateOrganization(UpdateOrganization, rename="camel", kw_only=True):
    """An organization by your own id, made if there is none yet."""

    examples: ClassVar = examples.CREATE_ORGANIZATION

    external_organization_id: ExternalId
    """Your own id of the organization."""


@dataclass(frozen=True)
class StoredOrganization:
    """An organization as it is now, and whether this request made it."""

    organization: Organization
    created: bool


def store_organization(
    body: UpdateOrganization, *, external_id: str, creates: bool, caller: Caller, now: datetime | None = None
) -> StoredOrganization:
    """Change the workspace's organization of this external id; where there is none, make it if this `creates`.

    Raises ApiError: 400 for what does not validate, 404 for an organization that is not there.
    """
    check_properties(body.properties, "$.properties")
    row = run(
        STATEMENT,
        {
            "workspace": caller.workspace_id,
            "external_id": external_id,
            "creates": creates,
            "name": None if body.name is UNSET else body.name or "",
            **merge_parameters(body.properties),
            "new_organization": new_id(),
            "now": now or datetime.now(UTC),
        },
    )
    if row["problem"] is not None:
        raise not_found() if row["problem"] == "organization_not_found" else merge_refusal(row["problem"])
    organization = Organization(
        id=row["id"],
        external_id=row["external_id"],
        name=row["name"],
        properties=msgspec.json.decode(row["properties"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
    return StoredOrganization(organization, created=row["created"])
