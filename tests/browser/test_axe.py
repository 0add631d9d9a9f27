"""axe-core finds nothing serious on any page, in light and dark, nor in what opens on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from greenflash_site.urls import organization_urls
from products.models import Member
from tests.browser import pages
from tests.browser.conftest import Ticket, ticket
from tests.conftest import browser_of
from tests.conversations.test_visits import visit_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js"
# One message for each rule that is broken: which, and where.
RUN = """async (rules) => {
  document.getAnimations().forEach((each) => each.cancel()); // colours on their way to the other scheme's are nobody's
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).map(
    (each) => `${each.id}: ${each.nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(", ")}`);
}"""


@pytest.fixture
def furnished(owner: Member) -> tuple[Ticket, list[str]]:
    """Ada's session, and all pages of an organization with something of everything and of one with nothing."""
    paths = pages.furnish(owner)
    visit_all()
    return ticket(owner.person), paths


@pytest.fixture
def looked_at(page: Page) -> Page:
    """A page with axe-core."""
    page.context.add_init_script(path=AXE)
    return page


def broken(page: Page) -> list[str]:
    """What is wrong with the page as it is now; in the dark only colours are others."""
    page.emulate_media(color_scheme="light")
    found: list[str] = page.evaluate(RUN, None)
    page.emulate_media(color_scheme="dark")
    return found + [f"dark {each}" for each in page.evaluate(RUN, ["color-contrast", "link-in-text-block"])]


def broken_on(page: Page, paths: Sequence[str]) -> list[str]:
    """What is wrong with these pages, everything on them opened."""
    found = []
    for path in paths:
        if "#" in path:
            page.goto("about:blank")  # or another fragment of the same page would load nothing
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        found += [f"{path} {each}" for each in broken(page)]
    return found


def test_it_finds_nothing_serious_on_any_page(
    furnished: tuple[Ticket, list[str]], looked_at: Page, server: str
) -> None:
    session, paths = furnished
    assert broken_on(session.sign_in(looked_at, server), paths) == []


def test_it_finds_nothing_serious_outside(looked_at: Page) -> None:
    assert broken_on(looked_at, pages.OUTSIDE) == []


def test_it_finds_nothing_serious_in_what_opens(
    furnished: tuple[Ticket, list[str]], looked_at: Page, server: str
) -> None:
    session, paths = furnished
    page = session.sign_in(looked_at, server)
    found = []
    page.goto("/acme/conversations/")
    for key, menu in (
        ("f", page.get_by_label("Filter by")),
        ("?", page.get_by_role("dialog", name="Keyboard shortcuts")),
        ("Control+k", page.get_by_role("dialog", name="Jump to anything").get_by_role("option").first),
    ):
        page.keyboard.press(key)
        expect(menu).to_be_visible()
        found += broken(page)
        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
    page.keyboard.press("f")
    page.get_by_label("Filter by").get_by_role("button", name="Rating").click()
    expect(page.locator("#facet-rating").get_by_role("link").first).to_be_visible()
    found += broken(page)
    reader = next(path for path in paths if path.endswith("?view=trace")).partition("?")[0]
    page.goto(reader)
    page.locator(".entry").first.hover()
    page.get_by_role("link", name="This message as JSON").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += broken(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy or download").click()
    found += broken(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reader)
    page.get_by_role("button", name="Details").click()
    found += broken(page)
    assert found == []


def test_it_notices_what_is_wrong(looked_at: Page) -> None:
    looked_at.goto("/login/")
    looked_at.evaluate("document.querySelectorAll('label').forEach((label) => label.remove())")
    looked_at.evaluate("document.querySelector('h1').style.color = 'rgb(250 250 250)'")
    assert {"label", "color-contrast"} <= {each.partition(":")[0] for each in broken(looked_at)}


def test_it_knows_every_page_of_an_organization(owner: Member) -> None:
    """Those without a page of their own answer with none."""
    assert set(pages.QUERIES) == {str(route.name) for route in organization_urls}, "a new page needs a row in QUERIES"
    without = {name for name, queries in pages.QUERIES.items() if not queries}
    assert _without_a_page(browser_of(owner.person), pages.ids_of(owner)) == without


def _without_a_page(client: Client, ids: dict[str, Any]) -> set[str]:
    found = set()
    for route in organization_urls:
        answer = client.get(pages.path(route, ids))
        content = b"".join(answer) if answer.streaming else answer.content
        if answer.status_code == 405 or b"<html" not in content:
            found.add(str(route.name))
    return found
