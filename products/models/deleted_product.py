"""The receipt of a deleted product: what was deleted, when and by whom; it outlives the product."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from products.models.ids import new_id
from products.models.member import Member, Role
from products.models.product import Environment
from products.models.workspace import Workspace


class DeletedProductQuerySet(models.QuerySet["DeletedProduct"]):
    """Reads of receipts, started from a member."""

    def seen_by(self, member: Member) -> Self:
        """Those of the workspace, for its admins."""
        return self.filter(workspace_id=member.workspace_id) if member.has_role(Role.ADMIN) else self.none()


class DeletedProduct(models.Model):
    """A product that is being deleted or is gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="deleted_products", db_index=False)
    former_id = models.UUIDField()
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=11, choices=Environment)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(auto_now_add=True)
    # Conversations there were when it was deleted, and rows that are gone so far, by table.
    total = models.PositiveBigIntegerField()
    counts = models.JSONField(default=dict)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = DeletedProductQuerySet.as_manager()

    class Meta:
        db_table = "deleted_product"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "former_id"], name="deleted_product_former_id_unique")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def done(self) -> int:
        """How many conversations are gone."""
        return int(self.counts.get("conversation", 0))
