"""The receipt of a deleted workspace."""

from django.db import models

from products.models.receipt import Receipt, ReceiptQuerySet


class DeletedWorkspace(Receipt):
    """A workspace that is being deleted or is gone. Holds no `workspace_id`: there will be none.

    `total` are the rows there were when the job began.
    """

    slug = models.CharField(max_length=64)
    total = models.PositiveBigIntegerField(null=True)

    objects = ReceiptQuerySet["DeletedWorkspace"].as_manager()

    class Meta:
        db_table = "deleted_workspace"
        constraints = [models.UniqueConstraint(fields=["former_id"], name="deleted_workspace_former_id_unique")]

    @property
    def done(self) -> int:
        """How many rows are gone."""
        return sum(self.counts.values())
