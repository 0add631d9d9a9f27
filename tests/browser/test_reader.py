"""The reader as a person uses it: by keyboard, by a shared link, while a conversation goes on, far down a long one."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Conversation
from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import sdk, tell
from tests.factories import MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = 400
# Resolves two frames later, or when what is asked for has come: the wheel is not turned faster than the page is drawn.
AT_REST = """new Promise((done) => {
  const look = () => document.querySelector(".htmx-request") ? requestAnimationFrame(look) : done();
  requestAnimationFrame(() => requestAnimationFrame(look));
})"""


@dataclass(frozen=True)
class Reading:
    """Ada's session and a conversation to read."""

    session: Ticket
    path: str
    product: str
    messages: list[str]

    def open(self, page: Page, server: str, query: str = "") -> Page:
        """The page of the conversation."""
        self.session.sign_in(page, server).goto(self.path + query)
        return page


def reading(owner: Member, conversation: Conversation) -> Reading:
    ids = [str(id) for id in conversation.messages.in_order().values_list("id", flat=True)]
    return Reading(ticket(owner.person), f"/acme/conversations/{conversation.id}/", str(conversation.product_id), ids)


@pytest.fixture
def short(owner: Member, product: Product) -> Reading:
    """A question, a failed call and an answer; Bob and two Sams are in the team."""
    for name in ("Bob Brown", "Sam Adams", "Sam Smith"):
        MemberFactory.create(workspace=owner.workspace, person__name=name, role="admin")
    tell(product, "Another one", at=timezone.now() - timedelta(hours=1))
    conversation = tell(
        product,
        "Where is my parcel?",
        {"messageType": "tool_call", "toolName": "track", "input": {"number": 42}, "externalMessageId": "call"},
        {"messageType": "tool_error", "output": "No such parcel", "parentExternalMessageId": "call"},
        {"role": "assistant", "content": "I cannot find it."},
        externalConversationId="parcel",
    )
    return reading(owner, conversation)


@pytest.fixture
def long(owner: Member, product: Product) -> Reading:
    """Several windows of messages."""
    said = [{"role": ("user", "assistant")[n % 2], "content": f"Line {n}. " + "word " * (n % 60)} for n in range(LONG)]
    return reading(owner, tell(product, *said))


def test_it_is_read_by_keyboard_alone(short: Reading, page: Page, server: str) -> None:
    short.session.sign_in(page, server).goto("/acme/conversations/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where is my parcel?")
    entries = page.locator(".entry")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(entries.nth(place)).to_be_focused()
    expect(page.get_by_text('"number": 42')).to_be_hidden()
    page.keyboard.press("o")
    expect(page.get_by_text('"number": 42')).to_be_visible()
    expect(entries.nth(1)).to_contain_text("No such parcel")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Reviewed")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Mark reviewed")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_role("link", name="Trace")).to_have_attribute("aria-current", "true")
    expect(page.locator(".node").nth(1)).to_contain_text("track")
    page.keyboard.press("]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Another one")
    page.keyboard.press("[")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where is my parcel?")


def test_it_takes_a_note_with_a_mention_by_keyboard(short: Reading, page: Page, server: str) -> None:
    short.open(page, server)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("n")
    field = page.get_by_role("textbox", name="Note")
    expect(field).to_be_focused()
    page.keyboard.type("Look, @sam")
    options = page.get_by_role("option")
    expect(options).to_have_text([re.compile("Sam Adams"), re.compile("Sam Smith")])
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Look, @Sam Smith ")
    page.keyboard.type("it is lost")
    page.keyboard.press("Control+Enter")
    note = page.locator(".note")
    expect(note).to_contain_text("Look, @Sam Smith it is lost")
    expect(note.locator(".mention")).to_have_text("@Sam Smith")
    expect(page.locator(".entry").nth(1)).to_contain_text("1 note")
    expect(field).to_have_value("")

    note.get_by_role("link", name="Edit").click()
    note.get_by_role("textbox", name="Note").fill("Found @Bob Brown")
    note.get_by_role("button", name="Save").click()
    expect(note).to_contain_text("Found @Bob Brown")
    expect(note).to_contain_text("edited")
    note.get_by_text("Delete", exact=True).click()
    note.get_by_role("button", name="Delete for good").click()
    expect(note).to_have_count(0)
    expect(page.locator(".entry").nth(1)).not_to_contain_text("note")


