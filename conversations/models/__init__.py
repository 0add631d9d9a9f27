"""What was said, and by whom."""

from conversations.models.conversation import Conversation, ConversationQuerySet, conversations_of
from conversations.models.message import Message, MessageQuerySet, MessageType, parent_ids
from conversations.models.organization import Organization
from conversations.models.participant import Participant

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "MessageQuerySet",
    "MessageType",
    "Organization",
    "Participant",
    "conversations_of",
    "parent_ids",
]
