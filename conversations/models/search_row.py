"""A search row: a stretch of a conversation as search reads it, kept by the worker's visits."""

from django.db import models

from conversations.models.conversation import Conversation
from products.models import Workspace


class SearchRow(models.Model):
    """What a few messages in a row say, folded (conversations/folding.py); written once and never changed.

    `text` holds what they say, one after the other, with SEPARATOR between; `message_ids` is 16 bytes for each of them,
    and `position` that of the first. `grams` is what pg_trgm makes no trigrams of (conversations/search_rows.py) and
    the workspace's id, with spaces between. docs/search.md tells why the table is shaped so; a migration makes its
    indexes, as far as the database has pg_trgm.
    """

    SEPARATOR = "\x1f"  # white space to a folded text, so never in it

    pk = models.CompositePrimaryKey("conversation_id", "position", "workspace_id")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="search_rows", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    message_ids = models.BinaryField()
    text = models.TextField()
    grams = models.TextField(null=True)  # noqa: DJ001 - null: nothing of the kind

    class Meta:
        db_table = "search_row"

    def __str__(self) -> str:
        return f"{self.conversation_id} from {self.position}"
