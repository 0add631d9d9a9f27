"""Who asks for what: the actors of the tests of access, and the objects they ask for."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from conversations.changes import change_ticket
from conversations.models import Conversation, Export, Model, Note, SavedView
from greenflash_site.api import auth
from products.actions import create_api_key, create_product, create_workspace
from products.models import (
    AccessRequest,
    ApiKey,
    DeletedProduct,
    DeletedWorkspace,
    Environment,
    Invitation,
    Member,
    Person,
    Product,
    Role,
    Scope,
    Workspace,
)
from products.team import invite
from tests.conftest import PASSWORD, browser_of, tell
from tests.factories import CollaboratorFactory, MemberFactory
from tests.products.passkeys import passkey_of

# What an id in a path may name. `theirs` is Globex's object at Globex's own address, `foreign` the same at Acme's.
KINDS = ("own", "other", "theirs", "foreign", "deleted", "random")
PEOPLE = (
    "anonymous", "stranger", "newcomer", "viewer", "collaborator", "admin", "owner", "removed", "elsewhere", "with_key",
)  # fmt: skip
KEYS = (
    "no_key", "session", "any_key", "ingest_key", "read_key", "development_key", "other_product_key",
    "other_address_key", "foreign_key", "expired_key", "revoked_key",
)  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """Acme with two products, Globex with one, and everybody who asks."""

    people: dict[str, Client]
    keys: dict[str, Client]
    # By kind, then by the name of the parameter in the path.
    objects: dict[str, dict[str, Any]]


def make_cast() -> Cast:
    """Everybody and everything, in the test's transaction."""
    owner = _person("ada@acme.example")
    acme = create_workspace("Acme", acting_user=owner)
    ada = acme.members.get()
    charlie = _person("charlie@globex.example")
    globex = create_workspace("Globex", acting_user=charlie)
    gone = create_workspace("Gone", acting_user=charlie)
    _forget(gone)

    helpbot, other = create_product(ada, name="Helpbot"), create_product(ada, name="Other")
    theirs = create_product(globex.members.get(), name="Helpbot")
    deleted = create_product(ada, name="Deleted")
    members = {
        "newcomer": _member(acme, "nora@acme.example", Role.MEMBER),
        "viewer": _member(acme, "vera@acme.example", Role.VIEWER, helpbot),
        "collaborator": _member(acme, "bob@acme.example", Role.MEMBER, helpbot),
        "admin": _member(acme, "amy@acme.example", Role.ADMIN),
        "removed": _member(acme, "rob@acme.example", Role.MEMBER, helpbot),
        "elsewhere": _member(acme, "eve@acme.example", Role.VIEWER, helpbot),
    }
    create_workspace("Elsewhere", acting_user=members["elsewhere"].person)
    people = {name: browser(member.person) for name, member in members.items()}
    members["removed"].collaborations.all().delete()
    members["removed"].delete()

    def key(workspace: Workspace, name: str, **limits: Any) -> Client:
        made = create_api_key(workspace, acting_user=None, name=name, **limits)
        if name == "revoked":
            made.api_key.revoke()
        return Client(headers={"Authorization": f"Bearer {made.plaintext}"}, raise_request_exception=False)

    any_key = key(acme, "any")
    objects = {
        "own": _objects(helpbot, ada),
        "other": _objects(other, members["admin"]),
        "theirs": _objects(theirs, globex.members.get()),
        "deleted": _objects(deleted, ada),
    }
    objects["foreign"] = objects["theirs"] | {"slug": acme.slug}
    for name, value in objects["own"].items():
        objects.setdefault("random", {})[name] = uuid4() if isinstance(value, UUID) else value
    objects["random"] |= {"slug": "nobody", "external_id": "nobody", "session_id": 2**31 - 1}
    _delete(deleted)
    objects["deleted"]["slug"] = gone.slug
    return Cast(
        people={
            "anonymous": Client(raise_request_exception=False),
            "stranger": browser(charlie),
            **people,
            "owner": browser(owner),
            "with_key": any_key,
        },
        keys={
            "no_key": Client(raise_request_exception=False),
            "session": browser(owner),
            "any_key": any_key,
            "ingest_key": key(acme, "ingest", scope=Scope.INGEST),
            "read_key": key(acme, "read", scope=Scope.READ),
            "development_key": key(acme, "development", environment=Environment.DEVELOPMENT),
            "other_product_key": key(acme, "other product", products=[other]),
            "other_address_key": key(acme, "other address", addresses=["192.0.2.0/24"]),
            "foreign_key": key(globex, "foreign"),
            "expired_key": key(acme, "expired", expires_at=timezone.now() - timedelta(seconds=1)),
            "revoked_key": key(acme, "revoked"),
        },
        objects=objects,
    )


