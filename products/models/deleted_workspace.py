"""The receipt of a deleted workspace: what was deleted, when and by whom; it outlives the workspace."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from products.models.ids import new_id


class DeletedWorkspace(models.Model):
    """A workspace that is being deleted or is gone. Holds no `workspace_id`: there will be none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    former_id = models.UUIDField()
    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=64)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(auto_now_add=True)
    # Rows there were when the job began, and those that are gone so far, by table.
    total = models.PositiveBigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "deleted_workspace"
        constraints = [models.UniqueConstraint(fields=["former_id"], name="deleted_workspace_former_id_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def done(self) -> int:
        """How many rows are gone."""
        return sum(self.counts.values())
