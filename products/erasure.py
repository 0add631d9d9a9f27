"""Deleting a workspace: gone for everybody at once, its rows batch by batch, and a receipt that stays.

What tables there are is asked of Django, and what index finds a workspace's rows of the database, so that no table of
tomorrow is forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.utils import timezone

from products import audit
from products.models import AuditEntry, DeletedWorkspace, Member, Role, Workspace

# A batch is short, so that who else needs the rows' pages or the disk never waits long for it.
BATCH = 2_000
# Rows of others are not read on the way, also where a table is mostly this workspace's.
BY_INDEX = "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off"
# What is counted before somebody confirms: no further than this.
COUNTED = 100_000
# On the confirming page: what a person would miss, by table.
SHOWN = {
    "product": "products",
    "conversation": "conversations",
    "message": "messages",
    "participant": "users",
    "organization": "customer organizations",
    "rating": "ratings",
    "event": "events",
    "note": "notes",
    "saved_view": "saved views",
    "api_key": "API keys",
    "member": "members",
}


@transaction.atomic
def delete_workspace(workspace: Workspace, *, acting_member: Member) -> DeletedWorkspace:
    """Take the workspace from everybody; its rows are left to `erase_some`. PermissionDenied for any but an owner."""
    locked = Workspace.objects.select_for_update(no_key=True).filter(id=workspace.id, deleted_at=None).first()
    acting = Member.objects.filter(workspace_id=workspace.id, id=acting_member.id, role=Role.OWNER).first()
    if locked is None or acting is None:
        raise PermissionDenied
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at"])
    return DeletedWorkspace.objects.create(
        former_id=locked.id, name=locked.name, slug=locked.slug, deleted_by=acting_member.person
    )


def what_will_be_gone(workspace: Workspace) -> list[tuple[str, int]]:
    """What the workspace holds of what people miss: the word and the number, up to `COUNTED`."""
    tables = {each.name: each for table in tables_of_workspaces() for each in (table, *table.children)}
    counts = [(word, tables[name].count(workspace.id, limit=COUNTED)) for name, word in SHOWN.items()]
    return [(word, count) for word, count in counts if count]


def erase_some(receipt: DeletedWorkspace, *, seconds: float) -> bool:
    """Delete rows for about so long, at half the pace that is possible; True once nothing is left."""
    until, tables = monotonic() + seconds, tables_of_workspaces()
    if receipt.total is None:
        receipt.total = sum(each.count(receipt.former_id) for table in tables for each in (table, *table.children))
        receipt.save(update_fields=["total"])
    for table in tables:
        if not at_half_pace(partial(_erase_batch, receipt.id, table), until=until):
            return False
    return _finish(receipt.id)


def at_half_pace(erase_batch: Callable[[], bool], *, until: float) -> bool:
    """Erase batches until that says nothing is left, resting for as long as each takes; False when the time is over."""
    while True:
        began = monotonic()
        if erase_batch():
            return True
        if monotonic() > until:
            return False
        sleep(monotonic() - began)


def words(receipt: DeletedWorkspace) -> list[tuple[str, int]]:
    """What is gone by now: the word and the number, the most first."""
    names = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in apps.get_models()}
    names |= SHOWN | {"audit_entry": "entries of the audit log"}
    named = [(names.get(table, table), count) for table, count in receipt.counts.items()]
    return sorted(named, key=lambda each: -each[1])


def as_receipt(receipt: DeletedWorkspace) -> dict[str, Any]:
    """The receipt as its file says it: rows by table."""
    return {
        "organization": {"id": receipt.former_id, "name": receipt.name, "slug": receipt.slug},
        "deletedBy": receipt.deleted_by.email if receipt.deleted_by else None,
        "deletedAt": receipt.deleted_at,
        "finishedAt": receipt.finished_at,
        "deletedRows": dict(sorted(receipt.counts.items())),
    }


@dataclass(frozen=True)
class Table:
    """A table of workspaces; `children` are those whose rows are only found by the rows of this one, which they name.

    `parent` is that column and this table's name, in each of the children.
    """

    name: str
    parent: tuple[str, str] | None = None
    children: tuple["Table", ...] = ()

    @transaction.atomic
    def count(self, workspace_id: UUID, *, limit: int | None = None) -> int:
        """How many rows of the workspace it has; counted no further than `limit`."""
        found = f'select 1 from "{self.name}" where workspace_id = %(workspace)s'
        if self.parent:
            column, parent = self.parent
            found += f' and {column} in (select id from "{parent}" where workspace_id = %(workspace)s)'
        with connection.cursor() as cursor:
            cursor.execute(BY_INDEX)
            cursor.execute(
                f"select count(*) from ({found} limit %(limit)s) as found", {"workspace": workspace_id, "limit": limit}
            )
            return int(cursor.fetchone()[0])

    def erase(self, workspace_id: UUID, *, limit: int) -> dict[str, int]:
        """Delete so many rows, those of the children that name them first; how many, by table."""
        with connection.cursor() as cursor:
            cursor.execute(BY_INDEX)
            if not self.children:
                mine = f'select ctid from "{self.name}" where workspace_id = %s limit {limit}'
                cursor.execute(f'delete from "{self.name}" where ctid = any(array({mine}))', [workspace_id])
                return {self.name: cursor.rowcount}
            mine = f'select id from "{self.name}" where workspace_id = %s limit {limit // 10}'
            cursor.execute(f"select array({mine})", [workspace_id])
            (ids,) = cursor.fetchone()
            for child in self.children:
                assert child.parent
                theirs = f'select ctid from "{child.name}" where {child.parent[0]} = any(%s) and workspace_id = %s'
                cursor.execute(
                    f'delete from "{child.name}" where ctid = any(array({theirs} limit {limit}))', [ids, workspace_id]
                )
                if cursor.rowcount:
                    return {child.name: cursor.rowcount}
            cursor.execute(f'delete from "{self.name}" where workspace_id = %s and id = any(%s)', [workspace_id, ids])
            return {self.name: cursor.rowcount}


def tables_of_workspaces() -> list[Table]:
    """Every table of workspaces but the audit log, in an order in which no row is left pointing at nothing."""
    of_workspaces = {model for model in apps.get_models() if _has_workspace(model)} - {AuditEntry}
    indexed = _tables_indexed_by_workspace()
    order: TopologicalSorter[type[models.Model]] = TopologicalSorter(dict.fromkeys(of_workspaces, ()))
    children: dict[type[models.Model], list[Table]] = {model: [] for model in of_workspaces}
    with_parent = set()
    for model in sorted(of_workspaces, key=lambda model: model._meta.db_table):
        parents = [(column, to) for column, to in _foreign_keys(model) if to in of_workspaces]
        for _, parent in parents:
            order.add(parent, model)
        if parents and model._meta.db_table not in indexed:
            column, parent = parents[0]
            children[parent].append(Table(model._meta.db_table, parent=(column, parent._meta.db_table)))
            with_parent.add(model)
    return [
        Table(model._meta.db_table, children=tuple(children[model]))
        for model in order.static_order()
        if model not in with_parent
    ]


def _has_workspace(model: type[models.Model]) -> bool:
    return any(field.name == "workspace" for field in model._meta.concrete_fields)


def _foreign_keys(model: type[models.Model]) -> list[tuple[str, type[models.Model]]]:
    """Column and model of each foreign key, but those to the model itself."""
    return [
        (field.column, field.related_model)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is not model
    ]


def _tables_indexed_by_workspace() -> set[str]:
    """The tables where an index finds all rows of a workspace."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct t.relname from pg_index x"
            " join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid"
            " join pg_am m on m.oid = i.relam and m.amname = 'btree'"
            " join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0] and a.attname = 'workspace_id'"
            " where x.indisvalid and x.indpred is null and t.relnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in cursor.fetchall()}


