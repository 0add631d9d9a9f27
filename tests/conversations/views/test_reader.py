"""The reader: one conversation like a chat, in windows, beside its neighbours."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from conversations.models import Conversation
from conversations.views.conversations import WINDOW
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import browser_of, tell
from tests.conversations.hostile import PAYLOADS

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def read(client: Client, conversation: Conversation, **query: str) -> str:
    """The page of a conversation."""
    answer = client.get(f"/acme/conversations/{conversation.id}/", query)
    assert answer.status_code == 200
    return answer.text


def neighbour(page: str, rel: str) -> UUID | None:
    """The conversation that "newer" (prev) or "older" (next) leads to."""
    found = re.search(rf'rel="{rel}" href="/acme/conversations/([^"]+)/"', page)
    return UUID(found[1]) if found else None


def test_it_reads_like_a_chat(as_owner: Client, product: Product) -> None:
    conversation = tell(
        product,
        "Can I **still** change it?",
        {"messageType": "tool_call", "toolName": "find_order", "input": {"id": 7}, "externalMessageId": "call"},
        {"messageType": "observation", "output": {"state": "packed"}, "parentExternalMessageId": "call"},
        {"messageType": "tool_call", "toolName": "change_order", "externalMessageId": "call 2"},
        {"messageType": "tool_error", "output": "Too late", "parentExternalMessageId": "call 2"},
        {"role": "assistant", "content": "No, it is packed."},
        externalUserId="grace",
        properties={"plan": "gold"},
        systemPrompt="Be kind.",
    )
    page = read(as_owner, conversation)
    assert "<p>Can I <strong>still</strong> change it?</p>" in page
    order = [
        "still</strong>",
        "find_order",
        "&quot;id&quot;: 7",
        "packed&quot;",
        "change_order",
        "Too late",
        "No, it is",
    ]
    places = [page.index(words, page.index("<ol")) for words in order]
    assert places == sorted(places)
    assert page.count("succeeded") == page.count(">failed<") == 1
    for about in ("grace", "gold", "Be kind.", str(conversation.id)):
        assert about in page


def test_it_links_to_every_message(as_owner: Client, product: Product) -> None:
    conversation = tell(
        product, "a", {"messageType": "tool_call", "toolName": "t"}, {"messageType": "observation", "output": 1}
    )
    page = read(as_owner, conversation)
    for message in conversation.messages.all():
        assert page.count(f'id="m-{message.id}"') == 1


def test_it_shows_long_conversations_in_windows(as_owner: Client, product: Product) -> None:
    count = 2 * WINDOW + 1
    conversation = tell(product, *[f"word {number:04}" for number in range(count)])
    seen: list[str] = []
    page = read(as_owner, conversation)
    assert "Earlier messages" not in page
    while True:
        transcript = page.split("<ol")[1].split("</ol>")[0]
        seen += re.findall(r"<p>(word \d{4})</p>", transcript)
        later = re.search(r'href="\?start=(\d+)">Later', page)
        if later is None:
            break
        page = read(as_owner, conversation, start=later[1])
    assert seen == [f"word {number:04}" for number in range(count)]
    assert f'href="?start={WINDOW}"' in page  # back to the window before


@pytest.mark.parametrize("start", ["", "-1", "x", "1e3", "٣", "²", "9" * 30, "\0", "1;drop"])
def test_it_begins_somewhere_for_any_start(as_owner: Client, product: Product, start: str) -> None:
    read(as_owner, tell(product, "Hello"), start=start)


def test_it_leads_to_the_neighbours_of_the_same_environment(
    as_owner: Client, product: Product, development: Product
) -> None:
    oldest, middle, newest = [tell(product, f"talk {n}", at=NOON + timedelta(hours=n)) for n in range(3)]
    tell(development, "trial", at=NOON + timedelta(minutes=90))
    page = read(as_owner, middle)
    assert (neighbour(page, "prev"), neighbour(page, "next")) == (newest.id, oldest.id)
    assert neighbour(read(as_owner, newest), "prev") is None
    assert neighbour(read(as_owner, oldest), "next") is None


def test_it_passes_over_neighbours_a_member_may_not_see(owner: Member, collaborator: Member, product: Product) -> None:
    first = tell(product, "open", at=NOON)
    tell(create_product(owner, name="Secret bot"), "secret", at=NOON + timedelta(hours=1))
    last = tell(product, "open too", at=NOON + timedelta(hours=2))
    page = read(browser_of(collaborator.person), last)
    assert neighbour(page, "next") == first.id


def test_it_reads_to_no_stranger(stranger: Member, product: Product) -> None:
    conversation = tell(product, "Ours alone")
    charlie = browser_of(stranger.person)
    for slug in ("acme", "globex"):
        answer = charlie.get(f"/{slug}/conversations/{conversation.id}/")
        assert answer.status_code == 404
        assert "Ours alone" not in answer.text


FETCHING = {"action", "formaction", "href", "poster", "src", "srcset", "style", "xlink:href", "hx-get", "hx-post"}


class Page(HTMLParser):
    """What of a page would run, or fetch from elsewhere; a link to elsewhere does neither until it is clicked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.suspects: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            is_link = (tag, name) == ("a", "href") and re.match(r"https?:|mailto:|//|[^:]*$", value or "")
            is_ours = re.match(r"$|[?#]|/(?!/)", value or "")
            if name.startswith(("on", "hx-on")) or (name in FETCHING and not is_ours and not is_link):
                self.suspects.append(f"{tag} {name}={value}")
        if tag in ("iframe", "object", "embed", "base", "style") or (tag == "script" and not dict(attrs).get("src")):
            self.suspects.append(tag)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_it_shows_what_is_hostile_as_text(as_owner: Client, product: Product, payload: str) -> None:
    short = payload[:200].translate(dict.fromkeys((*range(32), *range(127, 160))))
    conversation = tell(
        product,
        payload,
        {"role": "assistant", "content": payload, "model": short},
        {"role": "system", "content": payload},
        {"messageType": "thought", "content": payload, "output": {payload: payload}},
        {"messageType": "tool_call", "toolName": short, "input": {payload: [payload]}, "externalMessageId": short},
        {"messageType": "tool_error", "output": payload, "parentExternalMessageId": short},
        externalUserId=short,
        externalConversationId=short,
        externalOrganizationId=short,
        model=short,
        properties={payload: payload},
        systemPrompt=payload,
    )
    for page in (read(as_owner, conversation), as_owner.get("/acme/conversations/").text, as_owner.get("/acme/").text):
        assert Page(page).suspects == []


