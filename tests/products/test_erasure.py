"""Deleting an organization: gone at once for everybody, its rows batch by batch, and a receipt."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from conversations.ingest import prompts
from conversations.models import EventTally, Export, ExportChunk, Note, Review, SavedView
from conversations.visits import visit_due_conversations
from greenflash_site.api import auth
from products import erasure
from products.actions import create_api_key, create_product
from products.erasure import delete_workspace, erase_some, tables_of_workspaces
from products.models import AccessRequest, DeletedProduct, DeletedWorkspace, Member, Product, Role, Workspace
from products.models.api_key import ApiKeyProduct
from products.models.ids import new_id
from products.models.request_key import RequestCount, RequestKey
from products.tasks import erase_workspace, resume_erasing
from products.team import invite
from tests.conftest import Api, browser_of, tell
from tests.factories import MemberFactory

OF_WORKSPACES = [
    model for model in apps.get_models() if any(field.name == "workspace" for field in model._meta.concrete_fields)
]


def fill(owner: Member) -> Product:
    """A row in every table that a workspace has, most by the ways in that make them."""
    workspace = owner.workspace
    product = create_product(owner, name=f"{workspace.name} bot", with_twin=True)
    member = MemberFactory.create(workspace=workspace, role=Role.MEMBER)
    AccessRequest.objects.create(workspace=workspace, member=member)
    invite(f"ivan@{workspace.slug}.example", role=Role.MEMBER, products=[product], acting_member=owner)
    made = create_api_key(workspace, acting_user=owner.person, name="k")
    ApiKeyProduct.objects.create(workspace=workspace, api_key=made.api_key, product=product)
    now = timezone.now()
    RequestCount.objects.create(workspace=workspace, api_key=made.api_key, minute=now, count=1)
    RequestKey.objects.create(workspace=workspace, key="once", body_hash=b"", created_at=now)
    api = Api(made.plaintext)
    prompts.forget_prompts()
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi", "externalMessageId": "m"}]
    body = {
        "productId": str(product.id),
        "externalUserId": "grace",
        "externalOrganizationId": "initech",
        "externalConversationId": "talk",
        "model": "gpt-5",
        "messages": said,
    }
    prompt = {"content": "Be kind.", "variables": {"city": "Ghent"}}
    event = {"eventType": "purchase", "value": "pro", "productId": str(product.id), "externalUserId": "grace"}
    for sent in (
        api.post("messages", {**body, "systemPrompt": prompt}),
        api.post("messages", {**body, "externalConversationId": "sampled", "sampleRate": 0}),
        api.post("ratings", {"rating": 4, "ratingMin": 1, "ratingMax": 5, "externalMessageId": "m"}),
        api.post("events", event),
    ):
        assert sent.status_code in (200, 201), sent.content
    while visit_due_conversations():
        pass
    EventTally.objects.create(workspace=workspace, product=product, quarter=now, type="purchase")
    DeletedProduct.objects.create(
        workspace=workspace, former_id=new_id(), name="Old", environment="production", total=0
    )
    conversation = tell(product, "Noted")
    note = Note.objects.create(workspace=workspace, conversation=conversation, author=owner.person, text="@ada")
    note.mentions.create(workspace=workspace, person=owner.person, name="ada")
    Review.objects.create(workspace=workspace, conversation=conversation, reviewer=owner.person, reviewed_at=now)
    SavedView.objects.create(workspace=workspace, member=owner, name="Mine")
    export = Export.objects.create(workspace=workspace, member=owner, format="csv", zone="UTC", product_ids=[])
    ExportChunk.objects.create(workspace=workspace, export=export, position=0, data=b"a")
    return product


def rows_of(workspace_id: UUID) -> dict[str, int]:
    """How many rows of the workspace each table has."""
    return {
        model._meta.db_table: model._default_manager.filter(workspace_id=workspace_id).count()
        for model in OF_WORKSPACES
    }


def erase_all(receipt: DeletedWorkspace) -> int:
    """Do the job to its end; how many times it began."""
    for times in range(1, 1_000):
        if erase_some(DeletedWorkspace.objects.get(id=receipt.id), seconds=0):
            return times
    raise AssertionError("it never ends")


def delete(client: Client, name: str = "Acme") -> Any:
    """Post the form."""
    return client.post("/acme/settings/delete/", {"name": name})


@pytest.mark.django_db
def test_it_knows_every_table_of_workspaces() -> None:
    """By name of a field in Django, by name of a column in the database: no table is forgotten."""
    tables = tables_of_workspaces()
    known = {each.name for table in tables for each in (table, *table.children)}
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.columns"
            " where table_schema = 'public' and column_name = 'workspace_id'"
        )
        there = {name for (name,) in cursor.fetchall()}
    assert known | {"audit_entry"} == there
    order = [table.name for table in tables]
    assert order.index("note") < order.index("conversation") < order.index("participant") < order.index("organization")


def test_it_deletes_every_row_of_the_workspace_and_none_of_another(
    owner: Member, stranger: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "BATCH", 20)
    fill(owner)
    fill(stranger)
    before, others = rows_of(owner.workspace_id), rows_of(stranger.workspace_id)
    assert [table for table, count in before.items() if not count] == [], "fill() must know every table"
    receipt = delete_workspace(owner.workspace, acting_member=owner)
    assert erase_all(receipt) > 1
    assert set(rows_of(owner.workspace_id).values()) == {0}
    assert rows_of(stranger.workspace_id) == others
    assert not Workspace.objects.filter(id=owner.workspace_id).exists()
    receipt.refresh_from_db()
    assert receipt.counts == before
    assert receipt.finished_at
    assert receipt.total == sum(before.values()) - before["audit_entry"]


def test_it_is_gone_at_once(owner: Member, as_owner: Client, collaborator: Member, product: Product, api: Api) -> None:
    bob = browser_of(collaborator.person)
    token = invite("ivan@acme.example", role=Role.MEMBER, acting_member=owner).token
    body = {"productId": str(product.id), "externalUserId": "u", "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("messages", body).status_code == 201
    where = delete(as_owner).headers["Location"]
    auth.forget_callers()  # which they are within a second
    for browser in (bob, as_owner):
        for page in ("/acme/", "/acme/conversations/", f"/acme/products/{product.id}/", "/acme/settings/"):
            assert browser.get(page).status_code == 404
        assert browser.get("/").headers["Location"] == "/organizations/new/"
        assert browser.get(f"/products/{product.id}/").status_code == 404
    assert Client().get(f"/invitations/{token}/").status_code == 404
    assert api.post("messages", body).status_code == 401
    assert api.get("products").status_code == 401
    assert as_owner.get(where).status_code == 200
    assert [job.task_name for job in ProcrastinateJob.objects.filter(status="todo")] == [erase_workspace.name]


def test_it_leaves_others_alone_while_it_works(
    owner: Member, stranger: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "BATCH", 20)
    fill(owner)
    product = create_product(stranger, name="Globex bot")
    key = create_api_key(stranger.workspace, acting_user=stranger.person, name="k").plaintext
    receipt = delete_workspace(owner.workspace, acting_member=owner)
    body = {"productId": str(product.id), "externalUserId": "u", "messages": [{"role": "user", "content": "Hi"}]}
    sent = 0
    while not erase_some(receipt, seconds=0):
        receipt.refresh_from_db()
        assert Api(key).post("messages", body).status_code == 201
        sent += 1
    assert stranger.workspace.conversations.count() == sent > 5


def test_it_deletes_what_arrives_while_it_works(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that had begun is stored after its table was emptied: the job goes over all tables once more."""
    monkeypatch.setattr(erasure, "BATCH", 20)
    product = fill(owner)
    receipt = delete_workspace(owner.workspace, acting_member=owner)
    late = 3
    while not erase_some(DeletedWorkspace.objects.get(id=receipt.id), seconds=0):
        if late and Product.objects.filter(id=product.id).exists():
            tell(product, "Late")
            late -= 1
    assert set(rows_of(owner.workspace_id).values()) == {0}


