"""What the API remembers of requests: answers under an `Idempotency-Key`, and how many came by each key."""

from django.db import models

from products.models.api_key import ApiKey
from products.models.workspace import Workspace


class RequestKey(models.Model):
    """An `Idempotency-Key` and the answer that was given under it; kept for a day (greenflash_site/api/retries.py)."""

    pk = models.CompositePrimaryKey("workspace_id", "key")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0, db_default=0)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "request_key"
        # Reader: the worker, which deletes what is older than a day.
        indexes = [models.Index(fields=["created_at"], name="request_key_created")]

    def __str__(self) -> str:
        return self.key


class RequestCount(models.Model):
    """How many requests came by a key in a minute, over all processes and machines (greenflash_site/api/limits.py)."""

    pk = models.CompositePrimaryKey("api_key_id", "minute", "workspace_id")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    minute = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    class Meta:
        db_table = "request_count"

    def __str__(self) -> str:
        return f"{self.count} at {self.minute}"
