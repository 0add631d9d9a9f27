"""The audit log: what changes is in it, and what is in it stays."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from greenflash_site.http import client_address
from products import audit
from products.actions import create_product
from products.models import Action, AuditEntry, Environment, Member, Product, Role
from tests.factories import MemberFactory


@pytest.mark.django_db
def test_it_says_who_did_what_to_what_when_and_from_where(owner: Member) -> None:
    client_address.set("192.0.2.7")
    product = create_product(owner, name="Helpbot")
    entry = owner.workspace.audit_entries.get()
    assert (entry.action, entry.actor, entry.target) == (Action.PRODUCT_CREATED, owner.person.email, "Helpbot")
    assert (entry.actor_id, entry.target_id, entry.address) == (owner.person_id, product.id, "192.0.2.7")
    assert entry.changes == [("environment", None, "production"), ("kind", None, "chatbot")]


@pytest.mark.django_db
def test_it_knows_the_address_of_a_request_alone(as_owner: Client, owner: Member) -> None:
    as_owner.post("/acme/products/new/", {"name": "Bot", "kind": "agent", "environment": "production", "color": "green",
                                          "icon": "bot"}, REMOTE_ADDR="192.0.2.9")  # fmt: skip
    assert owner.workspace.audit_entries.get().address == "192.0.2.9"
    client_address.set(None)
    create_product(owner, name="By a command")
    assert owner.workspace.audit_entries.newest_first()[0].address is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["update audit_entry set actor = 'somebody else'", "delete from audit_entry", "truncate audit_entry"],
)
def test_it_can_only_be_added_to(product: Product, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.exists()


@pytest.mark.django_db
def test_it_goes_with_its_organization_alone(product: Product, stranger: Member) -> None:
    create_product(stranger, name="Theirs")
    assert audit.erase(product.workspace) == 1
    assert [entry.target for entry in AuditEntry.objects.all()] == ["Theirs"]
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.mark.django_db
def test_it_has_no_entry_of_a_change_that_was_rolled_back(owner: Member, product: Product) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        create_product(owner, name="Helpbot", environment=Environment.DEVELOPMENT, with_twin=True)
    assert [entry.target for entry in owner.workspace.audit_entries.all()] == ["Helpbot"]


@pytest.mark.django_db
def test_it_tells_each_organization_of_a_person_what_they_did_to_their_account(owner: Member, stranger: Member) -> None:
    MemberFactory.create(workspace=stranger.workspace, person=owner.person, role=Role.VIEWER)
    audit.record_for(owner.person, Action.EMAIL_CHANGED, before={"email": "old@acme.example"}, after={"email": "new"})
    for workspace in (owner.workspace, stranger.workspace):
        assert workspace.audit_entries.get().changes == [("email", "old@acme.example", "new")]


@pytest.mark.django_db
def test_it_finds_what_a_form_changes(product: Product) -> None:
    product.name, product.color = "Aidbot", "blue"
    assert audit.changes(product, ["name", "color", "icon"]) == (
        {"name": "Helpbot", "color": "green"},
        {"name": "Aidbot", "color": "blue"},
    )
