"""API keys: shown once, kept hashed, and ended at once."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from greenflash_site.api import auth
from products.actions import create_api_key
from products.models import ApiKey, Member, Product
from products.models.api_key import generate_key, hash_key, is_well_formed
from tests.conftest import Api, browser_of

FORM = {"name": "web server", "environment": "", "scope": "all", "expires_in": "never"}


def create(client: Client, **changes: Any) -> Any:
    """Post the form of a new key, with some fields changed."""
    return client.post("/acme/api-keys/new/", {**FORM, **changes})


def shown(page: str) -> str:
    """The key on a page."""
    [key] = set(re.findall(r"gf_[0-9A-Za-z]{46}", html.unescape(page)))
    return str(key)


def test_it_shows_a_new_key_this_once_and_stores_its_hash(as_owner: Client, product: Product) -> None:
    answer = create(as_owner)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    key = shown(answer.text)
    assert f"GREENFLASH_API_KEY={key}" in answer.text
    assert str(product.id) in answer.text
    stored = ApiKey.objects.get()
    assert bytes(stored.hash) == hash_key(key)
    assert (stored.prefix, stored.last_four) == (key[:6], key[-4:])
    with connection.cursor() as cursor:
        cursor.execute("select row_to_json(k)::text from api_key k")
        assert key not in cursor.fetchone()[0]
    for page in ("/acme/api-keys/", "/acme/", "/acme/settings/"):
        assert key not in as_owner.get(page).text
    assert Api(key).get("products").status_code == 200


def test_it_helps_to_create_a_product_first(as_owner: Client) -> None:
    assert "/acme/products/new/" in create(as_owner).text


def test_it_lists_keys_with_what_tells_them_apart(as_owner: Client, owner: Member) -> None:
    key = shown(create(as_owner, name="web server").text)
    create(as_owner, name="laptop", environment="development", scope="ingest", expires_in="30")
    page = as_owner.get("/acme/api-keys/").text
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)[1:]
    assert ["laptop" in rows[0], "web server" in rows[1]] == [True, True]  # newest first
    assert f"{key[:6]}…{key[-4:]}" in rows[1]
    assert owner.person.email in rows[1]
    assert "Send only" in rows[0]


@pytest.mark.parametrize(("choice", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)])
def test_it_ends_by_itself_when_asked_to(as_owner: Client, choice: str, days: int | None) -> None:
    create(as_owner, expires_in=choice)
    expires_at = ApiKey.objects.get().expires_at
    if days is None:
        assert expires_at is None
    else:
        assert expires_at is not None
        assert abs(expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_it_refuses_an_expired_key_and_says_so_in_the_list(as_owner: Client, owner: Member, product: Product) -> None:
    made = create_api_key(
        owner.workspace, acting_user=owner.person, name="old", expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert Api(made.plaintext).get("products").status_code == 401
    page = as_owner.get("/acme/api-keys/").text
    assert "Expired" in page
    assert f"/acme/api-keys/{made.api_key.id}/revoke/" not in page


def test_it_binds_a_key_to_an_environment(as_owner: Client, product: Product, development: Product) -> None:
    api = Api(shown(create(as_owner, environment="development").text))
    message = {"externalUserId": "u", "messages": [{"role": "user", "content": "Hello"}]}
    assert api.post("messages", {**message, "productId": str(product.id)}).status_code == 403
    assert api.post("messages", {**message, "productId": str(development.id)}).status_code == 201


def test_it_revokes_a_key_at_once(as_owner: Client, owner: Member, api: Api) -> None:
    key = owner.workspace.api_keys.get()
    assert api.get("products").status_code == 200
    answer = as_owner.post(f"/acme/api-keys/{key.id}/revoke/", {"name": key.name})
    assert answer.headers["Location"] == "/acme/api-keys/"
    auth.forget_callers()  # every process does within a second
    assert api.get("products").status_code == 401
    page = as_owner.get("/acme/api-keys/").text
    assert "Revoked" in page
    revoked_at = owner.workspace.api_keys.get().revoked_at
    as_owner.post(f"/acme/api-keys/{key.id}/revoke/", {"name": key.name})
    assert owner.workspace.api_keys.get().revoked_at == revoked_at


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\0b"},
        {"environment": "staging"},
        {"scope": "everything"},
        {"expires_in": "-1"},
        {"expires_in": ""},
    ],
)
def test_it_refuses_what_is_wrong_and_keeps_what_was_typed(as_owner: Client, changes: dict[str, str]) -> None:
    answer = create(as_owner, **changes)
    assert answer.status_code == 422
    assert ("name" in changes) or ("web server" in answer.text)
    assert not ApiKey.objects.exists()


def test_it_makes_and_shows_a_stranger_nothing(stranger: Member, owner: Member) -> None:
    create_api_key(owner.workspace, acting_user=owner.person, name="web server")
    charlie = browser_of(stranger.person)
    assert charlie.post("/acme/api-keys/new/", FORM).status_code == 404
    assert "web server" not in charlie.get("/globex/api-keys/").text
    assert ApiKey.objects.count() == 1


@pytest.mark.django_db
def test_it_tells_a_mistyped_key_without_a_look_at_the_database(django_assert_num_queries: Any) -> None:
    key = generate_key()
    assert is_well_formed(key)
    with django_assert_num_queries(0):
        for place in (3, 20, 42, 48):
            other = key[:place] + ("a" if key[place] != "a" else "b") + key[place + 1 :]
            assert not is_well_formed(other)
            assert Api(other).get("products").status_code == 401


def test_it_revokes_nothing_without_the_name(as_owner: Client, owner: Member, api: Api) -> None:
    key = owner.workspace.api_keys.get()
    as_owner.post(f"/acme/api-keys/{key.id}/revoke/", {"name": "something else"})
    assert api.get("products").status_code == 200
