"""Production and development: made together, written to apart, and never mixed on any page."""

import re

import pytest
from django.conf import settings
from greenflash import Greenflash, PermissionDeniedError
from playwright.sync_api import Page, expect

from products.models import Member
from tests.browser.conftest import Ticket
from tests.conftest import browser_of, sdk
from tests.conversations.test_visits import worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLACES = ("", "products/", "conversations/", "users/")


@pytest.fixture
def session(owner: Member) -> Ticket:
    """Ada, whose organization is empty; she gave her password just now, as one does before making keys."""
    return Ticket(browser_of(owner.person).cookies[settings.SESSION_COOKIE_NAME].value)


def create_key(page: Page, name: str, environment: str) -> str:
    """A key bound to an environment; its plain text."""
    page.goto("/acme/api-keys/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("radio", name=re.compile(f"^{environment} (?!and)")).check()
    page.get_by_role("button", name="Create key").click()
    return page.get_by_text(re.compile(r"^gf_\w{46}$")).inner_text()


def send(client: Greenflash, product_id: str, text: str) -> None:
    """Something that Grace says, in her only conversation."""
    client.messages.create(
        product_id=product_id,
        external_user_id="grace",
        external_conversation_id="first",
        messages=[{"role": "user", "content": text}],
    )


def wait_until_counted(page: Page, environment: str) -> None:
    """Look at the products until the worker has counted what came."""
    page.goto(f"/acme/products/?environment={environment}")
    counted = page.get_by_role("article").get_by_role("link", name="1", exact=True)
    for _ in range(60):
        if counted.count():
            return
        page.wait_for_timeout(250)
        page.reload()


def shown(page: Page, environment: str) -> dict[str, str]:
    """What each place says of an environment; times aside, which pass."""
    said = {}
    for place in PLACES:
        page.goto(f"/acme/{place}?environment={environment}")
        page.evaluate("document.querySelectorAll('time').forEach((time) => time.remove())")
        said[place] = page.get_by_role("main").inner_text()
    return said


def test_it_keeps_what_is_sent_to_the_development_twin_away_from_production(
    session: Ticket, page: Page, server: str
) -> None:
    session.sign_in(page, server).goto("/acme/products/new/")
    page.get_by_label("Name").fill("Helpbot")
    page.get_by_role("radio", name=re.compile("^Production")).check()
    page.get_by_role("checkbox", name=re.compile("twin")).check()
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_role("heading", name="Helpbot", level=1)).to_be_visible()
    production = page.url.rstrip("/").rpartition("/")[2]
    expect(page.get_by_role("main").get_by_text("Development", exact=True)).to_have_count(1)  # the twin, no badge
    page.get_by_label("About this product").get_by_role("link", name="Development").click()
    expect(page.locator(".page-head").get_by_text("Development", exact=True)).to_be_visible()
    development = page.url.rstrip("/").rpartition("/")[2]
    assert production != development

    real = sdk(server, create_key(page, "server", "Production"))
    trial = sdk(server, create_key(page, "laptop", "Development"))
    expect(page.locator("#snippet-python")).to_contain_text(development)  # what the key is for

    send(real, production, "A real question")
    with worker():
        wait_until_counted(page, "production")
        before = shown(page, "production")
        assert "A real question" in before["conversations/"]
        send(trial, development, "Just trying")
        wait_until_counted(page, "development")
    for client, own, other in ((trial, "development", production), (real, "production", development)):
        with pytest.raises(PermissionDeniedError, match=f"is for {own} and the product is in"):
            send(client, other, "Stray")
    assert shown(page, "production") == before

    page.goto("/acme/conversations/")
    expect(page.get_by_role("link", name="Just trying")).to_have_count(0)
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="Development").click()
    row = page.get_by_role("row").filter(has_text="Just trying")
    expect(row).to_contain_text("Development")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Just trying").click()
    expect(page.get_by_role("heading", name="Just trying", level=1)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Development", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Users", exact=True).click()
    expect(page).to_have_url(f"{server}/acme/users/?environment=development")  # the switch stays where it was set
    page.goto("/acme/?environment=all")
    cards = page.get_by_role("article").filter(has_text="Helpbot")
    expect(cards).to_have_count(2)
    expect(cards.filter(has_text="Development")).to_have_count(1)
