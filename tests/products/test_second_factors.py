"""Authenticator app, recovery codes and passkeys: enrolling, the second step of logging in, taking them away again."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client

from products.models import AuditEntry, Member, Person, Role
from products.second_factors import ATTEMPTS
from tests.access.test_routes import ROUTES
from tests.conftest import PASSWORD, browser_of
from tests.factories import MemberFactory
from tests.products.passkeys import passkey_of

pytestmark = pytest.mark.django_db


@dataclass
class Clock:
    """What time the server thinks it is when it looks at a code."""

    now: float = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(totp, "time", clock)
    return clock


@pytest.fixture
def grace(clock: Clock) -> Person:
    """Somebody with a password, who owns an organization."""
    person = Person.objects.create_user("grace@example.com", PASSWORD)
    MemberFactory.create(person=person, workspace__slug="grace-co", role=Role.OWNER)
    return person


@pytest.fixture
def browser(grace: Person) -> Client:
    """Grace's browser, in which she has just given her password."""
    return browser_of(grace)


@pytest.fixture
def secret(browser: Client) -> str:
    """The secret of Grace's authenticator app, which she has added."""
    page = browser.get("/account/two-factor/app/add/").text
    found = re.search(r'id="totp-secret"[^>]*>(\w+)<', page)
    assert found
    answer = browser.post("/account/two-factor/app/add/", {"code": code_of(found[1])})
    assert answer.headers["Location"] == "/account/two-factor/recovery-codes/"
    return found[1]


