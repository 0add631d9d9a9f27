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
from products.actions import archive_product, create_api_key, create_product, rotate_api_key
from products.models import ApiKey, Environment, Member, Product
from products.models.api_key import generate_key, hash_key, is_well_formed
from tests.conftest import PASSWORD, Api, browser_of, tell
from tests.conversations.bodies import saying

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


def test_it_shows_how_to_send_to_a_product_that_is_not_put_away(
    as_owner: Client, owner: Member, product: Product
) -> None:
    away = create_product(owner, name="Aardvark")
    archive_product(away, acting_user=owner.person)
    page = create(as_owner).text
    assert str(product.id) in page
    assert str(away.id) not in page


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
        {"addresses": "192.0.2.7/24"},
        {"addresses": "example.com"},
        {"addresses": " ".join(f"192.0.2.{n}" for n in range(51))},
        {"products": "nonsense"},
        {"products": "01a212a3-3dac-7709-96f1-d251b8ef4cff"},
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


def test_it_asks_for_the_password_before_it_makes_a_key(owner: Member) -> None:
    client = Client()
    client.force_login(owner.person)  # long ago, for all that the session knows
    for path in ("/acme/api-keys/new/", f"/acme/api-keys/{a_key(owner).id}/rotate/"):
        for answer in (client.get(path), client.post(path, FORM)):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert ApiKey.objects.count() == 1


def test_it_makes_the_key_once_the_password_was_given(owner: Member, product: Product) -> None:
    owner.person.set_password(PASSWORD)
    owner.person.save()
    client = Client()
    client.force_login(owner.person)
    asked = client.post("/acme/api-keys/new/", FORM).headers["Location"]
    assert ApiKey.objects.count() == 0
    wrong = client.post(asked, {"password": "not it", "next": "/acme/api-keys/new/"})
    assert (wrong.status_code, ApiKey.objects.count()) == (422, 0)
    answer = client.post(asked, {"password": PASSWORD, "next": "/acme/api-keys/new/"})
    assert shown(answer.text)
    assert ApiKey.objects.get().name == FORM["name"]


def a_key(owner: Member, **limits: Any) -> ApiKey:
    """A key of Acme's."""
    return create_api_key(owner.workspace, acting_user=owner.person, name="web server", **limits).api_key


def test_it_binds_a_key_to_products(as_owner: Client, owner: Member, product: Product) -> None:
    other = create_product(owner, name="Other")
    api = Api(shown(create(as_owner, products=[product.id]).text))
    assert [each["id"] for each in api.get("products").json()] == [str(product.id)]
    assert api.post("messages", saying(other)).status_code == 403
    assert "Helpbot" in as_owner.get("/acme/api-keys/").text


def test_it_gives_a_key_no_other_products_when_its_own_are_deleted(owner: Member, product: Product) -> None:
    other = create_product(owner, name="Other")
    made = create_api_key(owner.workspace, acting_user=owner.person, name="key", products=[product])
    product.delete()
    assert Api(made.plaintext).get("products").json() == []
    assert Api(made.plaintext).post("messages", saying(other)).status_code == 403
    renewed = rotate_api_key(made.api_key, acting_user=owner.person, overlap=timedelta(0))
    auth.forget_callers()
    assert Api(made.plaintext).get("products").status_code == 401
    assert Api(renewed.plaintext).get("products").json() == []


def test_it_says_which_environment_a_key_is_for(owner: Member, product: Product, development: Product) -> None:
    conversation = tell(product, "Hello", externalConversationId="c1")
    made = create_api_key(owner.workspace, acting_user=owner.person, name="key", environment=Environment.DEVELOPMENT)
    for body in (saying(product), saying(None, conversationId=str(conversation.id))):
        answer = Api(made.plaintext).post("messages", body)
        assert answer.status_code == 403
        assert "for development" in answer.json()["error"]
    conversation.refresh_from_db()
    assert conversation.message_count == 1