@pytest.mark.parametrize("typed", ["", "acme", "Acme!", "Globex"])
def test_it_wants_the_name_typed(as_owner: Client, product: Product, typed: str) -> None:
    answer = delete(as_owner, typed)
    assert answer.status_code == 422
    assert "Nothing was deleted" in answer.text
    assert Workspace.objects.get().deleted_at is None


def test_it_says_what_will_be_gone(as_owner: Client, product: Product) -> None:
    tell(product, "One")
    tell(product, "Two", {"role": "assistant", "content": "Three"}, externalConversationId="second")
    page = as_owner.get("/acme/settings/delete/").text
    for word, number in (("Conversations", 2), ("Messages", 3), ("Products", 1), ("Users", 1), ("Members", 1)):
        assert f"<dt>{word}</dt><dd>{number}</dd>" in page


def test_it_is_for_owners(workspace: Workspace, collaborator: Member, stranger: Member, owner: Member) -> None:
    amy = MemberFactory.create(workspace=workspace, role=Role.ADMIN)
    for member, status in ((amy, 403), (collaborator, 403), (stranger, 404)):
        assert delete(browser_of(member.person)).status_code == status
        with pytest.raises(PermissionDenied):
            delete_workspace(workspace, acting_member=member)
    page = browser_of(amy.person).get("/acme/settings/").text
    assert "/settings/delete/" not in page
    assert Workspace.objects.get(slug="acme").deleted_at is None


