"""The sentence in which something was found, with what was found marked; conversations/search.py shows it in lists."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from unicodedata import normalize
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from conversations.folding import fold_characters, lengths

# Characters before and after what was found, where the sentence is longer: it is to be seen in two narrow lines.
BEFORE, AFTER = 36, 140
SENTENCE_END = re.compile(r"[.!?…](?=\s)|[。！？]|\n")  # noqa: RUF001 - those of CJK


@dataclass(frozen=True)
class Part:
    """A stretch of a sentence, which is what was looked for or is not."""

    text: str
    is_match: bool


@dataclass(frozen=True)
class Match:
    """The first message of a conversation that matches, and the sentence that does."""

    message_id: UUID
    parts: list[Part]

    @property
    def html(self) -> SafeString:
        """The sentence, escaped, with what was found marked; a page has fifty, and a template took 4 ms for them."""
        texts = (f"<mark>{escape(part.text)}</mark>" if part.is_match else escape(part.text) for part in self.parts)
        return mark_safe("".join(texts))  # noqa: S308 - escaped just now


def snippet(text: str, terms: Sequence[str]) -> list[Part]:
    """The sentence around the first of the folded `terms` in `text`, on one line; empty where it does not hold it."""
    text = normalize("NFC", text)
    folded = fold_characters(text)
    first = re.search(_spaced(terms[0]), folded)
    if first is None:
        return []
    places = _Places(text)
    at, until = places.of(first)
    begin, end = _begin(text, at), _end(text, until)
    is_cut = begin > 0 and not SENTENCE_END.match(text, begin - 1)
    parts = [Part("…", is_match=False)] if is_cut else []
    done = begin
    either = re.compile("|".join(_spaced(term) for term in sorted(terms, key=len, reverse=True)))
    for found in either.finditer(folded, places.starts[begin], places.starts[end]):
        at, until = places.of(found)
        if until <= done:  # the other s of ß
            continue
        parts += [Part(text[done:at], is_match=False), Part(text[at:until], is_match=True)]
        done = until
    parts.append(Part(text[done:end], is_match=False))
    return _on_one_line(parts)


class _Places:
    """Which characters of a text its folded characters come from: some vanish, some become several."""

    def __init__(self, text: str) -> None:
        is_one_each = text.isascii()
        self.starts: Sequence[int] = range(len(text) + 1) if is_one_each else list(accumulate(lengths(text), initial=0))

    def of(self, found: re.Match[str]) -> tuple[int, int]:
        """From where to where; what vanishes, like an accent by itself, belongs to the character before it."""
        end = bisect_right(self.starts, found.end() - 1)
        while end + 1 < len(self.starts) and self.starts[end] == self.starts[end + 1]:
            end += 1
        return bisect_right(self.starts, found.start()) - 1, end


def _spaced(term: str) -> str:
    """A pattern of a term, whose spaces stand for any white space."""
    return " +".join(map(re.escape, term.split(" ")))


def _begin(text: str, at: int) -> int:
    """Where the sentence begins, or the word that is as far before it as is shown."""
    farthest = max(at - BEFORE, 0)
    ends = [found.end() for found in SENTENCE_END.finditer(text, farthest, at)]
    if ends or farthest == 0:
        return ends[-1] if ends else 0
    space = text.find(" ", farthest, at)
    return farthest if space < 0 else space + 1


def _end(text: str, until: int) -> int:
    farthest = min(until + AFTER, len(text))
    found = SENTENCE_END.search(text, until, farthest)
    if found is not None or farthest == len(text):
        return found.end() if found else farthest
    space = text.rfind(" ", until, farthest)
    return farthest if space < 0 else space


def _on_one_line(parts: Sequence[Part]) -> list[Part]:
    """The parts with single spaces, and none at either end."""
    texts = [re.sub(r"\s+", " ", part.text) for part in parts]
    texts[0], texts[-1] = texts[0].lstrip(), texts[-1].rstrip()
    return [Part(text, part.is_match) for text, part in zip(texts, parts, strict=True) if text]
