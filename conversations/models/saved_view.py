"""A saved view: a filter of the list of conversations under a name, one's own or shared with the team."""

from typing import Any, Self

from django.db import models
from django.db.models.deletion import Collector
from django.utils import timezone

from products.models import Member, Role, Workspace
from products.models.ids import new_id


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Reads of saved views, started from a workspace."""

    def seen_by(self, member: Member) -> Self:
        """The member's own and what others share, by name."""
        mine_or_shared = models.Q(member_id=member.id) | models.Q(shared_at__isnull=False)
        return self.filter(mine_or_shared, workspace_id=member.workspace_id).order_by("name", "id")

    def changed_by(self, member: Member) -> Self:
        """Those that the member may rename, share and delete: their own, and for admins whatever is shared."""
        if not member.has_role(Role.MEMBER):
            return self.none()
        mine = models.Q(member_id=member.id)
        if member.has_role(Role.ADMIN):
            mine |= models.Q(shared_at__isnull=False)
        return self.filter(mine, workspace_id=member.workspace_id)


def keep_shared(collector: Collector, field: Any, views: Any, using: str) -> None:
    """What happens to the views of a member who goes: those that they shared stay with the team, without an owner."""
    models.SET_NULL(collector, field, views.filter(shared_at__isnull=False), using)
    models.CASCADE(collector, field, views.filter(shared_at__isnull=True), using)


class SavedView(models.Model):
    """A filter under a name; `query` is `ConversationFilter.query`. Whoever opens it finds what they may see."""

    NAME_LENGTH = 60

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="saved_views", db_index=False)
    # None: who made it is no member any more, and it is the team's.
    member = models.ForeignKey(
        Member, keep_shared, null=True, related_name="saved_views", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.TextField(blank=True, default="")
    shared_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        db_table = "saved_view"
        # Readers of its index: the views of a workspace, and the delete of a member.
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "name"], name="saved_view_name_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def link(self) -> str:
        """The query string of the list that shows it."""
        return f"?{self.query}"

    def is_changed_by(self, member: Member) -> bool:
        """Whether this member, who sees it, may change it: as `changed_by` says."""
        if self.member_id == member.id:
            return member.has_role(Role.MEMBER)
        return self.shared_at is not None and member.has_role(Role.ADMIN)

    def share(self, *, shared: bool) -> None:
        """Let the team see it, or nobody else any more; the change is stored by `save`."""
        if shared != (self.shared_at is not None):
            self.shared_at = timezone.now() if shared else None
