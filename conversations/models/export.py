"""An export: a file of conversations, made by a job and kept in the database for a day: any machine can serve it."""

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from products.models import Member, Workspace
from products.models.ids import new_id


class Format(models.TextChoices):
    """What the file is."""

    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSONL"


class ExportQuerySet(models.QuerySet["Export"]):
    """Reads of exports, started from a workspace."""

    def of_member(self, member: Member) -> Self:
        """The member's own, as long as they see every product in them."""
        visible = [str(id) for id in member.visible_products().values_list("id", flat=True)]
        return self.filter(member_id=member.id, workspace_id=member.workspace_id, product_ids__contained_by=visible)

    def expired(self) -> Self:
        """Those whose day is over."""
        return self.filter(created_at__lt=timezone.now() - Export.KEPT)


class Export(models.Model):
    """The conversations of a filter as a file: `done` of `total` are in it so far."""

    KEPT = timedelta(days=1)
    # A job that has not been heard of for so long has died with its worker.
    SILENCE = timedelta(minutes=2)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="exports", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="exports", db_constraint=False, db_index=False)
    format = models.CharField(max_length=5, choices=Format)
    # ConversationFilter.query, the viewer's time zone, and the products within reach when it was asked for.
    query = models.TextField(blank=True, default="")
    zone = models.CharField(max_length=64)
    product_ids = models.JSONField()
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "export"
        indexes = [models.Index(fields=["workspace", "member", "-created_at"], name="export_member_newest")]
        constraints = [models.CheckConstraint(condition=models.Q(format__in=Format.values), name="export_format_known")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        """What the file is called when it is saved."""
        return file_name(self.workspace, self.format, self.created_at.date().isoformat())

    @property
    def has_failed(self) -> bool:
        """Whether it will not be finished any more."""
        is_silent = self.finished_at is None and timezone.now() - self.progressed_at > self.SILENCE
        return self.failed_at is not None or is_silent

    @property
    def expires_at(self) -> datetime:
        """When the file is deleted."""
        return self.created_at + self.KEPT

    def begin(self, total: int) -> None:
        """Start anew, with so many conversations to come; what an earlier try left is dropped."""
        self.chunks.filter(workspace_id=self.workspace_id).delete()
        self.total, self.done, self.size = total, 0, 0
        self.progressed_at = timezone.now()
        self.save(update_fields=["total", "done", "size", "progressed_at"])

    def append(self, data: bytes, *, done: int) -> None:
        """Store the next piece of the file, which brings it to `done` conversations."""
        # How long the file is so far puts the pieces in order.
        ExportChunk.objects.create(
            workspace_id=self.workspace_id, export=self, position=self.size, data=zlib.compress(data, 6)
        )
        self.done, self.size, self.progressed_at = done, self.size + len(data), timezone.now()
        self.save(update_fields=["done", "size", "progressed_at"])

    def finish(self) -> None:
        """The file is whole."""
        self.finished_at = self.progressed_at = timezone.now()
        self.save(update_fields=["finished_at", "progressed_at"])

    def fail(self) -> None:
        """Something went wrong; what there is of the file is of no use."""
        self.chunks.filter(workspace_id=self.workspace_id).delete()
        self.failed_at = timezone.now()
        self.save(update_fields=["failed_at"])

    def content(self) -> Iterator[bytes]:
        """The file, piece by piece."""
        positions = self.chunks.filter(workspace_id=self.workspace_id).order_by("position")
        for position in list(positions.values_list("position", flat=True)):
            chunk = positions.filter(position=position).values_list("data", flat=True).get()
            yield zlib.decompress(bytes(chunk))


class ExportChunk(models.Model):
    """A piece of an export's file, compressed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    export = models.ForeignKey(Export, models.CASCADE, related_name="chunks", db_constraint=False, db_index=False)
    position = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "export_chunk"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "export", "position"], name="export_chunk_position_unique")
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.export_id}"


def file_name(workspace: Workspace, format: str, day: str) -> str:
    """What a file of conversations is called: acme-conversations-2026-05-04.csv."""
    return f"{workspace.slug}-conversations-{day}.{format}"
