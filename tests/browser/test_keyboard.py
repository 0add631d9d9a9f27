"""The keyboard: lists, neighbours, places, and the list of it all."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def session(owner: Member, product: Product) -> Ticket:
    """Ada, who has three conversations."""
    for number in range(3):
        tell(product, f"talk {number}", at=timezone.now() - timedelta(minutes=number))
    return ticket(owner.person)


def test_it_moves_through_the_list_and_opens(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto("/acme/conversations/")
    rows = [page.get_by_role("link", name=f"talk {number}") for number in range(3)]
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(rows[at]).to_be_focused()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("talk 1")
    page.keyboard.press("]")
    expect(heading).to_have_text("talk 2")
    page.keyboard.press("[")
    expect(heading).to_have_text("talk 1")
    page.go_back()
    expect(heading).to_have_text("talk 2")


def test_it_goes_places_and_lists_its_keys(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto("/acme/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(f"{server}/acme/conversations/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    page.keyboard.press("j")  # nothing moves behind it
    expect(page.get_by_role("link", name="talk 0")).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_it_leaves_letters_alone_while_one_types(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto("/acme/products/new/")
    page.get_by_label("Name").press_sequentially("jk?gc[]")
    expect(page.get_by_label("Name")).to_have_value("jk?gc[]")
    expect(page).to_have_url(f"{server}/acme/products/new/")


def test_it_begins_with_a_way_past_the_navigation(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto("/acme/conversations/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
