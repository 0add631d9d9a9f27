"""An event: what talk led to, like a purchase, a sign-up or a cancellation."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from conversations.models.conversation import Conversation
from conversations.models.organization import Organization
from conversations.models.participant import Participant
from greenflash_site.compiled import AnyOf
from products.models import Product, Workspace
from products.models.ids import new_id


class ValueType(models.TextChoices):
    """How an event's value reads."""

    CURRENCY = "currency", "Currency"
    NUMERIC = "numeric", "Numeric"
    TEXT = "text", "Text"
    BOOLEAN = "boolean", "Boolean"


class Influence(models.TextChoices):
    """Whether an event is good news."""

    POSITIVE = "positive", "Positive"
    NEGATIVE = "negative", "Negative"
    NEUTRAL = "neutral", "Neutral"


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of events, started from products that somebody may see."""

    def for_feed(self, products: Sequence[UUID]) -> Self:
        """With whose it is, and `talk_id`: the conversation it names, else its user's last with these before it."""
        talks = Conversation.objects.filter(
            AnyOf("product_id", products),
            workspace_id=OuterRef("workspace_id"),
            participant_id=OuterRef("participant_id"),
            last_message_at__lte=OuterRef("event_at"),
        )
        rows = self.select_related("product", "participant", "organization").annotate(
            talk_id=Coalesce("conversation_id", Subquery(talks.newest_first().values("id")[:1]))
        )
        return rows.only(
            *("type", "value", "influence", "event_at", "conversation_id", "product__name", "participant__name"),
            *("participant__external_id", "organization__name", "organization__external_id"),
        )


class Event(models.Model):
    """A business event of a product. `value` is kept as sent; `insert_id` is the caller's own, which happens once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="events", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="events", db_constraint=False, db_index=False)
    participant = models.ForeignKey(
        Participant, models.CASCADE, null=True, related_name="events", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="events", db_constraint=False, db_index=False
    )
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, null=True, related_name="events", db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=255)
    value = models.TextField()
    value_type = models.CharField(max_length=8, choices=ValueType, default=ValueType.TEXT)
    influence = models.CharField(max_length=8, choices=Influence, default=Influence.NEUTRAL)
    quality_impact_score = models.FloatField()
    properties = models.JSONField(default=dict, db_default={})
    insert_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null: the caller gave none
    event_at = models.DateTimeField()
    created_at = models.DateTimeField()
    request_hash = models.UUIDField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "event"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "insert_id"],
                condition=models.Q(insert_id__isnull=False),
                name="event_insert_unique",
            ),
            models.CheckConstraint(condition=models.Q(value_type__in=ValueType.values), name="event_value_type_known"),
            models.CheckConstraint(condition=models.Q(influence__in=Influence.values), name="event_influence_known"),
        ]
        indexes = [
            # Reader: a product's events, the latest first.
            models.Index(fields=["workspace", "product", "-event_at", "-id"], name="event_product_at"),
            # Reader: the events of one conversation, in its transcript.
            models.Index(
                fields=["workspace", "conversation", "event_at"],
                condition=models.Q(conversation__isnull=False),
                name="event_conversation_at",
            ),
            # Readers: what happened to one user, and to one organization.
            models.Index(
                fields=["workspace", "participant", "-event_at", "-id"],
                include=["product"],
                condition=models.Q(participant__isnull=False),
                name="event_participant_at",
            ),
            models.Index(
                fields=["workspace", "organization", "-event_at", "-id"],
                include=["product"],
                condition=models.Q(organization__isnull=False),
                name="event_organization_at",
            ),
            # Reader: a request sent again, its first answer lost (greenflash_site/api/retries.py).
            models.Index(
                fields=["request_hash"], condition=models.Q(request_hash__isnull=False), name="event_request_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.value}"
