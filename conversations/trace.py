"""A conversation as a trace: its messages as a tree by parent, in turns, each with how long it took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from conversations.models import Message, MessageType, parent_ids
from conversations.transcript import pretty_json, preview, span
from conversations.window import Window

# Deeper than this a tree is shown flat: nobody reads further to the right, and a chain of parents can be any length.
MAX_DEPTH = 12
# The width of a turn, of which bars take their part.
WIDTH = 1_000
LEAST_WIDTH = 6
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class Node:
    """A message in the tree, a tool call with its result.

    `offset` is when in its turn it began and `duration` how long it and all below it took; `bar_start` and `bar_width`
    are the same in thousandths of the turn. `closes` is how many branches end after it. `is_apart`: its parent is none
    of this window's messages.
    """

    message: Message
    result: Message | None
    label: str
    preview: str
    parts: Sequence[tuple[str, str]]
    has_failed: bool
    is_branch: bool
    is_apart: bool
    is_marked: bool
    closes: int
    offset: str
    duration: str
    bar_start: int
    bar_width: int

    @property
    def closing(self) -> range:
        """To repeat something for each branch that ends after it."""
        return range(self.closes)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """From what a user says to the last that is done about it."""

    message: Message
    duration: str
    nodes: Sequence[Node]


def trace(window: Window) -> list[Turn]:
    """The window's messages as trees, in turns that each begin with something a user said outside of any tree.

    A result is one with its call, as it is in the transcript.
    """
    calls = {result.id: call for call, result in window.results.items()}
    known = parent_ids([*window.earlier, *window.messages])
    parents = {id: calls.get(parent, parent) for id, parent in known.items()}
    here = {message.id for message in window.messages}
    tree = Tree([message for message in window.messages if calls.get(message.id) not in here], parents)
    turns: list[list[Message]] = []
    for root in tree.roots:
        if not turns or root.type == MessageType.USER_MESSAGE:
            turns.append([])
        turns[-1].append(root)
    return [_turn(tree, roots, window, set(parents)) for roots in turns]


class Tree:
    """Messages by their parents: `roots` and `children` in order; circles are cut, parents elsewhere make roots."""

    def __init__(self, messages: Sequence[Message], parents: Mapping[UUID, UUID]) -> None:
        self.children: dict[UUID, list[Message]] = {message.id: [] for message in messages}
        self.roots: list[Message] = []
        kept: dict[UUID, UUID] = {}
        for message in messages:
            parent = parents.get(message.id)
            ancestor = parent
            while ancestor is not None and ancestor != message.id:
                ancestor = kept.get(ancestor)
            if parent in self.children and ancestor is None:
                kept[message.id] = parent
                self.children[parent].append(message)
            else:
                self.roots.append(message)

    def walk(self, root: Message) -> Iterator[tuple[Message, int]]:
        """A root and all below it with their depths, a parent before its children; without recursion."""
        stack = [(root, 0)]
        while stack:
            message, depth = stack.pop()
            yield message, depth
            stack += [(child, depth + 1) for child in reversed(self.children[message.id])]


def _turn(tree: Tree, roots: Sequence[Message], window: Window, with_parent: set[UUID]) -> Turn:
    walked = [each for root in roots for each in tree.walk(root)]
    results = {message.id: window.results.get(message.id) for message, _ in walked}
    start = min(message.created_at for message, _ in walked)
    ends: dict[UUID, datetime] = {}
    for message, _ in reversed(walked):  # children before their parents
        own = results[message.id] or message
        below = [ends[child.id] for child in tree.children[message.id]]
        ends[message.id] = max([message.created_at, own.created_at, *below])
    whole = max(ends.values()) - start
    depths = [min(depth, MAX_DEPTH) for _, depth in walked]
    nodes = []
    for (message, _), depth, next_depth in zip(walked, depths, [*depths[1:], 0], strict=True):
        result = results[message.id]
        took = ends[message.id] - message.created_at
        bar_start = min(_share(message.created_at - start, whole), WIDTH - LEAST_WIDTH)
        nodes.append(
            Node(
                message=message,
                result=result,
                label=MessageType(message.type).label,
                preview=_preview(message),
                parts=[*_parts(message), *(_parts(result) if result else ())],
                has_failed=MessageType.TOOL_ERROR in (message.type, result.type if result else None),
                is_branch=next_depth > depth,
                is_apart=message.id in with_parent and depth == 0,
                is_marked=window.marked is not None and window.marked in (message.id, result.id if result else None),
                closes=max(depth - next_depth, 0),
                offset=f"+{span(message.created_at - start)}" if message.created_at - start >= MOMENT else "",
                duration=span(took) if took >= MOMENT else "",
                bar_start=bar_start,
                bar_width=min(max(_share(took, whole), LEAST_WIDTH), WIDTH - bar_start),
            )
        )
    return Turn(message=roots[0], duration=span(whole) if whole >= MOMENT else "", nodes=nodes)


def _share(part: timedelta, whole: timedelta) -> int:
    return int(WIDTH * (part / whole)) if whole else 0


def _preview(message: Message) -> str:
    said = message.content or preview(message.output if message.input is None else message.input)
    return " ".join(f"{message.tool_name or ''} {said[:400]}".split())[:160]


def _parts(message: Message) -> Iterator[tuple[str, str]]:
    """What it holds, each under its name."""
    if message.content:
        yield "Content", message.content
    if message.context:
        yield "Context", message.context
    if message.input is not None:
        yield "Input", pretty_json(message.input)
    if message.output is not None:
        yield "Error" if message.type == MessageType.TOOL_ERROR else "Output", pretty_json(message.output)
