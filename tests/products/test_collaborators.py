"""Collaborators: members and viewers see the products they were added to, everywhere, and ask where they see none."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from products.actions import create_product
from products.models import AccessRequest, Action, AuditEntry, Collaborator, Member, Product, Role
from products.team import invite
from tests.conftest import browser_of, tell
from tests.factories import MemberFactory

FORM = {"name": "Faxbot", "kind": "agent", "environment": "production", "color": "teal", "icon": "bot"}
ASK = "Already invited? Ask the owner to add you"


@pytest.fixture
def bob(collaborator: Member) -> Client:
    """The browser of a member with one product."""
    return browser_of(collaborator.person)


@pytest.fixture
def nora(newcomer: Member) -> Client:
    """The browser of a member without any."""
    return browser_of(newcomer.person)


def sees(client: Client, product: Product) -> bool:
    status = client.get(f"/acme/products/{product.id}/").status_code
    assert status in (200, 404)
    return status == 200


def add(client: Client, product: Product, member: Member) -> Any:
    return client.post(f"/acme/products/{product.id}/collaborators/", {"member": str(member.id)})


def remove(client: Client, product: Product, member: Member) -> Any:
    return client.post(f"/acme/products/{product.id}/collaborators/{member.id}/remove/")


def test_it_chooses_collaborators_when_a_product_is_created(
    as_owner: Client, nora: Client, newcomer: Member, bob: Client, viewer: Member
) -> None:
    form = as_owner.get("/acme/products/new/").text
    assert "nora@acme.example" in form
    as_owner.post("/acme/products/new/", {**FORM, "twin": "on", "collaborators": [str(newcomer.id), str(viewer.id)]})
    made = Product.objects.filter(name="Faxbot")
    assert len(made) == 2
    for product in made:
        assert (sees(nora, product), sees(browser_of(viewer.person), product), sees(bob, product)) == (
            True,
            True,
            False,
        )
    assert AuditEntry.objects.filter(action=Action.COLLABORATOR_ADDED).count() == 4


def test_it_chooses_no_stranger_and_nobody_who_sees_all_anyway(
    as_owner: Client, stranger: Member, owner: Member, newcomer: Member
) -> None:
    for member in (stranger, owner):
        answer = as_owner.post("/acme/products/new/", {**FORM, "collaborators": [str(member.id)]})
        assert answer.status_code == 422
    assert not Product.objects.exists()


def test_it_lets_a_member_choose_from_the_others(bob: Client, newcomer: Member, collaborator: Member) -> None:
    page = bob.get("/acme/products/new/").text
    assert str(newcomer.id) in page
    assert str(collaborator.id) not in page


def test_it_adds_and_removes_collaborators(
    as_owner: Client, nora: Client, newcomer: Member, product: Product, development: Product
) -> None:
    assert not sees(nora, product)
    assert add(as_owner, product, newcomer).headers["Location"] == f"/acme/products/{product.id}/"
    assert (sees(nora, product), sees(nora, development)) == (True, False)
    add(as_owner, product, newcomer)
    assert Collaborator.objects.filter(member=newcomer).count() == 1
    remove(as_owner, product, newcomer)
    remove(as_owner, product, newcomer)
    assert not sees(nora, product)
    log = AuditEntry.objects.filter(target_id=product.id).exclude(action=Action.PRODUCT_CREATED).order_by("id")
    assert [(entry.action, entry.before, entry.after) for entry in log] == [
        (Action.COLLABORATOR_ADDED, {}, {"person": "nora@acme.example"}),
        (Action.COLLABORATOR_REMOVED, {"person": "nora@acme.example"}, {}),
    ]


def test_it_lets_a_collaborator_add_others_to_their_product_only(
    bob: Client, nora: Client, newcomer: Member, product: Product, owner: Member
) -> None:
    secret = create_product(owner, name="Secret bot")
    assert add(bob, secret, newcomer).status_code == 404
    assert remove(bob, secret, owner).status_code == 404
    add(bob, product, newcomer)
    assert (sees(nora, product), sees(nora, secret)) == (True, False)


def test_it_leads_a_collaborator_who_removes_themselves_to_what_they_see(
    bob: Client, collaborator: Member, product: Product
) -> None:
    assert remove(bob, product, collaborator).headers["Location"] == "/acme/products/"
    assert not sees(bob, product)


def test_it_lets_viewers_and_strangers_add_nobody(
    viewer: Member, stranger: Member, newcomer: Member, product: Product
) -> None:
    vera, charlie = browser_of(viewer.person), browser_of(stranger.person)
    assert add(vera, product, newcomer).status_code == 403
    assert remove(vera, product, viewer).status_code == 403
    assert "collaborators/" not in vera.get(f"/acme/products/{product.id}/").text
    assert add(charlie, product, stranger).status_code == 404
    assert Collaborator.objects.filter(product=product).count() == 2  # Ada and Vera


def test_it_adds_nobody_of_another_organization(as_owner: Client, stranger: Member, product: Product) -> None:
    add(as_owner, product, stranger)
    assert remove(as_owner, product, stranger).status_code == 404
    assert not Collaborator.objects.filter(member=stranger).exists()


def test_it_chooses_the_products_of_a_member(
    as_owner: Client, nora: Client, newcomer: Member, product: Product, development: Product
) -> None:
    page = f"/acme/settings/members/{newcomer.id}/"
    as_owner.post(f"{page}products/", {"products": [str(product.id), str(development.id)]})
    assert (sees(nora, product), sees(nora, development)) == (True, True)
    assert as_owner.get(page).text.count(" checked") >= 3  # the role and both
    as_owner.post(f"{page}products/", {"products": [str(development.id)]})
    assert (sees(nora, product), sees(nora, development)) == (False, True)


def test_it_chooses_no_product_of_another_organization(as_owner: Client, newcomer: Member, stranger: Member) -> None:
    theirs = create_product(stranger, name="Globex bot")
    answer = as_owner.post(f"/acme/settings/members/{newcomer.id}/products/", {"products": [str(theirs.id)]})
    assert answer.status_code == 422
    assert not Collaborator.objects.filter(member=newcomer).exists()


def test_it_shows_members_nothing_of_other_products_anywhere(
    owner: Member, viewer: Member, collaborator: Member, newcomer: Member, product: Product
) -> None:
    """Lists, counts, search, filters and exports; not by naming the product in the address either."""
    secret = create_product(owner, name="Secretbot")
    tell(product, "Ordinary talk", model="open-model")
    hidden = tell(secret, "Xylophone matters", model="secret-model", externalUserId="hidden-user")
    tell(secret, "More of the same", externalUserId="hidden-user", externalOrganizationId="hidden-company")
    pages = ["", "products/", "conversations/", "conversations/?q=Xylophone", f"conversations/?product={secret.id}"]
    pages += [f"conversations/filters/{name}/" for name in ("product", "user", "organization", "model", "rating")]
    pages += [f"conversations/{hidden.id}/", f"products/{secret.id}/", "conversations/?user=hidden-user"]
    canaries = ("Xylophone m", "Secretbot", "secret-model", "hidden-user<", "hidden-company", "More of the same")
    for member in (viewer, collaborator, newcomer):
        browser = browser_of(member.person)
        for page in pages:
            mark = "&" if "?" in page else "?"
            text = browser.get(f"/acme/{page}{mark}environment=all").text
            assert [canary for canary in canaries if canary in text] == [], (member, page)
    bob = browser_of(collaborator.person)
    export: Any = bob.post("/acme/conversations/exports/?environment=all", {"format": "jsonl"})
    told = b"".join(export.streaming_content).decode()
    assert "Ordinary talk" in told
    assert [canary for canary in canaries if canary in told] == []
    assert "Xylophone m" in browser_of(owner.person).get("/acme/conversations/").text


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
@pytest.mark.parametrize("page", ["/acme/", "/acme/products/"])
def test_it_tells_who_sees_no_product_whom_to_ask(owner: Member, product: Product, role: Role, page: str) -> None:
    MemberFactory.create(workspace=owner.workspace, person__name="Olga", role=Role.OWNER)
    someone = browser_of(MemberFactory.create(workspace=owner.workspace, role=role).person)
    text = someone.get(page).text
    for said in (ASK, "ada@acme.example", "Olga", "Ask to be added"):
        assert said in text
    assert ("create a product" in text) == (role == Role.MEMBER)


def test_it_tells_nobody_else_to_ask(as_owner: Client, bob: Client, viewer: Member) -> None:
    for browser in (as_owner, bob, browser_of(viewer.person)):
        assert ASK not in browser.get("/acme/").text + browser.get("/acme/products/?environment=development").text


def test_it_asks_the_owners_once(
    nora: Client, as_owner: Client, newcomer: Member, product: Product, stranger: Member, settings: Settings
) -> None:
    settings.EMAIL_CONFIGURED = True
    for _ in range(2):
        assert nora.post("/acme/access-requests/").headers["Location"] == "/acme/"
    page = nora.get("/acme/").text
    assert "You asked" in page
    assert "Ask to be added" not in page
    [message] = mail.outbox
    assert message.to == ["ada@acme.example"]
    assert f"/acme/settings/members/{newcomer.id}/" in str(message.body)
    assert AuditEntry.objects.filter(action=Action.ACCESS_REQUESTED, target="nora@acme.example").count() == 1
    assert "Waiting to be added" in as_owner.get("/acme/settings/members/").text
    assert "Waiting to be added" not in browser_of(stranger.person).get("/globex/settings/members/").text
    as_owner.post(f"/acme/settings/members/{newcomer.id}/products/", {"products": [str(product.id)]})
    assert not AccessRequest.objects.exists()
    assert "Waiting to be added" not in as_owner.get("/acme/settings/members/").text
    assert ASK not in nora.get("/acme/").text


def test_it_asks_without_a_mail_server(nora: Client, product: Product) -> None:
    nora.post("/acme/access-requests/")
    assert mail.outbox == []
    assert AccessRequest.objects.count() == 1


def test_it_is_done_with_a_request_once_somebody_added_them(
    nora: Client, bob: Client, newcomer: Member, product: Product
) -> None:
    nora.post("/acme/access-requests/")
    add(bob, product, newcomer)
    assert not AccessRequest.objects.exists()


def test_it_dismisses_a_request(nora: Client, as_owner: Client, product: Product) -> None:
    nora.post("/acme/access-requests/")
    request = AccessRequest.objects.get()
    as_owner.post(f"/acme/settings/access-requests/{request.id}/dismiss/")
    assert not AccessRequest.objects.exists()
    assert AuditEntry.objects.get(action=Action.ACCESS_REQUEST_DISMISSED).target == "nora@acme.example"
    nora.post("/acme/access-requests/")
    assert AccessRequest.objects.count() == 1


def test_it_takes_no_request_of_who_sees_products(bob: Client, as_owner: Client, stranger: Member) -> None:
    for browser in (bob, as_owner):
        assert browser.post("/acme/access-requests/").status_code == 302
    assert browser_of(stranger.person).post("/acme/access-requests/").status_code == 404
    assert not AccessRequest.objects.exists()


def test_it_knows_no_request_of_another_organization(as_owner: Client, stranger: Member) -> None:
    charlie = stranger.person
    mia = MemberFactory.create(workspace=stranger.workspace, person__email="mia@globex.example", role=Role.MEMBER)
    browser_of(mia.person).post("/globex/access-requests/")
    asked = AccessRequest.objects.get()
    assert "mia@globex.example" in browser_of(charlie).get("/globex/settings/members/").text
    assert "mia@globex.example" not in as_owner.get("/acme/settings/members/").text
    assert as_owner.post(f"/acme/settings/access-requests/{asked.id}/dismiss/").status_code == 404
    assert AccessRequest.objects.exists()


def test_it_lists_no_invitation_of_another_organization(as_owner: Client, stranger: Member) -> None:
    invite("ivan@globex.example", role=Role.MEMBER, acting_member=stranger)
    assert "ivan@globex.example" not in as_owner.get("/acme/settings/members/").text


def test_it_names_no_twin_that_one_does_not_see(bob: Client, product: Product, development: Product) -> None:
    page = bob.get(f"/acme/products/{product.id}/").text
    assert product.name in page
    assert str(development.id) not in page


def test_it_does_not_tell_that_there_are_conversations_elsewhere(bob: Client, owner: Member) -> None:
    empty = "No conversations yet"
    assert empty in bob.get("/acme/conversations/").text
    tell(create_product(owner, name="Faxbot"), "Is it printed?")
    assert empty in bob.get("/acme/conversations/").text
