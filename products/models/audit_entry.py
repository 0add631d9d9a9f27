"""The audit log: who did what to what, when, from where. Rows are only ever added."""

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from products.models.ids import new_id
from products.models.workspace import Workspace


class Action(models.TextChoices):
    """What was done; the part before the dot is what it was done to."""

    WORKSPACE_CREATED = "organization.created", "Organization created"
    WORKSPACE_CHANGED = "organization.changed", "Organization changed"
    MEMBER_JOINED = "member.joined", "Member joined"
    MEMBER_ROLE_CHANGED = "member.role_changed", "Role changed"
    MEMBER_REMOVED = "member.removed", "Member removed"
    MEMBER_LEFT = "member.left", "Member left"
    INVITATION_CREATED = "invitation.created", "Invitation sent"
    INVITATION_RESENT = "invitation.resent", "Invitation resent"
    INVITATION_REVOKED = "invitation.revoked", "Invitation revoked"
    PRODUCT_CREATED = "product.created", "Product created"
    PRODUCT_CHANGED = "product.changed", "Product changed"
    PRODUCT_ARCHIVED = "product.archived", "Product archived"
    PRODUCT_RESTORED = "product.restored", "Product restored"
    PRODUCT_DELETED = "product.deleted", "Product deleted"
    COLLABORATOR_ADDED = "collaborator.added", "Collaborator added"
    COLLABORATOR_REMOVED = "collaborator.removed", "Collaborator removed"
    ACCESS_REQUESTED = "access.requested", "Access asked for"
    ACCESS_REQUEST_DISMISSED = "access.dismissed", "Request for access dismissed"
    API_KEY_CREATED = "api_key.created", "API key created"
    API_KEY_ROTATED = "api_key.rotated", "API key rotated"
    API_KEY_REVOKED = "api_key.revoked", "API key revoked"
    CONVERSATIONS_EXPORTED = "conversations.exported", "Conversations exported"
    AUDIT_LOG_EXPORTED = "audit_log.exported", "Audit log exported"
    LOGGED_IN = "person.logged_in", "Logged in"
    PASSWORD_CHANGED = "person.password_changed", "Password changed"
    EMAIL_CHANGED = "person.email_changed", "Email address changed"
    SECOND_FACTOR_ADDED = "person.second_factor_added", "Second factor added"
    SECOND_FACTOR_REMOVED = "person.second_factor_removed", "Second factor removed"
    SESSION_ENDED = "person.session_ended", "Session ended"
    ACCOUNT_DELETED = "person.deleted", "Account deleted"


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Reads of the audit log, started from a workspace."""

    def newest_first(self) -> Self:
        """In the order of the list: ids are of UUIDv7, so they are in the order of time."""
        return self.order_by("-id")


class AuditEntry(models.Model):
    """One thing that somebody did. It names person and target as they were called, for both may go.

    `before` and `after` hold what changed, by field. `actor` is empty where a command of the operator's did it. The
    database takes the right to update, delete and truncate its rows from our own role (migration 0004): a guard against
    our own mistakes, not a wall, for the owner of a table can give itself the right back (`products.audit.erase`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No constraint: deleting what it points at would have to change it.
    workspace = models.ForeignKey(
        Workspace, models.DO_NOTHING, related_name="audit_entries", db_constraint=False, db_index=False
    )
    action = models.CharField(max_length=40)  # one of Action; not as choices, for those change without a migration
    actor_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=254, blank=True, default="")
    target_id = models.UUIDField(null=True)
    target = models.CharField(max_length=254, blank=True, default="")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        # Reader: the log of a workspace, newest first.
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_entry_workspace")]

    def __str__(self) -> str:
        return f"{self.action_name}: {self.target}"

    @property
    def action_name(self) -> str:
        """What was done, in words."""
        return Action(self.action).label

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """What changed: field, before and after, by name of the field; None where there was nothing."""
        return [
            (name.replace("_", " "), _shown(self.before.get(name)), _shown(self.after.get(name)))
            for name in sorted({*self.before, *self.after})
        ]


def _shown(value: Any) -> Any:
    """A list as its items, and all else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value
