"""Hostile text in every field one can fill stays text on every page."""

import pytest
from playwright.sync_api import Page, expect

from products.actions import create_api_key, create_product
from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell
from tests.conversations.hostile import PAYLOADS
from tests.factories import CollaboratorFactory, MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Names are one line of up to 120 characters.
NAMES = list(dict.fromkeys(each.translate(dict.fromkeys((*range(32), *range(127, 160))))[:120] for each in PAYLOADS))
CLOSING = "</title><script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def hostile(owner: Member) -> tuple[Ticket, list[str]]:
    """An organization where everything is hostile: who may look at it, and its pages."""
    owner.workspace.name = IMAGE
    owner.workspace.save(update_fields=["name"])
    owner.person.name = '"><script>alert(1)</script>'
    owner.person.save(update_fields=["name"])
    product: Product | None = None
    for name in NAMES:
        product = create_product(owner, name=name, description=name)
        create_api_key(owner.workspace, acting_user=owner.person, name=name)
    assert product is not None
    conversation = tell(
        product,
        *PAYLOADS,
        *[{"role": "assistant", "content": each, "model": name} for each, name in zip(PAYLOADS, NAMES, strict=False)],
        *[
            {"messageType": "tool_call", "toolName": name, "input": {name: name}, "externalMessageId": name}
            for name in NAMES
        ],
        *[{"messageType": "tool_error", "output": each} for each in PAYLOADS],
        *[{"messageType": "thought", "content": each, "input": [each]} for each in PAYLOADS],
        externalUserId=IMAGE,
        externalOrganizationId=IMAGE,
        externalConversationId=IMAGE,
        model=IMAGE,
        properties={name: name for name in NAMES},
        systemPrompt="\n".join(PAYLOADS),
    )
    for name in NAMES:
        tell(product, name, externalUserId=name, externalOrganizationId=name, externalConversationId=name)
    other = MemberFactory.create(workspace=owner.workspace, person__name=IMAGE)
    CollaboratorFactory.create(workspace=owner.workspace, product=product, member=other)
    pages = [
        "/acme/",
        "/acme/conversations/",
        "/acme/products/",
        "/acme/api-keys/",
        "/acme/settings/",
        "/acme/products/new/",
        f"/acme/products/{product.id}/",
        f"/acme/products/{product.id}/edit/",
        *[f"/acme/conversations/{conversation.id}/?start={start}" for start in (0, 200)],
        "/organizations/new/",
        "/account/email/",
    ]
    return ticket(owner.person), pages


def test_it_shows_hostile_text_as_text_on_every_page(
    hostile: tuple[Ticket, list[str]], page: Page, server: str
) -> None:
    """That nothing ran and nothing was fetched is what the fixture `context` checks in the end."""
    session, paths = hostile
    session.sign_in(page, server)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        assert page.locator("a[href^='javascript:' i], a[href^='data:' i], [onerror], [onload], [onclick]").count() == 0
        assert page.locator("main img, main iframe, main object, main embed").count() == 0, path
        if path.startswith("/acme/"):
            assert IMAGE in (page.locator("body").text_content() or ""), path
    page.goto("/acme/conversations/")
    page.get_by_role("row").filter(has_text=NAMES[0]).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES[0])


def test_it_asks_before_it_revokes_a_hostile_key(hostile: tuple[Ticket, list[str]], page: Page, server: str) -> None:
    session, _ = hostile
    session.sign_in(page, server).goto("/acme/api-keys/")
    page.get_by_role("row").filter(has_text=CLOSING).get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(CLOSING)
    expect(dialog.get_by_role("button", name="Revoke key")).to_be_disabled()
    dialog.get_by_role("textbox").fill(CLOSING)
    dialog.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("row").filter(has_text=CLOSING)).to_contain_text("Revoked")
