"""What `POST /messages` takes and answers, as types: the wire's names, limits and rules.

Limits are Decision 6 of the contract. What a type cannot say (a parent that is the message itself, a date out of
range) is said by `accept`, which names the field in the same way.
"""

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec

from conversations import examples
from conversations.ingest.fields import (
    MAX_PROPERTIES,
    ExternalId,
    Fraction,
    Id,
    Name,
    Properties,
    Text,
    Time,
    Variables,
)
from conversations.models import MessageType
from greenflash_site.api.openapi.schemas import Succeeded, any_of, exactly_one_of, given, not_both, when

MAX_MESSAGES = 1_000
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

ROLES = {
    "user": MessageType.USER_MESSAGE.value,
    "assistant": MessageType.ASSISTANT_MESSAGE.value,
    "system": MessageType.SYSTEM_MESSAGE.value,
}
Type = Literal[
    "user_message", "assistant_message", "system_message", "final_response", "thought", "tool_call", "observation",
    "retrieval", "memory_read", "memory_write", "chain_start", "chain_end", "embedding", "tool_error", "callback",
    "llm", "task", "workflow",
]  # fmt: skip


class Prosody(msgspec.Struct, rename="camel", omit_defaults=True):
    """Tone of one spoken turn."""

    arousal: Fraction | None = None
    """How excited the voice is."""
    emotion: Text | None = None
    """In your speech analysis' own words."""
    sentiment_label: Literal["positive", "neutral", "negative"] | None = None
    """The sentiment of the voice."""
    sentiment_score: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    """-1 (negative) to 1 (positive)."""


class Voice(msgspec.Struct, rename="camel", omit_defaults=True):
    """How one turn was spoken; times in milliseconds."""

    asr_confidence: Fraction | None = None
    """How sure the speech recognition is of the words."""
    audio_url: Text | None = None
    """Where the audio is; it is not fetched."""
    barge_in: bool | None = None
    """Whether this turn interrupted the other side."""
    duration_ms: Milliseconds | None = None
    """How long the turn lasted."""
    started_at: Milliseconds | None = None
    """When the turn began, in milliseconds since 1970."""
    ended_at: Milliseconds | None = None
    """When the turn ended, in milliseconds since 1970."""
    response_latency_ms: Milliseconds | None = None
    """From the end of the turn before to the first sound of this one."""
    silence_before_ms: Milliseconds | None = None
    """How long nobody spoke before it."""
    speaker: Text | None = None
    """Who spoke, where there are several."""
    was_interrupted: bool | None = None
    """Whether the other side interrupted this turn."""
    prosody: Prosody | None = None
    """Tone of the turn."""


class Latency(msgspec.Struct, rename="camel", omit_defaults=True):
    """Average latencies of a call, in milliseconds."""

    asr_ms: Milliseconds | None = None
    """Speech recognition."""
    llm_ms: Milliseconds | None = None
    """The model."""
    tts_ms: Milliseconds | None = None
    """Speech synthesis."""
    e2e_ms: Milliseconds | None = None
    """From the end of one turn to the begin of the next."""


class VoiceCall(msgspec.Struct, rename="camel", omit_defaults=True):
    """A whole call."""

    platform: (
        Literal["vapi", "retell", "elevenlabs", "openai_realtime", "livekit", "bland", "synthflow", "simpleai", "other"]
        | None
    ) = None
    """What carried the call."""
    platform_call_id: Text | None = None
    """The call's id there."""
    duration_ms: Milliseconds | None = None
    """How long the call lasted."""
    ended_reason: Text | None = None
    """Why it ended, in the platform's words."""
    call_successful: bool | None = None
    """Whether it reached its aim, as the platform sees it."""
    interruption_count: Milliseconds | None = None
    """How often one side interrupted the other."""
    silence_count: Milliseconds | None = None
    """How often nobody spoke for long."""
    recording_url: Text | None = None
    """Where the recording is; it is not fetched."""
    structured_outputs: Properties | None = None
    """What the platform drew from the call."""
    latency: Latency | None = None
    """Average latencies."""


class Component(msgspec.Struct, rename="camel", omit_defaults=True):
    """One part of a system prompt."""

    content: Text
    """The wording; `{{name}}` stands for a variable."""
    type: Literal["system", "user", "tool", "guardrail", "rag", "agent", "other"] | None = None
    """What it is; system when absent."""
    source: Literal["customer", "participant", "greenflash", "agent"] | None = None
    """Who wrote it; customer when absent."""
    name: Text | None = None
    """A name to know it by."""
    is_dynamic: bool | None = None
    """Whether it is made anew for each conversation."""
    component_id: UUID | None = None
    """The id of a component that the product has; 404 for another."""
    external_component_id: ExternalId | None = None
    """Your own id of it."""


class SystemPrompt(msgspec.Struct, rename="camel", omit_defaults=True):
    """The system prompt of a conversation, by reference, by components or as plain content."""

    rules: ClassVar = (
        any_of("content", "components", "promptId", "externalPromptId", "externalTemplateId"),
        not_both("content", "components"),
    )

    prompt_id: UUID | None = None
    """The id of a prompt that the product has; 404 for another."""
    external_prompt_id: ExternalId | None = None
    """Your own id of the prompt. Without `components` it must be known."""
    external_template_id: ExternalId | None = None
    """What older integrations call `externalPromptId`."""
    components: Annotated[list[Component], msgspec.Meta(min_length=1, max_length=MAX_PROPERTIES)] | None = None
    """The parts of the prompt, in order."""
    content: Annotated[Text, msgspec.Meta(min_length=1)] | None = None
    """The whole prompt as one component."""
    variables: Variables | None = None
    """The values of the `{{placeholders}}`."""

    def __post_init__(self) -> None:
        if self.components is not None and self.content is not None:
            raise ValueError("Give either `content` or `components`, not both")
        if self.external_prompt_id is None:
            self.external_prompt_id = self.external_template_id
        if not (self.content or self.components or self.prompt_id or self.external_prompt_id):
            raise ValueError("Say which prompt: give `content`, `components`, `promptId` or `externalPromptId`")


