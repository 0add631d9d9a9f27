"""A window of a long conversation: the messages that are read at once, cut so that calls keep their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from conversations.models import Conversation, Message, MessageQuerySet, MessageType, parent_ids
from greenflash_site.compiled import compiled
from products.models.ids import read_id

# Messages in one window. A page of 24 is more than a screen, and more come before the reader gets there. Browsers take
# each in at once: scrolling by windows of 60 held them up for more than 50 ms three times as often.
WINDOW = 24
# How much longer it may be to keep calls and results together, and how far back is looked for what they belong to.
LONGER = 40
RESULTS = {MessageType.OBSERVATION, MessageType.TOOL_ERROR}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Messages in order, `earlier` the few right before them, and `results` the result of each tool call among both.

    `marked` is the message that the address names.
    """

    messages: Sequence[Message]
    earlier: Sequence[Message] = ()
    results: Mapping[UUID, Message]
    has_earlier: bool = False
    has_later: bool = False
    marked: UUID | None = None

    @classmethod
    def whole(cls, messages: Sequence[Message]) -> "Window":
        """All that there is."""
        return cls(messages=messages, results=results_of(messages))

    @property
    def starts_after(self) -> datetime | None:
        """When the message before it happened; None at the beginning."""
        return self.earlier[-1].created_at if self.earlier else None


def window_of(conversation: Conversation, query: Mapping[str, str]) -> Window:
    """The window that `query` names: around a `message`, `after` or `before` one, `at=end`; for nonsense the first."""
    messages = _messages(conversation.workspace_id, conversation.id)
    marked, after, before = (read_id(query.get(name, "")) for name in ("message", "after", "before"))
    reach = WINDOW // 2 + LONGER + 1
    if marked and (found := messages.around(marked, before=reach, after=reach)):
        place = _index(found, marked)
        start = max(place - WINDOW // 2, 0)
        return _cut(found, start, start + WINDOW, marked=marked)
    if after and (found := messages.around(after, before=LONGER, after=WINDOW + LONGER + 1)):
        start = _index(found, after) + 1
        return _cut(found, start, start + WINDOW, is_start_fixed=True)
    if before and (found := messages.around(before, before=WINDOW + 2 * LONGER, after=0)):
        return _cut(found[:-1], len(found) - 1 - WINDOW, len(found) - 1, has_later=True)
    if query.get("at") == "end":
        found = messages.ending(WINDOW + 2 * LONGER)
        return _cut(found, len(found) - WINDOW, len(found))
    return _cut(_first(conversation.workspace_id, conversation.id), 0, WINDOW)


def _messages(workspace: UUID, conversation: UUID) -> MessageQuerySet:
    return Message.objects.filter(workspace_id=workspace, conversation_id=conversation).select_related("participant")


@compiled
def _first(workspace: UUID, conversation: UUID) -> MessageQuerySet:
    return _messages(workspace, conversation).in_order()[: WINDOW + LONGER + 1]


def results_of(messages: Sequence[Message]) -> dict[UUID, Message]:
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


def _cut(
    found: list[Message],
    start: int,
    end: int,
    *,
    is_start_fixed: bool = False,
    has_later: bool = False,
    marked: UUID | None = None,
) -> Window:
    """`found[start:end]`, a little longer on both sides where that keeps tool calls and their results together."""
    start, end = max(start, 0), min(end, len(found))
    results = results_of(found)
    places = {message.id: place for place, message in enumerate(found)}
    pairs = [(places[call], places[result.id]) for call, result in results.items()]
    if not is_start_fixed:
        start = min([start, *(call for call, result in pairs if start - LONGER <= call < start <= result < end)])
    end = max([end, *(result + 1 for call, result in pairs if start <= call < end <= result < end + LONGER)])
    shown = {message.id for message in found[:end]}
    return Window(
        messages=found[start:end],
        earlier=found[max(start - LONGER, 0) : start],
        results={call: result for call, result in results.items() if result.id in shown},
        has_earlier=start > 0,
        has_later=has_later or end < len(found),
        marked=marked,
    )


def _index(found: Sequence[Message], id: UUID) -> int:
    return next(place for place, message in enumerate(found) if message.id == id)