def browser(person: Person) -> Client:
    """The person's client, to which a fault is an answer."""
    return browser_of(person, raise_request_exception=False)


def _person(email: str) -> Person:
    return Person.objects.create(email=email, password=_password())


@cache
def _password() -> str:
    """A password that somebody has, hashed once: that is meant to take long."""
    return make_password(PASSWORD)


def _member(workspace: Workspace, email: str, role: Role, product: Product | None = None) -> Member:
    member = MemberFactory.create(workspace=workspace, person=_person(email), role=role)
    if product is not None:
        CollaboratorFactory.create(workspace=workspace, product=product, member=member)
    return member


def _objects(product: Product, member: Member) -> dict[str, Any]:
    """A value for each parameter of a path, all of this product and by this member."""
    workspace = product.workspace
    auth.forget_callers()
    conversation = tell(
        product,
        "Hello",
        model=f"model-of-{product.id}",
        externalUserId=f"user-of-{product.id}",
        externalOrganizationId=f"organization-of-{product.id}",
    )
    teammate = _member(workspace, f"teammate-of-{product.id}@acme.example", Role.MEMBER)
    invited = invite(f"invited-to-{product.id}@acme.example", role=Role.MEMBER, acting_member=member)
    return {
        "slug": workspace.slug,
        "product_id": product.id,
        "conversation_id": conversation.id,
        "interaction_id": conversation.id,
        "message_id": conversation.messages.get().id,
        "user_id": conversation.participant_id,
        "organization_id": conversation.organization_id,
        "note_id": Note.objects.create(
            workspace=workspace, conversation=conversation, author=member.person, text="Look"
        ).id,
        "saved_view_id": SavedView.objects.create(workspace=workspace, member=member, name=f"View of {product.id}").id,
        "export_id": Export.objects.create(
            workspace=workspace, member=member, format="csv", zone="UTC", product_ids=[], finished_at=timezone.now()
        ).id,
        "deleted_product_id": DeletedProduct.objects.create(
            workspace=workspace, former_id=uuid4(), name=product.name, environment=product.environment, total=0
        ).id,
        "api_key_id": create_api_key(workspace, acting_user=None, name="web server", products=[product]).api_key.id,
        "model_id": Model.objects.get(workspace=workspace, canonical_id=conversation.model).id,
        "member_id": teammate.id,
        "access_request_id": AccessRequest.objects.create(workspace=workspace, member=teammate).id,
        "invitation_id": invited.invitation.id,
        "token": invited.token,
        "receipt_id": DeletedWorkspace.objects.create(
            former_id=uuid4(), name="Gone", slug="gone", deleted_by=member.person
        ).id,
        "external_id": f"user-of-{product.id}",
        "ticket": change_ticket(conversation),
        # A person's own: a passkey and a browser that is signed in.
        "pk": passkey_of(member.person).pk,
        "session_id": UserSession.objects.create(
            user=member.person, ip="127.0.0.1", session_key=str(product.id)[:32], user_agent=str(product.id)
        ).pk,
        # Not of a workspace: links that were mailed, and the name of a filter.
        "facet_name": "rating",
        "uidb36": "1",
        "key": "nonsense",
    }


def _delete(product: Product) -> None:
    """Take away the product and all that `_objects` made for it."""
    conversations = Conversation.objects.filter(product=product)
    for conversation in conversations:
        conversation.notes.all().delete()
        conversation.messages.all().delete()
    conversations.delete()
    DeletedProduct.objects.filter(workspace=product.workspace, name=product.name).delete()
    product.workspace.participants.filter(external_id=f"user-of-{product.id}").delete()
    product.workspace.organizations.filter(external_id=f"organization-of-{product.id}").delete()
    product.workspace.models.filter(canonical_id=f"model-of-{product.id}").delete()
    SavedView.objects.filter(name=f"View of {product.id}").delete()
    UserSession.objects.filter(user_agent=str(product.id)).delete()
    Export.objects.filter(workspace=product.workspace).order_by("-created_at")[:1].get().delete()
    Member.objects.get(person__email=f"teammate-of-{product.id}@acme.example").delete()
    Invitation.objects.filter(email=f"invited-to-{product.id}@acme.example").delete()
    DeletedWorkspace.objects.order_by("-id")[:1].get().delete()
    key = ApiKey.objects.get(products=product)
    product.delete()
    key.delete()


def _forget(workspace: Workspace) -> None:
    workspace.members.all().delete()
    workspace.delete()
