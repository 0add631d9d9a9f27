"""What has arrived in the list since a page of it was made; the page asks every few seconds.

Whether anything has arrived at all is told by one look into an index, for a ticket rather than for a person.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import connection

from conversations.filters import ConversationFilter
from conversations.models import ConversationQuerySet, conversations_of

SALT = "conversations.arrivals"
# So long a page may ask without its reader being let in anew.
LIFETIME = 600  # seconds
# Messages are told to have been said up to so long before they arrive; later ones appear when the page is made anew.
LATE = timedelta(minutes=1)
MOST = 100


@dataclass(frozen=True)
class Arrivals:
    """How many conversations began and how many went on; at most `MOST` are counted, `is_capped` says of more."""

    begun: int
    continued: int
    is_capped: bool

    @property
    def text(self) -> str:
        """ "3 new conversations, 1 with new messages"."""
        if not self.begun:
            return f"{self._number(self.continued)} with new messages"
        return f"{self._number(self.begun, 'new ')}" + (f", {self.continued} with new messages" * bool(self.continued))

    def _number(self, count: int, kind: str = "") -> str:
        return f"{count}{'+' * self.is_capped} {kind}conversation{'s' * (count != 1)}"


def arrivals_ticket(chosen: ConversationFilter, since: datetime) -> str:
    """What to ask `has_arrivals` with: since when, and in which products; signed."""
    products = [product.id.hex for product in chosen.products]
    return signing.dumps([chosen.workspace_id.hex, products, since.isoformat()], salt=SALT, compress=True)


def has_arrivals(ticket: str) -> bool:
    """Whether anything arrived in its products; True where the ticket has expired or is none: look yourself."""
    try:
        workspace, products, since = signing.loads(ticket, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return True
    moment = datetime.fromisoformat(since)
    with connection.cursor() as cursor:
        # Without the ORM, which would take longer than the answer.
        cursor.execute(
            "select exists (select from conversation where workspace_id = %s and product_id = any(%s)"
            " and last_message_at > %s and updated_at > %s)",
            [UUID(workspace), [UUID(product) for product in products], moment - LATE, moment],
        )
        return bool(cursor.fetchone()[0])


def arrivals(chosen: ConversationFilter, since: datetime) -> Arrivals | None:
    """What has arrived of what the filter lets through; None for nothing."""
    found = since_then(chosen.apply(conversations_of(chosen.products)), since)
    begun = list(found.values_list("created_at", flat=True)[: MOST + 1])
    if not begun:
        return None
    counted = begun[:MOST]
    new = sum(created_at > since for created_at in counted)
    return Arrivals(begun=new, continued=len(counted) - new, is_capped=len(begun) > MOST)


def since_then(conversations: ConversationQuerySet, since: datetime) -> ConversationQuerySet:
    """Those in which something arrived since."""
    return conversations.filter(last_message_at__gt=since - LATE, updated_at__gt=since)


def moment(text: str) -> datetime | None:
    """A moment as a page's address names it; None for nonsense."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and 1970 < at.year < 9999 else None
