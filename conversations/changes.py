"""Whether a conversation has changed, told by one look at one row: the reader asks every few seconds."""

from django.core import signing

from conversations.models import Conversation
from greenflash_site.compiled import prepared

SALT = "conversations.changes"
# So long a page may ask without its reader being let in anew.
LIFETIME = 600  # seconds


def change_ticket(conversation: Conversation) -> str:
    """What to ask `is_unchanged` with: which conversation, and when it was written last; signed."""
    written = conversation.updated_at.isoformat()
    return signing.dumps([str(conversation.workspace_id), str(conversation.id), written], salt=SALT, compress=False)


def is_unchanged(ticket: str) -> bool:
    """Whether nothing was written since; False also for a ticket that has expired. BadSignature for nonsense."""
    try:
        workspace, conversation, written = signing.loads(ticket, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        return False
    # Without the ORM: the whole answer takes less time than the ORM needs to write its SQL.
    rows = prepared(
        "select updated_at from conversation where id = %s and workspace_id = %s", [conversation, workspace]
    )
    return [updated_at.isoformat() for (updated_at,) in rows] == [written]
