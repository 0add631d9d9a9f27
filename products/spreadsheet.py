"""Rows as CSV that a spreadsheet opens as they are: nothing in them is run."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

CONTENT_TYPE = "text/csv; charset=utf-8"
# Without it Excel takes the file for Latin-1.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What a spreadsheet would take for a formula, and run.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """These rows as lines of a file: times in UTC, and a `'` before what would be run."""
    text = StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    # Half of a surrogate pair cannot be in PostgreSQL, so this never fails.
    return text.getvalue().encode()


def iso(at: datetime) -> str:
    """A time in UTC, in ISO 8601."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
