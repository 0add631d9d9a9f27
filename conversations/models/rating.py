"""A rating: what somebody thought of a conversation or of one message."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Left

from conversations.models.conversation import Conversation, is_thumb
from conversations.models.message import Message
from conversations.models.organization import Organization
from conversations.models.participant import Participant
from products.models import Product, Workspace
from products.models.ids import new_id

# What is low and what is high on the scale of 0 to 1 that every rating is brought to: 1 and 2 of 5 stars, 4 and 5.
LOW = 0.4
HIGH = 0.7
# So much of a rated message is shown beside its rating.
BEGINNING = 400


def rating_tone(normalized: float) -> str:
    """How a rating is shown: "negative", "caution" or "positive"."""
    return "negative" if normalized < LOW else "caution" if normalized < HIGH else "positive"


class RatingQuerySet(models.QuerySet["Rating"]):
    """Reads of ratings, started from a conversation."""

    def latest_of_messages(self) -> Self:
        """What each rated message shows."""
        return self.filter(message_id__isnull=False).order_by("message_id", "-rated_at", "-id").distinct("message_id")

    def for_feed(self) -> Self:
        """With whose it is and what was rated: `said`, the beginning of the message, and `tool_name`."""
        message = Message.objects.filter(workspace_id=OuterRef("workspace_id"), id=OuterRef("message_id"))
        rows = self.select_related("conversation", "product", "participant", "organization").annotate(
            said=Subquery(message.values(beginning=Left("content", BEGINNING))),
            tool_name=Subquery(message.values("tool_name")),
        )
        # Making models of whole rows of five tables took a fifth of the time of a page.
        return rows.only(
            *("value", "minimum", "maximum", "normalized", "feedback", "rated_at", "message_id"),
            *("conversation__title", "product__name", "participant__name", "participant__external_id"),
            *("organization__name", "organization__external_id"),
        )

    def shown(self) -> Self:
        """Those that no later one of the same conversation or message has replaced."""
        later = Rating.objects.annotate(target=Coalesce("message_id", "conversation_id")).filter(
            Q(rated_at__gt=OuterRef("rated_at")) | Q(rated_at=OuterRef("rated_at"), id__gt=OuterRef("id")),
            workspace_id=OuterRef("workspace_id"),
            conversation_id=OuterRef("conversation_id"),
            target=Coalesce(OuterRef("message_id"), OuterRef("conversation_id")),
        )
        return self.filter(~Exists(later))


class Rating(models.Model):
    """One rating on its own scale, and `normalized` to 0..1. All are kept; the latest by `rated_at` is shown.

    `message_id` is null where the whole conversation was rated.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="ratings", db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="ratings", db_constraint=False, db_index=False
    )
    # Those of the conversation as it was rated: so that each one's ratings are found without their conversations.
    product = models.ForeignKey(Product, models.CASCADE, related_name="ratings", db_constraint=False, db_index=False)
    participant = models.ForeignKey(
        Participant, models.CASCADE, related_name="ratings", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="ratings", db_constraint=False, db_index=False
    )
    message_id = models.UUIDField(null=True)
    value = models.FloatField()
    minimum = models.FloatField()
    maximum = models.FloatField()
    normalized = models.FloatField()
    feedback = models.TextField(default="", db_default="")
    rated_at = models.DateTimeField()
    created_at = models.DateTimeField()
    request_hash = models.UUIDField(null=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        db_table = "rating"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minimum__lt=models.F("maximum"))
                & models.Q(value__gte=models.F("minimum"))
                & models.Q(value__lte=models.F("maximum")),
                name="rating_on_its_scale",
            )
        ]
        indexes = [
            # Reader: a conversation's ratings and those of its messages, the latest first.
            models.Index(fields=["workspace", "conversation", "-rated_at", "-id"], name="rating_conversation_rated"),
            # Readers: the feed of ratings, how they are spread and how that goes by day.
            models.Index(
                fields=["workspace", "product", "-rated_at", "-id"], include=["normalized"], name="rating_product_rated"
            ),
            # Readers: one user's and one organization's ratings, and what they are in the mean.
            models.Index(
                fields=["workspace", "participant", "-rated_at", "-id"],
                include=["product", "normalized"],
                name="rating_participant_rated",
            ),
            models.Index(
                fields=["workspace", "organization", "-rated_at", "-id"],
                include=["product", "normalized"],
                condition=models.Q(organization__isnull=False),
                name="rating_organization_rated",
            ),
            # Reader: the list of conversations with feedback.
            models.Index(
                fields=["workspace", "conversation"], condition=~models.Q(feedback=""), name="rating_with_feedback"
            ),
            # Readers: the latest low ratings, and those that nobody has reviewed, on Home.
            models.Index(
                fields=["workspace", "-rated_at", "-id"],
                include=["conversation"],
                condition=models.Q(normalized__lt=LOW),
                name="rating_low_latest",
            ),
            # Reader: a request sent again, its first answer lost (greenflash_site/api/retries.py).
            models.Index(
                fields=["request_hash"], condition=models.Q(request_hash__isnull=False), name="rating_request_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value:g} of {self.maximum:g}"

    def save(self, **options: Any) -> None:
        """Store it as its conversation's: of the same product, user and organization."""
        self.product_id = self.conversation.product_id
        self.participant_id = self.conversation.participant_id
        self.organization_id = self.conversation.organization_id
        super().save(**options)

    @property
    def is_thumb(self) -> bool:
        """Whether it was given as thumb up or down."""
        return is_thumb(self.normalized, self.minimum, self.maximum)
