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

# A look-ahead, because `$` also matches before a last newline.
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^(?![\s\S]*[\x00-\x1f\x7f-\x9f])")]
Text = Annotated[str, msgspec.Meta(max_length=MAX_CONTENT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Properties = dict[str, Any]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
