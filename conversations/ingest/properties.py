"""Custom properties of users and organizations: how what is sent merges into what is stored (Decision 8)."""

from typing import Any

import msgspec

from conversations.ingest.fields import MAX_PROPERTIES, Properties
from greenflash_site.api.errors import ApiError, invalid

# Of all that was merged together, so that no row grows with every request; as PostgreSQL stores it.
MAX_BYTES = 1024 * 1024


def merge_parameters(sent: Properties | None) -> dict[str, Any]:
    """What a statement merges by: `properties` are set, `removed` taken away, within the two limits."""
    sent = sent or {}
    return {
        "properties": msgspec.json.encode({key: value for key, value in sent.items() if value is not None}).decode(),
        "removed": [key for key, value in sent.items() if value is None],
        "most_properties": MAX_PROPERTIES,
        "most_bytes": MAX_BYTES,
    }


def merge_refusal(problem: str) -> ApiError:
    """400: what a statement found when it merged, by its word for it."""
    if problem == "too_many_properties":
        message = f"At most {MAX_PROPERTIES} properties, with those that are stored already."
    else:
        message = f"All properties together take at most {MAX_BYTES // 1024} KiB, with those that are stored already."
    return invalid(message, "$.properties", code=problem)
