"""What the receipts of deletions have in common: what was deleted, when and by whom, and how far that is."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from products.models.ids import new_id

# A job that has not been heard of for so long has died with its worker.
SILENCE = timedelta(minutes=2)


class ReceiptQuerySet[R: models.Model](models.QuerySet[R]):
    """Reads of receipts."""

    def silent(self) -> Self:
        """Those whose deletion has begun, is not finished, and does not go on by itself."""
        return self.filter(finished_at=None, progressed_at__lt=timezone.now() - SILENCE)


class Receipt(models.Model):
    """Something that is being deleted or is gone; outlives it. `counts` are the rows that are gone so far, by table."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    former_id = models.UUIDField()
    name = models.CharField(max_length=120)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name
