"""Logging in with an OpenID Connect provider, which is a real one of ours (oidc_provider.py)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from products.models import Member, Person, Role
from products.team import invite
from tests.conftest import PASSWORD
from tests.factories import MemberFactory
from tests.products.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider_running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """The organization's provider, of which the settings tell."""
    with provider_running() as provider:
        app = {
            "provider_id": "sso",
            "name": "Acme ID",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": provider.url},
        }
        settings.SINGLE_SIGN_ON = "Acme ID"
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        yield provider


@pytest.fixture
def grace(db: None) -> Person:
    """Somebody with a password and a confirmed address, who owns an organization."""
    person = Person.objects.create_user("grace@example.com", PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    MemberFactory.create(person=person, workspace__slug="grace-co", role=Role.OWNER)
    return person


def go_over(client: Client, path: str = "/account/single-sign-on/") -> str:
    """Follow the button to the provider; where that sends the browser back to."""
    away = client.get(path)
    assert away.status_code == 302
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10)
    return back.headers["Location"].removeprefix("http://testserver")


def log_in(client: Client, path: str = "/account/single-sign-on/") -> Any:
    """Over to the provider and back."""
    return client.get(go_over(client, path))


def is_in(client: Client) -> bool:
    return client.get("/grace-co/").status_code == 200


def test_it_offers_the_provider_on_the_log_in_page_only_where_there_is_one(client: Client, settings: Settings) -> None:
    assert "single-sign-on" not in client.get("/login/").text
    assert client.get("/account/single-sign-on/").status_code == 404
    assert client.get("/account/single-sign-on/callback/").status_code == 404
    settings.SINGLE_SIGN_ON = "Acme ID"
    assert "Continue with Acme ID" in client.get("/login/").text


def test_it_logs_in_whose_address_the_provider_has_verified(client: Client, provider: Provider, grace: Person) -> None:
    assert log_in(client).headers["Location"] == "/"
    assert is_in(client)
    assert SocialAccount.objects.get().user == grace
    grace.refresh_from_db()
    assert grace.has_usable_password()


def test_it_asks_with_pkce_and_a_state_and_for_no_more_than_it_needs(client: Client, provider: Provider) -> None:
    go_over(
        client, "/account/single-sign-on/?scope=admin&auth_params=prompt%3Dnone&process=connect&action=reauthenticate"
    )
    [asked] = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 16
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked
    assert urlsplit(asked["redirect_uri"]).path == "/account/single-sign-on/callback/"


def test_it_returns_to_the_page_that_was_asked_for(client: Client, provider: Provider, grace: Person) -> None:
    answer = log_in(client, "/account/single-sign-on/?next=/grace-co/conversations/")
    assert answer.headers["Location"] == "/grace-co/conversations/"
    assert log_in(Client(), "/account/single-sign-on/?next=https://evil.example/").headers["Location"] == "/"


def test_it_knows_the_person_again_whatever_their_address(client: Client, provider: Provider, grace: Person) -> None:
    log_in(Client())
    provider.claims |= {"email": "hopper@example.com", "email_verified": False}
    log_in(client)
    assert is_in(client)
    assert Person.objects.count() == 1


@pytest.mark.parametrize("verified", [False, None, "false", "no", 0, "absent"])
def test_it_lets_nobody_in_by_an_address_that_is_not_verified(
    client: Client, provider: Provider, grace: Person, verified: Any
) -> None:
    provider.claims["email_verified"] = verified
    if verified == "absent":
        del provider.claims["email_verified"]
    answer = log_in(client)
    assert answer.headers["Location"] == "/account/single-sign-on/no-address/"
    assert client.get(answer.headers["Location"]).status_code == 401
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_it_believes_a_provider_that_says_true_in_words(client: Client, provider: Provider, grace: Person) -> None:
    provider.claims["email_verified"] = "true"
    log_in(client)
    assert is_in(client)


def test_it_makes_an_account_for_somebody_new(client: Client, provider: Provider) -> None:
    answer = client.get(go_over(client), follow=True)
    assert answer.redirect_chain[-1][0] == "/organizations/new/"
    person = Person.objects.get()
    assert (person.email, person.name, person.has_usable_password()) == ("grace@example.com", "Grace Hopper", False)
    assert EmailAddress.objects.get().verified


def test_it_makes_no_account_where_one_needs_an_invitation(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, signup="invite")
    assert "By invitation" in log_in(client).text
    assert not Person.objects.exists()