def code_of(secret: str, *, at: float = 1_800_000_000.0) -> str:
    """What the app on the phone shows."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(at) // 30)))


def stale_browser_of(person: Person) -> Client:
    """A browser in which this person gave their password long ago."""
    return browser_of(person, password_at=0)


def password_step(client: Client) -> Any:
    return client.post("/login/", {"login": "grace@example.com", "password": PASSWORD})


def code_step(client: Client, code: str) -> Any:
    return client.post("/account/two-factor/log-in/", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/grace-co/").status_code == 200


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_it_asks_for_the_code_after_the_password(secret: str, clock: Clock) -> None:
    client = Client()
    assert password_step(client).headers["Location"] == "/account/two-factor/log-in/"
    assert not is_in(client)
    clock.now += 30
    assert code_step(client, code_of(secret, at=clock.now)).headers["Location"] == "/"
    assert is_in(client)


def test_it_shows_a_qr_code_without_any_style_or_script_of_its_own(browser: Client) -> None:
    page = browser.get("/account/two-factor/app/add/").text
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg
    assert "style" not in svg[0]
    assert "data:image" not in page


@pytest.mark.parametrize("code", ["", "000000", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\0", "9" * 5_000])
def test_it_refuses_a_wrong_code(secret: str, code: str) -> None:
    client = Client()
    password_step(client)
    assert code_step(client, code).status_code == 422
    assert not is_in(client)


def test_it_takes_a_code_with_spaces_as_the_app_shows_it(secret: str, clock: Clock) -> None:
    client = Client()
    password_step(client)
    clock.now += 30
    code = code_of(secret, at=clock.now)
    assert code_step(client, f"{code[:3]} {code[3:]}").status_code == 302


def test_it_takes_the_code_of_a_clock_that_is_half_a_minute_off_and_no_older(secret: str, clock: Clock) -> None:
    clock.now += 300
    client = Client()
    password_step(client)
    assert code_step(client, code_of(secret, at=clock.now - 60)).status_code == 422
    assert code_step(client, code_of(secret, at=clock.now - 30)).status_code == 302


@pytest.mark.parametrize("in_another_process", [False, True])
def test_it_takes_a_code_once(secret: str, clock: Clock, in_another_process: bool) -> None:
    clock.now += 30
    code = code_of(secret, at=clock.now)
    for expected in (302, 422):
        client = Client()
        password_step(client)
        assert code_step(client, code).status_code == expected
        if in_another_process:
            cache.clear()  # where allauth remembers by itself, in each process
        clock.now += 20  # another period, in which the code would still do
    assert not is_in(client)


def test_it_does_not_log_in_with_the_code_that_enrolled(secret: str) -> None:
    client = Client()
    password_step(client)
    assert code_step(client, code_of(secret)).status_code == 422


def test_it_stops_guessing_at_codes_from_wherever(secret: str, clock: Clock) -> None:
    answers = []
    for number in range(ATTEMPTS["limit"] + 2):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        password_step(client)
        answers.append(code_step(client, "000000").status_code)
    assert answers == [422] * ATTEMPTS["limit"] + [429] * 2
    clock.now += 30
    right = Client(REMOTE_ADDR="203.0.113.1")
    password_step(right)
    assert code_step(right, code_of(secret, at=clock.now)).status_code == 429
    assert not is_in(right)


def test_it_lets_nobody_skip_the_second_step(secret: str) -> None:
    """Between the two steps no page of any organization or of the account opens."""
    client = Client()
    password_step(client)
    values = {"slug": "grace-co", "pk": 1, "session_id": 1}
    closed = [
        re.sub(r"<(\w+)>", lambda name: str(values.get(name[1], "0198c0de-0000-7000-8000-000000000000")), route)
        for route, pattern in ROUTES.items()
        if not route.startswith("api/") and getattr(pattern.callback, "access", None) != "public"
    ]
    assert len(closed) > 60
    opened = [path for path in closed if not client.get(f"/{path}").headers.get("Location", "").startswith("/login/")]
    assert opened == []


def test_it_opens_no_second_step_without_the_first(secret: str, clock: Clock) -> None:
    clock.now += 30
    client = Client()
    assert client.get("/account/two-factor/log-in/").headers["Location"] == "/login/"
    assert code_step(client, code_of(secret, at=clock.now)).headers["Location"] == "/login/"
    assert not is_in(client)


def test_it_takes_each_recovery_code_once(secret: str, browser: Client) -> None:
    page = browser.get("/account/two-factor/recovery-codes/").text
    codes = re.findall(r"<code>(\d{8})</code>", page)
    assert len(codes) == 10
    assert browser.get("/account/two-factor/recovery-codes/download/").text.split() >= codes
    first, second = Client(), Client()
    for client in (first, second):
        password_step(client)
    assert code_step(first, codes[0]).status_code == 302
    assert code_step(second, codes[0]).status_code == 422
    assert code_step(second, codes[1]).status_code == 302
    assert "8 of 10 left" in browser.get("/account/two-factor/recovery-codes/").text


def test_it_replaces_the_recovery_codes(secret: str, browser: Client) -> None:
    old = re.findall(r"<code>(\d{8})</code>", browser.get("/account/two-factor/recovery-codes/").text)
    assert browser.post("/account/two-factor/recovery-codes/new/").status_code == 302
    client = Client()
    password_step(client)
    assert code_step(client, old[0]).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/account/two-factor/app/remove/",
        "/account/two-factor/recovery-codes/new/",
        "/account/passkeys/add/",
        "/account/email/",
        "/account/delete/",
    ],
)
def test_it_asks_who_one_is_before_what_matters(secret: str, grace: Person, path: str) -> None:
    client = stale_browser_of(grace)
    for method in (client.get, client.post):
        answer = method(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/reauthenticate/"), path
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_it_removes_the_app_with_its_recovery_codes(secret: str, browser: Client) -> None:
    assert browser.post("/account/two-factor/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()
    client = Client()
    assert password_step(client).headers["Location"] == "/"
    assert "person.second_factor_removed" in actions()


def test_it_confirms_by_a_code_as_well_as_by_the_password(secret: str, grace: Person, clock: Clock) -> None:
    client = stale_browser_of(grace)
    clock.now += 30
    answer = client.post(
        "/account/two-factor/reauthenticate/",
        {"code": code_of(secret, at=clock.now), "next": "/account/two-factor/app/remove/"},
    )
    assert answer.headers["Location"] == "/account/two-factor/app/remove/"
    assert client.get("/account/two-factor/app/remove/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_makes_a_new_session_at_enrolment(browser: Client, grace: Person) -> None:
    name = django_settings.SESSION_COOKIE_NAME
    page = browser.get("/account/two-factor/app/add/").text
    secret = re.search(r'id="totp-secret"[^>]*>(\w+)<', page)
    assert secret
    before = browser.cookies[name].value
    assert browser.post("/account/two-factor/app/add/", {"code": code_of(secret[1])}).status_code == 302
    assert browser.cookies[name].value != before
    assert is_in(browser)
    old = Client()
    old.cookies[name] = before
    assert not is_in(old)


@pytest.mark.django_db(transaction=True)
def test_it_writes_down_what_protects_an_account(secret: str) -> None:
    assert actions().count("person.second_factor_added") == 2  # the app, and its recovery codes
    entry = AuditEntry.objects.filter(action="person.second_factor_added").earliest("id")
    assert (entry.actor, entry.address, entry.after) == (
        "grace@example.com",
        "127.0.0.1",
        {"factor": "Authenticator app"},
    )


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", "not json", '{"id": 1}', '{"response": null}', '{"response": {"userHandle": 1}}'],
)
def test_it_refuses_a_passkey_that_is_none(grace: Person, client: Client, credential: str) -> None:
    options = client.get("/account/passkeys/log-in/", headers={"Accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["userVerification"] == "required"
    answer = client.post("/account/passkeys/log-in/", {"credential": credential})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/")
    assert not is_in(client)


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", "not json", '{"id": 1}', '{"response": null}'])
def test_it_adds_no_passkey_that_is_none(browser: Client, credential: str) -> None:
    assert browser.get("/account/passkeys/add/").status_code == 200
    answer = browser.post("/account/passkeys/add/", {"name": "Key", "credential": credential})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_it_leaves_anothers_passkey_alone(stranger: Member, grace: Person) -> None:
    key = passkey_of(grace, "Grace's")
    charlie = browser_of(stranger.person)
    for act in ("rename", "remove"):
        assert charlie.post(f"/account/passkeys/{key.pk}/{act}/", {"name": "Mine"}).status_code == 404
    key.refresh_from_db()
    assert key.data["name"] == "Grace's"


def test_it_renames_and_removes_a_passkey(browser: Client, grace: Person) -> None:
    key = passkey_of(grace, "Old name")
    assert browser.post(f"/account/passkeys/{key.pk}/rename/", {"name": ""}).status_code == 422
    assert browser.post(f"/account/passkeys/{key.pk}/rename/", {"name": "<b>Yubi</b>"}).status_code == 302
    assert "&lt;b&gt;Yubi&lt;/b&gt;" in browser.get("/account/two-factor/").text
    assert browser.post(f"/account/passkeys/{key.pk}/remove/").status_code == 302
    assert not Authenticator.objects.exists()
