"""How often something was tried lately, over all processes and machines (products/throttle.py counts and asks)."""

from django.db import models


class Attempts(models.Model):
    """The attempts at one thing in one window of time, which began with the first of them."""

    key_hash = models.BinaryField(primary_key=True, max_length=32)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "attempts"
        # Reader: the worker, which deletes what is over.
        indexes = [models.Index(fields=["expires_at"], name="attempts_expires")]

    def __str__(self) -> str:
        return f"{self.count} until {self.expires_at}"
