"""A conversation as a person reads it: bubbles, tool calls beside their results, quiet steps, and silences."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.utils.safestring import SafeString

from conversations.markdown import render_markdown, render_plain
from conversations.models import Conversation, Message, MessageType, parent_ids

IDLE_GAP = timedelta(hours=1)
CLIP_AT = 1_500
# How much markdown one page renders before the rest is shown as plain text: about half a second of CPU.
PAGE_MARKDOWN = 400_000
PREVIEW = 160

BUBBLES = {
    MessageType.USER_MESSAGE: "user",
    MessageType.ASSISTANT_MESSAGE: "assistant",
    MessageType.SYSTEM_MESSAGE: "system",
    MessageType.FINAL_RESPONSE: "final_response",
}
RESULTS = {MessageType.OBSERVATION, MessageType.TOOL_ERROR}


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """Something said in words."""

    message: Message
    role: str
    name: str
    html: SafeString
    is_long: bool
    model_changed: str
    kind: Literal["bubble"] = "bubble"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool call and, once it is there, its result; `failed` is None until then."""

    message: Message
    name: str
    failed: bool | None
    duration: str
    preview: str
    input_json: str
    result: Message | None
    output_json: str
    kind: Literal["tool"] = "tool"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Anything else that happened on the way: a thought, a retrieval, a result without its call."""

    message: Message
    label: str
    text: str
    json: str
    kind: Literal["step"] = "step"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Silence of an hour or more."""

    text: str
    kind: Literal["gap"] = "gap"


Entry = Bubble | Tool | Step | Gap


def transcript(conversation: Conversation, messages: Sequence[Message]) -> Iterator[Entry]:
    """The entries for `messages`, which are in order."""
    results = _results(messages)
    paired = {result.id for result in results.values()}
    model = conversation.model
    before: datetime | None = None
    markdown = 0
    for message in messages:
        if message.id in paired:
            continue
        if before is not None and message.created_at - before >= IDLE_GAP:
            yield Gap(text=f"{_span(message.created_at - before)} later")
        result = results.get(message.id)
        before = result.created_at if result else message.created_at
        if message.type == MessageType.TOOL_CALL:
            # A call sent together with its output is its own result.
            yield _tool(message, result or (message if message.output is not None else None))
        elif message.type in BUBBLES and message.content is not None:
            changed = message.model if message.model and message.model != model else ""
            model = message.model or model
            markdown += len(message.content)
            render = render_markdown if markdown <= PAGE_MARKDOWN else render_plain
            yield _bubble(conversation, message, render(message.content), changed)
        else:
            yield Step(
                message=message,
                label=MessageType(message.type).label,
                text=message.content or "",
                json="\n\n".join(pretty_json(value) for value in (message.input, message.output) if value is not None),
            )


def _results(messages: Sequence[Message]) -> dict[UUID, Message]:
    """The result of each tool call: the one that names it as its parent, else the nameless one right after it."""
    results: dict[UUID, Message] = {}
    parents = parent_ids(messages)
    last: Message | None = None
    for message in messages:
        if message.type in RESULTS:
            call = parents.get(message.id) or (last.id if last and last.type == MessageType.TOOL_CALL else None)
            if call is not None and call not in results:
                results[call] = message
        last = message
    calls = {message.id for message in messages if message.type == MessageType.TOOL_CALL}
    return {call: result for call, result in results.items() if call in calls}


def _bubble(conversation: Conversation, message: Message, html: SafeString, model_changed: str) -> Bubble:
    role = BUBBLES[MessageType(message.type)]
    names = {"user": str(message.participant or conversation.participant), "system": "System"}
    return Bubble(
        message=message,
        role=role,
        name=names.get(role, conversation.product.name),
        html=html,
        is_long=len(message.content or "") > CLIP_AT,
        model_changed=model_changed,
    )


def _tool(call: Message, result: Message | None) -> Tool:
    took = result.created_at - call.created_at if result else timedelta()
    return Tool(
        message=call,
        name=call.tool_name or "tool",
        failed=None if result is None else result.type == MessageType.TOOL_ERROR,
        duration=_span(took) if took >= timedelta(milliseconds=1) else "",
        preview=_preview(call.input),
        input_json=pretty_json(call.input) if call.input is not None else call.content or "",
        result=result,
        output_json=""
        if result is None
        else pretty_json(result.output)
        if result.output is not None
        else result.content or "",
    )


def pretty_json(value: Any) -> str:
    """JSON for people: indented, every script as it is written; a bare string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _preview(value: Any) -> str:
    """An input on one line: a lone value without its name, several as "name: value"."""
    if not isinstance(value, dict):
        return "" if value is None else pretty_json(value)[:PREVIEW]
    parts = [
        (name, inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False))
        for name, inner in value.items()
    ]
    return (parts[0][1] if len(parts) == 1 else ", ".join(f"{name}: {text}" for name, text in parts))[:PREVIEW]


def _span(time: timedelta) -> str:
    """A length of time in its largest unit: "0.4 s", "12 s", "3 min", "5 h", "2 days"."""
    seconds = time.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return ""
