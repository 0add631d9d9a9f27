"""Changes that span several models: each is atomic and complete, and names who acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

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
from products.models.api_key import generate_key, hash_key
from products.models.ids import new_id


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
def create_product(member: Member, *, with_twin: bool = False, **fields: Any) -> Product:
    """A product with its first version, made by `member`, who is its collaborator; with its twin if asked for.

    `fields` are the product's own. IntegrityError where the workspace has a product of this name and environment.
    """
    product = Product.objects.create(workspace=member.workspace, **fields)
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
    return product


@dataclass(frozen=True)
class NewApiKey:
    """A key that was just made; `plaintext` exists nowhere else."""

    api_key: ApiKey
    plaintext: str


def create_api_key(
    workspace: Workspace,
    *,
    acting_user: Person | None,
    name: str,
    environment: str | None = None,
    scope: str = Scope.ALL,
    expires_at: datetime | None = None,
    plaintext: str | None = None,
) -> NewApiKey:
    """A key of the workspace; `plaintext` is given by the headless start alone."""
    plaintext = plaintext or generate_key()
    api_key = ApiKey.objects.create(
        workspace=workspace,
        created_by=acting_user,
        name=name,
        environment=environment,
        scope=scope,
        expires_at=expires_at,
        prefix=plaintext[:6],
        last_four=plaintext[-4:],
        hash=hash_key(plaintext),
    )
    return NewApiKey(api_key, plaintext)
