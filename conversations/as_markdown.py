"""A conversation as Markdown, to be pasted where people talk about it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from conversations.models import Conversation, Message, MessageType
from conversations.transcript import BUBBLES, pretty_json, speaker
from conversations.window import RESULTS

CHUNK = 500


def as_markdown(conversation: Conversation) -> Iterator[str]:
    """The conversation piece by piece, whatever its length: a head, then its messages in order."""
    yield f"# {_line(conversation.title) or 'Conversation'}\n\n"
    facts = {
        "User": str(conversation.participant),
        "Product": conversation.product.name,
        "Model": conversation.model,
        "Started": _at(conversation.first_message_at),
        "Messages": str(conversation.message_count),
        "Id": str(conversation.id),
    }
    yield "".join(f"- {name}: {_line(value)}\n" for name, value in facts.items() if value)
    calls: dict[UUID | str, str] = {}
    messages = conversation.messages.filter(workspace_id=conversation.workspace_id).select_related("participant")
    for message in messages.in_order().iterator(chunk_size=CHUNK):
        yield f"\n{_message(conversation, message, calls)}"
        if message.type == MessageType.TOOL_CALL:
            calls |= {key: message.tool_name or "tool" for key in (message.id, message.external_id) if key}


def _message(conversation: Conversation, message: Message, calls: dict[UUID | str, str]) -> str:
    if message.type in BUBBLES and message.content is not None:
        return f"## {_line(speaker(conversation, message))} · {_at(message.created_at)}\n\n{message.content.strip()}\n"
    call = calls.get(message.parent_id or message.parent_external_id or "")
    label = MessageType(message.type).label
    if message.type in RESULTS and call:
        label = f"{'Error' if message.type == MessageType.TOOL_ERROR else 'Result'} of {_code(call)}"
    elif message.tool_name:
        label = f"{label} {_code(message.tool_name)}"
    values = [pretty_json(value) for value in (message.input, message.output) if value is not None]
    return f"**{label}**\n\n" + "\n".join(_fenced(value) for value in [message.content, *values] if value)


def _fenced(text: str) -> str:
    """A block of code, in a fence that nothing inside it can close."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}\n"


def _code(name: str) -> str:
    return f"`{_line(name).replace('`', '')}`"


def _line(text: str) -> str:
    return " ".join(text.split())


def _at(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
