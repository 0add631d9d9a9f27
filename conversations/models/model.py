"""A model: what wrote the answers, made on first mention of its name."""

from django.db import models

from products.models import Workspace
from products.models.ids import new_id


class Model(models.Model):
    """A language model that a workspace's products use. `canonical_id` is its name as conversations carry it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="models", db_index=False)
    canonical_id = models.CharField(max_length=255)
    display_name = models.CharField(max_length=255)
    provider = models.CharField(max_length=120)
    family = models.CharField(max_length=120, blank=True, default="", db_default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "model"
        constraints = [models.UniqueConstraint(fields=["workspace", "canonical_id"], name="model_canonical_unique")]

    def __str__(self) -> str:
        return self.display_name
