"""Organizations: the companies whose people talk to a workspace's products."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from conversations import examples
from conversations.ingest.fields import ExternalId
from conversations.ingest.organizations import CreateOrganization, UpdateOrganization, store_organization
from conversations.models import Organization as OrganizationRow
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.schemas import Succeeded
from greenflash_site.api.pagination import OffsetPage, paginate
from products.models import Scope


class Organization(msgspec.Struct, rename="camel", kw_only=True):
    """An organization; `id` is ours, `externalId` yours."""

    examples: ClassVar = examples.ORGANIZATION

    id: UUID
    external_id: str
    name: str | None
    properties: dict[str, Any]
    """Your own data about the organization."""
    created_at: datetime
    updated_at: datetime


class OrganizationStored(msgspec.Struct, rename="camel", kw_only=True):
    """The organization as it is now."""

    examples: ClassVar = examples.ORGANIZATION_STORED

    success: Succeeded = True
    organization: Organization


@endpoint(Scope.INGEST, body=CreateOrganization, answer=OrganizationStored, statuses=(200, 201))
def create_organization(request: ApiRequest, body: CreateOrganization) -> Answer:
    """Make an organization or change what is sent of one: 201 when it is new, 200 when it was there."""
    stored = store_organization(body, external_id=body.external_organization_id, creates=True, caller=request.caller)
    answer = OrganizationStored(organization=_organization(stored.organization))
    return Answer(body=answer, status=201 if stored.created else 200)


@endpoint(Scope.INGEST, body=UpdateOrganization, answer=OrganizationStored)
def update_organization(request: ApiRequest, external_id: ExternalId, body: UpdateOrganization) -> OrganizationStored:
    """Change what is sent of an organization; 404 when there is none of this external id."""
    stored = store_organization(body, external_id=external_id, creates=False, caller=request.caller)
    return OrganizationStored(organization=_organization(stored.organization))


@endpoint(Scope.READ, query=OffsetPage, answer=list[Organization])
def list_organizations(request: ApiRequest, query: OffsetPage) -> Answer:
    """The workspace's organizations, the newest first."""
    return paginate(request, request.caller.workspace.organizations.newest_first(), query, as_struct=_organization)


def _organization(row: OrganizationRow) -> Organization:
    return Organization(
        id=row.id,
        external_id=row.external_id,
        name=row.name or None,
        properties=row.properties,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