def test_it_makes_an_account_for_who_was_invited_and_leads_back_to_the_invitation(
    client: Client, provider: Provider, settings: Settings, owner: Member
) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, signup="invite")
    links = {
        email: urlsplit(invite(email, role=Role.MEMBER, products=[], acting_member=owner).link).path
        for email in ("grace@example.com", "another@example.com")
    }
    for next_url in (links["another@example.com"], "/invitations/guessed/", "//evil.example/", ""):
        log_in(Client(), f"/account/single-sign-on/?next={next_url}")
        assert not Person.objects.filter(email="grace@example.com").exists()
    page = client.get(links["grace@example.com"])
    assert "Continue with Acme ID" in page.text
    answer = log_in(client, f"/account/single-sign-on/?next={links['grace@example.com']}")
    assert answer.headers["Location"] == links["grace@example.com"]
    client.post(f"{links['grace@example.com']}join/")
    assert owner.workspace.members.filter(person__email="grace@example.com", role=Role.MEMBER).exists()


def test_it_locks_out_who_took_the_address_before_its_owner_came(
    client: Client, provider: Provider, grace: Person
) -> None:
    """Somebody signed up with an address that is not theirs, which nobody confirmed, and waits."""
    EmailAddress.objects.update(verified=False)
    squatter = Client()
    squatter.post("/login/", {"login": grace.email, "password": PASSWORD})
    assert is_in(squatter)
    log_in(client)
    assert is_in(client)
    assert not is_in(squatter)
    assert Client().post("/login/", {"login": grace.email, "password": PASSWORD}).status_code == 422


def test_it_asks_for_the_second_factor_all_the_same(client: Client, provider: Provider, grace: Person) -> None:
    Authenticator.objects.create(user=grace, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    assert log_in(client).headers["Location"] == "/account/two-factor/log-in/"
    assert not is_in(client)


def test_it_says_so_when_the_person_says_no(client: Client, provider: Provider, grace: Person) -> None:
    provider.refuses = "access_denied"
    answer = client.get(go_over(client), follow=True)
    assert answer.status_code == 200
    assert "Not logged in" in answer.text
    provider.refuses = "server_error"
    assert "did not answer" in log_in(client).text
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"aud": "another-client"},
        {"exp": 1_000_000_000},
        {"sub": "somebody-else"},
    ],
)
def test_it_believes_no_token_that_is_not_for_us(
    client: Client, provider: Provider, grace: Person, claims: dict[str, Any]
) -> None:
    provider.token_claims = claims
    answer = client.get(go_over(client), follow=True)
    assert answer.status_code == 401
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_it_takes_no_code_that_another_browser_went_for(client: Client, provider: Provider, grace: Person) -> None:
    """A link with an attacker's code, for the victim to be logged in as the attacker."""
    back = go_over(Client())
    assert client.get(back).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied", "?code=%00&state=%00"]
)
def test_it_refuses_an_answer_that_nobody_asked_for(client: Client, provider: Provider, query: str) -> None:
    assert client.get(f"/account/single-sign-on/callback/{query}").status_code == 401


def test_it_takes_a_code_once(client: Client, provider: Provider, grace: Person) -> None:
    back = go_over(client)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 401


def test_it_says_so_while_the_provider_is_away(client: Client, provider: Provider, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = client.get("/account/single-sign-on/")
    assert answer.status_code == 401
    assert "Acme ID did not answer" in answer.text


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"GREENFLASH_OIDC_URL": "http://id.example"}, "must begin with https://"),
        ({"GREENFLASH_OIDC_URL": "https://id.example"}, "GREENFLASH_OIDC_CLIENT_ID"),
        (
            {"GREENFLASH_OIDC_URL": "https://id.example/", "GREENFLASH_OIDC_CLIENT_ID": "a"},
            "GREENFLASH_OIDC_CLIENT_SECRET",
        ),
        (
            {
                "GREENFLASH_OIDC_URL": "https://id.example/",
                "GREENFLASH_OIDC_CLIENT_ID": "a",
                "GREENFLASH_OIDC_CLIENT_SECRET": "b",
                "GREENFLASH_OIDC_NAME": "Acme ID",
            },
            "Acme ID https://id.example",
        ),
    ],
)
def test_it_reads_the_provider_from_the_environment(environment: dict[str, str], said: str, tmp_path: Path) -> None:
    show = "s.SINGLE_SIGN_ON, s.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'][0]['settings']['server_url']"
    done = subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings as s; print({show})"],
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "greenflash_site.settings",
            "GREENFLASH_DATA": str(tmp_path),
            **environment,
        },
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout + done.stderr