class NewMessage(msgspec.Struct, rename="camel", omit_defaults=True):
    """One message as sent: exactly one of `role` and `messageType`."""

    rules: ClassVar = (
        exactly_one_of("role", "messageType"),
        not_both("parentMessageId", "parentExternalMessageId"),
        when("messageType", ["tool_call"], given("toolName")),
    )

    role: Literal["user", "assistant", "system"] | None = None
    """Who spoke, in a simple chat."""
    message_type: Type | None = None
    """What it is, in an agent's work."""
    content: Text | None = None
    """What was said: what people read and analyses work on."""
    context: Text | None = None
    """What the answer was made from, like retrieved documents."""
    created_at: Time | None = None
    """When it happened: ISO 8601, from 1970 to 24 hours ahead; its arrival when absent.

    A time without an offset is read as UTC, a bare date as its midnight.
    """
    external_message_id: ExternalId | None = None
    """Your own id, unique in the conversation: a message that is sent again is stored once."""
    parent_message_id: UUID | None = None
    """The id of the message that this one follows from."""
    parent_external_message_id: ExternalId | None = None
    """Your own id of that message, which may arrive later."""
    tool_name: Name | None = None
    """The tool; a `tool_call` needs one."""
    input: Any = None
    """What went in, in any JSON."""
    output: Any = None
    """What came out, in any JSON."""
    model: Name | None = None
    """The model that made this message, where it differs from the conversation's."""
    properties: Properties | None = None
    """Your own data about the message."""
    voice: Voice | None = None
    """How it was spoken."""

    def __post_init__(self) -> None:
        if (self.role is None) == (self.message_type is None):
            raise ValueError("Give exactly one of `role` and `messageType`")
        if self.parent_message_id is not None and self.parent_external_message_id is not None:
            raise ValueError("Give either `parentMessageId` or `parentExternalMessageId`, not both")
        if self.parent_external_message_id is not None and self.parent_external_message_id == self.external_message_id:
            raise ValueError("A message cannot be its own parent")
        if self.message_type == "tool_call" and self.tool_name is None:
            raise ValueError("A tool_call needs a `toolName`")

    @property
    def type(self) -> str:
        """The message's type, whichever way it was given."""
        return self.message_type or ROLES[self.role or ""]


class CreateMessages(msgspec.Struct, rename="camel", omit_defaults=True):
    """The body of `POST /messages`: messages of one conversation with one user."""

    rules: ClassVar = (any_of("productId", "conversationId", "externalConversationId"),)
    examples: ClassVar = examples.CREATE_MESSAGES

    external_user_id: ExternalId
    """Your own id of the user, who is made on first mention."""
    messages: Annotated[list[NewMessage], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]
    """In the order they happened."""
    product_id: UUID | None = None
    """The product. Alone it begins a new conversation."""
    conversation_id: UUID | None = None
    """The id of a conversation that is there; 404 for another."""
    external_conversation_id: ExternalId | None = None
    """Your own id of the conversation, unique in its product. It is begun on first mention, which needs `productId`."""
    external_organization_id: ExternalId | None = None
    """Your own id of the user's organization, which is made on first mention."""
    model: Name | None = None
    """The model of the conversation."""
    properties: Properties | None = None
    """Your own data about the conversation; they are merged into those it has, `null` removes one."""
    sample_rate: Fraction | None = None
    """How much to keep: a conversation is kept or dropped whole, the same way each time."""
    force_sample: bool | None = None
    """Keep this request whatever the sample rate."""
    system_prompt: Text | SystemPrompt | None = None
    """The system prompt: its wording, or a prompt by id or by components."""
    voice_call: VoiceCall | None = None
    """The call, for a conversation that was spoken."""

    def __post_init__(self) -> None:
        if self.product_id is None and self.conversation_id is None and self.external_conversation_id is None:
            raise ValueError("Give at least one of `conversationId`, `externalConversationId` and `productId`")


class AcceptedMessage(msgspec.Struct, rename="camel", omit_defaults=True):
    """What became of one message; "deduplicated" when its external id was known already."""

    message_id: Id
    """Our id of the message."""
    message_type: str
    """Its exact type."""
    status: Literal["created", "deduplicated"]
    """Whether it was stored now or known before."""
    external_message_id: str | None = None
    """Your own id, where it has one."""


class MessagesCreated(msgspec.Struct, rename="camel", kw_only=True):
    """The answer of `POST /messages`, one entry for each message sent, in their order.

    What was sampled out says `sampledOut`, has no messages and an empty conversation id.
    """

    examples: ClassVar = examples.MESSAGES_CREATED

    success: Succeeded = True
    conversation_id: str
    """Our id of the conversation."""
    messages: list[AcceptedMessage]
    """What became of each message, in the order sent."""
    system_prompt_prompt_id: str = ""
    """The id of the prompt that was stored; empty without one."""
    system_prompt_component_ids: list[UUID] = []
    """The ids of its components, in order."""
    prompt_variables: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    """The variables as sent."""
    sampled_out: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether the sample rate dropped the request; nothing was stored then."""
