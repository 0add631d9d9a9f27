"""An organization: a company whose people talk to a workspace's products."""

from django.db import models

from products.models import Workspace
from products.models.ids import new_id


class Organization(models.Model):
    """A customer company, made on first mention of its external id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="organizations", db_index=False)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True, default="")
    properties = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "organization"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="organization_external_unique")
        ]

    def __str__(self) -> str:
        return self.name or self.external_id
