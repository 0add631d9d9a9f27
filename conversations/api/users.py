"""Users: what the API calls a participant."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from conversations import examples
from conversations.ingest.fields import ExternalId
from conversations.ingest.participants import CreateUser, UpdateUser, store_participant
from conversations.models import Participant
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.schemas import Succeeded
from greenflash_site.api.pagination import OffsetPage, paginate
from products.models import Scope


class UsersQuery(OffsetPage, kw_only=True, rename="camel"):
    """The query of `GET /users`."""

    organization_id: UUID | None = None
    """Only those of this organization."""


class User(msgspec.Struct, rename="camel", kw_only=True):
    """A user of the workspace's products; `id` is ours, `externalId` yours."""

    examples: ClassVar = examples.USER

    id: UUID
    external_id: str
    name: str | None
    email: str | None
    phone: str | None
    anonymized: bool
    """Whether what is known of the user was erased, and stays so."""
    organization_id: UUID | None
    external_organization_id: str | None
    properties: dict[str, Any]
    """Your own data about the user."""
    created_at: datetime
    updated_at: datetime


class UserStored(msgspec.Struct, rename="camel", kw_only=True):
    """The user as it is now."""

    examples: ClassVar = examples.USER_STORED

    success: Succeeded = True
    participant: User


@endpoint(Scope.INGEST, body=CreateUser, answer=UserStored, statuses=(200, 201))
def create_user(request: ApiRequest, body: CreateUser) -> Answer:
    """Make a user or change what is sent of one: 201 when it is new, 200 when it was there."""
    stored = store_participant(body, external_id=body.external_user_id, creates=True, caller=request.caller)
    return Answer(body=UserStored(participant=_user(stored.participant)), status=201 if stored.created else 200)


@endpoint(Scope.INGEST, body=UpdateUser, answer=UserStored)
def update_user(request: ApiRequest, external_id: ExternalId, body: UpdateUser) -> UserStored:
    """Change what is sent of a user; 404 when there is none of this external id."""
    stored = store_participant(body, external_id=external_id, creates=False, caller=request.caller)
    return UserStored(participant=_user(stored.participant))


@endpoint(Scope.READ, query=UsersQuery, answer=list[User])
def list_users(request: ApiRequest, query: UsersQuery) -> Answer:
    """The workspace's users, the newest first."""
    participants = request.caller.workspace.participants.newest_first().select_related("organization")
    if query.organization_id is not None:
        participants = participants.filter(organization_id=query.organization_id)
    return paginate(request, participants, query, as_struct=_user)


def _user(participant: Participant) -> User:
    organization = participant.organization
    return User(
        id=participant.id,
        external_id=participant.external_id,
        name=participant.name or None,
        email=participant.email or None,
        phone=participant.phone or None,
        anonymized=participant.anonymized_at is not None,
        organization_id=participant.organization_id,
        external_organization_id=organization.external_id if organization else None,
        properties=participant.properties,
        created_at=participant.created_at,
        updated_at=participant.updated_at,
    )
