"""A member without products asks to be added to some; gone once somebody did, or did not want to."""

from typing import Self

from django.db import models

from products.models.ids import new_id
from products.models.member import Member
from products.models.workspace import Workspace


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Reads of requests, started from a workspace."""

    def for_list(self) -> Self:
        """The longest waiting first, with who asks."""
        return self.select_related("member__person").order_by("created_at", "id")


class AccessRequest(models.Model):
    """That a member asks; asking twice is asking once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="access_requests", db_index=False)
    member = models.ForeignKey(
        Member, models.CASCADE, related_name="access_requests", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        db_table = "access_request"
        constraints = [models.UniqueConstraint(fields=["workspace", "member"], name="access_request_member_unique")]

    def __str__(self) -> str:
        return f"{self.member} asks"
