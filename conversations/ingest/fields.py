"""The fields that bodies of the API have in common, as types with their limits (Decision 6 of the contract)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

MAX_CONTENT = 1_000_000
MAX_PROPERTIES = 100
MAX_PROPERTY_KEY = 200
MAX_DEPTH = 32
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
FURTHEST_AHEAD = timedelta(hours=24)

# What the gate refuses by a scan of the body, told in the document.
WITHOUT_NUL = {"pattern": r"^[^\u0000]*$"}
# Python's `$` also matches before a last newline, `\Z` does not.
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
Text = Annotated[str, msgspec.Meta(max_length=MAX_CONTENT, extra_json_schema=WITHOUT_NUL)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, extra_json_schema=WITHOUT_NUL)]
# What somebody is called; empty for nothing.
FreeName = Annotated[str, msgspec.Meta(max_length=255, extra_json_schema=WITHOUT_NUL)]
PROPERTIES_SCHEMA = {
    "maxProperties": MAX_PROPERTIES,
    "propertyNames": {"maxLength": MAX_PROPERTY_KEY, **WITHOUT_NUL},
}
Properties = Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=PROPERTIES_SCHEMA)]
Variables = Annotated[dict[str, Text], msgspec.Meta(extra_json_schema=PROPERTIES_SCHEMA)]
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Id = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uuid"})]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
