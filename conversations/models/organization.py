"""An organization: a company whose people talk to a workspace's products."""

from typing import Self

from django.db import models
from django.db.models.functions import Coalesce, Lower, NullIf

from products.models import Workspace
from products.models.ids import new_id

# By what users and organizations are sorted: what they are called, their external id where they have no name.
SHOWN_NAME = Lower(Coalesce(NullIf(models.F("name"), models.Value("")), models.F("external_id")))


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Reads of organizations, started from a workspace."""

    def newest_first(self) -> Self:
        """Those made last, first."""
        return self.order_by("-created_at", "-id")


class Organization(models.Model):
    """A customer company, made on first mention of its external id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="organizations", db_index=False)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True, default="")
    properties = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        db_table = "organization"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="organization_external_unique")
        ]
        indexes = [
            # Reader: GET /organizations.
            models.Index(fields=["workspace", "-created_at", "-id"], name="organization_newest"),
            # Reader: the list of organizations by name.
            models.Index(models.F("workspace"), SHOWN_NAME, models.F("id"), name="organization_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id
