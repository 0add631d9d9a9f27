"""An invitation into a workspace: a link that works once, for seven days, for one address; kept as a hash."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from products.models.ids import new_id
from products.models.member import Role
from products.models.person import Person
from products.models.workspace import Workspace

LIFETIME = timedelta(days=7)


def generate_token() -> str:
    """The secret of a link: 256 bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored of it."""
    return sha256(token.encode()).digest()


def expiry() -> datetime:
    """When a link that is made now stops working."""
    return timezone.now() + LIFETIME


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of invitations, started from a workspace; by their token alone where none is known yet."""

    def pending(self) -> Self:
        """Neither accepted nor revoked; their time may be over, then they can be sent again."""
        return self.filter(accepted_at=None, revoked_at=None)

    def for_list(self) -> Self:
        """The pending ones, newest first, with who invited."""
        return self.pending().select_related("inviter").order_by("-created_at", "-id")

    def by_token(self, token: str) -> "Invitation | None":
        """The invitation that a link opens; None where it opens none (any more), for whatever reason."""
        return (
            self.pending()
            .filter(hash=hash_token(token), expires_at__gt=timezone.now(), workspace__deleted_at=None)
            .select_related("workspace", "inviter")
            .first()
        )

    def joined_by(self, token: str, person: Person) -> "Invitation | None":
        """The invitation by whose link this person became a member, which they still are."""
        joined = self.filter(hash=hash_token(token), accepted_by=person, accepted_at__isnull=False)
        return (
            joined.filter(workspace__deleted_at=None, workspace__members__person=person)
            .select_related("workspace")
            .first()
        )


class Invitation(models.Model):
    """Somebody is asked to join, in a role, perhaps as a collaborator of products."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations", db_index=False)
    email = models.EmailField()
    role = models.CharField(max_length=6, choices=Role, default=Role.MEMBER)
    # What the person will be a collaborator of; those that are gone by then are passed over.
    product_ids = models.JSONField(default=list)
    hash = models.BinaryField(max_length=32)
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=expiry)
    # Set when they sign up by the link; they are a member from `accepted_at` on, once their address is verified.
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="invitations")
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        db_table = "invitation"
        constraints = [
            # Links are looked up before a workspace is known.
            models.UniqueConstraint(fields=["hash"], name="invitation_hash_unique"),
            models.UniqueConstraint(
                "workspace",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_unique",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()
