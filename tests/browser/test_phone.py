"""On a phone no page is wider than the screen, however long its words are."""

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Export, SavedView
from products.actions import create_api_key, create_product
from products.models import Member, Product
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH = 390
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


@pytest.fixture
def crowded(owner: Member) -> tuple[Ticket, list[str]]:
    """An organization full of long words, and all its pages."""
    owner.workspace.name = LONG[:120]
    owner.workspace.save(update_fields=["name"])
    product = create_product(owner, name=LONG[:120], description=LONG)
    create_api_key(owner.workspace, acting_user=owner.person, name=LONG[:120])
    conversation = tell(
        product,
        f"```\n{LONG}\n```",
        {"role": "assistant", "content": f"| {LONG} | b |\n|---|---|\n| 1 | 2 |\n\n```\n{LONG}\n```\n\n> {LONG}"},
        {"messageType": "tool_call", "toolName": LONG[:200], "input": {LONG: LONG}},
        {"messageType": "observation", "output": LONG},
        {"messageType": "thought", "content": LONG},
        externalUserId=LONG[:200],
        externalOrganizationId=LONG[:200],
        externalConversationId=LONG[:200],
        model=LONG[:200],
        properties={LONG[:200]: LONG},
    )
    view = SavedView.objects.create(workspace=owner.workspace, member=owner, name=LONG[:60], query="rating=low")
    export = Export.objects.create(workspace=owner.workspace, member=owner, format="csv", zone="UTC", product_ids=[])
    pages = [
        "/acme/",
        "/acme/conversations/",
        f"/acme/conversations/?user={conversation.participant_id}&model={LONG[:200]}&q={LONG[:200]}&rating=none",
        f"/acme/conversations/filters/user/?model={LONG[:200]}",
        f"/acme/conversations/views/new/?user={conversation.participant_id}&model={LONG[:200]}",
        f"/acme/conversations/views/{view.id}/edit/",
        f"/acme/conversations/exports/{export.id}/",
        f"/acme/conversations/{conversation.id}/",
        "/acme/products/",
        "/acme/products/new/",
        f"/acme/products/{product.id}/",
        f"/acme/products/{product.id}/edit/",
        "/acme/api-keys/",
        "/acme/api-keys/new/",
        "/acme/settings/",
        "/acme/settings/members/",
        f"/acme/settings/members/{owner.id}/",
        "/acme/settings/invitations/new/",
        "/acme/settings/delete/",
        "/acme/leave/",
        "/organizations/new/",
        "/account/email/",
        "/account/password/change/",
        "/acme/nowhere/",
    ]
    return ticket(owner.person), pages


def too_wide(page: Page, paths: list[str]) -> dict[str, int]:
    """The pages that scroll sideways, with their widths."""
    page.set_viewport_size({"width": WIDTH, "height": 844})
    widths = {}
    for path in paths:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        widths[path] = int(page.evaluate("document.documentElement.scrollWidth"))
    return {path: width for path, width in widths.items() if width > WIDTH}


def test_it_fits_a_phone(crowded: tuple[Ticket, list[str]], page: Page, server: str) -> None:
    session, paths = crowded
    assert too_wide(session.sign_in(page, server), paths) == {}


def test_it_fits_a_phone_for_a_stranger(page: Page) -> None:
    assert too_wide(page, ["/login/", "/signup/", "/account/password/reset/", "/account/password/reset/done/"]) == {}


def test_it_does_not_scroll_what_fits(page: Page) -> None:
    page.goto("/login/")
    assert page.evaluate("document.documentElement.scrollHeight") == page.viewport_size["height"]  # type: ignore[index]


@pytest.fixture
def with_code(owner: Member, product: Product) -> tuple[Ticket, str]:
    """A conversation with a line of code that fits a desktop and no phone."""
    conversation = tell(product, f"```\n{'x' * 60}\n```")
    return ticket(owner.person), f"/acme/conversations/{conversation.id}/"


def test_it_lets_the_keyboard_reach_code_when_the_screen_narrows(
    with_code: tuple[Ticket, str], page: Page, server: str
) -> None:
    session, path = with_code
    session.sign_in(page, server).goto(path)
    code = page.locator(".prose pre")
    expect(code).not_to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": WIDTH, "height": 844})
    expect(code).to_have_attribute("tabindex", "0")
