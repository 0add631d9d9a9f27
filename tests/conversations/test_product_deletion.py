"""Deleting a product: gone at once, all that it held goes batch by batch, nothing else does, and a receipt stays."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from conversations import product_deletion
from conversations.models import Conversation, Message, Note, Participant, Review
from conversations.product_deletion import OF_CONVERSATIONS, OF_PRODUCT, delete_product, erase_some
from conversations.tasks import erase_product, resume_erasing_products
from greenflash_site.api import auth
from products.actions import archive_product, create_api_key
from products.models import Action, AuditEntry, DeletedProduct, Member, Product, Role
from tests.conftest import Api, browser_of, tell
from tests.conversations.test_tallies import count_all
from tests.factories import MemberFactory

OWNERS = ("product", "conversation", "prompt", "version", "note")


def fill(product: Product, owner: Member, api: Api) -> None:
    """A row of this product in every table that has some."""
    said: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    said[1]["externalMessageId"] = "m"
    body = {"productId": str(product.id), "externalUserId": "grace", "messages": said, "model": "gpt-5"}
    body["externalOrganizationId"] = "initech"
    prompt = {"content": "Be kind.", "variables": {"city": "Ghent"}}
    for number in range(3):
        at = {"externalConversationId": f"c{number}"}
        rating = {"rating": 1, "ratingMin": 1, "ratingMax": 5, "productId": str(product.id), **at}
        event = {"eventType": "purchase", "value": "pro", "productId": str(product.id), "externalUserId": "grace"}
        for path, sent in (
            ("messages", {**body, **at, "systemPrompt": prompt}),
            ("ratings", rating),
            ("ratings", {**rating, "externalMessageId": "m"}),
            ("events", {**event, **at}),
            ("events", event),
            ("messages", {**body, "externalConversationId": "sampled", "sampleRate": 0}),
        ):
            assert (answer := api.post(path, sent)).status_code in (200, 201), answer.content
    count_all()
    conversation = Conversation.objects.filter(product=product)[0]
    note = Note.objects.create(
        workspace=owner.workspace, conversation=conversation, author=owner.person, text="@ada look"
    )
    note.mentions.create(workspace=owner.workspace, person=owner.person, name="ada")
    Review.objects.create(
        workspace=owner.workspace, conversation=conversation, reviewer=owner.person, reviewed_at=timezone.now()
    )
    create_api_key(owner.workspace, acting_user=owner.person, name="narrow", products=[product])


def of(product: Product) -> dict[str, int]:
    """How many rows of this product each table has, found by the foreign keys that Django knows."""
    counts = {}
    for model in apps.get_models():
        conditions = models.Q()
        for field in model._meta.concrete_fields:
            table = field.related_model._meta.db_table if isinstance(field, models.ForeignKey) else ""
            if table in OWNERS:
                path = {"product": "", "note": "__conversation__product"}.get(table, "__product")
                conditions |= models.Q(**{f"{field.name}{path}_id": product.id})
        if conditions:
            counts[model._meta.db_table] = model._default_manager.filter(conditions).count()
    return counts


def erase_all(receipt: DeletedProduct) -> int:
    """Do the job to its end; how many batches it took."""
    for times in range(1, 500):
        if product_deletion._erase_batch(receipt):
            return times
    raise AssertionError("it never ends")


@pytest.mark.django_db
def test_it_deletes_every_row_of_the_product_and_none_of_another(
    owner: Member, product: Product, development: Product, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_deletion, "ROWS", 2)
    monkeypatch.setattr(product_deletion, "CONVERSATIONS", 2)
    for each in (product, development):
        fill(each, owner, api)
    before, others = of(product), of(development)
    assert [table for table, count in before.items() if not count] == [], "fill() must know every table"
    assert set(before) == {*OF_CONVERSATIONS, *OF_PRODUCT, "conversation"}, "every table must be deleted from"
    receipt = delete_product(product, acting_user=owner.person)
    assert erase_all(receipt) > 5
    assert set(of(product).values()) == {0}
    assert of(development) == others
    assert not Product.objects.filter(id=product.id).exists()
    assert Participant.objects.count() == 1
    receipt.refresh_from_db()
    assert receipt.counts == {**before, "product": 1}
    assert (receipt.done, receipt.total) == (3, 3)
    assert receipt.finished_at


@pytest.mark.django_db
def test_it_deletes_what_arrives_while_it_works(owner: Member, product: Product) -> None:
    receipt = delete_product(product, acting_user=owner.person)
    caller = auth.caller_of(product.workspace)
    assert product.id not in caller.versions
    Product.objects.filter(id=product.id).update(deleted_at=None)
    tell(product, "Late")  # by a process that had not heard of it
    Product.objects.filter(id=product.id).update(deleted_at=timezone.now())
    count_all()
    assert erase_some(receipt, seconds=60)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_it_is_gone_at_once(as_owner: Client, owner: Member, product: Product, api: Api) -> None:
    body = {"productId": str(product.id), "externalUserId": "u", "messages": [{"role": "user", "content": "Hi"}]}
    id = api.post("messages", body).json()["conversationId"]
    where = as_owner.post(f"/acme/products/{product.id}/delete/", {"name": "Helpbot"}).headers["Location"]
    auth.forget_callers()  # which they are within a second
    for page in (f"/acme/products/{product.id}/", f"/acme/conversations/{id}/", f"/acme/products/{product.id}/delete/"):
        assert as_owner.get(page).status_code == 404
    assert as_owner.post(f"/acme/products/{product.id}/restore/").status_code == 404
    assert api.post("messages", body).status_code == 404
    assert api.get("products").json() == []
    assert "Waiting for the worker" in as_owner.get(where).text
    assert [job.task_name for job in ProcrastinateJob.objects.filter(status="todo")] == [erase_product.name]
    assert as_owner.post("/acme/products/new/", NEW).status_code == 302  # its name is free


NEW = {
    "name": "Helpbot", "kind": "agent", "description": "", "environment": "production", "color": "teal", "icon": "bot",
}  # fmt: skip


@pytest.mark.django_db
def test_it_works_in_jobs_and_keeps_a_receipt(as_owner: Client, owner: Member, product: Product) -> None:
    tell(product, "Hi")
    where = as_owner.post(f"/acme/products/{product.id}/delete/", {"name": "Helpbot"}).headers["Location"]
    working = as_owner.get(where, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert 'hx-trigger="every 1s"' in working.text
    assert "<html" not in working.text
    while job := ProcrastinateJob.objects.filter(status="todo").first():
        with connection.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs where id = %s", [job.id])
        erase_product(**job.args)
    page = as_owner.get(where).text
    assert "every 1s" not in page
    assert re.search(r"<code>conversation</code></dt><dd><data value=\"1\"", page)
    entry = AuditEntry.objects.get(action=Action.PRODUCT_DELETED)
    assert (entry.target, entry.before) == ("Helpbot", {"environment": "production", "conversations": 1})
    resume_erasing_products(timestamp=0)
    assert not ProcrastinateJob.objects.filter(status="todo").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "helpbot", "Helpbot!"])
def test_it_wants_the_name_typed(as_owner: Client, product: Product, typed: str) -> None:
    answer = as_owner.post(f"/acme/products/{product.id}/delete/", {"name": typed})
    assert answer.status_code == 422
    assert "Nothing was deleted" in answer.text
    assert Product.objects.get().deleted_at is None


@pytest.mark.django_db
def test_it_says_what_will_be_gone(as_owner: Client, owner: Member, product: Product, api: Api) -> None:
    fill(product, owner, api)
    page = as_owner.get(f"/acme/products/{product.id}/delete/").text
    told = re.findall(r"<dt>([^<]+)</dt><dd><data value=\"(\d+)\"", page)
    assert told == [
        ("Conversations, with all messages and ratings", "3"),
        ("Events", "6"),
        ("Collaborators", "1"),
        ("API keys that reach one product less", "1"),
    ]


@pytest.mark.django_db
def test_it_deletes_what_is_archived(as_owner: Client, owner: Member, product: Product) -> None:
    archive_product(product, acting_user=owner.person)
    assert as_owner.post(f"/acme/products/{product.id}/delete/", {"name": "Helpbot"}).status_code == 302
    assert Product.objects.get().deleted_at


@pytest.mark.django_db
def test_it_is_for_admins(product: Product, collaborator: Member, viewer: Member, stranger: Member) -> None:
    admin = MemberFactory.create(workspace=product.workspace, role=Role.ADMIN)
    for member, status in ((collaborator, 403), (viewer, 403), (stranger, 404), (admin, 302)):
        answer = browser_of(member.person).post(f"/acme/products/{product.id}/delete/", {"name": "Helpbot"})
        assert answer.status_code == status
    receipt = DeletedProduct.objects.get()
    for member, status in ((collaborator, 403), (stranger, 404), (admin, 200)):
        assert browser_of(member.person).get(f"/acme/products/deleted/{receipt.id}/").status_code == status


@pytest.mark.django_db
def test_it_goes_on_where_a_worker_died(as_owner: Client, owner: Member, product: Product) -> None:
    receipt = delete_product(product, acting_user=owner.person)
    resume_erasing_products(timestamp=0)
    assert not ProcrastinateJob.objects.exists()  # it may be at work
    DeletedProduct.objects.update(progressed_at=timezone.now() - timedelta(minutes=3))
    resume_erasing_products(timestamp=0)
    assert ProcrastinateJob.objects.get().args == {"receipt_id": str(receipt.id)}
    assert {erase_product.name, resume_erasing_products.name} <= set(app.tasks)
