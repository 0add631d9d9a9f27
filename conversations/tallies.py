"""Keeps tallies (conversations/models/tally.py): exactly once, whatever comes late, again or at the same time.

Messages are added once each by the visit that reads them (conversations/visits.py). What may change later (when a
conversation began, which of its ratings stand, what its prompts cost) is counted anew and the difference is added. Both
happen in the transaction that says that it was done, by who holds the conversation's advisory lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from conversations.models import MessageType
from conversations.models.rating import HIGH, LOW

# Events and ratings that are counted in one transaction.
UNCOUNTED = 1_000

# The first column is the conversation or product, the rest are in the order of Tally.
ADDED = ("messages", "user_messages", "tool_calls", "tool_errors", "half_tokens")
ANEW = ("conversations", "prompt_half_tokens", "ratings", "low_ratings", "high_ratings", "rating_sum")
COUNTS = (*ADDED, *ANEW)


def _quarter(time: str) -> str:
    return f"date_bin('15 minutes', {time}, timestamptz '2000-01-01 00:00:00+00')"


def _add(table: str) -> str:
    return ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COUNTS)


# Rows are written in the order of their keys, so that two workers never wait for each other in a circle.
TALLY = f"""
with visited as materialized (
  select c.workspace_id, c.id, c.product_id, c.participant_id, c.first_message_at
    from unnest(%(ids)s::uuid[], %(workspaces)s::uuid[]) as v(id, workspace_id)
    join conversation c on c.workspace_id = v.workspace_id and c.id = v.id
), said as (
  select * from unnest(%(said)s::uuid[], %(times)s::timestamptz[], %(messages)s::int[], %(user_messages)s::int[],
                       %(tool_calls)s::int[], %(tool_errors)s::int[], %(half_tokens)s::bigint[])
    as s(id, time, messages, user_messages, tool_calls, tool_errors, half_tokens)
), rated as (
  select distinct on (r.workspace_id, r.conversation_id, r.message_id) r.conversation_id as id, r.rated_at, r.normalized
    from visited v join rating r on r.workspace_id = v.workspace_id and r.conversation_id = v.id
   order by r.workspace_id, r.conversation_id, r.message_id, r.rated_at desc, r.id desc
), parts as (
  select id, {_quarter("time")} as quarter, messages, user_messages, tool_calls, tool_errors, half_tokens,
         0 as conversations, 0::bigint as prompt_half_tokens, 0 as ratings, 0 as low_ratings, 0 as high_ratings,
         0::numeric as rating_sum
    from said
  union all
  select id, {_quarter("first_message_at")}, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 from visited
  union all
  select v.id, {_quarter("p.created_at")}, 0, 0, 0, 0, 0, 0, p.half_tokens, 0, 0, 0, 0
    from visited v join prompt_use p on p.workspace_id = v.workspace_id and p.conversation_id = v.id
  union all
  select id, {_quarter("rated_at")}, 0, 0, 0, 0, 0, 0, 0, 1,
         (normalized < {LOW})::int, (normalized >= {HIGH})::int, normalized::numeric
    from rated
  union all -- what was counted before is taken off
  select v.id, t.quarter, 0, 0, 0, 0, 0, -t.conversations, -t.prompt_half_tokens, -t.ratings, -t.low_ratings,
         -t.high_ratings, -t.rating_sum
    from visited v join conversation_tally t on t.workspace_id = v.workspace_id and t.conversation_id = v.id
), changed as materialized (
  select v.workspace_id, v.id as conversation_id, v.product_id, v.participant_id, c.* from (
    select id, quarter, {", ".join(f"sum({name}) as {name}" for name in COUNTS)} from parts group by id, quarter) as c
    join visited v on v.id = c.id
   where ({", ".join(COUNTS)}) <> ({", ".join("0" for _ in COUNTS)})
), by_conversation as (
  insert into conversation_tally as t
    (workspace_id, conversation_id, product_id, participant_id, quarter, {", ".join(COUNTS)})
  select workspace_id, conversation_id, product_id, participant_id, quarter, {", ".join(COUNTS)} from changed
   order by workspace_id, conversation_id, quarter
  on conflict (workspace_id, conversation_id, quarter) do update set {_add("t")}
)
insert into product_tally as t (workspace_id, product_id, quarter, {", ".join(COUNTS)})
select workspace_id, product_id, quarter, {", ".join(f"sum({name})" for name in COUNTS)} from changed
 group by workspace_id, product_id, quarter order by workspace_id, product_id, quarter
