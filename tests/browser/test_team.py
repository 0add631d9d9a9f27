"""A team comes together, in two browsers: invited by a link, signed up, without products, added."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from products.models import Member, Product
from tests.browser.conftest import PATIENCE, Noise, Ticket, ticket
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada(owner: Member, product: Product) -> Ticket:
    """Ada's session; she owns Acme with its helpbot."""
    return ticket(owner.person)


@pytest.fixture
def another(ada: Ticket, browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A browser of somebody else, as quiet as the first."""
    noise = Noise(server)
    context = browser.new_context(base_url=server, viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    context.on("page", noise.listen)
    yield context
    context.close()
    assert noise.heard == []


def test_it_leads_from_an_invitation_to_the_first_product(
    ada: Ticket, another: BrowserContext, page: Page, server: str
) -> None:
    ada.sign_in(page, server)
    page.goto("/acme/settings/members/")
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Email address").fill("ivan@acme.example")
    page.get_by_role("radio", name="Viewer").check()
    page.get_by_role("button", name="Make the invitation").click()
    link = page.locator("#invitation-link").inner_text()
    page.reload()  # shows the list, and invites nobody once more
    expect(page.get_by_role("region", name="Invited").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text(link)).to_have_count(0)

    ivan = another.new_page()
    ivan.goto(link[link.index("/invitations/") :])
    expect(ivan.get_by_role("heading", name="Join Acme")).to_be_visible()
    ivan.get_by_role("link", name="Create your account").click()
    expect(ivan.get_by_label("Email")).to_have_value("ivan@acme.example")
    expect(ivan.get_by_label("Email")).to_be_disabled()
    ivan.get_by_label("Password").fill(PASSWORD)
    ivan.get_by_role("button", name="Create account").click()
    expect(ivan).to_have_url(f"{server}/acme/")
    expect(ivan.get_by_role("heading", name="Already invited? Ask the owner to add you")).to_be_visible()
    expect(ivan.get_by_role("list", name="Owners")).to_contain_text("ada@acme.example")
    ivan.get_by_role("button", name="Ask to be added").click()
    expect(ivan.get_by_text("You asked")).to_be_visible()

    page.goto("/acme/settings/members/")
    requests = page.get_by_role("region", name="Waiting to be added")
    expect(requests).to_contain_text("ivan@acme.example")
    requests.get_by_role("link", name="Add to products").click()
    page.get_by_role("checkbox", name="Helpbot").check()
    page.get_by_role("button", name="Save products").click()
    expect(page.get_by_role("region", name="Waiting to be added")).to_have_count(0)

    ivan.goto("/acme/products/")
    ivan.get_by_role("link", name="Helpbot").click()
    expect(ivan.get_by_role("heading", name="Helpbot", level=1)).to_be_visible()
    expect(ivan.get_by_role("link", name="Edit")).to_have_count(0)


def test_it_removes_a_member_once_their_address_is_typed(
    ada: Ticket, collaborator: Member, page: Page, server: str
) -> None:
    ada.sign_in(page, server)
    page.goto("/acme/settings/members/")
    page.get_by_role("link", name="bob@acme.example").click()
    page.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Remove")).to_be_disabled()
    dialog.get_by_role("textbox").fill("bob@acme.example")
    dialog.get_by_role("button", name="Remove").click()
    expect(page).to_have_url(f"{server}/acme/settings/members/")
    expect(page.get_by_role("link", name="bob@acme.example")).to_have_count(0)
