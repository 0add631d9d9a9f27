"""A conversation as a person reads it: bubbles, tool calls beside their results, what was thought of it, silences."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.safestring import SafeString

from conversations.markdown import render_markdown, render_plain
from conversations.marks import Marks
from conversations.models import Conversation, Event, Message, MessageType, Rating
from conversations.window import Window

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


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message with what belongs to it: the latest rating of it, how many notes, whether the address names it."""

    message: Message
    rating: Rating | None = None
    note_count: int = 0
    is_marked: bool = False


@dataclass(frozen=True, kw_only=True)
class Bubble(Said):
    """Something said in words."""

    role: str
    name: str
    html: SafeString
    is_long: bool
    model_changed: str
    kind: Literal["bubble"] = "bubble"


@dataclass(frozen=True, kw_only=True)
class Tool(Said):
    """A tool call and, once it is there, its result; `failed` is None until then."""

    name: str
    failed: bool | None
    duration: str
    preview: str
    input_json: str
    result: Message | None
    output_json: str
    error: str
    looks_failed: bool
    kind: Literal["tool"] = "tool"


@dataclass(frozen=True, kw_only=True)
class Step(Said):
    """Anything else that happened on the way: a thought, a retrieval, a result without its call."""

    label: str
    preview: str
    text: str
    json: str
    kind: Literal["step"] = "step"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A rating of the whole conversation, or a business event, at its time."""

    what: Rating | Event
    at: datetime
    kind: Literal["rating", "event"]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Silence of an hour or more ("" for less), and the moment with which another day began, where one did."""

    text: str
    day: datetime | None = None
    kind: Literal["gap"] = "gap"


Entry = Bubble | Tool | Step | Happening | Gap


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """The entries of a window; `since` is what happened after its last message, `late` calls of before it whose results
    came in it."""

    entries: Sequence[Entry]
    since: Sequence[Entry] = field(default_factory=list)
    late: Sequence[Tool] = field(default_factory=list)


def transcript(
    conversation: Conversation, window: Window, marks: Marks | None = None, *, is_continued: bool = False
) -> Transcript:
    """The window as it is read, with what was thought of its messages.

    `is_continued`: what is before it is on the screen already, so that a late result goes to its call.
    """
    marks = marks or Marks()
    writer = _Writer(conversation, window, marks, is_continued=is_continued)
    happenings = [_happening(what) for what in marks.happenings]
    entries: list[Entry] = []
    for message in window.messages:
        if message.id in writer.paired:
            continue
        while happenings and happenings[0].at < message.created_at:
            entries += writer.at(happenings[0].at, happenings.pop(0))
        result = window.results.get(message.id)
        entries += writer.at(message.created_at, writer.entry(message, result))
        writer.before = result.created_at if result else message.created_at
    since = [entry for happening in happenings for entry in writer.at(happening.at, happening)]
    here = {message.id for message in window.messages}
    late = [
        writer.tool(call, window.results[call.id])
        for call in window.earlier
        if call.id in window.results and window.results[call.id].id in here
    ]
    return Transcript(entries=entries, since=since, late=late)


