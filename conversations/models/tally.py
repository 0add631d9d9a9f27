"""Tallies: what happened in each quarter of an hour, so that nobody counts messages to draw a chart.

Kept by the worker (conversations/tallies.py). Quarters, because every time zone's days begin at one.
"""

from django.db import models

from conversations.models.conversation import Conversation
from conversations.models.organization import Organization
from conversations.models.participant import Participant
from products.models import Product, Workspace


class Tally(models.Model):
    """What is counted. `quarter` is its beginning; messages are counted when they were said, ratings when given.

    Integers of both signs, because what is added may be negative.

    `conversations` are those that began then. `half_tokens` are of messages, `prompt_half_tokens` of system prompts
    (Decision 12 of the contract). `ratings` are those that stand: none that was replaced by a later one.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    quarter = models.DateTimeField()
    conversations = models.IntegerField(default=0)
    messages = models.IntegerField(default=0)
    user_messages = models.IntegerField(default=0)
    tool_calls = models.IntegerField(default=0)
    tool_errors = models.IntegerField(default=0)
    half_tokens = models.BigIntegerField(default=0)
    prompt_half_tokens = models.BigIntegerField(default=0)
    ratings = models.IntegerField(default=0)
    low_ratings = models.IntegerField(default=0)
    high_ratings = models.IntegerField(default=0)
    rating_sum = models.DecimalField(default=0)  # of ratings from 0 to 1

    class Meta:
        abstract = True


class ConversationTally(Tally):
    """What happened in one conversation; who spoke when is told by it, too."""

    pk = models.CompositePrimaryKey("workspace_id", "conversation_id", "quarter")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="tallies", db_constraint=False, db_index=False
    )
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    # Whose tally it was added to: a conversation may get an organization later on, and keeps it.
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "conversation_tally"
        indexes = [
            # Reader: the active users of products, day by day; of days on which they said something.
            models.Index(
                fields=["workspace", "product", "quarter"],
                include=["participant"],
                condition=models.Q(user_messages__gt=0),
                name="conversation_tally_users",
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} at {self.quarter}"


class ProductTally(Tally):
    """What happened in a product: the sum of its conversations' tallies."""

    pk = models.CompositePrimaryKey("workspace_id", "product_id", "quarter")

    class Meta:
        db_table = "product_tally"

    def __str__(self) -> str:
        return f"{self.product_id} at {self.quarter}"


class PeopleTally(models.Model):
    """What somebody has in a product, all in all: lists of users and of organizations are sorted by it.

    `conversations`, their `messages` and the `ratings` in them that stand; `events` that happened to them. `first_at`
    and `last_at` are of the conversations, null where there are events alone.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    conversations = models.IntegerField(default=0)
    messages = models.IntegerField(default=0)
    ratings = models.IntegerField(default=0)
    rating_sum = models.DecimalField(default=0)  # of ratings from 0 to 1
    events = models.IntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ParticipantTally(PeopleTally):
    """What a user has in a product."""

    pk = models.CompositePrimaryKey("workspace_id", "product_id", "participant_id")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="+", db_constraint=False, db_index=False)

    class Meta:
        db_table = "participant_tally"

    def __str__(self) -> str:
        return f"{self.participant_id} in {self.product_id}"


class OrganizationTally(PeopleTally):
    """What an organization's conversations have in a product."""

    pk = models.CompositePrimaryKey("workspace_id", "product_id", "organization_id")
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "organization_tally"

    def __str__(self) -> str:
        return f"{self.organization_id} in {self.product_id}"


class EventTally(models.Model):
    """The events of one type in a product; `value` is the sum of those that are numbers."""

    pk = models.CompositePrimaryKey("workspace_id", "product_id", "quarter", "type")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    quarter = models.DateTimeField()
    type = models.CharField(max_length=255)
    events = models.IntegerField(default=0)
    positive = models.IntegerField(default=0)
    negative = models.IntegerField(default=0)
    value = models.DecimalField(default=0)

    class Meta:
        db_table = "event_tally"

    def __str__(self) -> str:
        return f"{self.type} at {self.quarter}"


class Uncounted(models.Model):
    """Something that the worker has not counted yet: an event, or what is new about a conversation beside its messages.

    Each is a row of its own: one that is shared could be taken away with what another request has not committed yet.
    """

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    # Ids alone: what is deleted before it is counted needs no counting.
    conversation_id = models.UUIDField(null=True)
    event_id = models.UUIDField(null=True)

    class Meta:
        db_table = "uncounted"

    def __str__(self) -> str:
        return str(self.event_id or self.conversation_id)