def test_it_takes_few_queries_whatever_is_in_it(
    as_owner: Client, product: Product, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    for number in range(40):
        tell(product, f"{number}", externalUserId=f"user-{number}", externalConversationId="c")
    conversation = tell(product, {"messageType": "tool_call", "toolName": "t"}, externalConversationId="c")
    with django_assert_max_num_queries(12):
        read(as_owner, conversation)


def test_it_keeps_a_tool_call_and_its_result_in_one_window(as_owner: Client, product: Product) -> None:
    call = {"messageType": "tool_call", "toolName": "look_up", "input": {"order": 7}, "externalMessageId": "call"}
    result = {"messageType": "observation", "output": "found it", "parentExternalMessageId": "call"}
    conversation = tell(product, *["before"] * (WINDOW - 1), call, result, "after")
    first = read(as_owner, conversation)
    assert "found it" in first
    assert "no result" not in first
    assert f'href="?start={WINDOW + 1}"' in first
    second = read(as_owner, conversation, start=str(WINDOW + 1))
    assert "found it" not in second
    assert "after" in second


def test_it_shows_the_context_of_a_message(as_owner: Client, product: Product) -> None:
    message = {"role": "assistant", "content": "Two days.", "context": "<b>delivery.md</b>: two days"}
    assert "&lt;b&gt;delivery.md&lt;/b&gt;: two days" in read(as_owner, tell(product, message))


def test_it_renders_so_much_markdown_a_page_and_the_rest_as_text(as_owner: Client, product: Product) -> None:
    page = read(as_owner, tell(product, *["**bold** " * 4_000] * 12, "**the last**"))
    assert "<strong>bold</strong>" in page
    assert "**the last**" in page
