"""A conversation: one row with its counters, so that lists never read a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, F, FilteredRelation, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import GreaterThan

from conversations.models.organization import Organization
from conversations.models.participant import Participant
from conversations.models.prompt import Component, Prompt
from products.models import Product, ProductQuerySet, Version, Workspace
from products.models.ids import new_id

# Few last longer; those that do are found by an index of their own.
LONG = timedelta(days=1)
IS_LONG = GreaterThan(F("last_message_at") - F("first_message_at"), Value(LONG))


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Reads of conversations, started from `conversations_of(request.products)`."""

    def newest_first(self) -> Self:
        """By last activity, the newest first."""
        return self.order_by("-last_message_at", "-id")

    def for_reader(self) -> Self:
        """With what its page tells beside the messages: whom it was with, the parts of its system prompt, its review.

        `prompt_parts`, `reviewed_at` and `reviewed_by` (a name) come as they are, so that they cost no query.
        """
        components = Component.objects.filter(workspace_id=OuterRef("workspace_id"), prompt_id=OuterRef("prompt_id"))
        review = FilteredRelation("reviews", condition=Q(reviews__workspace_id=F("workspace_id")))
        return self.select_related("participant", "organization", "product").annotate(
            review=review,
            prompt_parts=ArraySubquery(components.order_by("position").values("content")),
            reviewed_at=F("review__reviewed_at"),
            reviewed_by=Coalesce(
                NullIf("review__reviewer__name", Value("")), "review__reviewer__email", output_field=models.CharField()
            ),
        )

    def uses_by(self, *fields: str) -> list[dict[str, Any]]:
        """By these fields how many there are (`count`), and when the last of them was active (`last_at`)."""
        return list(self.order_by().values(*fields).annotate(count=Count("*"), last_at=Max("last_message_at")))

    def older_than(self, at: datetime, id: UUID) -> Self:
        """Those after this place in `newest_first`."""
        # The plain bound beside the exact one is what the index is searched by.
        return self.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=id), last_message_at__lte=at)

    def newer_than(self, at: datetime, id: UUID) -> Self:
        """Those before this place in `newest_first`, the nearest first."""
        newer = self.filter(Q(last_message_at__gt=at) | Q(last_message_at=at, id__gt=id), last_message_at__gte=at)
        return newer.order_by("last_message_at", "id")

    def neighbours(self, conversation: "Conversation") -> "Neighbours":
        """Those right before and after a conversation in `newest_first`, whether it is among them or not."""
        return Neighbours(**dict(self.nearest(conversation.last_message_at, conversation.id)))

    def nearest(self, at: datetime, id: UUID) -> models.QuerySet["Conversation", tuple[str, UUID]]:
        """The ids of those right before and after this place, each with its side: "newer" or "older"."""
        newer = self.newer_than(at, id).annotate(side=Value("newer")).values_list("side", "id")[:1]
        older = self.newest_first().older_than(at, id).annotate(side=Value("older")).values_list("side", "id")[:1]
        return newer.union(older, all=True)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The ids of the conversations right before and after one in a list."""

    newer: UUID | None = None
    older: UUID | None = None


class Conversation(models.Model):
    """What was said between a participant and a product, in one go or over days.

    The function of ingest (conversations/ingest/accept.sql) is the only writer of the counters, but for the tokens of
    messages, which the worker's visits add (conversations/visits.py).
    """

    TITLE_LENGTH = 200

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="conversations", db_index=False)
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="conversations", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(Version, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    participant = models.ForeignKey(
        Participant, models.CASCADE, related_name="conversations", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="conversations", db_constraint=False, db_index=False
    )
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null: the caller gave none
    title = models.CharField(max_length=TITLE_LENGTH, default="", db_default="")
    model = models.CharField(max_length=255, default="", db_default="")
    properties = models.JSONField(default=dict, db_default={})
    # The latest it ran under (conversations/models/prompt.py), and the values of its {{variables}}.
    prompt = models.ForeignKey(
        Prompt, models.DO_NOTHING, null=True, related_name="conversations", db_constraint=False, db_index=False
    )
    prompt_variables = models.JSONField(null=True)
    voice_call = models.JSONField(null=True)
    message_count = models.PositiveIntegerField(default=0, db_default=0)
    tool_call_count = models.PositiveIntegerField(default=0, db_default=0)
    last_position = models.PositiveIntegerField(default=0, db_default=0)
    # Halves, because prompts count half (Decision 12 of the contract). Prompts are in it at once, messages up to the
    # position that the worker has counted.
    half_tokens = models.PositiveBigIntegerField(default=0, db_default=0)
    counted_position = models.PositiveIntegerField(default=0, db_default=0)
    # The position up to which it can be searched (conversations/models/search_row.py).
    indexed_position = models.PositiveIntegerField(default=0, db_default=0)
    # Since when it waits for a visit of the worker (conversations/visits.py); null: it has seen all.
    search_due_at = models.DateTimeField(null=True)
    # The latest rating of the conversation as a whole; `rating_normalized` is 0..1.
    rating = models.FloatField(null=True)
    rating_min = models.FloatField(null=True)
    rating_max = models.FloatField(null=True)
    rating_normalized = models.FloatField(null=True)
    feedback = models.TextField(null=True)  # noqa: DJ001 - null: rated without words, or not at all
    rated_at = models.DateTimeField(null=True)
    first_message_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ConversationQuerySet.as_manager()

    class Meta:
        db_table = "conversation"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "product", "external_id"],
                condition=Q(external_id__isnull=False),
                name="conversation_external_unique",
            )
        ]
        # What is filtered by stands in the first two, so that a filter which few pass is read from the index alone, in
        # order: 10 ms among 100,000 conversations, where the rows would take 50.
        indexes = [
            # Reader: the list of conversations, newest first, of all products one may see.
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                include=["product", "model", "message_count", "first_message_at"],
                name="conversation_workspace_last",
            ),
            # Readers: the same list of one product, GET /interactions, the counts by day on Home, and by model in
            # GET /models (the name of the model in this index costs a write less than an index of its own would).
            models.Index(
                fields=["workspace", "product", "-last_message_at", "-id"],
                include=["model", "message_count", "first_message_at"],
                name="conversation_product_last",
            ),
            # Reader: the list of a day long ago. What was alive then ended within a day, or is one of these.
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                include=["product", "first_message_at"],
                condition=Q(IS_LONG),
                name="conversation_long_last",
            ),
            # Readers: the worker's visits, those that wait longest first; how many wait, on a page of search.
            models.Index(
                fields=["search_due_at", "workspace"],
                condition=Q(search_due_at__isnull=False),
                name="conversation_search_due",
            ),
            # Readers: one user's and one organization's conversations, and the lists of users and organizations, which
            # find each one's latest in the products one may see.
            models.Index(
                fields=["workspace", "participant", "-last_message_at", "-id"],
                include=["product"],
                name="conversation_participant_last",
            ),
            models.Index(
                fields=["workspace", "organization", "-last_message_at", "-id"],
                include=["product"],
                condition=Q(organization__isnull=False),
                name="conversation_organization_last",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id or str(self.id)

    @property
    def tokens(self) -> int:
        """What it counts as usage, rounded down."""
        return self.half_tokens // 2


def is_thumb(normalized: float | None, minimum: float | None, maximum: float | None) -> bool:
    """Whether a rating was given as thumb up or down: whole steps of a scale of two or three."""
    return normalized in (0, 1) and (minimum, maximum) in ((0, 1), (-1, 1))


def conversations_of(products: ProductQuerySet | Sequence[Product]) -> ConversationQuerySet:
    """The conversations of products that somebody may see: where every read of a conversation starts.

    Products that were read already are named one by one: then the planner knows how many conversations they have, and
    chooses among the indexes well. Those of a query are joined, which saves a round trip.
    """
    # All are of one workspace, and every index begins with it: without it 300,000 conversations are read for a page.
    if isinstance(products, ProductQuerySet):
        workspace = products.order_by().values("workspace_id")[:1]
        return Conversation.objects.filter(workspace_id=Subquery(workspace), product_id__in=products.values("id"))
    if not products:
        return Conversation.objects.none()
    ids = [product.id for product in products]
    return Conversation.objects.filter(workspace_id=products[0].workspace_id, product_id__in=ids)
