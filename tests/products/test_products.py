"""The pages of products: the cards, making one and its twin, its page, and changing it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from conversations.models import Conversation
from greenflash_site.api import auth
from products.actions import create_product
from products.models import Action, AuditEntry, Collaborator, Environment, Member, Product, Role, Version
from tests.conftest import Api, browser_of, tell
from tests.factories import MemberFactory

FORM = {
    "name": "Helpbot",
    "kind": "agent",
    "description": "Answers the phone.",
    "environment": "production",
    "color": "teal",
    "icon": "bot",
}


@pytest.fixture
def bob(collaborator: Member) -> Client:
    """The browser of a member with one product."""
    return browser_of(collaborator.person)


def create(client: Client, **changes: Any) -> Any:
    """Post the form of a new product, with some fields changed."""
    return client.post("/acme/products/new/", {**FORM, **changes})


def test_it_creates_a_product_and_shows_its_id(as_owner: Client, owner: Member) -> None:
    answer = create(as_owner)
    product = Product.objects.get()
    assert answer.headers["Location"] == f"/acme/products/{product.id}/"
    assert {name: getattr(product, name) for name in FORM} == FORM
    assert Version.objects.get().product == product
    assert Collaborator.objects.get().member == owner
    page = as_owner.get(answer.headers["Location"]).text
    assert page.count(str(product.id)) > 3  # the id and the snippets
    assert "Answers the phone." in page


def test_it_creates_the_twin_in_the_other_environment(as_owner: Client) -> None:
    create(as_owner, twin="on", environment="development")
    development, production = Product.objects.order_by("environment")
    assert (development.environment, production.environment) == ("development", "production")
    assert development.name == production.name
    assert f"/acme/products/{production.id}/" in as_owner.get(f"/acme/products/{development.id}/").text
    assert f"/acme/products/{development.id}/" in as_owner.get(f"/acme/products/{production.id}/").text
    assert Version.objects.count() == Collaborator.objects.count() == 2


def test_it_makes_a_member_the_collaborator_of_what_they_create(newcomer: Member) -> None:
    nora = browser_of(newcomer.person)
    answer = create(nora)
    assert nora.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "required"),
        ({"name": "  "}, "required"),
        ({"name": "x" * 121}, "120"),
        ({"name": "Help\0bot"}, "Null"),
        ({"description": "x" * 501}, "500"),
        ({"kind": "robot"}, "valid choice"),
        ({"environment": "staging"}, "valid choice"),
        ({"color": "mauve"}, "valid choice"),
        ({"icon": "<svg>"}, "valid choice"),
    ],
)
def test_it_refuses_what_is_wrong_and_keeps_what_was_typed(
    as_owner: Client, changes: dict[str, str], told: str
) -> None:
    answer = create(as_owner, **{"name": "Typed name", "description": "Typed words"} | changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert ("Typed words" if "description" not in changes else "Typed name") in answer.text
    assert not Product.objects.exists()


def test_it_refuses_a_second_product_of_one_name_and_environment(as_owner: Client, product: Product) -> None:
    assert create(as_owner, name=product.name).status_code == 422
    assert create(as_owner, name=f" {product.name} ").status_code == 422
    assert create(as_owner, name=product.name, environment="development").status_code == 302
    assert Product.objects.count() == 2


def test_it_creates_the_twin_of_a_product_later_on(
    as_owner: Client, owner: Member, viewer: Member, newcomer: Member, product: Product
) -> None:
    Product.objects.filter(id=product.id).update(kind="agent", color="teal", icon="bot", description="Helps.")
    path = f"/acme/products/new/?twin={product.id}"
    assert path in as_owner.get(f"/acme/products/{product.id}/").text
    assert path not in browser_of(viewer.person).get(f"/acme/products/{product.id}/").text
    page = as_owner.get(path).text
    assert "The twin of <bdi>Helpbot</bdi> in production" in page
    assert re.findall(r'value="(\w[^"]*)"[^>]* checked', page) == ["agent", "development", "teal", "bot"]
    assert "Also create its twin" not in page
    assert "Helpbot" not in browser_of(newcomer.person).get(path).text  # who does not see it learns nothing of it
    body = {"name": "Helpbot", "kind": "agent", "color": "teal", "icon": "bot", "environment": "production"}
    taken = as_owner.post(path, body)
    assert taken.status_code == 422
    assert "There is a production product of this name already" in taken.text
    assert as_owner.post(path, {**body, "environment": "development"}).status_code == 302
    twin = owner.visible_products().twin_of(product)
    assert twin
    assert "?twin=" not in as_owner.get(f"/acme/products/{product.id}/").text
    assert f"/acme/products/{twin.id}/" in as_owner.get(f"/acme/products/{product.id}/").text


def test_it_refuses_a_twin_that_is_there_already(as_owner: Client, development: Product) -> None:
    answer = create(as_owner, name=development.name, twin="on")
    assert answer.status_code == 422
    assert "development product of this name" in answer.text
    assert Product.objects.get() == development


def test_it_does_not_mind_a_strangers_product_of_the_same_name(stranger: Member, as_owner: Client) -> None:
    create_product(stranger, name="Helpbot")
    assert create(as_owner).status_code == 302


def test_it_changes_a_product(bob: Client, product: Product) -> None:
    answer = bob.post(f"/acme/products/{product.id}/edit/", {**FORM, "name": "Renamed", "environment": "development"})
    assert answer.headers["Location"] == f"/acme/products/{product.id}/"
    product.refresh_from_db()
    assert (product.name, product.kind, product.color) == ("Renamed", "agent", "teal")
    assert product.environment == Environment.PRODUCTION  # conversations were sent to it as such


def test_it_keeps_a_products_own_name(bob: Client, product: Product) -> None:
    assert bob.post(f"/acme/products/{product.id}/edit/", {**FORM, "name": product.name}).status_code == 302


def test_it_refuses_to_rename_onto_another(bob: Client, product: Product, owner: Member) -> None:
    create_product(owner, name="Other")
    answer = bob.post(f"/acme/products/{product.id}/edit/", {**FORM, "name": "Other"})
    assert answer.status_code == 422
    product.refresh_from_db()
    assert product.name == "Helpbot"


def test_it_changes_nothing_of_a_strangers(stranger: Member, product: Product) -> None:
    charlie = browser_of(stranger.person)
    for slug in ("acme", "globex"):
        assert charlie.post(f"/{slug}/products/{product.id}/edit/", FORM).status_code == 404
    assert charlie.post(f"/globex/products/{uuid4()}/edit/", FORM).status_code == 404
    product.refresh_from_db()
    assert product.kind != "agent"


def test_it_lists_the_products_of_the_environment_one_may_see(
    bob: Client, as_owner: Client, product: Product, development: Product, owner: Member
) -> None:
    other = create_product(owner, name="Other")

    def listed(client: Client, environment: str) -> set[Product]:
        page = client.get("/acme/products/", {"environment": environment}).text
        return {each for each in (product, development, other) if f"/acme/products/{each.id}/" in page}

    assert listed(as_owner, "production") == {product, other}
    assert listed(as_owner, "development") == {development}
    assert listed(as_owner, "all") == {product, development, other}
    assert listed(bob, "all") == {product}


def test_it_offers_buttons_only_to_who_may_press_them(
    viewer: Member, as_owner: Client, bob: Client, product: Product
) -> None:
    vera = browser_of(viewer.person)
    for client, may_write, may_manage in ((vera, False, False), (bob, True, False), (as_owner, True, True)):
        page = client.get(f"/acme/products/{product.id}/").text + client.get("/acme/products/").text
        assert ("/edit/" in page) == ("/products/new/" in page) == ("/acme/api-keys/" in page) == may_write
        assert ("/acme/settings/" in page) == may_manage


def test_it_marks_development_products(as_owner: Client, owner: Member) -> None:
    marks = {}
    for environment in Environment:
        product = create_product(owner, name=f"In {environment.label[:4]}", environment=environment)
        marks[environment] = as_owner.get(f"/acme/products/{product.id}/").text.count("Development</span>")
    assert marks[Environment.PRODUCTION] == 0
    assert marks[Environment.DEVELOPMENT] > 0


def test_it_renames_a_twin_along(as_owner: Client, product: Product, development: Product) -> None:
    form = {"name": "Helper", "kind": "chatbot", "description": "", "color": "green", "icon": "bot"}
    assert as_owner.post(f"/acme/products/{product.id}/edit/", form).status_code == 302
    development.refresh_from_db()
    assert development.name == "Helper"


def test_it_wants_a_name_that_is_free_for_the_twin_too(
    as_owner: Client, owner: Member, product: Product, development: Product
) -> None:
    create_product(owner, name="Helper", environment="development")
    form = {"name": "Helper", "kind": "chatbot", "description": "", "color": "green", "icon": "bot"}
    response = as_owner.post(f"/acme/products/{product.id}/edit/", form)
    assert response.status_code == 422
    assert "development product of this name" in response.text


ARCHIVE = "/acme/products/{}/archive/"


def archive(client: Client, product: Product) -> Any:
    """Post the button."""
    return client.post(ARCHIVE.format(product.id))


def test_it_archives_a_product_and_restores_it(as_owner: Client, owner: Member, product: Product) -> None:
    conversation = tell(product, "Hello")
    pages = [
        f"/acme/products/{product.id}/",
        f"/acme/products/{product.id}/edit/",
        f"/acme/conversations/{conversation.id}/",
    ]
    assert archive(as_owner, product).headers["Location"] == "/acme/products/"
    assert [as_owner.get(page).status_code for page in pages] == [404] * 3
    assert "Hello" not in as_owner.get("/acme/conversations/").text
    listed = as_owner.get("/acme/products/").text
    assert listed.index("Archived") < listed.index("Helpbot")
    answer = as_owner.post(f"/acme/products/{product.id}/restore/")
    assert answer.headers["Location"] == pages[0]
    assert [as_owner.get(page).status_code for page in pages] == [200] * 3
    entries = AuditEntry.objects.filter(target_id=product.id).order_by("id")
    assert [entry.action for entry in entries][1:] == [Action.PRODUCT_ARCHIVED, Action.PRODUCT_RESTORED]
    assert {entry.actor for entry in entries} == {owner.person.email}


def test_it_archives_once(as_owner: Client, product: Product) -> None:
    assert archive(as_owner, product).status_code == 302
    assert archive(as_owner, product).status_code == 404
    assert as_owner.post(f"/acme/products/{product.id}/restore/").status_code == 302
    assert as_owner.post(f"/acme/products/{product.id}/restore/").status_code == 404


def test_it_refuses_what_is_sent_to_an_archived_product(as_owner: Client, product: Product, api: Api) -> None:
    body = {"productId": str(product.id), "externalUserId": "u", "messages": [{"role": "user", "content": "Hi"}]}
    first = api.post("messages", {**body, "externalConversationId": "c"}).json()
    event = {"eventType": "purchase", "value": "pro", "productId": str(product.id), "externalUserId": "u"}
    rating = {"rating": 1, "ratingMin": 0, "ratingMax": 1, "conversationId": first["conversationId"]}
    archive(as_owner, product)
    auth.forget_callers()  # which they are within a second
    for answer in (api.post("messages", body), api.post("events", event)):
        assert (answer.status_code, answer.json()["code"]) == (403, "product_archived")
    assert api.post("ratings", rating).status_code == 404
    assert api.get(f"products/{product.id}").status_code == 404
    assert api.get("products").json() == []
    assert Conversation.objects.get().message_count == 1
    as_owner.post(f"/acme/products/{product.id}/restore/")
    auth.forget_callers()
    assert api.post("messages", {**body, "externalConversationId": "c"}).status_code == 201
    assert Conversation.objects.get().message_count == 2


def test_it_lets_admins_alone_archive(collaborator: Member, viewer: Member, product: Product) -> None:
    for member in (collaborator, viewer):
        browser = browser_of(member.person)
        assert archive(browser, product).status_code == 403
        assert "/archive/" not in browser.get(f"/acme/products/{product.id}/").text
    admin = MemberFactory.create(workspace=product.workspace, role=Role.ADMIN)
    browser = browser_of(admin.person)
    assert ARCHIVE.format(product.id) in browser.get(f"/acme/products/{product.id}/edit/").text
    assert archive(browser, product).status_code == 302
    bob = browser_of(collaborator.person)
    assert "Helpbot" in bob.get("/acme/products/").text
    assert "/restore/" not in bob.get("/acme/products/").text
    assert bob.post(f"/acme/products/{product.id}/restore/").status_code == 403


def test_it_notes_what_was_changed(bob: Client, collaborator: Member, product: Product) -> None:
    bob.post(f"/acme/products/{product.id}/edit/", {**FORM, "name": "Renamed", "kind": product.kind})
    entry = AuditEntry.objects.get(action=Action.PRODUCT_CHANGED)
    assert (entry.actor, entry.before["name"], entry.after["name"]) == (
        collaborator.person.email,
        "Helpbot",
        "Renamed",
    )
    assert "kind" not in entry.after
    bob.post(f"/acme/products/{product.id}/edit/", {**FORM, "name": "Renamed", "kind": product.kind})
    assert AuditEntry.objects.filter(action=Action.PRODUCT_CHANGED).count() == 1
