"""The receipt of a deleted product."""

from typing import Self

from django.db import models

from products.models.member import Member, Role
from products.models.product import Environment
from products.models.receipt import Receipt, ReceiptQuerySet
from products.models.workspace import Workspace


class DeletedProductQuerySet(ReceiptQuerySet["DeletedProduct"]):
    """Reads of receipts, started from a member."""

    def seen_by(self, member: Member) -> Self:
        """Those of the workspace, for its admins."""
        return self.filter(workspace_id=member.workspace_id) if member.has_role(Role.ADMIN) else self.none()


class DeletedProduct(Receipt):
    """A product that is being deleted or is gone. `total` are the conversations it had then."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="deleted_products", db_index=False)
    environment = models.CharField(max_length=11, choices=Environment)
    total = models.PositiveBigIntegerField()

    objects = DeletedProductQuerySet.as_manager()

    class Meta:
        db_table = "deleted_product"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "former_id"], name="deleted_product_former_id_unique")
        ]

    @property
    def done(self) -> int:
        """How many conversations are gone."""
        return int(self.counts.get("conversation", 0))
