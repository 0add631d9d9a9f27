"""Who guesses is slowed down, and learns nothing: not whether an address is known, not by what was done to answer."""

import re
import time
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from products.models import Person
from products.views.accounts import BEAT_SECONDS
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN = "grace@example.com", "henry@example.com"
WRONG = "not this one"


@pytest.fixture(autouse=True)
def grace() -> Person:
    """Somebody with a password."""
    return Person.objects.create_user(KNOWN, PASSWORD)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the password hasher does, call by call."""
    done: list[str] = []
    argon2 = hashers.Argon2PasswordHasher
    encode, verify = argon2.encode, argon2.verify

    def note_encode(self: Any, password: str, salt: str) -> str:
        done.append("hash")
        return str(encode(self, password, salt))

    def note_verify(self: Any, password: str, encoded: str) -> bool:
        done.append("hash")
        return bool(verify(self, password, encoded))

    monkeypatch.setattr(argon2, "encode", note_encode)
    monkeypatch.setattr(argon2, "verify", note_verify)
    return done


def from_address(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def log_in(client: Client, *, email: str = KNOWN, password: str = WRONG) -> Any:
    return client.post("/login/", {"login": email, "password": password})


def test_it_stops_a_thousand_addresses_at_one_account_after_five() -> None:
    answers = [log_in(from_address(f"198.51.100.{number}")).status_code for number in range(1, 9)]
    assert answers == [422] * 5 + [429] * 3
    right = log_in(from_address("203.0.113.1"), password=PASSWORD)
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= 300
    assert "Too many attempts" in right.text


def test_it_stops_one_address_at_many_accounts_after_ten() -> None:
    client = from_address("198.51.100.1")
    answers = [log_in(client, email=f"person-{number}@example.com").status_code for number in range(12)]
    assert answers == [422] * 10 + [429] * 2
    assert log_in(from_address("198.51.100.2"), password=PASSWORD).status_code == 302


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded", "Client-Ip"])
def test_it_counts_no_address_that_the_client_makes_up(header: str) -> None:
    answers = [
        Client(REMOTE_ADDR="198.51.100.1", headers={header: f"203.0.113.{number}"})
        .post("/login/", {"login": f"person-{number}@example.com", "password": "wrong"})
        .status_code
        for number in range(11)
    ]
    assert answers[-1] == 429


def test_it_counts_no_login_that_succeeds() -> None:
    answers = [log_in(from_address("198.51.100.1"), password=PASSWORD).status_code for _ in range(12)]
    assert answers == [302] * 12


def test_it_throttles_the_password_that_confirms_who_one_is(grace: Person) -> None:
    client = Client()
    client.force_login(grace)
    answers = [client.post("/account/reauthenticate/", {"password": "wrong"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_it_throttles_the_old_password_in_front_of_a_new_one(grace: Person) -> None:
    client = Client()
    client.force_login(grace)
    form = {"oldpassword": "wrong", "password1": "a whole new battery", "password2": "a whole new battery"}
    answers = [client.post("/account/password/change/", form).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_it_throttles_sign_ups_and_resets_of_one_address() -> None:
    for path in ("/signup/", "/account/password/reset/"):
        client = from_address("198.51.100.7")
        answers = [client.post(path, {"email": f"p{number}"}).status_code for number in range(11)]
        assert answers == [422] * 10 + [429], path


def test_it_mails_one_account_five_resets_at_most() -> None:
    for number in range(1, 8):
        from_address(f"198.51.100.{number}").post("/account/password/reset/", {"email": KNOWN})
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/login/", {"login": KNOWN, "password": "x" * 4_097}),
        ("/login/", {"login": KNOWN, "password": "x" * 1_000_000}),
        ("/signup/", {"email": UNKNOWN, "password1": "x" * 4_097, "organization": "Henry"}),
    ],
)
def test_it_hashes_no_password_that_is_too_long_to_be_one(
    client: Client, hashed: list[str], path: str, form: dict[str, str]
) -> None:
    assert client.post(path, form).status_code == 400
    assert hashed == []


def same(known: Any, unknown: Any) -> None:
    """Assert that two answers differ in nothing but what was typed and what is random in every answer."""

    def told(answer: Any) -> tuple[Any, ...]:
        text = re.sub(r'(X-CSRFToken": |csrfmiddlewaretoken" value=)"\w+"', "", answer.text.replace(UNKNOWN, KNOWN))
        headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Expires")}
        cookies = {name: {**morsel, "expires": ""} for name, morsel in answer.cookies.items()}
        return answer.status_code, text, headers, cookies

    assert told(known) == told(unknown)


def test_it_answers_a_login_alike_with_the_same_work(hashed: list[str]) -> None:
    known = log_in(Client())
    assert hashed == ["hash"]
    same(known, log_in(Client(), email=UNKNOWN))
    assert hashed == ["hash"] * 2


def test_it_answers_who_has_no_password_alike(grace: Person, hashed: list[str]) -> None:
    grace.set_unusable_password()
    grace.save()
    same(log_in(Client()), log_in(Client(), email=UNKNOWN))
    assert hashed == ["hash"] * 2


def test_it_answers_a_reset_alike_with_the_same_work_and_as_many_mails(hashed: list[str]) -> None:
    answers = [Client().post("/account/password/reset/", {"email": email}) for email in (KNOWN, UNKNOWN)]
    same(*answers)
    assert hashed == []
    assert sorted(message.to[0] for message in mail.outbox) == [KNOWN, UNKNOWN]


def test_it_answers_a_sign_up_alike_where_mail_is_set_up(settings: Settings, hashed: list[str]) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    hashed.clear()
    form = {"password1": PASSWORD, "organization": "Company"}
    known = Client().post("/signup/", {**form, "email": KNOWN})
    work = len(hashed)
    unknown = Client().post("/signup/", {**form, "email": UNKNOWN})
    same(known, unknown)
    assert len(hashed) == 2 * work
    assert work > 0
    assert sorted(message.to[0] for message in mail.outbox) == [KNOWN, UNKNOWN]
    assert not any(client.get("/organizations/new/").status_code == 200 for client in (known.client, unknown.client))


@pytest.mark.parametrize("email", [KNOWN, UNKNOWN])
@pytest.mark.parametrize("path", ["/signup/", "/account/password/reset/"])
def test_it_answers_at_a_beat_where_mail_is_set_up(settings: Settings, path: str, email: str) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION, settings.EMAIL_CONFIGURED = "mandatory", True
    started = time.monotonic()
    response = Client().post(path, {"email": email, "password1": PASSWORD, "organization": "Company"})
    assert response.status_code == 302
    assert time.monotonic() - started >= BEAT_SECONDS


def test_it_sends_the_confirmation_again_only_after_a_while(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    for _ in range(3):
        log_in(Client(), password=PASSWORD)
    assert [message.to for message in mail.outbox] == [[KNOWN]]
    assert django_settings.GREENFLASH.url in str(mail.outbox[0].body)
