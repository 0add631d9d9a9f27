"""Hostile text in every field one can fill stays text on every page."""

from collections.abc import Iterator
from itertools import batched
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from conversations.facets import FACETS
from conversations.models import Conversation, Event, Note, Organization, Participant, Rating, SavedView
from products.actions import create_api_key, create_product
from products.models import Member, Person, Product, Role
from products.team import invite
from tests.browser.conftest import Ticket, ticket
from tests.conftest import tell
from tests.conversations.hostile import PAYLOADS, on_one_line
from tests.factories import CollaboratorFactory, MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Names are one line of up to 120 characters.
NAMES = list(dict.fromkeys(on_one_line(each)[:120] for each in PAYLOADS))
CLOSING = "</title><script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
# What none of our pages has.
FOREIGN = (
    "a[href^='javascript:' i], a[href^='data:' i], [onerror], [onload], [onclick]",
    "main :is(img, iframe, object, embed, script, style, video, audio, math, base, link, meta)",
    # Links to elsewhere open beside the page, and cannot reach it.
    "main a[href^='http']:not([target=_blank][rel~=nofollow][rel~=noopener][rel~=noreferrer])",
    "svg > :not(use, rect, path, circle, line, g, title)",
)
# Opens what is folded, and tells of the page; at once, because a locator's first question to a page takes 50 ms.
LOOK = """(foreign) => {
  document.querySelectorAll("details").forEach((details) => { details.open = true });
  return {
    foreign: foreign.filter((selector) => document.querySelector(selector)),
    sidebar: document.querySelector("aside.sidebar") !== null,
    text: document.body.textContent,
  };
}"""
TABS = 3
# What one name or external id takes of them.
ROOM = 200


def bunches() -> Iterator[list[str]]:
    """The payloads in bunches that fit into one name together."""
    bunch: list[str] = []
    for payload in PAYLOADS:
        if bunch and len(" ".join([*bunch, payload])) > ROOM:
            yield bunch
            bunch = []
        bunch.append(payload)
    yield bunch


def converse(product: Product, author: Person, bunch: list[str]) -> Conversation:
    """A conversation with these payloads in every field: title, names, ids, messages, and what is said of it."""
    name = on_one_line(" ".join(bunch))[:ROOM]
    said: list[Any] = [name]
    for each in bunch:
        short = on_one_line(each)
        said += [
            each,
            {"role": "assistant", "content": each, "context": each, "model": short},
            {"role": "system", "content": each},
            {"messageType": "tool_call", "toolName": short, "input": {each: [each]}, "externalMessageId": short},
            {"messageType": "tool_error", "output": each, "parentExternalMessageId": short},
            {"messageType": "thought", "content": each, "input": {each: each}, "parentExternalMessageId": short},
        ]
    conversation = tell(
        product,
        *said,
        externalUserId=name,
        externalOrganizationId=name,
        externalConversationId=name,
        model=name,
        properties={on_one_line(each): each for each in bunch},
        systemPrompt={"components": [{"type": "system", "content": "\n".join(bunch)}], "variables": {"name": name}},
    )
    same: dict[str, Any] = {"workspace_id": conversation.workspace_id, "conversation_id": conversation.id}
    now = conversation.last_message_at
    message = conversation.messages.in_order()[1]
    Participant.objects.filter(id=conversation.participant_id).update(name=name, email=f"{name}@evil.example"[:320])
    Organization.objects.filter(external_id=name).update(name=name)
    Conversation.objects.filter(id=conversation.id).update(
        rating=1, rating_min=1, rating_max=5, rating_normalized=0, feedback="\n".join(bunch), rated_at=now
    )
    for each in bunch:
        for id in (None, message.id):
            Rating.objects.create(
                **same,
                message_id=id,
                value=1,
                minimum=1,
                maximum=5,
                normalized=0,
                feedback=each,
                rated_at=now,
                created_at=now,
            )
            Note.objects.create(**same, message_id=id, author=author, text=f"@{author.name} {each}").mention([author])
        Event.objects.create(
            **same,
            product_id=product.id,
            type=on_one_line(each),
            value=each,
            properties={on_one_line(each): each},
            quality_impact_score=0,
            event_at=now,
            created_at=now,
        )
    return conversation


