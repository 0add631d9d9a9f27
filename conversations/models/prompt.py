"""Prompts: what a product tells its model, kept once per wording and never changed."""

from django.db import models

from products.models import Product, Version, Workspace
from products.models.ids import new_id


class Prompt(models.Model):
    """One wording of a prompt, found again by its fingerprint (conversations/ingest/prompts.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="prompts", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="prompts", db_constraint=False, db_index=False)
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null: the caller gave none
    name = models.CharField(max_length=255, default="", db_default="")
    role = models.CharField(max_length=255, default="system", db_default="system")
    fingerprint = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "prompt"
        constraints = [models.UniqueConstraint(fields=["workspace", "fingerprint"], name="prompt_fingerprint_unique")]
        # Reader: the newest wording under the caller's own id, when a message names it.
        indexes = [models.Index(fields=["workspace", "product", "external_id", "-id"], name="prompt_external")]

    def __str__(self) -> str:
        return self.name or self.external_id or str(self.id)

    def components_in_order(self) -> "models.QuerySet[Component]":
        """Its parts, as they follow each other."""
        return self.components.order_by("position")


class Component(models.Model):
    """One part of a prompt, in the prompt's order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="components", db_constraint=False, db_index=False)
    position = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    type = models.CharField(max_length=9)
    source = models.CharField(max_length=11)
    name = models.CharField(max_length=255, null=True)  # noqa: DJ001
    content = models.TextField()
    is_dynamic = models.BooleanField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "component"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "prompt", "position"], name="component_position_unique")
        ]

    def __str__(self) -> str:
        return self.name or f"{self.prompt} {self.position}"


class VersionPrompt(models.Model):
    """A prompt that belongs to a version of its product."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="prompts", db_constraint=False, db_index=False)
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions", db_constraint=False, db_index=False)

    class Meta:
        db_table = "version_prompt"
        # The prompt first: a message names the prompt, and its version is looked for.
        constraints = [models.UniqueConstraint(fields=["workspace", "prompt", "version"], name="version_prompt_unique")]

    def __str__(self) -> str:
        return f"{self.prompt} in {self.version}"
