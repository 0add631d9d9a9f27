"""Plays a scenario: picks phrasings and ways, fills the slots, and gives every message an id, a parent and a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from greenflash_site.demo.cast import Tone
from greenflash_site.demo.script import Called, Json, Later, OneOf, Said, Step
from greenflash_site.demo.slots import Slots

# Seconds that a tool takes, from and to; any other tool takes 0.2 to 2.5.
_TOOL_SECONDS = {
    "run_tests": (3.0, 55.0),
    "shell": (0.6, 18.0),
    "read_file": (0.04, 0.3),
    "grep": (0.1, 0.9),
    "edit_file": (0.08, 0.5),
    "issue_refund": (1.2, 5.0),
}
_GREETINGS = ("Hi, ", "Hello, ", "Hi there, ", "Hello! ", "Good morning, ", "Hi team, ", "Hey, ")
_GREETED = ("hi ", "hi,", "hello", "hey ", "hey,", "good ")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message as it goes over the wire, and when it was said."""

    at: datetime
    message: dict[str, Json]

    @property
    def by_user(self) -> bool:
        """Whether the person wrote it."""
        return self.message.get("role") == "user"


def tell(steps: Sequence[Step], *, slots: Slots, conversation: str, tone: Tone) -> list[Spoken]:
    """The messages of a conversation in order, strictly ascending in time, the first one at `slots.at`.

    `conversation` prefixes the external message ids. A step of an agent hangs below the user message that it works on,
    the result of a tool below its call.
    """
    rng = slots.rng
    spoken: list[Spoken] = []
    asked: str | None = None
    clock = slots.at
    read = 0  # characters the next writer has to read first
    said = 0  # which phrasing was said last

    def say(body: dict[str, Json], parent: str | None) -> str:
        external_id = f"{conversation}.{len(spoken) + 1}"
        message: dict[str, Json] = {"externalMessageId": external_id, "createdAt": _stamp(clock), **body}
        if parent:
            message["parentExternalMessageId"] = parent
        spoken.append(Spoken(clock, message))
        return external_id

    for step in _one_way(steps, rng):
        match step:
            case Later(hours):
                clock += timedelta(hours=hours * rng.uniform(0.7, 1.3))
            case Said(speaker, phrasings, fitting):
                place = said if fitting else rng.randrange(len(phrasings))
                text = slots.fill(phrasings[place])
                if speaker == "user":
                    if slots.language == "en":
                        text = _in_tone(text, tone, rng=rng, first=asked is None)
                    if asked:
                        clock += timedelta(seconds=_human_seconds(rng, read=read, written=len(text)))
                    asked = say({"role": "user", "content": text}, None)
                else:
                    clock += timedelta(seconds=_model_seconds(rng, len(text)))
                if speaker == "assistant":
                    say({"role": "assistant", "content": text}, None)
                elif speaker == "final_response":
                    say({"messageType": "final_response", "content": text}, asked)
                elif speaker == "thought":
                    say({"messageType": "thought", "output": text}, asked)
                    continue
                said, read = place, len(text)
            case Called(tool, given, answer, failed):
                clock += timedelta(seconds=rng.uniform(0.4, 1.8))
                call: dict[str, Json] = {"messageType": "tool_call", "toolName": tool, "input": slots.fill_all(given)}
                call_id = say(call, asked)
                clock += timedelta(seconds=rng.uniform(*_TOOL_SECONDS.get(tool, (0.2, 2.5))))
                say(
                    {"messageType": "tool_error" if failed else "observation", "output": slots.fill_all(answer)},
                    call_id,
                )
    return spoken


def _one_way(steps: Sequence[Step], rng: Random) -> Iterator[Step]:
    """The steps with every fork taken."""
    for step in steps:
        if isinstance(step, OneOf):
            yield from _one_way(rng.choice(step.ways), rng)
        else:
            yield step


def _in_tone(text: str, tone: Tone, *, rng: Random, first: bool) -> str:
    """What the person writes, a little as this person writes."""
    word = text.split(maxsplit=1)[0]
    # "I", "API" and "SW-123" stay as they are.
    lowered = text[0].lower() + text[1:] if word[1:].islower() else text
    if tone == "hurried":
        return lowered.removesuffix(".")
    if tone == "polite" and first and not text.lower().startswith(_GREETED):
        greeting = rng.choice(_GREETINGS)
        return greeting + (lowered if greeting.endswith(", ") else text[0].upper() + text[1:])
    return text


def _human_seconds(rng: Random, *, read: int, written: int) -> float:
    """Reading at 25 and typing at 4 characters a second, and now and then something else coming in between."""
    return 5 + (min(read, 1200) / 25 + min(written, 400) / 4) * rng.lognormvariate(0.3, 0.8)


def _model_seconds(rng: Random, written: int) -> float:
    """Time to the first token, then 110 characters a second."""
    return rng.uniform(0.7, 2.4) + written / 110 * rng.uniform(0.8, 1.4)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
