"""A participant: somebody who talks to a product; "User" on the screens."""

from typing import Self

from django.db import models

from conversations.models.organization import SHOWN_NAME, Organization
from products.models import Workspace
from products.models.ids import new_id


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Reads of participants, started from a workspace."""

    def newest_first(self) -> Self:
        """Those made last, first."""
        return self.order_by("-created_at", "-id")


class Participant(models.Model):
    """An end user of a workspace's products, made on first mention of their external id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="participants", db_index=False)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True, default="")
    email = models.CharField(max_length=320, blank=True, default="")
    phone = models.CharField(max_length=64, blank=True, default="", db_default="")
    properties = models.JSONField(default=dict, db_default={})
    # Set once and for good: from then on name, email, phone and properties stay empty.
    anonymized_at = models.DateTimeField(null=True)
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="participants", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        db_table = "participant"
        constraints = [models.UniqueConstraint(fields=["workspace", "external_id"], name="participant_external_unique")]
        indexes = [
            # Readers: GET /users, of all and of one organization.
            models.Index(fields=["workspace", "-created_at", "-id"], name="participant_newest"),
            # Reader: the list of users by name.
            models.Index(models.F("workspace"), SHOWN_NAME, models.F("id"), name="participant_by_name"),
            models.Index(
                fields=["workspace", "organization", "-created_at", "-id"],
                condition=models.Q(organization__isnull=False),
                name="participant_organization",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id
