"""Changes that span several models: each is atomic and complete, and names who acts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from products.audit import changes, record
from products.models import (
    Action,
    ApiKey,
    Collaborator,
    Environment,
    Member,
    Person,
    Product,
    Role,
    Scope,
    Version,
    Workspace,
)
from products.models.api_key import ApiKeyProduct, generate_key, hash_key
from products.models.ids import new_id
from products.team import add_collaborators


@transaction.atomic
def create_workspace(name: str, *, acting_user: Person) -> Workspace:
    """A workspace called `name`, owned by who makes it."""
    workspace = Workspace.objects.create(name=name, slug=Workspace.free_slug(name))
    Member.objects.create(workspace=workspace, person=acting_user, role=Role.OWNER)
    record(workspace, Action.WORKSPACE_CREATED, acting_user=acting_user, target=workspace, after={"name": name})
    return workspace


@transaction.atomic
def change_workspace(workspace: Workspace, *, acting_user: Person) -> None:
    """Store what a form has changed of the organization."""
    before, after = changes(workspace, ["name"])
    workspace.save()
    if after:
        record(
            workspace, Action.WORKSPACE_CHANGED, acting_user=acting_user, target=workspace, before=before, after=after
        )


@transaction.atomic
def create_product(
    member: Member, *, with_twin: bool = False, collaborators: Iterable[Member] = (), **fields: Any
) -> Product:
    """A product with its first version, made by `member`, who is its collaborator; with its twin if asked for.

    `collaborators` are other members who see it, and its twin, from the start. `fields` are the product's own.
    IntegrityError where the workspace has a product of this name and environment.
    """
    product, others = Product.objects.create(workspace=member.workspace, **fields), list(collaborators)
    products = [product]
    if with_twin:
        other = Environment.DEVELOPMENT if product.environment == Environment.PRODUCTION else Environment.PRODUCTION
        products.append(
            Product.objects.create(workspace=member.workspace, **{**fields, "id": new_id(), "environment": other})
        )
    for each in products:
        Version.objects.create(workspace=member.workspace, product=each, number=1)
        Collaborator.objects.create(workspace=member.workspace, product=each, member=member)
        after = {"environment": each.environment, "kind": each.kind}
        record(member.workspace, Action.PRODUCT_CREATED, acting_user=member.person, target=each, after=after)
        add_collaborators(each, others, acting_user=member.person)
    return product


@transaction.atomic
def archive_product(product: Product, *, acting_user: Person) -> None:
    """Put a product away: it is seen nowhere and refuses what is sent to it; nothing is lost."""
    _set_archived(product, timezone.now(), Action.PRODUCT_ARCHIVED, acting_user)


@transaction.atomic
def restore_product(product: Product, *, acting_user: Person) -> None:
    """Bring an archived product back as it was."""
    _set_archived(product, None, Action.PRODUCT_RESTORED, acting_user)


def _set_archived(product: Product, at: datetime | None, action: Action, acting_user: Person) -> None:
    others = Product.objects.filter(id=product.id, archived_at__isnull=at is not None, deleted_at=None)
    if others.update(archived_at=at, updated_at=timezone.now()):
        record(product.workspace, action, acting_user=acting_user, target=product)


@dataclass(frozen=True)
class NewApiKey:
    """A key that was just made; `plaintext` exists nowhere else."""

    api_key: ApiKey
    plaintext: str


@transaction.atomic
def create_api_key(
    workspace: Workspace,
    *,
    acting_user: Person | None,
    name: str,
    environment: str | None = None,
    scope: str = Scope.ALL,
    products: Sequence[Product] = (),
    addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
    plaintext: str | None = None,
) -> NewApiKey:
    """A key of the workspace, for all of its products unless `products` names some, from any address or from these.

    `plaintext` is given by the headless start alone.
    """
    plaintext = plaintext or generate_key()
    api_key = ApiKey.objects.create(
        workspace=workspace,
        created_by=acting_user,
        name=name,
        environment=environment,
        scope=scope,
        every_product=not products,
        addresses=list(addresses),
        expires_at=expires_at,
        prefix=plaintext[:6],
        last_four=plaintext[-4:],
        hash=hash_key(plaintext),
    )
    ApiKeyProduct.objects.bulk_create(
        ApiKeyProduct(workspace=workspace, api_key=api_key, product=product) for product in products
    )
    after = {
        "last_four": api_key.last_four,
        "environment": environment or "both",
        "scope": scope,
        "products": [f"{product.name} ({product.environment})" for product in products] or "all",
        **({"addresses": list(addresses)} if addresses else {}),
        **({"expires_at": expires_at} if expires_at else {}),
    }
    record(workspace, Action.API_KEY_CREATED, acting_user=acting_user, target=api_key, after=after)
    return NewApiKey(api_key, plaintext)


class KeyHasEnded(Exception):
    """The key is revoked, expired or rotated already."""


@transaction.atomic
def rotate_api_key(api_key: ApiKey, *, acting_user: Person, overlap: timedelta) -> NewApiKey:
    """A key that may do the same, in whose favour this one ends after `overlap`; raises KeyHasEnded.

    If this one had a lifetime, the new one has as long a one.
    """
    old = ApiKey.objects.select_for_update(of=["self"]).get(workspace_id=api_key.workspace_id, id=api_key.id)
    if not old.is_live or old.successor_id is not None:
        raise KeyHasEnded
    now = timezone.now()
    made = create_api_key(
        api_key.workspace,
        acting_user=acting_user,
        name=old.name,
        environment=old.environment,
        scope=old.scope,
        products=list(old.products.all()),
        addresses=old.addresses,
        expires_at=now + (old.expires_at - old.created_at) if old.expires_at else None,
    )
    if not old.every_product:  # also where none of its products is left
        ApiKey.objects.filter(id=made.api_key.id).update(every_product=False)
    ends_at = min(now + overlap, old.expires_at or datetime.max.replace(tzinfo=UTC))
    record(
        api_key.workspace,
        Action.API_KEY_ROTATED,
        acting_user=acting_user,
        target=old,
        before={"last_four": old.last_four, "expires_at": old.expires_at},
        after={"last_four": made.api_key.last_four, "expires_at": ends_at},
    )
    old.successor, old.expires_at = made.api_key, ends_at
    old.save(update_fields=["successor", "expires_at"])
    return made


@transaction.atomic
def revoke_api_key(api_key: ApiKey, *, acting_user: Person) -> None:
    """End a key at once; one that has ended stays as it is."""
    if api_key.revoke():
        record(api_key.workspace, Action.API_KEY_REVOKED, acting_user=acting_user, target=api_key)