@transaction.atomic
def _erase_batch(receipt_id: UUID, table: Table) -> bool:
    """Delete one batch and count it, both or neither; True where nothing was left."""
    receipt = DeletedWorkspace.objects.select_for_update().get(id=receipt_id)
    erased = table.erase(receipt.former_id, limit=BATCH)
    if not any(erased.values()):
        return True
    receipt.counts = {name: receipt.counts.get(name, 0) + erased.get(name, 0) for name in {*receipt.counts, *erased}}
    receipt.progressed_at = timezone.now()
    receipt.save(update_fields=["counts", "progressed_at"])
    return False


@transaction.atomic
def _finish(receipt_id: UUID) -> bool:
    """Delete the log and the workspace itself; False where a request that had begun before left something."""
    receipt = DeletedWorkspace.objects.select_for_update().get(id=receipt_id)
    if receipt.finished_at is None:
        if any(table.count(receipt.former_id) for table in tables_of_workspaces()):
            return False
        receipt.counts["audit_entry"] = audit.erase(Workspace(id=receipt.former_id))
        with connection.cursor() as cursor:
            cursor.execute("delete from workspace where id = %s", [receipt.former_id])
        receipt.finished_at = receipt.progressed_at = timezone.now()
        receipt.counts = {table: count for table, count in receipt.counts.items() if count}
        receipt.save(update_fields=["counts", "finished_at", "progressed_at"])
    return True