on conflict (workspace_id, product_id, quarter) do update set {_add("t")}
"""
# A conversation that somebody else is counting is left for the next time.
CLAIM = """
select id, workspace_id, conversation_id, event_id from (
  select * from uncounted order by id limit %s for update skip locked) as waiting
 where conversation_id is null or pg_try_advisory_xact_lock(uuid_hash_extended(conversation_id, 8))
"""
# Values are checked as they come in: PostgreSQL reads each of them as a number.
EVENTS = f"""
insert into event_tally as t (workspace_id, product_id, quarter, type, events, positive, negative, value)
select workspace_id, product_id, {_quarter("event_at")} as quarter, type, count(*),
       count(*) filter (where influence = 'positive'), count(*) filter (where influence = 'negative'),
       coalesce(sum(value::numeric) filter (where value_type in ('currency', 'numeric')), 0)
  from event where (workspace_id, id) in (select * from unnest(%s::uuid[], %s::uuid[]))
 group by workspace_id, product_id, quarter, type order by workspace_id, product_id, quarter, type
on conflict (workspace_id, product_id, quarter, type) do update
   set events = t.events + excluded.events, positive = t.positive + excluded.positive,
       negative = t.negative + excluded.negative, value = t.value + excluded.value
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A message that a visit has counted; `half_tokens` are twice its tokens."""

    conversation_id: UUID
    created_at: datetime
    type: str
    half_tokens: int


def tally(conversations: Iterable[tuple[UUID, UUID]], said: Sequence[Counted] = ()) -> None:
    """Add what was said, and whatever else is new, to the tallies of these conversations: id and workspace of each.

    Whoever calls it holds their advisory locks, and commits it with the note that these messages are counted.
    """
    pairs = list(conversations)
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            TALLY,
            {
                "ids": [id for id, _ in pairs],
                "workspaces": [workspace_id for _, workspace_id in pairs],
                "said": [each.conversation_id for each in said],
                "times": [each.created_at for each in said],
                "messages": [1 for _ in said],
                "user_messages": [int(each.type == MessageType.USER_MESSAGE) for each in said],
                "tool_calls": [int(each.type == MessageType.TOOL_CALL) for each in said],
                "tool_errors": [int(each.type == MessageType.TOOL_ERROR) for each in said],
                "half_tokens": [each.half_tokens for each in said],
            },
        )


def count_uncounted() -> bool:
    """Count events, ratings and prompts that wait for it, in one transaction; whether more were waiting."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [UNCOUNTED])
        claimed = cursor.fetchall()
        if not claimed:
            return False
        # A plan made while the tables were small must not read them whole; and a crash takes all of this back.
        cursor.execute("set local enable_seqscan = off; set local synchronous_commit = off")
        # Read after the locks were taken, so that what who held them before has counted is seen.
        tally({(conversation_id, workspace_id) for _, workspace_id, conversation_id, _ in claimed if conversation_id})
        events: dict[UUID, list[UUID]] = defaultdict(list)
        for _, workspace_id, _, event_id in claimed:
            if event_id:
                events[workspace_id].append(event_id)
        pairs = [(workspace_id, id) for workspace_id, ids in events.items() for id in ids]
        if pairs:
            cursor.execute(EVENTS, [[workspace_id for workspace_id, _ in pairs], [id for _, id in pairs]])
        cursor.execute("delete from uncounted where id = any(%s)", [[id for id, *_ in claimed]])
    return len(claimed) == UNCOUNTED
