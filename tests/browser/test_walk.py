"""From nothing to reading the first conversation, as a person does it."""

import re

import pytest
from greenflash import Greenflash
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD, sdk
from tests.conversations.test_visits import worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def send_first_message(client: Greenflash, product_id: str) -> None:
    """What the reader's own program does."""
    client.messages.create(
        product_id=product_id,
        external_user_id="grace",
        external_conversation_id="first",
        messages=[
            {"role": "user", "content": "Where is my **parcel**?"},
            {
                "message_type": "tool_call",
                "tool_name": "track_parcel",
                "input": {"number": 42},
                "external_message_id": "call",
            },
            {
                "message_type": "observation",
                "output": {"place": "Ghent"},
                "parent_external_message_id": "call",
            },
            {"role": "assistant", "content": "It is in Ghent."},
        ],
    )


def wait_until_counted(home: Page) -> None:
    """Look at Home until the worker has counted what came."""
    for _ in range(60):
        home.get_by_role("link", name="Home", exact=True).click()
        expect(home.get_by_role("heading", name="Home", level=1)).to_be_visible()
        if home.get_by_role("article").get_by_role("link", name="1", exact=True).count():
            return
        home.wait_for_timeout(250)


def test_it_leads_from_signing_up_to_reading_the_first_conversation(page: Page, server: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/signup/")
    page.get_by_label("Email").fill("ada@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("organization").fill("Acme")
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(f"{server}/acme/")
    home = page.context.new_page()
    home.goto("/acme/")

    page.get_by_role("main").get_by_role("link", name="Create a product").click()
    page.get_by_label("Name").fill("Helpbot")
    page.get_by_role("radio", name=re.compile("^Agent")).check()
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_role("heading", name="Helpbot", level=1)).to_be_visible()
    product_id = page.url.rstrip("/").rpartition("/")[2]
    expect(page.get_by_role("main")).to_contain_text(product_id)

    page.get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="Create an API key").click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Create key").click()
    key = page.get_by_text(re.compile(r"^gf_\w{46}$")).inner_text()
    page.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == key

    page.reload()  # is not the form once more
    expect(page.get_by_role("row", name="laptop")).to_have_count(1)
    expect(page.get_by_text(key)).to_have_count(0)

    marks = home.get_by_label("Getting started").locator(".step__mark")
    expect(marks.filter(has_text="Done:")).to_have_count(2)  # by themselves, while all this was done elsewhere
    expect(home.get_by_text("Waiting for the first message")).to_be_visible()
    home.evaluate("window.isTheSamePage = true")
    tab = home.get_by_text("Prompt for a coding agent")
    tab.click()
    send_first_message(sdk(server, key), product_id)
    read_it = home.get_by_role("link", name="Read it")
    expect(read_it).to_be_visible(timeout=10_000)
    expect(marks.filter(has_text="Done:")).to_have_count(3)
    expect(home.get_by_text("Waiting for the first message")).to_have_count(0)
    assert home.evaluate("window.isTheSamePage")
    read_it.click()

    transcript = home.get_by_role("region", name="Transcript")
    expect(transcript.get_by_text("parcel", exact=True)).to_be_visible()
    expect(transcript.get_by_text("It is in Ghent.")).to_be_visible()
    expect(transcript.get_by_text('"place": "Ghent"')).to_be_hidden()
    transcript.get_by_text("track_parcel").click()
    expect(transcript.get_by_text('"number": 42')).to_be_visible()
    expect(transcript.get_by_text('"place": "Ghent"')).to_be_visible()

    home.get_by_role("link", name="Conversations").first.click()
    expect(home.get_by_role("link", name="Where is my **parcel**?")).to_be_visible()
    with worker():
        wait_until_counted(home)
    card = home.get_by_role("article").filter(has_text="Helpbot")
    expect(card.get_by_role("link", name="1", exact=True)).to_have_count(2)  # today, and in seven days
    expect(
        home.get_by_label("Latest conversations").get_by_role("link", name="Where is my **parcel**?")
    ).to_be_visible()
    expect(home.get_by_label("Getting started")).to_have_count(0)


def test_it_keeps_what_was_typed_when_a_form_is_wrong(page: Page, server: str) -> None:
    page.goto("/signup/")
    page.get_by_label("Email").fill("ada@acme.example")
    page.get_by_label("Password").fill("short")
    page.get_by_label("organization").fill("Acme")
    with page.expect_response(f"{server}/signup/") as answered:
        page.get_by_role("button", name="Create account").click()
    assert answered.value.status == 422
    expect(page.get_by_label("Email")).to_have_value("ada@acme.example")
    expect(page.get_by_label("organization")).to_have_value("Acme")
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
