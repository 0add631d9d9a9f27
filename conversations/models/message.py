"""A message: anything said, thought, called or observed in a conversation; the hot table."""

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Func, Q, Subquery, Value

from conversations.models.conversation import Conversation
from conversations.models.participant import Participant
from products.models import Workspace
from products.models.ids import new_id


class MessageType(models.TextChoices):
    """What a message is, as on the wire."""

    USER_MESSAGE = "user_message", "User"
    ASSISTANT_MESSAGE = "assistant_message", "Assistant"
    SYSTEM_MESSAGE = "system_message", "System"
    FINAL_RESPONSE = "final_response", "Final response"
    THOUGHT = "thought", "Thought"
    TOOL_CALL = "tool_call", "Tool call"
    OBSERVATION = "observation", "Observation"
    RETRIEVAL = "retrieval", "Retrieval"
    MEMORY_READ = "memory_read", "Memory read"
    MEMORY_WRITE = "memory_write", "Memory write"
    CHAIN_START = "chain_start", "Chain start"
    CHAIN_END = "chain_end", "Chain end"
    EMBEDDING = "embedding", "Embedding"
    TOOL_ERROR = "tool_error", "Tool error"
    CALLBACK = "callback", "Callback"
    LLM = "llm", "LLM"
    TASK = "task", "Task"
    WORKFLOW = "workflow", "Workflow"


def external_hash(external_id: str | Value, workspace: str | Value) -> Func:
    """64 bits of an external id, mixed with its workspace: what others call their messages ("1") is not in the way."""
    seed = Func(workspace, Value(0), function="uuid_hash_extended", output_field=models.BigIntegerField())
    return Func(external_id, seed, function="hashtextextended", output_field=models.BigIntegerField())


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages, started from a conversation."""

    def in_order(self) -> Self:
        """As they happened: by time, then by arrival."""
        return self.order_by("created_at", "position")

    def ending(self, count: int) -> "list[Message]":
        """The last `count`, in order."""
        return list(self.order_by("-created_at", "-position")[:count])[::-1]

    def called(self, external_ids: Iterable[str], *, conversation: Conversation) -> Self:
        """Those of a conversation that have these external ids, found one by one by their hashes."""
        workspace = Value(conversation.workspace_id, models.UUIDField())
        hashes = [external_hash(Value(id, models.TextField()), workspace) for id in external_ids]
        return self.alias(external_hash=external_hash("external_id", "workspace")).filter(
            conversation=conversation, external_id__in=external_ids, external_hash__in=hashes
        )

    def around(self, id: UUID, *, before: int, after: int) -> "list[Message]":
        """The message of this id, up to `before` before it and `after` after it, in order; [] if there is none."""
        # By scalar subqueries, so that one query does it; the plain bound beside the exact one is what the index is
        # searched by.
        place = self.filter(id=id).order_by()[:1]
        at, position = Subquery(place.values("created_at")), Subquery(place.values("position"))
        earlier = self.filter(Q(created_at__lt=at) | Q(created_at=at, position__lte=position), created_at__lte=at)
        later = self.filter(Q(created_at__gt=at) | Q(created_at=at, position__gt=position), created_at__gte=at)
        found = earlier.order_by("-created_at", "-position")[: before + 1].union(later.in_order()[:after], all=True)
        return sorted(found, key=lambda message: (message.created_at, message.position))


class Message(models.Model):
    """One message. `parent_id` and `parent_external_id` are kept as sent; a parent may arrive after its children."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    type = models.CharField(max_length=17, choices=MessageType)
    content = models.TextField(null=True)  # noqa: DJ001 - null: sent without one
    context = models.TextField(null=True)  # noqa: DJ001
    tool_name = models.CharField(max_length=255, null=True)  # noqa: DJ001
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    model = models.CharField(max_length=255, null=True)  # noqa: DJ001
    parent_id = models.UUIDField(null=True)
    parent_external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    properties = models.JSONField(null=True)
    voice = models.JSONField(null=True)
    # Set when somebody else than the conversation's first participant said it.
    participant = models.ForeignKey(
        Participant, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # On the first row that a request made, so that the request is known when it is sent again.
    request_hash = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "message"
        constraints = [
            # By a hash, with which it is a third as large and serves two readers: what is sent again, and a rating that
            # names a message by its external id alone. That two ids of one conversation have the same hash by chance
            # would take billions of messages in it.
            models.UniqueConstraint(
                external_hash("external_id", "workspace"),
                models.F("conversation"),
                condition=models.Q(external_id__isnull=False),
                name="message_external_unique",
            )
        ]
        indexes = [
            # Reader: a conversation in its order.
            models.Index(fields=["conversation", "created_at", "position"], name="message_conversation_order"),
            # Reader: the list of conversations with tool errors.
            models.Index(
                fields=["workspace", "conversation"],
                condition=models.Q(type=MessageType.TOOL_ERROR),
                name="message_tool_error",
            ),
            # Reader: a request sent again, its first answer lost (greenflash_site/api/retries.py). Its hash begins with
            # the minute, so new entries lie side by side.
            models.Index(
                fields=["request_hash"], condition=models.Q(request_hash__isnull=False), name="message_request_hash"
            ),
            # Reader: the database, when a participant is deleted.
            models.Index(
                fields=["workspace", "participant"],
                condition=models.Q(participant__isnull=False),
                name="message_participant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


def parent_ids(messages: Iterable[Message]) -> dict[UUID, UUID]:
    """The parent of each of `messages` that has one: by id, or by external id if it is among them by now."""
    ids = {message.external_id: message.id for message in messages if message.external_id is not None}
    parents = ((message.id, message.parent_id or ids.get(message.parent_external_id or "")) for message in messages)
    return {id: parent for id, parent in parents if parent is not None}
