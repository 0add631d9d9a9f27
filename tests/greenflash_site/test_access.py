"""The gate for pages: whose things one may see, and what a session, a key and a form token are good for."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from products.actions import create_product
from products.models import Environment, Member, Product, Role, Workspace
from tests.conftest import Api, browser_of, tell


def without_tokens(page: bytes) -> bytes:
    """A page without its CSRF token, which is another one each time."""
    return re.sub(rb'"X-CSRFToken": "\w+"', b"", page)


@pytest.fixture
def globex_product(stranger: Member) -> Product:
    """Something that is none of Acme's business."""
    return create_product(stranger, name="Globex bot")


@pytest.mark.parametrize("page", ["products/{product}/", "products/{product}/edit/", "conversations/{conversation}/"])
def test_it_answers_not_yours_as_not_there(
    owner: Member, collaborator: Member, stranger: Member, globex_product: Product, page: str
) -> None:
    secret = create_product(owner, name="Secret bot")
    secret_ids = {"product": secret.id, "conversation": tell(secret, "Ours alone").id}
    globex_ids = {"product": globex_product.id, "conversation": tell(globex_product, "Theirs").id}
    random_ids = {"product": uuid4(), "conversation": uuid4()}
    bob, charlie = browser_of(collaborator.person), browser_of(stranger.person)
    answers = [
        bob.get("/acme/" + page.format(**random_ids)),
        bob.get("/acme/" + page.format(**secret_ids)),  # another product of the organization
        bob.get("/acme/" + page.format(**globex_ids)),  # another organization's, under one's own
        bob.get("/globex/" + page.format(**globex_ids)),  # another organization
        bob.get("/nowhere/" + page.format(**random_ids)),
        charlie.get("/acme/" + page.format(**secret_ids)),
        charlie.get("/globex/" + page.format(**secret_ids)),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({without_tokens(answer.content) for answer in answers}) == 1


def test_it_does_not_count_or_list_what_a_member_may_not_see(owner: Member, collaborator: Member) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(secret, "Ours alone")
    bob = browser_of(collaborator.person)
    for page in ("/acme/", "/acme/products/", "/acme/conversations/", f"/acme/conversations/?product={secret.id}"):
        answer = bob.get(page, {"environment": "all"}) if "?" not in page else bob.get(page)
        assert answer.status_code == 200
        assert b"Secret bot" not in answer.content
        assert b"Ours alone" not in answer.content


def test_it_refuses_a_key_of_another_organization(stranger: Member, owner: Member, api_key: str) -> None:
    key_id = owner.workspace.api_keys.get().id
    assert browser_of(stranger.person).post(f"/globex/api-keys/{key_id}/revoke/").status_code == 404
    assert owner.workspace.api_keys.get().revoked_at is None


def test_it_closes_at_once_for_a_removed_member(collaborator: Member, product: Product) -> None:
    bob = browser_of(collaborator.person)
    assert bob.get(f"/acme/products/{product.id}/").status_code == 200
    collaborator.delete()
    assert bob.get(f"/acme/products/{product.id}/").status_code == 404
    assert bob.get("/acme/").status_code == 404


def test_it_closes_at_once_for_a_demoted_admin(owner: Member) -> None:
    ada = browser_of(owner.person)
    assert ada.get("/acme/settings/").status_code == 200
    owner.role = Role.VIEWER
    owner.save(update_fields=["role"])
    assert ada.post("/acme/settings/", {"name": "Mine"}).status_code == 403
    assert Workspace.objects.get(slug="acme").name == "Acme"


def test_it_closes_at_once_for_an_account_that_is_switched_off(owner: Member) -> None:
    ada = browser_of(owner.person)
    owner.person.is_active = False
    owner.person.save(update_fields=["is_active"])
    assert ada.get("/acme/").headers["Location"].startswith("/login/")


def test_it_lets_a_viewer_change_nothing(viewer: Member, product: Product) -> None:
    vera = browser_of(viewer.person)
    form = {"name": "Changed", "kind": "chatbot", "environment": "production", "color": "green", "icon": "bot"}
    assert vera.post("/acme/products/new/", form).status_code == 403
    assert vera.post(f"/acme/products/{product.id}/edit/", form).status_code == 403
    assert vera.post("/acme/api-keys/new/", {"name": "k", "scope": "all", "expires_in": "never"}).status_code == 403
    assert list(Product.objects.values_list("name", flat=True)) == ["Helpbot"]


@pytest.mark.parametrize(
    "path",
    ["/login/", "/signup/", "/logout/", "/organizations/new/", "/acme/products/new/", "/acme/api-keys/new/"],
)
def test_it_refuses_a_form_without_its_token(owner: Member, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.person)
    answer = client.post(path, {"name": "Sneaked in", "scope": "all", "expires_in": "never"})
    assert answer.status_code == 403
    assert not owner.workspace.api_keys.exists()
    assert Workspace.objects.get().name == "Acme"


def test_it_takes_a_form_with_its_token(owner: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.person)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/acme/settings/").text)
    assert token
    assert client.post("/acme/settings/", {"name": "Acme 2", "csrfmiddlewaretoken": token[1]}).status_code == 302


def test_it_does_not_take_an_api_key_for_a_session(api: Api, stranger: Member) -> None:
    answer = api.client.get("/acme/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=/acme/"


def test_it_does_not_take_a_session_for_an_api_key(as_owner: Client) -> None:
    assert as_owner.get("/api/v1/products").status_code == 401
    assert as_owner.get("/api/v1/interactions").status_code == 401


@pytest.mark.parametrize("path", ["/admin/", "/.env", "/.git/config", "/__debug__/", "/static/../manage.py"])
def test_it_has_nothing_where_scanners_look(as_owner: Client, path: str) -> None:
    assert as_owner.get(path).status_code == 404


@pytest.mark.parametrize("slug", ["ACME", "acme%00", "%F0%9F%98%80", "a" * 4000, "acme'--", "..", "%2e%2e"])
def test_it_answers_nonsense_for_an_organization_with_404(as_owner: Client, slug: str) -> None:
    assert as_owner.get(f"/{slug}/conversations/").status_code == 404


def test_it_shows_the_environment_that_was_asked_for_and_production_for_nonsense(
    as_owner: Client, product: Product, development: Product
) -> None:
    tell(product, "Real")
    tell(development, "Trial")
    for asked, shown in {
        None: {"Real"},
        Environment.PRODUCTION: {"Real"},
        Environment.DEVELOPMENT: {"Trial"},
        "all": {"Real", "Trial"},
        "nonsense": {"Real"},
        "\0": {"Real"},
    }.items():
        page = as_owner.get("/acme/conversations/", {"environment": asked} if asked else None).text
        assert {word for word in ("Real", "Trial") if f">{word}<" in page} == shown, asked


def test_it_says_who_can_give_the_role_that_is_missing(owner: Member, viewer: Member, collaborator: Member) -> None:
    answer = browser_of(viewer.person).get("/acme/settings/")
    assert answer.status_code == 403
    page = answer.text
    assert "for the role admin and above; you are viewer in <bdi>Acme</bdi>" in page
    assert owner.person.email in page
    assert collaborator.person.email not in page


def test_it_says_what_may_have_happened_to_a_page_that_is_not_there(as_owner: Client) -> None:
    answer = as_owner.get("/acme/nowhere/")
    assert answer.status_code == 404
    assert 'href="/palette/"' in answer.text
    assert as_owner.get("/palette/").headers["Location"] == "/acme/palette/"
