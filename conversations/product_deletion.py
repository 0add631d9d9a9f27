"""Deleting a product with all that was said to it: gone for everybody at once, its rows batch by batch, and a receipt.

Users and customer organizations belong to the workspace and stay.
"""

from collections import Counter
from functools import partial
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from conversations.models import Conversation, Event
from products.audit import record
from products.erasure import COUNTED, at_half_pace
from products.models import Action, ApiKey, Collaborator, DeletedProduct, Person, Product

# A batch is short, so that who else needs the rows' pages or the disk never waits long for it.
CONVERSATIONS, ROWS = 200, 2_000
# Rows are found through indexes, whatever a plan that was made for small tables thinks.
BY_INDEX = "set local enable_seqscan = off; set local synchronous_commit = off"
_SOME = "conversation_id = any(%(ids)s)"
_MINE = "product_id = %(product)s"
_PROMPTS = "prompt_id in (select id from prompt where workspace_id = %(workspace)s and product_id = %(product)s)"
# What goes before its conversations, and what goes before the product itself: each table before those it points at.
OF_CONVERSATIONS = {
    "mention": f"note_id in (select id from note where workspace_id = %(workspace)s and {_SOME})",
    "note": _SOME,
    "review": _SOME,
    "rating": _SOME,
    "event": _SOME,
    "search_row": _SOME,
    "prompt_use": _SOME,
    "conversation_tally": _SOME,
    "message": _SOME,
}
OF_PRODUCT = {
    "event": _MINE,
    "event_tally": _MINE,
    "product_tally": _MINE,
    "participant_tally": _MINE,
    "organization_tally": _MINE,
    "sampled_out": _MINE,
    "version_prompt": _PROMPTS,
    "component": _PROMPTS,
    "prompt": _MINE,
    "version": _MINE,
    "api_key_product": _MINE,
    "collaborator": _MINE,
}


@transaction.atomic
def delete_product(product: Product, *, acting_user: Person) -> DeletedProduct:
    """Take the product from everybody; its rows are left to `erase_some`."""
    conversations = Conversation.objects.filter(workspace_id=product.workspace_id, product_id=product.id).count()
    Product.objects.filter(workspace_id=product.workspace_id, id=product.id).update(deleted_at=timezone.now())
    before = {"environment": product.environment, "conversations": conversations}
    record(product.workspace, Action.PRODUCT_DELETED, acting_user=acting_user, target=product, before=before)
    return DeletedProduct.objects.create(
        workspace=product.workspace,
        former_id=product.id,
        name=product.name,
        environment=product.environment,
        deleted_by=acting_user,
        total=conversations,
    )


def what_will_be_gone(product: Product) -> list[tuple[str, int]]:
    """What a person would miss: the word and the number, up to `COUNTED`."""
    of_product: dict[str, Any] = {"workspace_id": product.workspace_id, "product_id": product.id}
    keys = ApiKey.objects.filter(workspace_id=product.workspace_id, every_product=False, products=product)
    counts = {
        "conversations, with all messages and ratings": Conversation.objects.filter(**of_product),
        "events": Event.objects.filter(**of_product),
        "collaborators": Collaborator.objects.filter(**of_product),
        "API keys that reach one product less": keys,
    }
    return [(word, count) for word, rows in counts.items() if (count := rows.order_by()[:COUNTED].count())]


def erase_some(receipt: DeletedProduct, *, seconds: float) -> bool:
    """Delete rows for about so long, at half the pace that is possible; True once nothing is left."""
    return at_half_pace(partial(_erase_batch, receipt), until=monotonic() + seconds)


@transaction.atomic
def _erase_batch(receipt: DeletedProduct) -> bool:
    """Delete one batch and count it, both or neither; True once the product itself is gone."""
    locked = DeletedProduct.objects.select_for_update().get(id=receipt.id)
    if locked.finished_at is not None:
        return True
    erased: Counter[str] = Counter()
    if not _erase_conversations(locked, erased) and not _erase_rows(OF_PRODUCT, _of(locked), erased):
        # A request that had begun before may have left something; then this fails, and is tried again.
        erased["product"] = _delete("product", "id = %(product)s", _of(locked))
        locked.finished_at = timezone.now()
    locked.counts = dict(Counter(locked.counts) + erased)
    locked.progressed_at = timezone.now()
    locked.save(update_fields=["counts", "progressed_at", "finished_at"])
    return locked.finished_at is not None


def _of(receipt: DeletedProduct) -> dict[str, Any]:
    return {"workspace": receipt.workspace_id, "product": receipt.former_id}


def _erase_conversations(receipt: DeletedProduct, erased: Counter[str]) -> bool:
    """Delete a batch of conversations, or of what belongs to them; False where none is left."""
    found = Conversation.objects.filter(workspace_id=receipt.workspace_id, product_id=receipt.former_id)
    ids = list(found.order_by().values_list("id", flat=True)[:CONVERSATIONS])
    if not ids:
        return False
    values = {**_of(receipt), "ids": ids}
    if not _erase_rows(OF_CONVERSATIONS, values, erased):
        erased["conversation"] += _delete("conversation", "id = any(%(ids)s)", values)
    return True


def _erase_rows(tables: dict[str, str], values: dict[str, Any], erased: Counter[str]) -> bool:
    """Delete rows of these tables in turn, up to a batch; whether some may be left."""
    for table, condition in tables.items():
        erased[table] += (count := _delete(table, condition, values))
        if count == ROWS:
            return True
    return False


def _delete(table: str, condition: str, values: dict[str, Any]) -> int:
    some = f"select ctid from {table} where workspace_id = %(workspace)s and {condition} limit {ROWS}"
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(f"delete from {table} where ctid = any(array({some}))", values)
        return int(cursor.rowcount)
