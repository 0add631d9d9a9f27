"""What `POST /messages` takes and answers, as types: the wire's names, limits and rules.

Limits are Decision 6 of the contract. What a type cannot say (a parent that is the message itself, a date out of
range) is said by `accept`, which names the field in the same way.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from conversations.ingest.fields import MAX_PROPERTIES, ExternalId, Fraction, Name, Properties, Text
from conversations.models import MessageType

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
    emotion: str | None = None
    sentiment_label: Literal["positive", "neutral", "negative"] | None = None
    sentiment_score: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None


class Voice(msgspec.Struct, rename="camel", omit_defaults=True):
    """How one turn was spoken; times in milliseconds."""

    asr_confidence: Fraction | None = None
    audio_url: str | None = None
    barge_in: bool | None = None
    duration_ms: Milliseconds | None = None
    started_at: Milliseconds | None = None
    ended_at: Milliseconds | None = None
    response_latency_ms: Milliseconds | None = None
    silence_before_ms: Milliseconds | None = None
    speaker: str | None = None
    was_interrupted: bool | None = None
    prosody: Prosody | None = None


class Latency(msgspec.Struct, rename="camel", omit_defaults=True):
    """Average latencies of a call, in milliseconds."""

    asr_ms: Milliseconds | None = None
    llm_ms: Milliseconds | None = None
    tts_ms: Milliseconds | None = None
    e2e_ms: Milliseconds | None = None


class VoiceCall(msgspec.Struct, rename="camel", omit_defaults=True):
    """A whole call."""

    platform: (
        Literal["vapi", "retell", "elevenlabs", "openai_realtime", "livekit", "bland", "synthflow", "simpleai", "other"]
        | None
    ) = None
    platform_call_id: str | None = None
    duration_ms: Milliseconds | None = None
    ended_reason: str | None = None
    call_successful: bool | None = None
    interruption_count: Milliseconds | None = None
    silence_count: Milliseconds | None = None
    recording_url: str | None = None
    structured_outputs: Properties | None = None
    latency: Latency | None = None


class Component(msgspec.Struct, rename="camel", omit_defaults=True):
    """One part of a system prompt."""

    content: Text
    type: Literal["system", "user", "tool", "guardrail", "rag", "agent", "other"] | None = None
    source: Literal["customer", "participant", "greenflash", "agent"] | None = None
    name: str | None = None
    is_dynamic: bool | None = None
    component_id: UUID | None = None
    external_component_id: ExternalId | None = None


class SystemPrompt(msgspec.Struct, rename="camel", omit_defaults=True):
    """The system prompt of a conversation, by reference, by components or as plain content."""

    prompt_id: UUID | None = None
    external_prompt_id: ExternalId | None = None
    external_template_id: ExternalId | None = None  # what older integrations call externalPromptId
    components: Annotated[list[Component], msgspec.Meta(min_length=1, max_length=MAX_PROPERTIES)] | None = None
    content: Annotated[Text, msgspec.Meta(min_length=1)] | None = None
    variables: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.components is not None and self.content is not None:
            raise ValueError("Give either `content` or `components`, not both")
        if self.external_prompt_id is None:
            self.external_prompt_id = self.external_template_id


class NewMessage(msgspec.Struct, rename="camel", omit_defaults=True):
    """One message as sent: exactly one of `role` and `messageType`."""

    role: Literal["user", "assistant", "system"] | None = None
    message_type: Type | None = None
    content: Text | None = None
    context: Text | None = None
    created_at: str | None = None
    external_message_id: ExternalId | None = None
    parent_message_id: UUID | None = None
    parent_external_message_id: ExternalId | None = None
    tool_name: Name | None = None
    input: Any = None
    output: Any = None
    model: Name | None = None
    properties: Properties | None = None
    voice: Voice | None = None

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

    external_user_id: ExternalId
    messages: Annotated[list[NewMessage], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]
    product_id: UUID | None = None
    conversation_id: UUID | None = None
    external_conversation_id: ExternalId | None = None
    external_organization_id: ExternalId | None = None
    model: Name | None = None
    properties: Properties | None = None
    sample_rate: Fraction | None = None
    force_sample: bool | None = None
    system_prompt: Text | SystemPrompt | None = None
    voice_call: VoiceCall | None = None

    def __post_init__(self) -> None:
        if self.product_id is None and self.conversation_id is None and self.external_conversation_id is None:
            raise ValueError("Give at least one of `conversationId`, `externalConversationId` and `productId`")


class AcceptedMessage(msgspec.Struct, rename="camel", omit_defaults=True):
    """What became of one message; "deduplicated" when its external id was known already."""

    message_id: UUID
    message_type: str
    status: Literal["created", "deduplicated"]
    external_message_id: str | None = None


class MessagesCreated(msgspec.Struct, rename="camel", kw_only=True):
    """The answer of `POST /messages`, one entry for each message sent, in their order.

    What was sampled out says `sampledOut`, has no messages and an empty conversation id.
    """

    success: bool = True
    conversation_id: str
    messages: list[AcceptedMessage]
    system_prompt_prompt_id: str = ""
    system_prompt_component_ids: list[UUID] = []
    prompt_variables: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    sampled_out: bool | msgspec.UnsetType = msgspec.UNSET
