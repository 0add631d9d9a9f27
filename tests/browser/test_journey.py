"""What the dashboard is for, from end to end: what went badly is found, read, noted and shown to somebody else; and a
long list is taken along as a file that a worker makes."""

import csv
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Conversation
from conversations.views.exports import AT_ONCE
from products.models import Member, Product
from products.models.ids import new_id
from tests.browser.conftest import Ticket, ticket
from tests.conftest import Api, tell
from tests.conversations.test_visits import worker
from tests.factories import MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/acme/conversations/"
# In more than one window.
LENGTH, FAILURE = 120, 70


@dataclass(frozen=True)
class Team:
    """Ada, Bob and Sam Smith read the same conversations."""

    ada: Ticket
    bob: Ticket


@pytest.fixture
def team(owner: Member, product: Product, api: Api) -> Team:
    """Eight conversations, the fifth of them long and rated badly, as the seventh is; a call failed in the long one."""
    now = timezone.now()
    for number in range(8):
        said: list[str | dict[str, object]] = [f"talk {number}"]
        if number == 4:
            said += [{"role": ("assistant", "user")[n % 2], "content": f"Line {n}."} for n in range(1, LENGTH)]
            said[FAILURE : FAILURE + 2] = [
                {"messageType": "tool_call", "toolName": "track", "input": {"parcel": 42}, "externalMessageId": "call"},
                {"messageType": "tool_error", "output": "No such parcel", "parentExternalMessageId": "call"},
            ]
        tell(product, *said, at=now - timedelta(minutes=number), externalConversationId=f"talk-{number}")
    for number, rating in ((2, 1), (4, 0), (6, 0)):
        body = {"productId": str(product.id), "rating": rating, "ratingMin": 0, "ratingMax": 1}
        assert api.post("ratings", {**body, "externalConversationId": f"talk-{number}"}).status_code == 201
    people = [
        MemberFactory.create(workspace=owner.workspace, person__name=name, role="admin").person
        for name in ("Bob Brown", "Sam Smith")
    ]
    return Team(ada=ticket(owner.person), bob=ticket(people[0]))


def test_it_leads_from_a_bad_rating_to_a_colleague_at_the_message(
    team: Team, page: Page, colleague: Page, server: str
) -> None:
    """By keyboard alone."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    team.ada.sign_in(page, server).goto(LIST)
    press, focused = page.keyboard.press, page.locator(":focus")

    press("f")
    menu = page.get_by_label("Filter by")
    expect(menu.get_by_role("button", name="Product")).to_be_focused()
    for _ in range(4):
        press("ArrowDown")
    expect(menu.get_by_role("button", name="Rating")).to_be_focused()
    press("ArrowRight")
    expect(focused).to_have_text(re.compile(r"Low\s*2"))  # how many there are, come after the page
    press("Enter")
    expect(page).to_have_url(f"{server}{LIST}?rating=low")
    expect(page.locator("tbody tr")).to_have_count(2)

    heading = page.get_by_role("heading", level=1)
    press("j")
    expect(focused).to_have_accessible_name("talk 4")
    for key, title in (("Enter", "talk 4"), ("]", "talk 6"), ("[", "talk 4")):
        press(key)
        expect(heading).to_have_text(title)
        page.wait_for_load_state()  # scripts too

    call = page.locator(".entry").filter(has_text="track")
    for _ in range(2_000):  # while the next window is on its way, j moves nothing
        if focused.filter(has_text="track").count():
            break
        press("j")
    expect(call).to_be_focused()
    expect(page.get_by_text('"parcel": 42')).to_be_hidden()
    press("Enter")
    expect(page.get_by_text('"parcel": 42')).to_be_visible()
    expect(call).to_contain_text("No such parcel")

    press("n")
    expect(focused).to_have_accessible_name("Note")
    page.keyboard.type("It guessed, @bob")
    expect(page.get_by_role("option", name="Bob Brown")).to_have_attribute("aria-selected", "true")
    press("Enter")
    page.keyboard.type("can you look?")
    press("Control+Enter")
    expect(page.locator(".note")).to_contain_text("It guessed, @Bob Brown can you look?")
    expect(call).to_contain_text("1 note")

    press("Escape")  # back to where one was
    expect(call).to_be_focused()
    copy = call.get_by_role("link", name="Copy the link to this message")
    for _ in range(6):  # past what the fold shows
        if not copy.evaluate("(link) => link === document.activeElement"):
            press("Tab")
    expect(copy).to_be_focused()
    press("Enter")
    expect(call).to_have_attribute("aria-current", "true")
    link = page.evaluate("navigator.clipboard.readText()")

    team.bob.sign_in(colleague, server).goto(link)
    marked = colleague.locator(".entry[aria-current=true]")
    expect(marked).to_contain_text("No such parcel")
    expect(marked).to_contain_text("1 note")
    expect(marked).to_be_in_viewport()
    expect(colleague.locator(".mention")).to_have_text("@Bob Brown")
    expect(colleague.get_by_text("Line 1.", exact=True)).not_to_be_in_viewport()  # which is far above


@pytest.fixture
def crowd(owner: Member, product: Product) -> tuple[Ticket, list[str]]:
    """More conversations of one model than are sent at once, and some of another; the titles of the first."""
    first = tell(product, "talk 0", model="model-0")
    values = Conversation.objects.filter(id=first.id).values().get()
    rows = []
    for number in range(1, AT_ONCE + 200):
        at = first.last_message_at - timedelta(minutes=number)
        told = {"title": f"talk {number}", "model": "model-1" if number % 20 == 0 else "model-0"}
        rows.append(Conversation(**values | told | {"id": new_id(), "first_message_at": at, "last_message_at": at}))
    Conversation.objects.bulk_create(rows)
    return ticket(owner.person), ["talk 0", *[row.title for row in rows if row.model == "model-0"]]


def test_it_takes_along_a_long_list_that_the_worker_writes(
    crowd: tuple[Ticket, list[str]], page: Page, server: str, tmp_path: Path
) -> None:
    session, titles = crowd
    assert len(titles) > AT_ONCE
    session.sign_in(page, server).goto(f"{LIST}?model=model-0")
    shown = page.locator("tbody .row-link").all_inner_texts()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name=re.compile("^CSV")).click()
    expect(page.get_by_role("progressbar", name="Waiting")).to_be_visible()
    address = page.url
    with worker():
        download = page.get_by_role("link", name="Download")
        expect(download).to_be_visible(timeout=30_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text(f"{len(titles):,} conversations")).to_be_visible()
    page.goto("/acme/")
    page.goto(address)  # it stays where it is
    with page.expect_download() as downloaded:
        download.click()
    file = tmp_path / downloaded.value.suggested_filename
    downloaded.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["title"] for row in rows] == titles
    assert {row["model"] for row in rows} == {"model-0"}
    assert titles[: len(shown)] == shown