def test_it_brings_more_before_the_reader_gets_there(long: Reading, page: Page, server: str) -> None:
    """Both ways, and what one reads stays where it is: the shifts that a browser counts add up to next to nothing."""
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {"
        " if (!entry.hadRecentInput) window.shifts += entry.value }))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    long.open(page, server, f"?message={long.messages[200]}")
    page.mouse.move(500, 500)
    for step, last in ((900, LONG - 1), (-900, 0)):
        end = page.locator(f"#m-{long.messages[last]}")
        for _ in range(200):
            page.mouse.wheel(0, step)
            page.evaluate(AT_REST)
            if end.count() and page.evaluate("document.querySelector('.more') === null || scrollY === 0"):
                break
        expect(end).to_be_attached()
    expect(page.locator(".entry")).to_have_count(LONG)
    lines = page.locator(".entry").all_text_contents()
    assert [int(line.partition("Line ")[2].partition(".")[0]) for line in lines] == list(range(LONG))
    assert page.evaluate("window.shifts") < 0.05


def test_it_keeps_its_place_where_the_page_begins(long: Reading, page: Page, server: str) -> None:
    """Earlier messages come in above, though a browser by itself holds on to nothing at the very top."""
    long.open(page, server, f"?message={long.messages[200]}")
    page.evaluate(AT_REST)
    first = page.locator(".entry").first
    id = first.get_attribute("id")
    place = "(id) => document.getElementById(id).getBoundingClientRect().top"
    page.evaluate("scrollTo(0, 0)")
    before = page.evaluate(place, id)
    expect(first).not_to_have_attribute("id", id or "")
    page.evaluate(AT_REST)
    assert abs(page.evaluate(place, id) - before) < 2
    assert page.evaluate("scrollY") > 500


def test_it_grows_while_the_conversation_goes_on(short: Reading, api_key: str, page: Page, server: str) -> None:
    short.open(page, server)
    client = sdk(server, api_key)

    def send(**message: object) -> None:
        client.messages.create(
            external_user_id="user-1",
            external_conversation_id="parcel",
            messages=[message],  # type: ignore[list-item]
        )

    send(role="user", content="Please **look** again")
    expect(page.locator(".entry").last).to_contain_text("Please look again", timeout=15_000)
    send(message_type="tool_call", tool_name="search_depot", external_message_id="second")
    call = page.locator(".entry").last
    expect(call).to_contain_text("search_depot", timeout=15_000)
    expect(call).to_contain_text("no result")
    # Its result goes to the call that is on the screen.
    send(message_type="observation", output={"shelf": 9}, parent_external_message_id="second")
    expect(call).to_contain_text("succeeded", timeout=15_000)
    expect(page.locator(".entry")).to_have_count(5)
    client.ratings.log(
        product_id=short.product,
        rating=1,
        rating_min=1,
        rating_max=5,
        external_conversation_id="parcel",
        feedback="Lost!",
    )
    expect(page.locator(".happening")).to_contain_text("Lost!", timeout=15_000)
    send(role="assistant", content="Found on shelf 9.")
    expect(page.locator(".entry").last).to_contain_text("Found on shelf 9.", timeout=15_000)
    expect(page.locator(".happening")).to_have_count(1)
    client.close()


def test_it_shows_a_message_as_json_and_copies_the_whole(short: Reading, page: Page, server: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    short.open(page, server)
    call = page.locator(".entry").nth(1)
    call.hover()
    call.get_by_role("link", name="This message as JSON").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text('"toolName": "track"')
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copy")).to_have_attribute("data-copied", "")
    assert '"externalMessageId": "call"' in page.evaluate("navigator.clipboard.readText()")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Copy or download").click()
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copy as Markdown")).to_have_attribute("data-copied", "")
    assert "Where is my parcel?" in page.evaluate("navigator.clipboard.readText()")


def test_it_reads_and_takes_notes_on_a_phone(short: Reading, page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    short.open(page, server)
    expect(page.get_by_text("I cannot find it.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_be_hidden()
    page.get_by_role("button", name="Details").click()
    page.get_by_role("textbox", name="Note").fill("Seen on the train")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note")).to_contain_text("Seen on the train")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
