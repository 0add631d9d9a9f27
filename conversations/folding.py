"""Text as search compares it: without case, accents and the width of its white space, in any script.

The worker folds what was said (conversations/search_rows.py), a search what is looked for (conversations/search.py). It
goes character by character, so that what is found in a folded text can be shown in the text it came from.
"""

import re
from collections.abc import Iterator
from unicodedata import category, normalize

# Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic. Not those that make another letter of it, as
# in Devanagari, Thai or Japanese.
MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
VARIATION_SELECTORS = re.compile("[\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
ALIKE = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"}  # noqa: RUF001 - as Turkish has it
    | dict.fromkeys("‘’", "'")  # noqa: RUF001 - what editors make of an apostrophe
    | dict.fromkeys("“”„«»「」『』", '"')
    | dict.fromkeys("‐‑–—", "-")  # noqa: RUF001 - what people type for a hyphen
)


class _Folded(dict[int, str]):
    """What each character becomes, remembered once it was met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_folded = _Folded()


def fold(text: str) -> str:
    """`text` as it is compared: "Ça  VA ?" and "ca va ?" become the same."""
    return " ".join(fold_characters(normalize("NFC", text)).split())


def fold_characters(text: str) -> str:
    """`text`, which is in NFC, folded character by character: all of its white space is kept, as spaces."""
    return text.translate(_folded)


def lengths(text: str) -> Iterator[int]:
    """How many characters each of `text` becomes."""
    return (len(_folded[ord(character)]) for character in text)


def _fold_character(character: str) -> str:
    kind = category(character)
    if kind in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    if kind == "Cf" or VARIATION_SELECTORS.match(character):
        return ""
    bare = MARKS.sub("", normalize("NFKD", character))
    return MARKS.sub("", normalize("NFKC", bare.casefold().translate(ALIKE)))