class _Writer:
    """Makes entries, remembering which model spoke last and when."""

    def __init__(self, conversation: Conversation, window: Window, marks: Marks, *, is_continued: bool) -> None:
        self.conversation, self.window, self.marks = conversation, window, marks
        calls = {message.id for message in (*(window.earlier if is_continued else ()), *window.messages)}
        self.paired = {result.id for call, result in window.results.items() if call in calls}
        self.names = {result.id: _tool_name(call) for call, result in _calls(window)}
        self.model = next((each.model for each in reversed(window.earlier) if each.model), conversation.model)
        self.before = window.starts_after
        self.markdown = 0

    def at(self, time: datetime, entry: Entry) -> Iterator[Entry]:
        """The entry, after the silence before it."""
        is_new_day = self.before is None or _day(time) != _day(self.before)
        silence = time - self.before if self.before is not None else timedelta()
        if is_new_day or silence >= IDLE_GAP:
            yield Gap(text=f"{span(silence)} later" if silence >= IDLE_GAP else "", day=time if is_new_day else None)
        self.before = time
        yield entry

    def entry(self, message: Message, result: Message | None) -> Entry:
        """How this message reads."""
        if message.type == MessageType.TOOL_CALL:
            # A call sent together with its output is its own result.
            return self.tool(message, result or (message if message.output is not None else None))
        if message.type in BUBBLES and message.content is not None:
            return self._bubble(message, message.content)
        name = self.names.get(message.id)
        text = message.content or (message.output if isinstance(message.output, str) else "")
        values = [message.input, None if message.output == text else message.output]
        code = "\n\n".join(pretty_json(value) for value in values if value is not None)
        return Step(
            **self._said(message),
            label=f"Result of {name}" if name else MessageType(message.type).label,
            preview=" ".join((text or code)[:400].split())[:PREVIEW],
            text=text,
            json=code,
        )

    def _bubble(self, message: Message, content: str) -> Bubble:
        changed = message.model if message.model and message.model != self.model else ""
        self.model = message.model or self.model
        self.markdown += len(content)
        return Bubble(
            **self._said(message),
            role=BUBBLES[MessageType(message.type)],
            name=speaker(self.conversation, message),
            html=render_markdown(content) if self.markdown <= PAGE_MARKDOWN else render_plain(content),
            is_long=len(content) > CLIP_AT,
            model_changed=changed,
        )

    def tool(self, call: Message, result: Message | None) -> Tool:
        """A call and its result on one line."""
        took = result.created_at - call.created_at if result else timedelta()
        answer = None if result is None else result.content if result.output is None else result.output
        failed = None if result is None else result.type == MessageType.TOOL_ERROR
        # Many tools tell of their failure in words, in what is sent as an ordinary result.
        looks_failed = isinstance(answer, str) and answer[:5].casefold() == "error"
        return Tool(
            **self._said(call, result),
            name=_tool_name(call),
            failed=failed,
            duration=span(took) if took >= timedelta(milliseconds=1) else "",
            preview=preview(call.input),
            input_json=pretty_json(call.input) if call.input is not None else call.content or "",
            result=result,
            output_json="" if answer is None else pretty_json(answer),
            error=" ".join(preview(answer).split()) if failed or looks_failed else "",
            looks_failed=looks_failed,
        )

    def _said(self, *messages: Message | None) -> dict[str, Any]:
        ids: list[UUID] = [message.id for message in messages if message is not None]
        return {
            "message": messages[0],
            "rating": next((self.marks.ratings[id] for id in ids if id in self.marks.ratings), None),
            "note_count": sum(self.marks.note_counts.get(id, 0) for id in dict.fromkeys(ids)),
            "is_marked": self.window.marked in ids,
        }


def _calls(window: Window) -> Iterator[tuple[Message, Message]]:
    """The calls with their results."""
    for message in (*window.earlier, *window.messages):
        if message.id in window.results:
            yield message, window.results[message.id]


def _day(time: datetime) -> date:
    """The day of the viewer, whose time zone is the current one."""
    return timezone.localdate(time)


def speaker(conversation: Conversation, message: Message) -> str:
    """Who says a message that is a bubble."""
    match message.type:
        case MessageType.USER_MESSAGE:
            return str(message.participant or conversation.participant)
        case MessageType.SYSTEM_MESSAGE:
            return "System"
        case _:
            return conversation.product.name


def _tool_name(call: Message) -> str:
    return call.tool_name or "tool"


def _happening(what: Rating | Event) -> Happening:
    if isinstance(what, Event):
        return Happening(what=what, at=what.event_at, kind="event")
    return Happening(what=what, at=what.rated_at, kind="rating")


def pretty_json(value: Any) -> str:
    """JSON for people: indented, every script as it is written; JSON inside a string as well, other strings bare."""
    if not isinstance(value, str):
        return json.dumps(value, indent=2, ensure_ascii=False)
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return value


def preview(value: Any) -> str:
    """An input on one line: a lone value without its name, several as "name: value"."""
    if not isinstance(value, dict):
        return "" if value is None else pretty_json(value)[:PREVIEW]
    parts = [
        (name, inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False))
        for name, inner in value.items()
    ]
    return (parts[0][1] if len(parts) == 1 else ", ".join(f"{name}: {text}" for name, text in parts))[:PREVIEW]


def span(time: timedelta) -> str:
    """A length of time in its largest unit: "0.4 s", "12 s", "3 min", "5 h", "2 days"."""
    seconds = time.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return ""
