"""Signing up, in and out, and a forgotten password."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from products.models import Member, Person, Role, Workspace, reserved_slugs
from tests.conftest import PASSWORD, browser_of
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

FORM = {"email": "grace@example.com", "password1": PASSWORD, "organization": "Grace & Co"}


@pytest.fixture
def grace() -> Person:
    """Somebody with a password, who owns an organization."""
    person = Person.objects.create_user("grace@example.com", PASSWORD)
    MemberFactory.create(person=person, workspace__slug="grace-co", role=Role.OWNER)
    return person


def sign_up(client: Client, **changes: str) -> Any:
    """Post the form, with some fields changed."""
    return client.post("/signup/", {**FORM, **changes})


def log_in(client: Client, *, email: str = "grace@example.com", password: str = PASSWORD, **fields: str) -> Any:
    """Post the form."""
    return client.post("/login/", {"login": email, "password": password, **fields})


def test_it_signs_up_a_person_with_their_organization_and_lands_on_home(client: Client) -> None:
    answer = client.post("/signup/", FORM, follow=True)
    assert answer.redirect_chain[-1][0] == "/grace-co/"
    assert answer.status_code == 200
    member = Member.objects.get()
    assert (member.person.email, member.workspace.name, member.role) == ("grace@example.com", "Grace & Co", Role.OWNER)


@pytest.mark.django_db(transaction=True)
def test_it_stores_the_person_only_with_their_organization(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter table workspace add constraint full_up check (slug <> 'grace-co')")
    try:
        client.raise_request_exception = False
        assert sign_up(client).status_code == 500
        assert not Person.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table workspace drop constraint full_up")


@pytest.mark.parametrize(
    "changes",
    [
        {"email": ""},
        {"email": "grace"},
        {"email": "gr\0ce@example.com"},
        {"password1": ""},
        {"password1": "short"},
        {"password1": "password"},
        {"password1": "grace@example.com"},
        {"organization": ""},
        {"organization": "   "},
        {"organization": "x" * 121},
    ],
)
def test_it_refuses_a_form_that_is_wrong_and_keeps_what_was_typed(client: Client, changes: dict[str, str]) -> None:
    answer = sign_up(client, **changes)
    assert answer.status_code == 422
    assert not Person.objects.exists()
    page = answer.text
    for name in {"email", "organization"} - set(changes):
        assert re.search(rf'name="{name}"[^>]*value="{FORM[name]}"'.replace("&", "&amp;"), page), name
    assert PASSWORD not in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("email", ["grace@example.com", "GRACE@Example.COM", " grace@example.com "])
def test_it_refuses_an_email_that_is_taken(client: Client, grace: Person, email: str) -> None:
    answer = sign_up(client, email=email, organization="Another")
    assert answer.status_code == 422
    assert "Another" in answer.text
    assert Person.objects.count() == 1
    assert not Workspace.objects.filter(name="Another").exists()


def test_it_closes_sign_up_to_the_uninvited(client: Client, settings: Settings) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, signup="invite")
    assert 'name="organization"' not in client.get("/signup/").text
    sign_up(client)
    assert not Person.objects.exists()
    assert "/signup/" not in client.get("/login/").text


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", r"acme"),
        ("Grace & Co", r"grace-co"),
        ("Products", r"products-[0-9a-f]{6}"),
        ("API", r"api-[0-9a-f]{6}"),
        ("Signup", r"signup-[0-9a-f]{6}"),
        ("Static", r"static-[0-9a-f]{6}"),
        ("healthz", r"healthz-[0-9a-f]{6}"),
        ("!!!", r"organization"),
        ("日本", r"organization"),
        ("Łódź GmbH", r"[a-z]+-gmbh"),
        ("<b>Bold</b>", r"bboldb"),
        ("_", r"organization"),
        ("a" * 120, r"a{48}"),
        ("x" * 47 + "_" + "y", r"x{47}"),
    ],
)
def test_it_finds_a_slug_for_any_name(client: Client, name: str, slug: str) -> None:
    answer = client.post("/signup/", {**FORM, "organization": name}, follow=True)
    workspace = Workspace.objects.get()
    assert re.fullmatch(slug, workspace.slug)
    workspace.full_clean()
    assert answer.redirect_chain[-1][0] == f"/{workspace.slug}/"
    assert answer.status_code == 200


def test_it_gives_two_organizations_of_one_name_two_slugs(grace: Person) -> None:
    browser = browser_of(grace)
    slugs = {browser.post("/organizations/new/", {"name": "Acme"}).headers["Location"] for _ in range(3)}
    assert len(slugs) == 3
    assert "/acme/" in slugs


def test_it_reserves_the_first_segment_of_every_url_of_ours() -> None:
    first = {re.split(r"[/(<^]", str(each.pattern).lstrip("^"))[0] for each in get_resolver().url_patterns} - {""}
    assert {"products", "login", "api", "readyz", "account"} <= first
    assert first | {"admin", "static"} <= reserved_slugs()  # ".well-known" is no slug


def test_it_logs_in_whatever_the_emails_case(client: Client, grace: Person) -> None:
    answer = log_in(client, email="Grace@EXAMPLE.com")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/grace-co/").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("grace@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("grace@example.com", ""),
        ("", PASSWORD),
        ("gr\0ce@example.com", PASSWORD),
        ("grace@example.com", "x" * 4_096),
    ],
)
def test_it_refuses_who_does_not_know_the_password(client: Client, grace: Person, email: str, password: str) -> None:
    answer = log_in(client, email=email, password=password)
    assert answer.status_code == 422
    assert client.get("/grace-co/").status_code == 302


def test_it_says_the_same_for_a_known_and_an_unknown_email(client: Client, grace: Person) -> None:
    known = log_in(client, password="wrong")
    unknown = log_in(client, email="henry@example.com", password="wrong")
    tokens = r'(X-CSRFToken": |csrfmiddlewaretoken" value=)"\w+"'
    pages = {re.sub(tokens, "", each.text.replace("henry", "grace")) for each in (known, unknown)}
    assert known.status_code == unknown.status_code == 422
    assert len(pages) == 1


def test_it_stops_guessing_at_one_account(client: Client, grace: Person) -> None:
    for _ in range(5):
        log_in(client, password="wrong")
    answer = log_in(client)
    assert answer.status_code in (422, 429)
    assert client.get("/grace-co/").status_code == 302


def test_it_returns_to_the_page_that_was_asked_for(client: Client, grace: Person) -> None:
    asked = client.get("/grace-co/conversations/?environment=all").headers["Location"]
    page = client.get(asked).text
    kept = re.search(r'name="next" value="([^"]+)"', page)
    assert kept
    assert log_in(client, next=kept[1]).headers["Location"] == "/grace-co/conversations/?environment=all"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_returns_nowhere_else(client: Client, grace: Person, target: str) -> None:
    assert log_in(client, next=target).headers["Location"] == "/"


def test_it_makes_a_new_session_at_login_and_ends_it_at_logout(client: Client, grace: Person) -> None:
    name = django_settings.SESSION_COOKIE_NAME
    client.cookies[name] = "fixated0000000000000000000000000"
    log_in(client)
    session = client.cookies[name].value
    assert session != "fixated0000000000000000000000000"
    assert client.post("/logout/").headers["Location"] == "/"
    client.cookies[name] = session
    assert client.get("/grace-co/").status_code == 302


def test_it_does_not_log_out_by_a_link(grace: Person) -> None:
    browser = browser_of(grace)
    assert browser.get("/logout/").status_code == 200
    assert browser.get("/grace-co/").status_code == 200


def test_it_ends_other_sessions_when_the_password_changes(client: Client, grace: Person) -> None:
    other = Client()
    log_in(other)
    log_in(client)
    form = {"oldpassword": PASSWORD, "password1": "a whole new battery", "password2": "a whole new battery"}
    assert client.post("/account/password/change/", form).status_code == 302
    assert client.get("/grace-co/").status_code == 200
    assert other.get("/grace-co/").status_code == 302


def test_it_mails_a_link_that_sets_a_new_password_once(client: Client, grace: Person) -> None:
    assert client.post("/account/password/reset/", {"email": "Grace@example.com"}).status_code == 302
    [message] = mail.outbox
    link = re.search(r"(\S+)(/account/password/reset/key/\S+)", str(message.body))
    assert link
    assert link[1] == django_settings.GREENFLASH.url
    form_page = client.get(link[2], follow=True)
    address = form_page.redirect_chain[-1][0]
    weak = client.post(address, {"password1": "short", "password2": "short"})
    assert weak.status_code == 422
    new = {"password1": "a whole new battery", "password2": "a whole new battery"}
    assert client.post(address, new).status_code == 302
    assert log_in(Client()).status_code == 422
    assert log_in(Client(), password="a whole new battery").status_code == 302
    assert 'name="password1"' not in Client().get(link[2], follow=True).text


def test_it_answers_a_reset_for_an_unknown_email_alike(client: Client, grace: Person) -> None:
    known = client.post("/account/password/reset/", {"email": "grace@example.com"})
    unknown = client.post("/account/password/reset/", {"email": "henry@example.com"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])


@pytest.mark.parametrize("host", ["evil.example", "localhost:1", "127.0.0.1:9"])
def test_it_never_mails_a_link_to_the_host_a_request_claims(client: Client, grace: Person, host: str) -> None:
    client.post("/account/password/reset/", {"email": "grace@example.com"}, headers={"host": host})
    assert host not in "".join(str(message.body) for message in mail.outbox)


def test_it_verifies_the_email_where_mail_is_configured(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert sign_up(client).headers["Location"] == "/account/email/confirm/"
    assert client.get("/grace-co/").status_code == 302
    [message] = mail.outbox
    link = re.search(r"(\S+)(/account/email/confirm/\S+/)", str(message.body))
    assert link
    assert link[1] == django_settings.GREENFLASH.url
    assert client.get(link[2]).status_code == 200
    assert client.post(link[2]).status_code == 302
    log_in(client)
    assert client.get("/grace-co/").status_code == 200


def test_it_lets_no_stranger_in_by_their_own_password(stranger: Member, grace: Person) -> None:
    charlie = browser_of(stranger.person)
    assert charlie.get("/grace-co/").status_code == 404
