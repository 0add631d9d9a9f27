"""An authenticator app and a passkey, from enrolling to logging in; the browser has an authenticator of its own."""

import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Browser, Page, expect

from products.models import Person, Role
from tests.browser.conftest import PATIENCE, Noise
from tests.conftest import PASSWORD
from tests.factories import MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def grace(transactional_db: None) -> Person:
    """Somebody with a password, who owns an organization."""
    person = Person.objects.create_user("grace@example.com", PASSWORD)
    MemberFactory.create(person=person, workspace__slug="grace-co", role=Role.OWNER)
    return person


@pytest.fixture
def named(grace: Person, browser: Browser, server: str) -> Iterator[Page]:
    """A page of the server by its name: browsers keep passkeys for no IP address. It must stay quiet."""
    base = server.replace("127.0.0.1", "localhost")
    noise = Noise(base)
    context = browser.new_context(base_url=base, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.on("page", noise.listen)
    yield context.new_page()
    context.close()
    assert noise.heard == []


def type_password(page: Page) -> None:
    page.goto("/login/")
    page.get_by_label("Email").fill("grace@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What the app shows, or will show so many half minutes from now."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + ahead)))


def test_it_enrols_an_authenticator_app_and_logs_in_with_its_code(named: Page) -> None:
    page = named
    type_password(page)
    page.goto("/account/two-factor/")
    page.get_by_role("link", name="Add an app").click()
    secret = page.locator("#totp-secret").inner_text()
    box = page.get_by_role("img", name="QR code").bounding_box()
    assert box
    assert box["width"] > 150
    page.get_by_label("The code that the app shows now").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    log_out(page)
    type_password(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.goto("/grace-co/")
    expect(page).to_have_url(re.compile("/account/two-factor/log-in/$"))
    # The code of now was used up by enrolling; one that is half a minute ahead is taken.
    page.get_by_label("Code").fill(code_of(secret, ahead=1))
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/grace-co/$"))


def test_it_enrols_a_passkey_and_logs_in_with_it_alone(named: Page) -> None:
    page = named
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    type_password(page)
    page.goto("/account/passkeys/add/")
    page.get_by_label("Name").fill("MacBook")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto("/account/two-factor/")
    expect(page.get_by_text("MacBook", exact=True)).to_be_visible()
    log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).to_have_url(re.compile("/grace-co/$"))
    log_out(page)
    type_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/grace-co/$"))


def test_it_says_that_an_ip_address_has_no_passkeys(page: Page, server: str) -> None:
    page.goto("/login/")
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
