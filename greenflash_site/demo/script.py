"""The words a demo scenario is written in; the content modules use them, telling.py plays them.

Text may hold slots, a name in guillemets such as «order»: code is full of braces and dollar signs, so neither marks a
slot. Every text is given as one or more phrasings of the same thing, of which each conversation takes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None
type Value = str | int | float
type Speaker = Literal["user", "assistant", "thought", "final_response"]
type Mood = Literal["pleased", "neutral", "upset"]
type Step = Said | Called | Later | OneOf


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody says or thinks something, in one of several phrasings.

    `fitting` means that each phrasing answers the one in the same place of what was said last.
    """

    speaker: Speaker
    phrasings: tuple[str, ...]
    fitting: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A tool is called and answers, or fails."""

    tool: str
    input: dict[str, Json]
    output: Json
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing happens for about so many hours."""

    hours: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """The conversation takes one of these ways."""

    ways: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing people come with, and how it goes.

    `slots` gives alternatives for single slots, `variants` sets of slots that belong together; `during_incident` keeps
    it for the day on which things were broken.
    """

    key: str
    product: str
    steps: tuple[Step, ...]
    mood: Mood = "neutral"
    language: str = "en"
    weight: float = 1.0
    slots: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    variants: tuple[Mapping[str, Value], ...] = ({},)
    during_incident: bool = False


def user(*phrasings: str) -> Said:
    """The person writes."""
    return Said("user", phrasings)


def bot(*phrasings: str) -> Said:
    """The chatbot answers, in Markdown."""
    return Said("assistant", phrasings)


def user_fitting(*phrasings: str) -> Said:
    """The person answers; the first phrasing fits the first one of what was said last, and so on."""
    return Said("user", phrasings, fitting=True)


def bot_fitting(*phrasings: str) -> Said:
    """The chatbot answers; the first phrasing fits the first one of what was said last, and so on."""
    return Said("assistant", phrasings, fitting=True)


def thought(*phrasings: str) -> Said:
    """The agent thinks; nobody but the reader of the trace sees it."""
    return Said("thought", phrasings)


def final(*phrasings: str) -> Said:
    """The agent's answer at the end of a run, in Markdown."""
    return Said("final_response", phrasings)


def final_fitting(*phrasings: str) -> Said:
    """The agent answers; the first phrasing fits the first one of what was said last, and so on."""
    return Said("final_response", phrasings, fitting=True)


def tool(name: str, given: dict[str, Json], answer: Json) -> Called:
    """A tool call that works."""
    return Called(name, given, answer)


def broken_tool(name: str, given: dict[str, Json], error: Json) -> Called:
    """A tool call that ends in an error."""
    return Called(name, given, error, failed=True)


def one_of(*ways: tuple[Step, ...]) -> OneOf:
    """One of several ways on; an empty one means nothing."""
    return OneOf(ways)


def next_day() -> Later:
    """The person is back about a day later."""
    return Later(22)


def hours_later(hours: float) -> Later:
    """The person is back after some hours."""
    return Later(hours)
