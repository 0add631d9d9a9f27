"""Charts: what is under the pointer, under a finger, or chosen by keys."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from products.models import Member, Product
from tests.analytics.test_home import rate
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell
from tests.conversations.test_tallies import count_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def seen(owner: Member, product: Product) -> tuple[Ticket, str]:
    """Ada's session and the address of a product of three days, with ratings good and bad."""
    now = timezone.now()
    for days in (0, 0, 0, 1, 3):
        talk = tell(product, "Hello", at=now - timedelta(days=days), externalUserId=f"user-{days}")
        for stars in (5, 1)[: days + 1]:
            rate(talk, stars, at=now - timedelta(days=days))
    count_all()
    return ticket(owner.person), f"/acme/products/{product.id}/?days=7"


def plot(page: Page, title: str) -> Locator:
    """The chart of this title."""
    return page.get_by_role("group", name=f"{title}, by arrow keys")


def tip(chart: Locator) -> Locator:
    """What it tells of one day."""
    return chart.locator(".chart-tip")


def behind(page: Page, title: str) -> list[list[str]]:
    """The rows of the table behind it."""
    figure = page.get_by_role("figure").filter(has=page.get_by_role("heading", name=title, exact=True))
    rows: list[list[str]] = figure.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


def point_at(page: Page, chart: Locator, place: int, of: int) -> None:
    """Move the pointer over the middle of a day."""
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + (place + 0.5) * box["width"] / of, box["y"] + box["height"] / 2)


def test_it_tells_what_is_under_the_pointer_and_leads_there(seen: tuple[Ticket, str], page: Page, server: str) -> None:
    session, path = seen
    session.sign_in(page, server).goto(path)
    chart = plot(page, "Conversations")
    rows = behind(page, "Conversations")
    assert [row[1] for row in rows] == ["no data", "no data", "no data", "1", "no data", "1", "3"]
    for place, (label, value, *_) in enumerate(rows):
        point_at(page, chart, place, of=7)
        expect(tip(chart)).to_contain_text(label)
        expect(tip(chart).locator("dd").first).to_have_text(value)
        box, own = chart.bounding_box(), tip(chart).bounding_box()
        assert box
        assert own
        assert box["x"] <= own["x"]
        assert own["x"] + own["width"] <= box["x"] + box["width"] + 1
    users = plot(page, "Users")
    expect(users.locator(".chart__slot[data-at] circle").first).to_be_visible()  # the same day in other charts
    expect(tip(users)).to_have_count(1)
    expect(tip(users)).to_be_hidden()
    expect(chart.locator("title")).to_have_count(0)  # nor does the browser tell it once more
    page.mouse.move(0, 0)
    expect(tip(chart)).to_be_hidden()
    expect(page.locator("[data-at]")).to_have_count(0)
    point_at(page, chart, 6, of=7)
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/acme/conversations/\?.*from="))
    expect(page.locator("tbody tr")).to_have_count(3)


def test_it_is_read_by_keys(seen: tuple[Ticket, str], page: Page, server: str) -> None:
    session, path = seen
    session.sign_in(page, server).goto(path)
    chart = plot(page, "Ratings")
    chart.focus()
    days = [row[0] for row in behind(page, "Ratings")]
    keys = ("ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "ArrowRight", "End", "ArrowRight")
    for key, place in zip(keys, (6, 5, 0, 0, 1, 6, 6), strict=True):
        page.keyboard.press(key)
        expect(tip(chart).locator("strong")).to_have_text(days[place])
    expect(chart.get_by_role("status")).to_have_text(re.compile(r"^\w+ \d+, High 3, Medium 0, Low 0, Together 3$"))
    page.keyboard.press("Escape")
    expect(tip(chart)).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(tip(chart)).to_be_visible()
    page.keyboard.press("Tab")
    expect(tip(chart)).to_be_hidden()
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/acme/conversations/"))


def test_it_goes_on_after_the_page_has_changed_in_part(seen: tuple[Ticket, str], page: Page, server: str) -> None:
    session, _ = seen
    session.sign_in(page, server).goto("/acme/ratings/?period=7d")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Rating", exact=True).select_option("Low")
    expect(page).to_have_url(re.compile("level=low"))
    chart = plot(page, "Ratings by day")
    point_at(page, chart, 5, of=7)
    expect(tip(chart).locator("dl > div")).to_have_text(["Low1", "Medium0", "High0", "Together1"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_tells_the_days_of_a_sparkline(seen: tuple[Ticket, str], page: Page, server: str) -> None:
    session, _ = seen
    session.sign_in(page, server).goto("/acme/products/")
    card = page.get_by_role("article").filter(has_text="Helpbot")
    box = card.locator(".spark").bounding_box()
    assert box
    today = timezone.now()
    for days, count in ((0, 3), (1, 1), (2, 0), (3, 1), (13, 0)):
        day = today - timedelta(days=days)
        page.mouse.move(box["x"] + box["width"] * (13 - days) / 13, box["y"] + box["height"] / 2)
        expect(card.locator(".chart-tip")).to_have_text(f"{day:%b} {day.day}: {count}")
    page.mouse.move(0, 0)
    expect(card.locator(".chart-tip")).to_be_hidden()
    page.mouse.click(box["x"] + 20, box["y"] + 10)  # and the card leads to its product, there as well
    expect(page.get_by_role("heading", name="Helpbot", level=1)).to_be_visible()
