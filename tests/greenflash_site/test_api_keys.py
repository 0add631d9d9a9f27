"""Keys: their format (Decision 16), what is refused at what cost, and what each key may do."""

import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from greenflash import AuthenticationError

from conversations.models import Conversation
from greenflash_site.api import auth
from products.actions import create_api_key, create_product
from products.erasure import delete_workspace
from products.models import ApiKey, Environment, Member, Product, Scope
from products.models.api_key import generate_key, hash_key, is_well_formed
from tests.conftest import Api, sdk, tell
from tests.conversations.bodies import saying

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def with_checksum(random: str) -> str:
    """A key around these 40 characters, by the contract's words and none of our code."""
    checksum = zlib.crc32(random.encode("ascii"))
    return f"gf_{random}" + "".join(BASE62[checksum // 62**digit % 62] for digit in (5, 4, 3, 2, 1, 0))


def refused(response: Any, status: int, code: str) -> bool:
    body = response.json()
    return (response.status_code, body["code"], body["success"]) == (status, code, False)


def test_it_makes_keys_of_the_contracts_format() -> None:
    keys = {generate_key() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert with_checksum(key[3:43]) == key
        assert set(key[3:]) <= set(BASE62)
        assert is_well_formed(key)


@pytest.mark.parametrize(("random", "checksum"), [("0" * 40, "2kaqcA"), ("0" * 37 + "356", "00U3y3")])
def test_it_pads_the_checksum_to_six_digits(random: str, checksum: str) -> None:
    assert is_well_formed(f"gf_{random}{checksum}")
    assert with_checksum(random) == f"gf_{random}{checksum}"


@pytest.mark.parametrize(
    "damage",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: "gf_" + ("0" if key[3] != "0" else "1") + key[4:],
        lambda key: key[:3] + key[4] + key[3] + key[5:] if key[3] != key[4] else key[:3] + key[4:],
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.upper() if key != key.upper() else "",
        lambda key: "gl_" + key[3:],
        lambda key: key[3:],
        lambda key: "",
        lambda key: "gf_",
        lambda key: "gf_" + "é" * 46,
        lambda key: key.replace(key[10], "\0", 1),
        lambda key: key + "\n",
        lambda key: " " + key,
        lambda key: key * 200,
    ],
    ids=range(15),
)
def test_it_refuses_a_damaged_key_without_a_query(damage: Any, api_key: str, django_assert_num_queries: Any) -> None:
    damaged = damage(api_key)
    assert not is_well_formed(damaged)
    with django_assert_num_queries(0):
        response = Client().get("/api/v1/products", HTTP_AUTHORIZATION=f"Bearer {damaged}")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Authentication required"),
        ("", "Authentication required"),
        ("Bearer", "Invalid authorization header"),
        ("Bearer ", "Invalid authorization header"),
        ("Basic {key}", "Invalid authorization header"),
        ("{key}", "Invalid authorization header"),
        ("Bearer  {key}", "Invalid API key"),
        ("Bearer {key} x", "Invalid API key"),
        ("Bearer {key},Bearer {key}", "Invalid API key"),
        ("Bearer gf_x", "Invalid API key"),
    ],
)
def test_it_says_what_is_wrong_with_the_header(header: str | None, message: str, api_key: str) -> None:
    headers = {} if header is None else {"Authorization": header.format(key=api_key)}
    for method in ("get", "post"):
        path = "/api/v1/products" if method == "get" else "/api/v1/messages"
        response = getattr(Client(headers=headers), method)(path)
        body = response.json()
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert body.keys() == {"success", "error", "code", "message", "requestId"}
        assert body["message"].startswith(message)
        assert (body["message"] == message) == (message == "Invalid API key")


def test_it_takes_the_scheme_in_any_case_and_the_key_from_the_header_alone(api_key: str, owner: Member) -> None:
    assert Client(headers={"Authorization": f"bearer {api_key}"}).get("/api/v1/products").status_code == 200
    assert Client().get("/api/v1/products", {"api_key": api_key}).status_code == 401
    browser = Client()
    browser.force_login(owner.person)
    assert browser.get("/api/v1/products").status_code == 401


def test_it_refuses_a_key_nobody_made(db: None) -> None:
    assert refused(Api(with_checksum("0" * 40)).get("products"), 401, "unauthenticated")


@pytest.mark.parametrize("state", ["revoked", "expired", "lives"])
def test_it_refuses_a_key_whose_time_is_over(state: str, owner: Member) -> None:
    expires_at = timezone.now() + timedelta(seconds=-1 if state == "expired" else 60)
    made = create_api_key(owner.workspace, acting_user=owner.person, name="key", expires_at=expires_at)
    if state == "revoked":
        made.api_key.revoke()
    assert Api(made.plaintext).get("products").status_code == (200 if state == "lives" else 401)


def test_it_refuses_the_keys_of_an_organization_whose_rows_are_still_to_be_deleted(api: Api, owner: Member) -> None:
    assert api.get("products").status_code == 200
    delete_workspace(owner.workspace, acting_member=owner)
    auth.forget_callers()
    assert ApiKey.objects.exists()
    assert refused(api.get("products"), 401, "unauthenticated")


