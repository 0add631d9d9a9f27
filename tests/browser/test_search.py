"""Somebody looks for what was said, in Japanese, and lands on the message."""

import pytest
from playwright.sync_api import Page, expect

from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell
from tests.conversations.test_visits import visit_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(transactional_db: None, owner: Member, product: Product) -> Ticket:
    """Ada, who has a long conversation to look through, and others around it."""
    small_talk = [f"雑談 {number}" for number in range(150)]
    tell(product, *small_talk, "新しいプリンターの在庫はありますか？", *small_talk, externalUserId="haruka")
    tell(product, "Is the printer in stock?", externalUserId="grace")
    visit_all()
    return ticket(owner.person)


def test_it_finds_chinese_characters_and_opens_at_the_message(told: Ticket, page: Page, server: str) -> None:
    told.sign_in(page, server).goto("/acme/conversations/")
    page.keyboard.press("/")
    page.keyboard.type("在庫")
    page.keyboard.press("Enter")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.locator("mark")).to_have_text("在庫")
    rows.locator(".row-link").click()
    message = page.locator(".entry[aria-current=true]")
    expect(message).to_contain_text("新しいプリンターの在庫はありますか？")
    expect(message).to_be_in_viewport()
    expect(message).to_be_focused()