@pytest.fixture
def evil(owner: Member) -> Member:
    """Who owns an organization with API keys, all with hostile names."""
    owner.workspace.name = IMAGE
    owner.workspace.save(update_fields=["name"])
    owner.person.name = '"><script>alert(1)</script>'
    owner.person.save(update_fields=["name"])
    for name in NAMES:
        create_api_key(owner.workspace, acting_user=owner.person, name=name)
    return owner


@pytest.fixture
def session(evil: Member) -> Ticket:
    """The owner's session."""
    return ticket(evil.person)


@pytest.fixture
def hostile(evil: Member) -> list[str]:
    """All pages of that organization, where everything else is hostile too."""
    owner = evil
    for name in NAMES:
        product = create_product(owner, name=name, description=name)
        SavedView.objects.get_or_create(workspace=owner.workspace, member=owner, name=name[: SavedView.NAME_LENGTH])
    conversations = [converse(product, owner.person, bunch) for bunch in bunches()]
    other = MemberFactory.create(workspace=owner.workspace, person__name=IMAGE)
    CollaboratorFactory.create(workspace=owner.workspace, product=product, member=other)
    first = f"/acme/conversations/{conversations[0].id}/"
    some = conversations[0].messages.in_order()[1]
    return [
        "/acme/",
        "/acme/conversations/",
        f"/acme/conversations/?product={product.id}&user={conversations[0].participant_id}",
        f"/acme/conversations/?organization={conversations[0].organization_id}",
        f"/acme/conversations/?model={quote(conversations[0].model)}&q={quote(IMAGE)}",
        *[f"/acme/conversations/filters/{name}/" for name in FACETS],
        *[f"/acme/conversations/views/{view.id}/edit/" for view in SavedView.objects.all()[:3]],
        "/acme/products/",
        "/acme/api-keys/",
        "/acme/settings/",
        "/acme/settings/members/",
        f"/acme/settings/members/{other.id}/",
        "/acme/settings/delete/",
        f"/invitations/{invite('ivan@acme.example', role=Role.MEMBER, acting_member=owner).token}/",
        "/acme/products/new/",
        f"/acme/products/{product.id}/",
        f"/acme/products/{product.id}/edit/",
        *[f"/acme/conversations/{each.id}/{view}" for each in conversations for view in ("", "?view=trace")],
        f"{first}messages/{some.id}/",
        f"{first}mentions/",
        f"{first}notes/{conversations[0].notes.all()[0].id}/edit/",
        f"{first}?message={some.id}&note=",
        "/organizations/new/",
        "/account/email/",
    ]


def test_it_knows_two_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


def test_it_shows_hostile_text_as_text_on_every_page(
    session: Ticket, hostile: list[str], page: Page, server: str
) -> None:
    """That nothing ran and nothing was fetched is what the fixture `context` checks in the end."""
    session.sign_in(page, server)
    tabs = [page, *[page.context.new_page() for _ in range(TABS - 1)]]
    for some in batched(hostile, TABS, strict=False):
        opened = list(zip(tabs, some, strict=False))
        # None waits for another: the server makes one page while the browser lays out the one before.
        statuses = {path: getattr(tab.goto(path, wait_until="commit"), "status", None) for tab, path in opened}
        assert statuses == dict.fromkeys(some, 200)
        for tab, path in opened:
            tab.wait_for_load_state()
            seen = tab.evaluate(LOOK, list(FOREIGN))
            assert seen["foreign"] == [], path
            if path.startswith("/acme/") and seen["sidebar"]:
                assert IMAGE in seen["text"], path
    page.goto("/acme/conversations/")
    title = on_one_line(" ".join(list(bunches())[-1]))
    page.get_by_role("row").filter(has_text=title).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def test_it_asks_before_it_revokes_a_hostile_key(session: Ticket, page: Page, server: str) -> None:
    session.sign_in(page, server).goto("/acme/api-keys/")
    page.get_by_role("row").filter(has_text=CLOSING).get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(CLOSING)
    expect(dialog.get_by_role("button", name="Revoke key")).to_be_disabled()
    dialog.get_by_role("textbox").fill(CLOSING)
    dialog.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("row").filter(has_text=CLOSING)).to_contain_text("Revoked")
