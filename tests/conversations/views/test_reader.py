"""The reader: one conversation like a chat, in windows, beside its neighbours."""

import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from django.test import Client

from conversations.changes import LIFETIME
from conversations.models import Conversation, Event
from conversations.window import WINDOW
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import Api, browser_of, tell
from tests.conversations.hostile import FAMILIES, on_one_line

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


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


def shown(page: str) -> list[str]:
    """The words of a page's messages, from top to bottom."""
    return re.findall(r"<p>(word \d{4})</p>", page)


def more(page: str, label: str) -> dict[str, str] | None:
    """The query of the link to "Earlier" or "Later" messages."""
    found = re.search(rf'<a class="button" data-size="wide" href="\?([^"]+)"[^>]*>(?:<svg.*?</svg>)?{label}', page)
    return dict(parse_qsl(unescape(found[1]))) if found else None


@pytest.fixture
def long(product: Product) -> Conversation:
    """Two windows and a half; three messages share each moment."""
    said = [
        {"role": "user", "content": f"word {n:04}", "createdAt": (NOON + timedelta(minutes=n // 3)).isoformat()}
        for n in range(WINDOW * 5 // 2)
    ]
    return tell(product, *said)


WORDS = [f"word {number:04}" for number in range(WINDOW * 5 // 2)]


def test_it_shows_long_conversations_in_windows(as_owner: Client, long: Conversation) -> None:
    page = read(as_owner, long)
    assert more(page, "Earlier") is None
    seen = [shown(page)]
    while query := more(page, "Later"):
        page = read(as_owner, long, **query)
        seen.append(shown(page))
    assert [len(each) for each in seen] == [WINDOW, WINDOW, WINDOW // 2]
    assert [word for words in seen for word in words] == WORDS
    back = []
    while query := more(page, "Earlier"):
        page = read(as_owner, long, **query)
        back.append(shown(page))
    assert back == seen[1::-1]


def test_it_begins_at_the_end_if_asked_to(as_owner: Client, long: Conversation) -> None:
    assert 'href="?at=end">Skip to the end' in read(as_owner, long)
    page = read(as_owner, long, at="end")
    assert shown(page) == WORDS[-WINDOW:]
    assert more(page, "Later") is None
    assert "From the beginning" in page


@pytest.mark.parametrize("place", [0, 1, WINDOW // 2, WINDOW, WINDOW * 2, WINDOW * 5 // 2 - 1])
def test_it_opens_around_the_message_that_is_linked(as_owner: Client, long: Conversation, place: int) -> None:
    message = list(long.messages.in_order())[place]
    page = read(as_owner, long, message=str(message.id))
    assert message.content in shown(page)
    assert len(shown(page)) == min(WINDOW, len(WORDS) - max(place - WINDOW // 2, 0))
    assert re.findall(r'id="m-([^"]+)"[^>]* aria-current="true"', page) == [str(message.id)]
    around = [shown(read(as_owner, long, **query)) for query in (more(page, "Earlier"), more(page, "Later")) if query]
    assert not set(shown(page)) & {word for words in around for word in words}


def test_it_gives_htmx_the_next_window_alone(as_owner: Client, long: Conversation) -> None:
    query = more(read(as_owner, long), "Later")
    answer = as_owner.get(f"/acme/conversations/{long.id}/", query, headers=PART)
    assert shown(answer.text) == WORDS[WINDOW : 2 * WINDOW]
    assert "<html" not in answer.text
    assert more(answer.text, "Earlier") is None
    assert "HX-Request-Type" in answer.headers["Vary"]
    later = more(answer.text, "Later")
    assert shown(as_owner.get(f"/acme/conversations/{long.id}/", later, headers=PART).text) == WORDS[2 * WINDOW :]
    earlier = as_owner.get(
        f"/acme/conversations/{long.id}/", more(read(as_owner, long, at="end"), "Earlier"), headers=PART
    )
    assert shown(earlier.text) == WORDS[WINDOW // 2 : WINDOW * 3 // 2]
    assert (more(earlier.text, "Later"), 'id="tail"' in earlier.text) == (None, False)


NONSENSE = ["", "-1", "x", "1e3", "٣", "²", "9" * 30, "\0", "1;drop", "0190b0a0-0000-7000-8000-000000000001"]


@pytest.mark.parametrize("name", ["message", "after", "before", "at", "view", "note", "start"])
def test_it_begins_at_the_beginning_for_nonsense(as_owner: Client, product: Product, name: str) -> None:
    conversation = tell(product, "word 0001", "word 0002")
    for value in NONSENSE:
        assert shown(read(as_owner, conversation, **{name: value})) == ["word 0001", "word 0002"]


def test_it_begins_at_the_beginning_for_a_message_of_another_conversation(as_owner: Client, product: Product) -> None:
    other = tell(product, "word 9999").messages.get()
    conversation = tell(product, "word 0001")
    for name in ("message", "after", "before"):
        assert shown(read(as_owner, conversation, **{name: str(other.id)})) == ["word 0001"]


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


@pytest.mark.parametrize("family", FAMILIES)
def test_it_shows_what_is_hostile_as_text(as_owner: Client, product: Product, family: str) -> None:
    said: list[Any] = []
    for payload in FAMILIES[family]:
        short = on_one_line(payload)[:200]
        said += [
            payload,
            {"role": "assistant", "content": payload, "context": payload, "model": short},
            {"role": "system", "content": payload},
            {"messageType": "thought", "content": payload, "output": {payload: payload}},
            {"messageType": "tool_call", "toolName": short, "input": {payload: [payload]}, "externalMessageId": short},
            {"messageType": "tool_error", "output": payload, "parentExternalMessageId": short},
        ]
    short = on_one_line(" ".join(FAMILIES[family]))[:200]
    conversation = tell(
        product,
        *said,
        externalUserId=short,
        externalConversationId=short,
        externalOrganizationId=short,
        model=short,
        properties={payload: payload for payload in FAMILIES[family]},
        systemPrompt=" ".join(FAMILIES[family]),
    )
    pages = [read(as_owner, conversation), read(as_owner, conversation, view="trace")]
    pages += [as_owner.get(path).text for path in ("/acme/conversations/", "/acme/")]
    for page in pages:
        assert Page(page).suspects == []


def test_it_takes_few_queries_whatever_is_in_it(
    as_owner: Client, product: Product, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    for number in range(40):
        tell(product, f"{number}", externalUserId=f"user-{number}", externalConversationId="c")
    conversation = tell(product, {"messageType": "tool_call", "toolName": "t"}, externalConversationId="c")
    message = conversation.messages.first()
    assert message
    read(as_owner, conversation)  # the first visit writes into the session
    organization = tell(product, "x", externalOrganizationId="initech", externalConversationId="d").organization_id
    narrowed = {"user": str(conversation.participant_id), "organization": str(organization), "rating": "low"}
    for view in ("reading", "trace"):
        with django_assert_max_num_queries(12):
            read(as_owner, conversation, view=view, message=str(message.id), **narrowed)


def test_it_keeps_a_tool_call_and_its_result_in_one_window(as_owner: Client, product: Product) -> None:
    call = {"messageType": "tool_call", "toolName": "look_up", "input": {"order": 7}, "externalMessageId": "call"}
    result = {"messageType": "observation", "output": "found it", "parentExternalMessageId": "call"}
    meanwhile = {"messageType": "thought", "content": "meanwhile"}
    conversation = tell(product, *["before"] * (WINDOW - 1), call, meanwhile, result, "after")
    first = read(as_owner, conversation)
    assert "found it" in first
    assert "no result" not in first
    query = more(first, "Later")
    assert query
    second = read(as_owner, conversation, **query)
    assert "found it" not in second
    assert "<p>after</p>" in second
    back = read(as_owner, conversation, **(more(second, "Earlier") or {}))
    assert "found it" in back
    assert "no result" not in back


def test_it_brings_the_call_of_a_result_that_begins_a_window(as_owner: Client, product: Product) -> None:
    call = {"messageType": "tool_call", "toolName": "look_up", "externalMessageId": "call"}
    result = {"messageType": "observation", "output": "found it", "parentExternalMessageId": "call"}
    conversation = tell(product, "before", call, result, *["after"] * (WINDOW - 1))
    page = read(as_owner, conversation, at="end")
    assert "look_up" in page
    assert "<span>Result of" not in page


def test_it_shows_the_context_of_a_message(as_owner: Client, product: Product) -> None:
    message = {"role": "assistant", "content": "Two days.", "context": "<b>delivery.md</b>: two days"}
    assert "&lt;b&gt;delivery.md&lt;/b&gt;: two days" in read(as_owner, tell(product, message))


def test_it_renders_so_much_markdown_a_page_and_the_rest_as_text(as_owner: Client, product: Product) -> None:
    page = read(as_owner, tell(product, *["**bold** " * 4_000] * 12, "**the last**"))
    assert "<strong>bold</strong>" in page
    assert "**the last**" in page


RATING = {"ratingMin": 1, "ratingMax": 5}


def test_it_shows_what_was_thought_where_it_happened(as_owner: Client, product: Product, api: Api) -> None:
    minutes = [(NOON + timedelta(minutes=n)).isoformat() for n in range(7)]
    conversation = tell(
        product,
        {"role": "user", "content": "word 0001", "createdAt": minutes[0]},
        {"role": "assistant", "content": "word 0002", "createdAt": minutes[2], "externalMessageId": "answer"},
        {"role": "user", "content": "word 0003", "createdAt": minutes[4]},
        externalConversationId="c",
    )
    common = {"productId": str(product.id), "externalConversationId": "c"}
    for number, at, feedback in ((2, minutes[3], "Too slow"), (5, minutes[6], "Now it is good")):
        api.post("ratings", {**common, **RATING, "rating": number, "ratedAt": at, "feedback": feedback})
    answer = {**common, "externalMessageId": "answer", "ratingMin": 0, "ratingMax": 1}
    api.post("ratings", {**answer, "rating": 1, "ratedAt": minutes[5]})
    api.post("ratings", {**answer, "rating": 0, "ratedAt": minutes[6], "feedback": "Wrong after all"})
    for type, influence, at in (("cart_opened", "positive", minutes[1]), ("cancelled", "negative", minutes[5])):
        api.post("events", {**common, "eventType": type, "value": "12", "influence": influence, "eventAt": at})
    page = read(as_owner, conversation)
    transcript = page[page.index('id="transcript"') : page.index('id="about"')]
    order = [
        "word 0001",
        "cart_opened",
        "word 0002",
        "Wrong after all",
        "Too slow",
        "word 0003",
        "cancelled",
        "Now it is",
    ]
    places = [transcript.index(words) for words in order]
    assert places == sorted(places)
    assert transcript.count("Rated bad") == 1
    assert "Rated good" not in transcript
    assert 'data-tone="negative"' in transcript.split("cancelled")[0].rpartition("<li")[2]
    assert "5 of 5" in page[page.index('id="about"') :]


def test_it_shows_what_happened_in_one_window_each(as_owner: Client, product: Product, long: Conversation) -> None:
    def happen(type: str, minute: float) -> None:
        at = NOON + timedelta(minutes=minute)
        fields = {"workspace": product.workspace, "product": product, "quality_impact_score": 0, "created_at": at}
        Event.objects.create(conversation=long, type=type, value="", event_at=at, **fields)

    # Three messages share each moment, so that windows end between messages of one moment, or in the middle of it.
    moments = [-60, 0, WINDOW / 3 - 1, WINDOW / 3 - 0.5, WINDOW / 3, WINDOW / 3 + 0.1, WINDOW, 10_000]
    for number, minute in enumerate(moments):
        happen(f"event-{number}-", minute)
    seen: list[str] = []
    page = read(as_owner, long)
    while True:
        seen += re.findall(r"event-\d-", page)
        query = more(page, "Later")
        if query is None:
            break
        page = read(as_owner, long, **query)
    assert seen == [f"event-{number}-" for number in range(len(moments))]


def test_it_brings_a_late_result_to_its_call(as_owner: Client, product: Product) -> None:
    call = {"messageType": "tool_call", "toolName": "look_up", "externalMessageId": "call"}
    conversation = tell(product, "Look", call, externalConversationId="c")
    last = conversation.messages.get(external_id="call")
    tell(
        product,
        {"messageType": "observation", "output": "found it", "parentExternalMessageId": "call"},
        "word 0001",
        externalConversationId="c",
    )
    path = f"/acme/conversations/{conversation.id}/"
    grown = as_owner.get(path, {"after": str(last.id)}, headers=PART).text
    assert shown(grown) == ["word 0001"]
    [late] = re.findall(r"<hx-partial.*?</hx-partial>", grown, re.DOTALL)
    assert f'hx-target="#m-{last.id}"' in late
    assert "found it" in late
    assert grown.count("found it") == late.count("found it")
    # A page that begins there has no call on the screen.
    assert "<span>Result of look_up</span>" in as_owner.get(path, {"after": str(last.id)}).text


def test_it_tells_cheaply_whether_something_changed(
    as_owner: Client,
    product: Product,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    conversation = tell(product, "Hello", externalConversationId="c")

    def ticket() -> str:
        found = re.search(r'data-changes="([^"]+)"', read(as_owner, conversation))
        assert found
        return found[1]

    nobody = Client()
    first = ticket()
    with django_assert_num_queries(1):
        answer = nobody.get(first)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "no-store" in answer.headers["Cache-Control"]
    tell(product, "More", externalConversationId="c")
    assert nobody.get(first).status_code == 200
    second = ticket()
    assert nobody.get(second).status_code == 204
    fields = {"productId": str(product.id), "externalConversationId": "c", "rating": 1, **RATING}
    assert api.post("ratings", fields).status_code == 201
    assert nobody.get(second).status_code == 200
    with django_assert_num_queries(0):
        assert nobody.get(first.replace("changes/", "changes/x")).status_code == 404
    third = ticket()
    assert nobody.get(third).status_code == 204
    later = time.time() + LIFETIME + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert nobody.get(third).status_code == 200  # its reader has to be let in anew


def test_it_goes_along_the_filtered_list(as_owner: Client, product: Product) -> None:
    talks = [
        tell(product, f"talk {n}", at=NOON + timedelta(hours=n), externalUserId=("grace", "henry")[n % 2])
        for n in range(5)
    ]
    grace = str(talks[0].participant_id)
    page = read(as_owner, talks[2], user=grace)
    for rel, talk in (("prev", talks[4]), ("next", talks[0])):
        assert f'rel="{rel}" href="/acme/conversations/{talk.id}/?user={grace}"' in page
    assert f'href="/acme/conversations/?user={grace}"' in page
    assert neighbour(read(as_owner, talks[2]), "next") == talks[1].id
    # The filter stays where more messages are, and in the other view.
    assert f'href="?user={grace}&amp;view=trace"' in page


@pytest.mark.parametrize("view", ["reading", "trace"])
def test_it_reads_the_same_messages_in_both_views(as_owner: Client, product: Product, view: str) -> None:
    conversation = tell(
        product,
        {"role": "user", "content": "word 0001", "externalMessageId": "a", "parentExternalMessageId": "d"},
        {"messageType": "thought", "content": "Hm.", "parentExternalMessageId": "a"},
        {"messageType": "tool_call", "toolName": "look_up", "input": {"order": 7}, "externalMessageId": "c"},
        {"messageType": "tool_error", "output": "gone", "parentExternalMessageId": "c", "externalMessageId": "e"},
        {"role": "assistant", "content": "Sorry.", "parentExternalMessageId": "never sent"},
    )
    page = read(as_owner, conversation, view=view)
    for words in ("word 0001", "Hm.", "look_up", "&quot;order&quot;: 7", "gone", "Sorry."):
        assert words in page
    for message in conversation.messages.all():
        assert page.count(f'id="m-{message.id}"') == 1
    for tag in ("details", "ol", "li", "div"):
        assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>")


def test_it_shows_a_trace_of_many_windows(as_owner: Client, product: Product) -> None:
    said = [
        {"messageType": "thought", "content": f"<p>word {n:04}", "externalMessageId": f"{n}"}
        | ({"parentExternalMessageId": f"{n - 1}"} if n else {})
        for n in range(WINDOW * 2)
    ]
    conversation = tell(product, *said)
    page = read(as_owner, conversation, view="trace")
    seen = set(re.findall(r"word \d{4}", page))
    query = more(page, "Later")
    assert query
    assert query["view"] == "trace"
    seen |= set(re.findall(r"word \d{4}", read(as_owner, conversation, **query)))
    assert len(seen) == WINDOW * 2


def test_it_shows_a_message_as_json(as_owner: Client, viewer: Member, stranger: Member, product: Product) -> None:
    conversation = tell(
        product,
        {
            "messageType": "tool_call",
            "toolName": "look_up",
            "input": {"日本": "</code><b>"},
            "externalMessageId": "call",
            "properties": {"plan": "gold"},
        },
    )
    message = conversation.messages.get()
    path = f"/acme/conversations/{conversation.id}/messages/{message.id}/"
    for client in (as_owner, browser_of(viewer.person)):
        found = re.search(r'<code id="message-json-code">(.*?)</code>', client.get(path).text, re.DOTALL)
        assert found
        told = json.loads(unescape(found[1]))
        assert told["id"] == str(message.id)
        assert (told["input"], told["properties"]) == ({"日本": "</code><b>"}, {"plan": "gold"})
    part = as_owner.get(path, headers=PART).text
    assert "message-json-code" in part
    assert "<html" not in part
    assert browser_of(stranger.person).get(path).status_code == 404
    other = tell(product, "Elsewhere").messages.get()
    assert as_owner.get(f"/acme/conversations/{conversation.id}/messages/{other.id}/").status_code == 404


def test_it_gives_the_whole_as_markdown(
    as_owner: Client, collaborator: Member, viewer: Member, stranger: Member, product: Product
) -> None:
    fence = "```python\nx = 1\n```"
    conversation = tell(
        product,
        "Where is my **parcel**?",
        {"messageType": "thought", "output": f"Like this: {fence}"},
        {"messageType": "tool_call", "toolName": "track", "input": {"n": 1}, "externalMessageId": "call"},
        {"messageType": "tool_error", "output": "gone", "parentExternalMessageId": "call"},
        *["word"] * 600,
        {"role": "assistant", "content": "The end."},
        externalUserId="grace",
        externalConversationId="c",
    )
    path = f"/acme/conversations/{conversation.id}/markdown/"
    answer = as_owner.get(path)
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="conversation-')
    text = answer.getvalue().decode()
    assert text.startswith("# Where is my **parcel**?\n")
    assert f"**Thought**\n\n````\nLike this: {fence}\n````\n" in text
    assert '**Tool call `track`**\n\n```\n{\n  "n": 1\n}\n```' in text
    assert "**Error of `track`**\n\n```\ngone\n```" in text
    assert text.count("## grace · ") == 601
    assert "## Helpbot" in text
    assert text.endswith("The end.\n")
    statuses = [browser_of(member.person).get(path).status_code for member in (collaborator, viewer, stranger)]
    assert statuses == [200, 403, 404]
