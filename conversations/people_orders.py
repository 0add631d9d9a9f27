"""The orders that lists of users and of organizations have (conversations/people.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Self

from conversations.keyset import read_time

SHOWN_NAME = "lower(coalesce(nullif(who.name, ''), who.external_id))"
# Of a tally: of one row, or of several whose sum, first and last are taken.
MEAN = "({sum}(t.rating_sum) / nullif({sum}(t.ratings), 0))::float8"


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order of a list: what it is called as it is and turned round, and whether it is descending as it is.

    `read` reads a place in it from the query string, None for nonsense. `place` is what is sorted by, in SQL; who has
    `none` of it comes last either way, by these values of it when it is descending and when it is ascending.
    """

    labels: tuple[str, str]
    is_descending: bool
    read: Callable[[str], object]
    place: str
    none: tuple[str, str] | None = None


def _read_name(text: str) -> str | None:
    return None if "\0" in text else text


def _read_count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _read_mean(text: str) -> float | None:
    try:
        return mean if isfinite(mean := float(text)) else None
    except ValueError:
        return None


EVER = ("timestamptz 'epoch'", "timestamptz '9999-01-01 00:00:00+00'")
SORTS = {
    "last_seen": Sort(
        labels=("Seen most recently", "Seen longest ago"),
        is_descending=True,
        read=read_time,
        place="{max}(t.last_at)",
        none=EVER,
    ),
    "first_seen": Sort(
        labels=("Newest", "Oldest"), is_descending=True, read=read_time, place="{min}(t.first_at)", none=EVER
    ),
    "name": Sort(labels=("Name, A to Z", "Name, Z to A"), is_descending=False, read=_read_name, place=SHOWN_NAME),
    "conversations": Sort(
        labels=("Most conversations", "Fewest conversations"),
        is_descending=True,
        read=_read_count,
        place="{sum}(t.conversations)",
    ),
    "rating": Sort(
        labels=("Rated best", "Rated worst"), is_descending=True, read=_read_mean, place=MEAN, none=("-1", "2")
    ),
}
TURNED = "-"


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a list is sorted: by which of SORTS, and whether turned round, as "-name" in a query string says."""

    name: str
    is_turned: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """The order of this name; who was seen last comes first for none and for nonsense."""
        name = text.removeprefix(TURNED)
        return cls(name=name, is_turned=name != text) if name in SORTS else cls(name="last_seen", is_turned=False)

    def __str__(self) -> str:
        return f"{TURNED if self.is_turned else ''}{self.name}"

    @property
    def sort(self) -> Sort:
        """What it sorts by."""
        return SORTS[self.name]

    @property
    def is_descending(self) -> bool:
        """Whether the most comes first."""
        return self.sort.is_descending != self.is_turned

    @property
    def place(self) -> str:
        """What it sorts by, in SQL."""
        if self.sort.none is None:
            return self.sort.place
        return f"coalesce({self.sort.place}, {self.sort.none[0 if self.is_descending else 1]})"

    def by(self, name: str) -> "Order":
        """The order that a click on the heading of a column asks for: by it, or turned round."""
        return Order(name=name, is_turned=name == self.name and not self.is_turned)


ORDERS = [
    (str(Order(name=name, is_turned=is_turned)), sort.labels[is_turned])
    for name, sort in SORTS.items()
    for is_turned in (False, True)
]