def test_it_remembers_when_a_key_was_used(api: Api) -> None:
    api.get("products")
    first = ApiKey.objects.get().last_used_at
    auth.forget_callers()
    api.get("products")
    assert first is not None
    assert ApiKey.objects.get().last_used_at == first  # a write a minute, not one a request


@pytest.mark.parametrize(("scope", "may_send", "may_read"), [("all", 1, 1), ("ingest", 1, 0), ("read", 0, 1)])
def test_it_holds_a_key_to_its_scope(
    scope: Scope, may_send: int, may_read: int, owner: Member, product: Product
) -> None:
    api = Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", scope=scope).plaintext)
    conversation = tell(product, "Hello")
    sent = api.post("messages", saying(product))
    assert sent.status_code == 201 if may_send else refused(sent, 403, "wrong_scope")
    paths = ("products", f"products/{product.id}", "interactions", f"interactions/{conversation.id}")
    for response in map(api.get, paths):
        assert response.status_code == 200 if may_read else refused(response, 403, "wrong_scope")
    assert Conversation.objects.count() == 1 + may_send


def test_it_holds_a_key_to_its_products(
    narrowed: Api, product: Product, development: Product, stranger: Member
) -> None:
    out_of_reach = tell(product, "Hello", externalConversationId="c1")
    assert narrowed.post("messages", saying(development, externalConversationId="c1")).status_code == 201
    # By its own id the conversation within reach is the only one there is …
    assert narrowed.post("messages", saying(None, externalConversationId="c1")).status_code == 201
    assert [item["productId"] for item in narrowed.get("interactions").json()] == [str(development.id)]
    # … what is not within reach is told to whom it belongs, but for reading, where it is absent …
    for body in (saying(product), saying(None, conversationId=str(out_of_reach.id))):
        assert refused(narrowed.post("messages", body), 403, "product_out_of_reach")
    for path in (f"products/{product.id}", f"interactions/{out_of_reach.id}"):
        assert refused(narrowed.get(path), 404, "not_found")
    # … and a stranger's product is absent in every way.
    foreign = create_product(stranger, name="Globex bot", environment=Environment.DEVELOPMENT)
    assert refused(narrowed.post("messages", saying(foreign)), 404, "not_found")
    out_of_reach.refresh_from_db()
    assert out_of_reach.message_count == 1


@pytest.mark.parametrize("named_by", ["productId", "conversationId", "externalConversationId"])
def test_it_knows_a_product_made_a_moment_ago(
    named_by: str, api: Api, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    api.get("products")  # what the key may be used for is remembered from here on
    conversation = tell(create_product(owner, name="New"), "Hello", externalConversationId="c1")
    ids = {"productId": conversation.product_id, "conversationId": conversation.id, "externalConversationId": "c1"}
    assert api.post("messages", saying(None, **{named_by: str(ids[named_by])})).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_it_forgets_a_revoked_key_in_every_process_within_a_second(server: str, api_key: str) -> None:
    clients = [sdk(server, api_key) for _ in range(8)]  # each with a connection of its own, to either process
    for client in clients:
        client.products.list()
    ApiKey.objects.get().revoke()
    time.sleep(1.05)
    for client in clients:
        with pytest.raises(AuthenticationError) as refusal:
            client.products.list()
        assert refusal.value.status_code == 401
        client.close()


class Looks:
    """How often a key is looked up in the database; each time after `pause` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, pause: float) -> None:
        self.count = 0
        self._pause = pause
        self._look_up = auth._look_up
        monkeypatch.setattr(auth, "_look_up", self)

    def __call__(self, key_hash: bytes) -> auth.Caller | None:
        """As without the pause."""
        self.count += 1
        time.sleep(self._pause)
        try:
            return self._look_up(key_hash)
        finally:
            connection.close()

    def at_once(self, api_key: str, callers: int) -> list[float]:
        """So many threads ask for the key at the same time; how long each took."""
        start = Barrier(callers)

        def ask(_: int) -> float:
            start.wait()
            started = time.monotonic()
            assert auth._caller(hash_key(api_key)) is not None
            return time.monotonic() - started

        with ThreadPoolExecutor(callers) as threads:
            return list(threads.map(ask, range(callers)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("known_for", "pause", "callers", "count"),
    [(60, 0.2, 8, 1), (0.1, 0.5, 3, 3)],
    ids=["once for all who send it at once", "by each where whoever looks takes too long"],
)
def test_it_looks_a_key_up(
    api_key: str, monkeypatch: pytest.MonkeyPatch, known_for: float, pause: float, callers: int, count: int
) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", known_for)
    looks = Looks(monkeypatch, pause=pause)
    looks.at_once(api_key, callers=callers)
    assert looks.count == count


@pytest.mark.django_db(transaction=True)
def test_it_goes_by_what_is_known_while_one_looks_again(api_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    monkeypatch.setattr(auth, "AGAIN", 0)
    looks = Looks(monkeypatch, pause=1)
    looks.at_once(api_key, callers=1)
    took = looks.at_once(api_key, callers=4)
    assert looks.count == 2
    assert len([seconds for seconds in took if seconds < 1]) == 3
