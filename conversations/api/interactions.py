"""Interactions: what the API calls a conversation that is read."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from conversations import examples
from conversations.models import Conversation, Message, MessageType, Rating, conversations_of, parent_ids
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.errors import not_found
from greenflash_site.api.pagination import OffsetPage, paginate
from products.models import Scope

Role = Literal["user", "assistant", "system", "tool_call", "observation", "final_response"]
ROLES: dict[str, Role] = {
    MessageType.USER_MESSAGE: "user",
    MessageType.ASSISTANT_MESSAGE: "assistant",
    MessageType.SYSTEM_MESSAGE: "system",
    MessageType.TOOL_CALL: "tool_call",
    MessageType.FINAL_RESPONSE: "final_response",
}


class InteractionsQuery(OffsetPage, kw_only=True, rename="camel"):
    """The query of `GET /interactions`."""

    product_id: UUID | None = None
    """Only those of this product."""
    version_id: UUID | None = None
    """Only those that began under this version of a product."""


class Interaction(msgspec.Struct, rename="camel", kw_only=True):
    """A conversation as the API tells it."""

    examples: ClassVar = examples.INTERACTION

    id: UUID
    external_id: str | None
    """Your own id of the conversation."""
    participant_id: UUID
    """The user it is with."""
    external_participant_id: str | None
    """Your own id of the user."""
    organization_id: UUID | None
    """The user's organization."""
    organization_external_id: str | None
    """Your own id of the organization."""
    product_id: UUID
    version_id: UUID
    """The version of the product that it began under."""
    model: str | None
    """The canonical name of its model."""
    rating: float | None
    """The latest rating of the conversation, on the scale from `ratingMin` to `ratingMax`."""
    rating_min: float | None
    rating_max: float | None
    feedback: str | None
    """What was said with that rating."""
    created_at: datetime
    updated_at: datetime
    properties: dict[str, Any]
    """Your own data about the conversation."""
    message_count: int
    tool_call_count: int
    """How many of its messages are tool calls."""
    last_message_at: datetime
    """When the last of its messages happened."""


class InteractionParticipant(msgspec.Struct, rename="camel", kw_only=True):
    """Who the conversation is with."""

    id: UUID
    external_id: str | None
    name: str | None
    email: str | None


class InteractionMessage(msgspec.Struct, rename="camel", kw_only=True):
    """One message; `role` has six values, `messageType` the exact one."""

    role: Role
    """Who spoke; every type that is none of the others is told as `observation`."""
    content: str
    """What was said; of a message without content its output, else its input, as JSON."""
    timestamp: datetime | None
    """When it happened."""
    id: UUID
    message_type: str
    """Its exact type."""
    external_message_id: str | None
    """Your own id of the message."""
    parent_message_id: UUID | None
    """The message that this one follows from."""
    tool_name: str | None
    input: Any
    output: Any
    model: str | None
    """The model that made it, where it was sent with one."""
    rating: float | None
    """The latest rating of the message, on the scale from `ratingMin` to `ratingMax`."""
    rating_min: float | None
    rating_max: float | None
    feedback: str | None
    """What was said with that rating."""


class InteractionDetail(Interaction, kw_only=True, rename="camel"):
    """A conversation with its participant and all its messages in order."""

    examples: ClassVar = examples.INTERACTION_DETAIL

    participant: InteractionParticipant | None
    messages: list[InteractionMessage]


@endpoint(Scope.READ, query=InteractionsQuery, answer=list[Interaction])
def list_interactions(request: ApiRequest, query: InteractionsQuery) -> Answer:
    """Conversations, those with the latest activity first."""
    conversations = conversations_of(request.caller.products).newest_first()
    if query.product_id is not None:
        conversations = conversations.filter(product_id=query.product_id)
    if query.version_id is not None:
        conversations = conversations.filter(version_id=query.version_id)
    rows = conversations.select_related("participant", "organization").defer("prompt_variables", "voice_call")
    return paginate(request, rows, query, as_struct=lambda row: Interaction(**_fields(row)))


@endpoint(Scope.READ, answer=InteractionDetail)
def get_interaction(request: ApiRequest, interaction_id: UUID) -> InteractionDetail:
    """One conversation, whole."""
    conversations = conversations_of(request.caller.products).select_related("participant", "organization")
    conversation = conversations.filter(id=interaction_id).first()
    if conversation is None:
        raise not_found()
    participant = conversation.participant
    # By the workspace as well: every index begins with it.
    here = {"workspace_id": conversation.workspace_id}
    messages = list(conversation.messages.filter(**here).in_order())
    parents = parent_ids(messages)
    ratings = {rating.message_id: rating for rating in conversation.ratings.filter(**here).latest_of_messages()}
    return InteractionDetail(
        **_fields(conversation),
        participant=InteractionParticipant(
            id=participant.id,
            external_id=participant.external_id,
            name=participant.name or None,
            email=participant.email or None,
        ),
        messages=[
            _message(message, parent_id=parents.get(message.id), rating=ratings.get(message.id)) for message in messages
        ],
    )


def message_in_full(message: Message) -> dict[str, Any]:
    """A message as the API tells it and with all else that is kept of it, for the page that shows it as JSON.

    `parentMessageId` is what was sent; a parent named by its external id is told as `parentExternalMessageId`.
    """
    ratings = message.conversation.ratings.filter(workspace_id=message.workspace_id, message_id=message.id)
    rating = ratings.latest_of_messages().first()
    told = _message(message, parent_id=message.parent_id, rating=rating)
    return {
        **msgspec.to_builtins(told),
        "parentExternalMessageId": message.parent_external_id,
        "context": message.context,
        "properties": message.properties,
        "voice": message.voice,
        "receivedAt": message.received_at.isoformat(),
    }


def _fields(conversation: Conversation) -> dict[str, Any]:
    organization = conversation.organization
    return {
        "id": conversation.id,
        "external_id": conversation.external_id,
        "participant_id": conversation.participant_id,
        "external_participant_id": conversation.participant.external_id,
        "organization_id": conversation.organization_id,
        "organization_external_id": organization.external_id if organization else None,
        "product_id": conversation.product_id,
        "version_id": conversation.version_id,
        "model": conversation.model or None,
        "rating": conversation.rating,
        "rating_min": conversation.rating_min,
        "rating_max": conversation.rating_max,
        "feedback": conversation.feedback,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "properties": conversation.properties,
        "message_count": conversation.message_count,
        "tool_call_count": conversation.tool_call_count,
        "last_message_at": conversation.last_message_at,
    }


def _message(message: Message, *, parent_id: UUID | None, rating: Rating | None) -> InteractionMessage:
    return InteractionMessage(
        role=ROLES.get(message.type, "observation"),
        content=_content(message),
        timestamp=message.created_at,
        id=message.id,
        message_type=message.type,
        external_message_id=message.external_id,
        parent_message_id=parent_id,
        tool_name=message.tool_name,
        input=message.input,
        output=message.output,
        model=message.model,
        rating=rating.value if rating else None,
        rating_min=rating.minimum if rating else None,
        rating_max=rating.maximum if rating else None,
        feedback=(rating.feedback or None) if rating else None,
    )


def _content(message: Message) -> str:
    """The content; without one its output, else its input, as compact JSON, else nothing (Decision 14)."""
    if message.content is not None:
        return message.content
    for value in (message.output, message.input):
        if value is not None:
            return msgspec.json.encode(value).decode()
    return ""
