"""The one way into the audit log: each change records itself, in its own transaction."""

from typing import Any

from django.db import connection, models, transaction

from greenflash_site.http import client_address
from products.models import Action, AuditEntry, Person, Workspace

NAME_LENGTH = 254


def record(
    workspace: Workspace,
    action: Action,
    *,
    acting_user: Person | None,
    target: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add what `acting_user` (None: a command of the operator's) did to `target`, with the fields that changed.

    Call it inside the transaction of the change, so that there is neither one without the other.
    """
    return AuditEntry.objects.create(
        workspace_id=workspace.id,
        action=action,
        actor_id=acting_user.id if acting_user else None,
        actor=acting_user.email if acting_user else "",
        target_id=target.pk,
        target=str(target)[:NAME_LENGTH],
        before=before or {},
        after=after or {},
        address=client_address.get(),
    )


def record_for(person: Person, action: Action, **change: dict[str, Any]) -> None:
    """Add what a person did about their own account to the log of each of their organizations.

    `change` is `before` and `after` of `record`.
    """
    for membership in person.memberships.select_related("workspace"):
        record(membership.workspace, action, acting_user=person, target=person, **change)


def changes(instance: models.Model, fields: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of these fields is other than stored: the values before, and those that `instance` has now.

    For forms, which change the instance before it is saved.
    """
    stored = type(instance)._default_manager.filter(pk=instance.pk).values(*fields).first() or {}
    changed = [name for name in fields if stored.get(name) != getattr(instance, name)]
    return {name: stored.get(name) for name in changed}, {name: getattr(instance, name) for name in changed}


def erase(workspace: Workspace) -> int:
    """Delete the log of an organization that is deleted, and say how many entries it had.

    Our role gives itself the right to for the length of a transaction; nobody else sees it have that.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("grant delete on audit_entry to current_user")
        count, _ = AuditEntry.objects.filter(workspace_id=workspace.id).delete()
        cursor.execute("revoke delete on audit_entry from current_user")
    return count