@pytest.mark.parametrize(
    ("addresses", "address", "may"),
    [
        ("", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("198.51.100.0/24, 192.0.2.0/24", "192.0.2.8", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "192.0.2.7", False),
        ("192.0.2.7", "", False),
    ],
)
def test_it_holds_a_key_to_its_addresses(as_owner: Client, addresses: str, address: str, may: bool) -> None:
    key = shown(create(as_owner, addresses=addresses).text)
    client = Client(headers={"Authorization": f"Bearer {key}"}, REMOTE_ADDR=address)
    answer = client.get("/api/v1/products", headers={"X-Forwarded-For": "192.0.2.7"})
    assert answer.status_code == (200 if may else 403)
    assert may or answer.json()["code"] == "address_not_allowed"


@pytest.mark.parametrize(
    ("overlap", "is_live"), [("0", False), ("1h", True), ("1d", True), ("7d", True), ("30d", True)]
)
def test_it_rotates_a_key(
    as_owner: Client, owner: Member, product: Product, development: Product, overlap: str, is_live: bool
) -> None:
    old = create_api_key(
        owner.workspace,
        acting_user=owner.person,
        name="web server",
        environment=Environment.PRODUCTION,
        scope="ingest",
        products=[product],
        addresses=["127.0.0.0/8"],
        expires_at=timezone.now() + timedelta(days=90),
    )
    answer = as_owner.post(f"/acme/api-keys/{old.api_key.id}/rotate/", {"overlap": overlap})
    assert "no-store" in answer.headers["Cache-Control"]
    key = shown(answer.text)
    auth.forget_callers()
    assert Api(key).post("messages", saying(product)).status_code == 201
    assert Api(old.plaintext).post("messages", saying(product)).status_code == (201 if is_live else 401)
    old.api_key.refresh_from_db()
    new = old.api_key.successor
    assert new is not None
    for field in ("name", "environment", "scope", "addresses", "every_product"):
        assert getattr(new, field) == getattr(old.api_key, field)
    assert list(new.products.all()) == [product]
    assert new.expires_at is not None
    assert abs(new.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    again = as_owner.post(f"/acme/api-keys/{old.api_key.id}/rotate/", {"overlap": overlap})
    assert (again.status_code, ApiKey.objects.count()) == (302, 2)
    assert as_owner.get("/acme/api-keys/").text.count("Rotated") == 1


def test_it_does_not_make_an_old_key_last_longer(owner: Member) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    old = a_key(owner, expires_at=soon)
    rotate_api_key(old, acting_user=owner.person, overlap=timedelta(days=7))
    old.refresh_from_db()
    assert old.expires_at == soon


def test_it_lets_members_manage_keys_of_their_products_alone(
    collaborator: Member, owner: Member, product: Product, viewer: Member
) -> None:
    other = create_product(owner, name="Other")
    theirs, shared, everything = a_key(owner, products=[product]), a_key(owner, products=[product, other]), a_key(owner)
    bob = browser_of(collaborator.person)
    page = bob.get("/acme/api-keys/").text
    assert [f"revoke-{key.id}" in page for key in (theirs, shared, everything)] == [True, False, False]
    for key in (shared, everything):
        assert bob.get(f"/acme/api-keys/{key.id}/rotate/").status_code == 404
        assert bob.post(f"/acme/api-keys/{key.id}/revoke/", {"name": key.name}).status_code == 404
    for products, status in (([], 422), ([other.id], 422), ([product.id, other.id], 422), ([product.id], 200)):
        assert create(bob, products=products).status_code == status
    assert bob.post(f"/acme/api-keys/{theirs.id}/revoke/", {"name": theirs.name}).status_code == 302
    assert ApiKey.objects.exclude(revoked_at=None).get() == theirs
    assert browser_of(viewer.person).get("/acme/api-keys/").status_code == 403


def test_it_tells_the_audit_log_but_never_the_key(as_owner: Client, owner: Member, product: Product) -> None:
    key = shown(create(as_owner, products=[product.id]).text)
    made = ApiKey.objects.get()
    new = shown(as_owner.post(f"/acme/api-keys/{made.id}/rotate/", {"overlap": "1d"}).text)
    for _ in range(2):
        as_owner.post(f"/acme/api-keys/{made.id}/revoke/", {"name": made.name})
    entries = owner.workspace.audit_entries.filter(target_id=made.id).newest_first()
    assert [entry.action for entry in entries] == ["api_key.revoked", "api_key.rotated", "api_key.created"]
    assert entries[2].after["products"] == ["Helpbot (production)"]
    assert entries[1].after["last_four"] == new[-4:]
    told = "".join(f"{entry.before}{entry.after}{entry.target}" for entry in owner.workspace.audit_entries.all())
    assert key not in told
    assert new not in told
