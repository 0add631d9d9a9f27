"""The worker's visits: what a conversation's new messages ask for and their sender need not wait for.

That is counting their tokens, adding them to the tallies (conversations/tallies.py), and making them searchable
(conversations/search_rows.py).

Ingest marks a conversation due (`search_due_at`); the worker (`manage.py worker`) visits those that wait longest.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection, connections, transaction

from conversations.ingest.tokens import message_tokens
from conversations.models import SearchRow
from conversations.search_rows import search_rows
from conversations.tallies import Counted, count_uncounted, tally

logger = logging.getLogger(__name__)

# A batch is one transaction, as large as keeps the price of a commit small: the memory it takes follows from these.
CONVERSATIONS = 250
MESSAGES = 2_000
BYTES = 4_000_000
POLL_SECONDS = 0.5
LONGEST_PAUSE = 30.0
# Whoever sends or reads comes first: the worker, and the database on its behalf.
NICENESS = 10

# A visitor holds an advisory lock, not the conversation's row: who sends a message never waits for a visit, while other
# visitors pass by. `offset 0` keeps the planner from locking conversations beyond the limit.
CLAIM = """
select id from (
  select id from conversation where search_due_at is not null order by search_due_at offset 0) as due
 where pg_try_advisory_xact_lock(uuid_hash_extended(id, 8)) limit %s
"""
# Read after the locks were taken, so that what the visitor before us has done is seen. One row for each new message, at
# least one for each conversation; `reached` is the position up to which all is seen with this row.
NEW_MESSAGES = """
select id, workspace_id, message_id, position, type, content, created_at, reached,
       position > counted_position as is_counted_now, position > indexed_position as is_indexed_now from (
  select c.id, c.workspace_id, c.search_due_at, c.counted_position, c.indexed_position,
         m.id as message_id, m.position, m.type, m.content, m.created_at,
         case when lead(m.position) over (partition by c.id order by m.position) is null
              then c.last_position else m.position end as reached,
         sum(octet_length(m.content)) over (
           order by c.search_due_at, c.id, m.position rows between unbounded preceding and 1 preceding) as bytes_before
    from conversation c left join lateral (
      select m.id, m.position, m.type, m.content, m.created_at from message m
       where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.position <= c.last_position
         and m.position > least(c.counted_position, c.indexed_position)
       order by m.position limit %s) as m on true
   where c.id = any(%s) and c.search_due_at is not null) as new
 where coalesce(bytes_before, 0) < %s order by search_due_at, id, position limit %s
"""
# What a GIN index is told waits in a list that each search reads through; a batch of it is sorted in at a tenth of the
# price of one by one.
TIDY_INDEXES = """
select gin_clean_pending_list(index) from unnest(array[to_regclass('search_row_text'), to_regclass('search_row_grams')])
    as index where index is not null
"""
# The row is locked by this last statement alone; a message that came meanwhile leaves the conversation due.
RECORD = """
update conversation c
   set half_tokens = c.half_tokens + 2 * v.tokens, counted_position = greatest(c.counted_position, v.reached),
       indexed_position = greatest(c.indexed_position, v.reached),
       search_due_at = case when c.last_position > v.reached then c.search_due_at end
  from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::bigint[]) as v(id, workspace_id, reached, tokens)
 where c.workspace_id = v.workspace_id and c.id = v.id
"""


@dataclass
class Visit:
    """What a batch did in one conversation."""

    id: UUID
    workspace_id: UUID
    reached: int = 0
    tokens: int = 0
    said: list[tuple[int, UUID, str]] = field(default_factory=list)


@contextmanager
def visiting() -> Iterator[None]:
    """Visit, in a thread of its own, whatever is or becomes due; the batch that has begun is finished at the end."""
    stop = Event()
    thread = Thread(target=_visit_until, args=[stop], name="visits")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def visit_due_conversations() -> bool:
    """Visit one batch of due conversations, in one transaction; whether more were waiting than it could take."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [CONVERSATIONS])
        claimed = [id for (id,) in cursor.fetchall()]
        if not claimed:
            return False
        # A plan made while the tables were small must not read them whole. And a visit that a crash takes back is made
        # again: nobody needs to wait until it is on the disk.
        cursor.execute("set local enable_seqscan = off; set local synchronous_commit = off")
        cursor.execute(NEW_MESSAGES, [MESSAGES + 1, claimed, BYTES, MESSAGES])
        messages = cursor.fetchall()
        visits: dict[UUID, Visit] = {}
        counted: list[Counted] = []
        for row in messages:
            id, workspace_id, message_id, position, type, content, at, reached, is_counted_now, is_indexed_now = row
            visit = visits.setdefault(id, Visit(id, workspace_id))
            visit.reached = reached
            if is_counted_now:
                tokens = message_tokens(type, content)
                visit.tokens += tokens
                counted.append(Counted(id, at, type, 2 * tokens))
            if is_indexed_now and content:
                visit.said.append((position, message_id, content))
        done = visits.values()
        SearchRow.objects.bulk_create(
            row for visit in done for row in search_rows(visit.id, visit.workspace_id, visit.said)
        )
        cursor.execute(TIDY_INDEXES)
        tally(((visit.id, visit.workspace_id) for visit in done), counted)
        cursor.execute(
            RECORD,
            [
                [visit.id for visit in done],
                [visit.workspace_id for visit in done],
                [visit.reached for visit in done],
                [visit.tokens for visit in done],
            ],
        )
    return len(claimed) == CONVERSATIONS or len(messages) == MESSAGES or len(visits) < len(claimed)


def _come_last() -> None:
    """Give the embedded database's process behind this thread's connection the worker's own low priority."""
    if settings.GREENFLASH.embedded_database:
        connection.ensure_connection()
        with suppress(OSError):  # not ours to change, or gone
            os.setpriority(os.PRIO_PROCESS, connection.connection.info.backend_pid, NICENESS)


def _visit_until(stop: Event) -> None:
    pause = POLL_SECONDS
    while not stop.is_set():
        try:
            close_old_connections()
            _come_last()
            is_behind = [visit_due_conversations(), count_uncounted()]
            pause = 0.0 if any(is_behind) else POLL_SECONDS
        except Exception:
            pause = min(2 * (pause or POLL_SECONDS), LONGEST_PAUSE)
            logger.exception("Visiting conversations failed; trying again in %g s.", pause)
        stop.wait(pause)
    connections.close_all()
