"""The list of conversations as somebody works with it: by keyboard, by filters, live, on a phone, and as a file."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Rating
from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import sdk, tell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/acme/conversations/"


@pytest.fixture
def session(owner: Member, product: Product) -> Ticket:
    """Ada, whose helpbot had eight conversations; the fifth went badly."""
    for number in range(8):
        conversation = tell(
            product,
            f"talk {number}",
            {"role": "assistant", "content": "=SUM(1)"},
            at=timezone.now() - timedelta(minutes=5 + number),
            externalUserId=f"user-{number % 3}",
            model=f"model-{number % 2}",
        )
        if number in (2, 4):
            _rate(conversation, 0 if number == 4 else 1)
    return ticket(owner.person)


def _rate(conversation: Conversation, value: float) -> None:
    """Thumb up (1) or down (0)."""
    now = timezone.now()
    Rating.objects.create(
        workspace_id=conversation.workspace_id, conversation=conversation, value=value, minimum=0, maximum=1,
        normalized=value, rated_at=now, created_at=now,
    )  # fmt: skip
    Conversation.objects.filter(id=conversation.id).update(
        rating=value, rating_min=0, rating_max=1, rating_normalized=value, rated_at=now
    )


def test_it_closes_menus_by_keyboard_and_gives_the_focus_back(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto(LIST)
    page.keyboard.press("f")
    expect(page.get_by_label("Filter by").get_by_role("button", name="Product")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    facet = page.locator("#facet-user")
    expect(facet.get_by_label("Find users")).to_be_focused()
    expect(facet.get_by_role("link")).to_have_count(3)
    page.keyboard.type("user-2")
    expect(facet.get_by_role("link")).to_have_count(1)
    page.keyboard.press("Escape")  # empties the box first, as everywhere
    expect(facet.get_by_role("link")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(facet).to_be_hidden()
    expect(page.get_by_label("Filter by").get_by_role("button", name="User")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add a filter")).to_be_focused()


def test_it_narrows_changes_and_clears_by_chips(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto(f"{LIST}?model=model-1&rating=none")
    chips = page.get_by_role("list", name="Filters")
    expect(chips).to_contain_text("Model")
    chips.get_by_role("button", name=re.compile("Model")).click()
    page.locator("#facet-model").get_by_role("link", name=re.compile("model-0")).click()
    expect(page).to_have_url(f"{server}{LIST}?model=model-0&rating=none")
    chips.get_by_role("link", name="Remove the filter Rating: Not rated").click()
    expect(page).to_have_url(f"{server}{LIST}?model=model-0")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.keyboard.press("x")
    expect(page).to_have_url(f"{server}{LIST}")
    expect(page.locator("tbody tr")).to_have_count(8)


def test_it_saves_a_view_and_offers_it_to_the_team(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto(f"{LIST}?rating=low")
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Bad ones")
    page.get_by_label("Share with the team").check()
    page.get_by_role("button", name="Save view").click()
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name=re.compile("^Bad ones"))
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="All conversations").click()
    expect(page.locator("tbody tr")).to_have_count(8)
    tab.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Edit the view Bad ones").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete view").click()
    expect(page.get_by_role("navigation", name="Views")).not_to_contain_text("Bad ones")


def test_it_announces_what_arrives_and_moves_nothing(
    session: Ticket, api_key: str, product: Product, page: Page, server: str
) -> None:
    session.sign_in(page, server).goto(LIST)
    first = page.locator("tbody tr").first
    at = first.bounding_box()
    sdk(server, api_key).messages.create(
        product_id=str(product.id), external_user_id="grace", messages=[{"role": "user", "content": "brand new"}]
    )
    told = page.get_by_role("link", name="1 new conversation · Show")
    expect(told).to_be_visible(timeout=15_000)
    assert first.bounding_box() == at
    expect(page.get_by_role("link", name="brand new")).to_have_count(0)
    told.click()
    expect(page.get_by_role("link", name="brand new")).to_be_visible()
    live = page.get_by_role("button", name="Live")
    page.keyboard.press("l")
    expect(live).to_have_attribute("aria-pressed", "false")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_000)
    assert asked == [], "it is off, and asks nothing"


def test_it_exports_a_file_that_opens(session: Ticket, page: Page, server: str, tmp_path: Path) -> None:
    session.sign_in(page, server).goto(f"{LIST}?model=model-0")
    for name, ending in (("CSV", "csv"), ("JSONL", "jsonl")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as downloaded:
            page.get_by_role("button", name=re.compile(f"^{name}")).click()
        file = tmp_path / downloaded.value.suggested_filename
        downloaded.value.save_as(file)
        assert re.fullmatch(rf"acme-conversations-\d{{4}}-\d\d-\d\d\.{ending}", file.name)
        text = file.read_text("utf-8-sig")
        if ending == "csv":
            titles = [row["title"] for row in csv.DictReader(StringIO(text, newline=""))]
        else:
            told = [json.loads(line) for line in text.splitlines()]
            titles = [line["title"] for line in told]
            assert told[0]["messages"][1]["content"] == "=SUM(1)"
        assert titles == ["talk 0", "talk 2", "talk 4", "talk 6"]
        page.reload()


def test_it_works_on_a_phone(session: Ticket, page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    session.sign_in(page, server).goto(f"{LIST}?model=model-0&length=1-2&date=7d&rating=high")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Filter by").get_by_role("button", name="Feedback").click()
    sheet = page.locator("#facet-feedback")
    box = sheet.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert abs(box["y"] + box["height"] - 844) < 1
    sheet.get_by_role("link", name=re.compile("^No")).click()
    expect(page).to_have_url(re.compile("feedback=no"))
    expect(page.get_by_role("link", name="talk 2")).to_be_visible()
