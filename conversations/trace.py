"""A conversation as a trace: its messages as a tree by parent, in turns, each with how long it took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from conversations.models import Message, MessageType, parent_ids
from conversations.transcript import pretty_json, preview, span
from conversations.window import Window

# Deeper than this a tree is shown flat: nobody reads further to the right, and a chain of parents can be any length.
MAX_DEPTH = 12
# The width of a turn, of which bars take their part.
WIDTH = 1_000
LEAST_WIDTH = 6


@dataclass(frozen=True, kw_only=True)
class Node:
    """A message in the tree.

    `offset` is when in its turn it began and `duration` how long it and all below it took; `bar_start` and `bar_width`
    are the same in thousandths of the turn. `closes` is how many branches end after it. `is_apart`: its parent is none
    of this window's messages.
    """

    message: Message
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
    """The window's messages as trees, in turns that each begin with something a user said outside of any tree."""
    known = parent_ids([*window.earlier, *window.messages])
    calls = {result.id: call for call, result in window.results.items()}
    tree = Tree(window.messages, {**calls, **known})
    turns: list[list[Message]] = []
    for root in tree.roots:
        if not turns or root.type == MessageType.USER_MESSAGE:
            turns.append([])
        turns[-1].append(root)
    return [_turn(tree, roots, known, window.marked) for roots in turns]


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


def _turn(tree: Tree, roots: Sequence[Message], known: Mapping[UUID, UUID], marked: UUID | None) -> Turn:
    walked = [each for root in roots for each in tree.walk(root)]
    start = min(message.created_at for message, _ in walked)
    ends = {message.id: message.created_at for message, _ in walked}
    for message, _ in reversed(walked):  # children before their parents
        ends[message.id] = max([ends[message.id], *(ends[child.id] for child in tree.children[message.id])])
    whole = max(ends.values()) - start
    depths = [min(depth, MAX_DEPTH) for _, depth in walked]
    nodes = []
    for (message, depth), next_depth in zip(walked, [*depths[1:], 0], strict=True):
        took = ends[message.id] - message.created_at
        bar_start = min(_share(message.created_at - start, whole), WIDTH - LEAST_WIDTH)
        nodes.append(
            Node(
                message=message,
                label=MessageType(message.type).label,
                preview=message.tool_name or _preview(message),
                parts=list(_parts(message)),
                has_failed=message.type == MessageType.TOOL_ERROR
                or any(child.type == MessageType.TOOL_ERROR for child in tree.children[message.id]),
                is_branch=next_depth > min(depth, MAX_DEPTH),
                is_apart=message.id in known and depth == 0,
                is_marked=message.id == marked,
                closes=max(min(depth, MAX_DEPTH) - next_depth, 0),
                offset=f"+{span(message.created_at - start)}" if message.created_at > start else "",
                duration=span(took) if took >= timedelta(milliseconds=1) else "",
                bar_start=bar_start,
                bar_width=min(max(_share(took, whole), LEAST_WIDTH), WIDTH - bar_start),
            )
        )
    return Turn(message=roots[0], duration=span(whole) if whole >= timedelta(milliseconds=1) else "", nodes=nodes)


def _share(part: timedelta, whole: timedelta) -> int:
    return int(WIDTH * (part / whole)) if whole else 0


def _preview(message: Message) -> str:
    said = message.content or preview(message.output if message.output is not None else message.input)
    return " ".join(said[:400].split())[:160]


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
