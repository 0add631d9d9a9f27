"""Makes search rows of messages; the worker's visits call it."""

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from conversations.folding import fold
from conversations.models import SearchRow

# A row lies on one page of the table, uncompressed, so that looking through it costs 5 µs; longer ones are set aside.
ROW_BYTES = 6_000
# Scripts whose words are of one or two characters or not told apart by spaces, and emoji.
BEYOND_ALPHABETS = re.compile(r"[\u0e00-\U0010ffff]+")


def search_rows(
    conversation_id: UUID, workspace_id: UUID, said: Iterable[tuple[int, UUID, str]]
) -> Iterator[SearchRow]:
    """Rows of what was said in a conversation: the position, id and content of each message, in their order."""
    texts: list[str] = []
    ids: list[UUID] = []
    first = size = 0

    def row() -> SearchRow:
        text = SearchRow.SEPARATOR.join(texts)
        found = grams(text)
        return SearchRow(
            conversation_id=conversation_id,
            workspace_id=workspace_id,
            position=first,
            message_ids=b"".join(id.bytes for id in ids),
            text=text,
            grams=" ".join(sorted({*found, str(workspace_id)})) if found else None,
        )

    for position, message_id, content in said:
        text = fold(content)
        if not text:
            continue
        length = len(text.encode())
        if texts and size + length > ROW_BYTES:
            yield row()
            texts, ids, size = [], [], 0
        if not texts:
            first = position
        texts.append(text)
        ids.append(message_id)
        size += length
    if texts:
        yield row()


def grams(text: str) -> set[str]:
    """Of a folded text, each character beyond the alphabets and each two in a row."""
    found: set[str] = set()
    for run in BEYOND_ALPHABETS.findall(text):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return found
