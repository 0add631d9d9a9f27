"""Users, organizations, ratings and events in a browser: from one to the other, and to anything by the palette."""

import re

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Organization, Participant
from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import Api, tell
from tests.conversations.test_tallies import count_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def team(owner: Member, product: Product, api: Api) -> Ticket:
    """Ada's session; Grace Hopper of Initech gave one star to an answer, and others were content."""
    for number in range(4):
        name = "grace" if number == 2 else f"user-{number}"
        talk = tell(
            product, "Where is my parcel?", {"role": "assistant", "content": f"Answer {number}."},
            externalUserId=name, externalOrganizationId="initech" if number > 1 else "globex",
        )  # fmt: skip
        rating = {"messageId": str(talk.messages.in_order()[1].id), "ratingMin": 1, "ratingMax": 5}
        rating |= {"rating": 1, "feedback": "It never arrived"} if number == 2 else {"rating": 5}
        assert api.post("ratings", rating).status_code == 201
    Participant.objects.filter(external_id="grace").update(name="Grace Hopper", email="grace@initech.example")
    Organization.objects.filter(external_id="initech").update(name="Initech")
    order = {"productId": str(product.id), "eventType": "order", "value": "9", "externalUserId": "grace"}
    assert api.post("events", order).status_code == 201
    count_all()
    return ticket(owner.person)


def test_it_leads_from_one_star_to_the_conversation_the_user_and_their_company(
    team: Ticket, page: Page, server: str
) -> None:
    team.sign_in(page, server).goto("/acme/")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Ratings", level=1)).to_be_visible()
    page.get_by_label("Rating", exact=True).select_option("Low")
    expect(page).to_have_url(re.compile("level=low"))
    feed = page.get_by_label("Ratings, the newest first")
    expect(feed.get_by_role("listitem")).to_have_count(1)
    expect(feed).to_contain_text("It never arrived")
    expect(feed).to_contain_text("Answer 2.")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    marked = page.locator(".entry[aria-current]")
    expect(marked).to_contain_text("Answer 2.")

    page.get_by_label("About this conversation").get_by_role("link", name="Grace Hopper").click()
    expect(page.get_by_role("heading", name="Grace Hopper", level=1)).to_be_visible()
    story = page.get_by_label("What happened")
    expect(story).to_contain_text("It never arrived")
    expect(story).to_contain_text("order")

    page.get_by_label("About this user").get_by_role("link", name="Initech").click()
    expect(page.get_by_role("heading", name="Initech", level=1)).to_be_visible()
    expect(page.get_by_label("About this organization").get_by_role("link", name="user-3")).to_be_visible()
    page.get_by_label("Numbers").get_by_role("link", name="2", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody").get_by_role("link", name="Grace Hopper").click()
    expect(page.get_by_role("heading", name="Grace Hopper", level=1)).to_be_visible()


def test_it_jumps_anywhere_by_the_palette(team: Ticket, page: Page, server: str) -> None:
    team.sign_in(page, server).goto("/acme/products/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Jump to anything")
    box = palette.get_by_role("combobox")
    expect(box).to_be_focused()
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Home")
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Conversations")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Audit log")
    box.fill("hopper")
    expect(palette.get_by_role("group", name="Users").get_by_role("option")).to_have_count(1)
    option = palette.get_by_role("option", name="Grace Hopper")
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grace Hopper", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Jump to").click()
    expect(box).to_be_focused()


def test_it_opens_the_palette_for_whoever_is_faster_than_the_timer_of_htmx(
    team: Ticket, page: Page, server: str
) -> None:
    page.add_init_script("const timer = setTimeout; setTimeout = (wake, after = 60000) => timer(wake, after);")
    team.sign_in(page, server).goto("/acme/products/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option", selected=True)).to_contain_text("Home")


def test_it_finds_users_as_one_types_and_sorts_them(team: Ticket, page: Page, server: str) -> None:
    team.sign_in(page, server).goto("/acme/users/")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.keyboard.press("/")
    page.keyboard.type("hop")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=hop"))
    page.get_by_label("Find users by name, email or id").fill("")
    expect(page.locator("tbody tr")).to_have_count(4)
    for first in ("user-3", "Grace Hopper"):  # the best first, then the worst
        page.get_by_role("columnheader", name="Rating").get_by_role("link").click()
        expect(page).to_have_url(re.compile("sort=-?rating"))
        expect(page.locator("tbody tr").first).to_contain_text(first)
    heading = page.get_by_role("columnheader", name="Rating")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    expect(heading).to_have_attribute("aria-sort", "descending")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Sort by").select_option("Name, A to Z")
    expect(page.locator("tbody tr").first).to_contain_text("Grace Hopper")
    expect(page).to_have_url(re.compile("sort=name"))
