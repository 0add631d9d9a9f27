"""An organization's paths without its slug."""

from uuid import uuid4

import pytest
from django.test import Client

from products.actions import create_api_key, create_product
from products.models import Member, Product, Role
from tests.conftest import browser_of, tell
from tests.factories import MemberFactory, PersonFactory, WorkspaceFactory


@pytest.fixture
def second(owner: Member) -> Member:
    """Ada is a member of Initech too, and joined it later."""
    return MemberFactory.create(
        workspace=WorkspaceFactory.create(name="Initech", slug="initech"), person=owner.person, role=Role.OWNER
    )


@pytest.mark.parametrize(
    ("path", "target"),
    {
        "/": "/acme/",
        "/?environment=all": "/acme/?environment=all",
        "/conversations/": "/acme/conversations/",
        "/conversations/?environment=all&product=x%20y": "/acme/conversations/?environment=all&product=x%20y",
        "/products/": "/acme/products/",
        "/products/new/": "/acme/products/new/",
        "/api-keys/": "/acme/api-keys/",
        "/settings/": "/acme/settings/",
    }.items(),
)
def test_it_leads_to_the_organization(as_owner: Client, path: str, target: str) -> None:
    answer = as_owner.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_it_leads_to_the_organization_that_owns_the_thing(owner: Member, second: Member, product: Product) -> None:
    ada = browser_of(owner.person)
    ada.get("/acme/")
    other = create_product(second, name="Initech bot")
    key = create_api_key(second.workspace, acting_user=owner.person, name="k").api_key
    assert ada.get(f"/products/{other.id}/?a=b").headers["Location"] == f"/initech/products/{other.id}/?a=b"
    assert ada.get(f"/products/{product.id}/edit/").headers["Location"] == f"/acme/products/{product.id}/edit/"
    assert ada.get(f"/api-keys/{key.id}/revoke/").headers["Location"] == f"/initech/api-keys/{key.id}/revoke/"
    conversation = tell(other, "Hello").id
    assert ada.get(f"/conversations/{conversation}/").headers["Location"] == f"/initech/conversations/{conversation}/"


def test_it_leads_to_the_organization_visited_last(owner: Member, second: Member) -> None:
    ada = browser_of(owner.person)
    assert ada.get("/").headers["Location"] == "/acme/"  # the first one joined
    ada.get("/initech/")
    assert ada.get("/").headers["Location"] == "/initech/"
    assert ada.get("/conversations/").headers["Location"] == "/initech/conversations/"
    ada.get("/acme/products/")
    assert ada.get("/").headers["Location"] == "/acme/"


def test_it_forgets_an_organization_one_was_removed_from(owner: Member, second: Member) -> None:
    ada = browser_of(owner.person)
    ada.get("/initech/")
    second.delete()
    assert ada.get("/").headers["Location"] == "/acme/"


def test_it_is_404_for_a_strangers_id_as_for_a_random_one(
    owner: Member, product: Product, stranger: Member, api_key: str
) -> None:
    charlie = browser_of(stranger.person)
    key, conversation = owner.workspace.api_keys.get().id, tell(product, "Hello").id
    for path in (
        f"/products/{product.id}/",
        f"/products/{uuid4()}/",
        f"/conversations/{conversation}/",
        f"/conversations/{uuid4()}/",
        f"/api-keys/{key}/revoke/",
    ):
        assert charlie.get(path).status_code == 404, path


def test_it_asks_who_has_no_organization_to_make_one(db: None) -> None:
    homeless = browser_of(PersonFactory.create())
    assert homeless.get("/").headers["Location"] == "/organizations/new/"
    assert homeless.get("/conversations/").headers["Location"] == "/organizations/new/"
    assert homeless.get(f"/products/{uuid4()}/").status_code == 404


def test_it_asks_who_is_not_signed_in_to_log_in_first(db: None) -> None:
    assert Client().get("/conversations/?environment=all").headers["Location"] == (
        "/login/?next=/conversations/%3Fenvironment%3Dall"
    )