def test_it_keeps_a_receipt_for_who_did_it(as_owner: Client, owner: Member, collaborator: Member) -> None:
    where = delete(as_owner).headers["Location"]
    receipt = DeletedWorkspace.objects.get()
    assert where == f"/organizations/deleted/{receipt.id}/"
    assert "Waiting for the worker" in as_owner.get(where).text
    working = as_owner.get(where, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert 'hx-trigger="every 1s"' in working.text
    assert "<html" not in working.text
    while job := ProcrastinateJob.objects.filter(status="todo").first():
        with connection.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs where id = %s", [job.id])
        erase_workspace(**job.args)
    page = as_owner.get(where).text
    assert "Acme" in page
    assert "hx-get" not in page
    answer = as_owner.get(f"{where}receipt/")
    told = json.loads(answer.content)
    assert told["organization"] == {"id": str(owner.workspace_id), "name": "Acme", "slug": "acme"}
    assert told["deletedBy"] == "ada@acme.example"
    assert told["deletedRows"]["member"] == 2
    assert told["finishedAt"] > told["deletedAt"]
    assert "attachment" in answer.headers["Content-Disposition"]
    bob = browser_of(collaborator.person)
    assert bob.get(where).status_code == bob.get(f"{where}receipt/").status_code == 404


def test_it_frees_the_address(as_owner: Client, owner: Member) -> None:
    delete(as_owner)
    assert as_owner.post("/organizations/new/", {"name": "Acme"}).headers["Location"] != "/acme/"
    erase_all(DeletedWorkspace.objects.get())
    assert as_owner.post("/organizations/new/", {"name": "Acme"}).headers["Location"] == "/acme/"


def test_it_goes_on_where_a_worker_died(as_owner: Client, owner: Member) -> None:
    delete(as_owner)
    ProcrastinateJob.objects.all()._raw_delete(using="default")
    resume_erasing(timestamp=0)
    assert not ProcrastinateJob.objects.exists()  # it may be at work
    DeletedWorkspace.objects.update(progressed_at=timezone.now() - timedelta(minutes=3))
    resume_erasing(timestamp=0)
    assert ProcrastinateJob.objects.get().args == {"receipt_id": str(DeletedWorkspace.objects.get().id)}
    assert {erase_workspace.name, resume_erasing.name} <= set(app.tasks)
