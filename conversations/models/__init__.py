"""What was said, and by whom."""

from conversations.models.conversation import Conversation, ConversationQuerySet, Neighbours, conversations_of
from conversations.models.event import Event, Influence, ValueType
from conversations.models.export import Export, ExportChunk, Format
from conversations.models.message import Message, MessageQuerySet, MessageType, parent_ids
from conversations.models.model import Model
from conversations.models.note import Mention, Note, Review
from conversations.models.organization import Organization
from conversations.models.participant import Participant
from conversations.models.prompt import Component, Prompt, VersionPrompt
from conversations.models.prompt_use import PromptUse
from conversations.models.rating import Rating
from conversations.models.sampled_out import SampledOut
from conversations.models.saved_view import SavedView
from conversations.models.search_row import SearchRow
from conversations.models.tally import (
    ConversationTally,
    EventTally,
    OrganizationTally,
    ParticipantTally,
    ProductTally,
    Uncounted,
)

__all__ = [
    "Component",
    "Conversation",
    "ConversationQuerySet",
    "ConversationTally",
    "Event",
    "EventTally",
    "Export",
    "ExportChunk",
    "Format",
    "Influence",
    "Mention",
    "Message",
    "MessageQuerySet",
    "MessageType",
    "Model",
    "Neighbours",
    "Note",
    "Organization",
    "OrganizationTally",
    "Participant",
    "ParticipantTally",
    "ProductTally",
    "Prompt",
    "PromptUse",
    "Rating",
    "Review",
    "SampledOut",
    "SavedView",
    "SearchRow",
    "Uncounted",
    "ValueType",
    "VersionPrompt",
    "conversations_of",
    "parent_ids",
]
