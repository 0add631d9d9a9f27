"""A conversation as a person reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conversations.models import Conversation
from conversations.transcript import Bubble, Entry, Gap, Step, Tool, transcript
from conversations.window import Window
from products.models import Product
from tests.conftest import tell

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def entries(conversation: Conversation) -> list[Entry]:
    """The whole transcript as the reader has it, without the day that it begins with."""
    whole = Conversation.objects.select_related("participant", "product").get(id=conversation.id)
    window = Window.whole(list(whole.messages.in_order().select_related("participant")))
    return list(transcript(whole, window).entries)[1:]


def tools(conversation: Conversation) -> list[Tool]:
    """The tool calls of the transcript."""
    return [entry for entry in entries(conversation) if isinstance(entry, Tool)]


def said(role: str, content: str, **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


def call(name: str, **fields: Any) -> dict[str, Any]:
    return {"messageType": "tool_call", "toolName": name, "input": {"of": name}, **fields}


def result(output: Any, *, type: str = "observation", **fields: Any) -> dict[str, Any]:
    return {"messageType": type, "output": output, **fields}


def test_it_names_who_speaks(product: Product) -> None:
    conversation = tell(
        product,
        said("system", "Be kind."),
        said("user", "Hello"),
        said("assistant", "Hi"),
        {"messageType": "final_response", "content": "Done."},
        externalUserId="grace",
    )
    bubbles = [entry for entry in entries(conversation) if isinstance(entry, Bubble)]
    assert [(bubble.role, bubble.name) for bubble in bubbles] == [
        ("system", "System"),
        ("user", "grace"),
        ("assistant", "Helpbot"),
        ("final_response", "Helpbot"),
    ]


def test_it_names_somebody_who_joins_later(product: Product) -> None:
    tell(product, "Hello", externalUserId="grace", externalConversationId="c")
    conversation = tell(product, "I am here too", externalUserId="henry", externalConversationId="c")
    names = [entry.name for entry in entries(conversation) if isinstance(entry, Bubble)]
    assert names == ["grace", "henry"]


def test_it_puts_a_result_beside_its_call(product: Product) -> None:
    conversation = tell(product, "Where is it?", call("track"), result({"at": "Ghent"}), said("assistant", "In Ghent"))
    kinds = [entry.kind for entry in entries(conversation)]
    assert kinds == ["bubble", "tool", "bubble"]
    [tool] = tools(conversation)
    assert (tool.name, tool.failed) == ("track", False)
    assert '"of": "track"' in tool.input_json
    assert '"at": "Ghent"' in tool.output_json


def test_it_pairs_parallel_calls_by_their_parents(product: Product) -> None:
    conversation = tell(
        product,
        call("first", externalMessageId="1"),
        call("second", externalMessageId="2"),
        result("of second", parentExternalMessageId="2"),
        result("of first", parentExternalMessageId="1"),
    )
    assert [(tool.name, tool.output_json) for tool in tools(conversation)] == [
        ("first", "of first"),
        ("second", "of second"),
    ]
    assert len(entries(conversation)) == 2


def test_it_pairs_a_result_that_arrived_before_its_call(product: Product) -> None:
    at = {"createdAt": "2026-05-04T12:00:09Z"}
    tell(product, result("done", parentExternalMessageId="late", **at), externalConversationId="c")
    conversation = tell(
        product,
        call("lookup", externalMessageId="late", createdAt="2026-05-04T12:00:00Z"),
        externalConversationId="c",
    )
    [tool] = tools(conversation)
    assert (tool.output_json, tool.duration, len(entries(conversation))) == ("done", "9.0 s", 1)


def test_it_pairs_by_the_parents_own_id(product: Product) -> None:
    conversation = tell(product, call("lookup"), externalConversationId="c")
    parent = str(conversation.messages.get().id)
    tell(product, "meanwhile", result("done", parentMessageId=parent), externalConversationId="c")
    assert [tool.output_json for tool in tools(conversation)] == ["done"]


def test_it_says_that_a_call_failed(product: Product) -> None:
    conversation = tell(product, call("pay"), result("Card declined", type="tool_error"))
    [tool] = tools(conversation)
    assert (tool.failed, tool.output_json) == (True, "Card declined")


def test_it_leaves_a_call_without_result_open(product: Product) -> None:
    [tool] = tools(tell(product, call("wait"), said("assistant", "Still looking")))
    assert (tool.failed, tool.result, tool.output_json) == (None, None, "")


def test_it_takes_a_call_sent_with_its_output_as_done(product: Product) -> None:
    [tool] = tools(tell(product, call("sum", output={"total": 5})))
    assert tool.failed is False
    assert '"total": 5' in tool.output_json


def test_it_keeps_what_has_no_call_as_a_step(product: Product) -> None:
    conversation = tell(
        product,
        result("alone"),
        {"messageType": "thought", "content": "Hm."},
        {"messageType": "retrieval", "input": {"q": "returns"}, "output": ["30 days"]},
        call("once"),
        result("first"),
        result("again"),
        {"messageType": "observation", "output": "orphan", "parentExternalMessageId": "never sent"},
    )
    steps = [entry for entry in entries(conversation) if isinstance(entry, Step)]
    assert [step.label for step in steps] == ["Observation", "Thought", "Retrieval", "Observation", "Observation"]
    assert [steps[0].text, steps[1].text] == ["alone", "Hm."]
    assert "returns" in steps[2].json
    assert "30 days" in steps[2].json


@pytest.mark.parametrize(
    ("silence", "text"),
    [
        (timedelta(minutes=59), None),
        (timedelta(hours=1), "1 h later"),
        (timedelta(hours=3, minutes=40), "3 h later"),
        (timedelta(hours=24), "1 day later"),
        (timedelta(days=9), "9 days later"),
    ],
)
def test_it_marks_a_silence(product: Product, silence: timedelta, text: str | None) -> None:
    tell(product, "Hello", at=NOON, externalConversationId="c")
    conversation = tell(product, "Still there?", at=NOON + silence, externalConversationId="c")
    gaps = [entry.text for entry in entries(conversation) if isinstance(entry, Gap) and entry.text]
    assert gaps == ([text] if text else [])


def test_it_tells_how_long_a_call_took(product: Product) -> None:
    durations = {"0.05": "50 ms", "0.4": "0.4 s", "12": "12 s", "150": "2 min", "7200": "2 h"}
    for seconds, duration in durations.items():
        later = (NOON + timedelta(seconds=float(seconds))).isoformat()
        conversation = tell(product, call("slow", createdAt=NOON.isoformat()), result("ok", createdAt=later))
        assert tools(conversation)[0].duration == duration


def test_it_says_when_the_model_changes(product: Product) -> None:
    conversation = tell(
        product,
        said("assistant", "a", model="small"),
        said("assistant", "b", model="large"),
        said("assistant", "c", model="large"),
        said("assistant", "d"),
        model="small",
    )
    changed = [entry.model_changed for entry in entries(conversation) if isinstance(entry, Bubble)]
    assert changed == ["", "large", "", ""]


def test_it_keeps_the_order_of_times_over_the_order_of_arrival(product: Product) -> None:
    tell(product, said("user", "second", createdAt="2026-05-04T12:00:02Z"), externalConversationId="c")
    conversation = tell(product, said("user", "first", createdAt="2026-05-04T12:00:01Z"), externalConversationId="c")
    assert [entry.message.content for entry in entries(conversation) if isinstance(entry, Bubble)] == [
        "first",
        "second",
    ]


def test_it_reads_every_script_in_tool_json(product: Product) -> None:
    [tool] = tools(tell(product, call("greet"), result({"日本": "こんにちは 👋"})))
    assert "こんにちは 👋" in tool.output_json


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ('{"at":"Ghent"}', '{\n  "at": "Ghent"\n}'),
        ('["日本"]', '[\n  "日本"\n]'),
        ("{not json", "{not json"),
        ("[" * 100_000, "[" * 100_000),
        ("in Ghent", "in Ghent"),
        ({"at": "Ghent"}, '{\n  "at": "Ghent"\n}'),
    ],
)
def test_it_reads_json_that_was_sent_as_a_string(product: Product, output: Any, text: str) -> None:
    [tool] = tools(tell(product, call("track"), result(output)))
    assert tool.output_json == text


def test_it_points_at_a_result_that_tells_of_an_error_in_words(product: Product) -> None:
    conversation = tell(product, call("a"), result("Error: no such user"), call("b"), result("fine"), call("c"))
    found = [(tool.failed, tool.looks_failed, tool.error) for tool in tools(conversation)]
    assert found == [(False, True, "Error: no such user"), (False, False, ""), (None, False, "")]


def test_it_clips_what_is_long(product: Product) -> None:
    conversation = tell(product, "x" * 1_500, "x" * 1_501)
    assert [entry.is_long for entry in entries(conversation) if isinstance(entry, Bubble)] == [False, True]
