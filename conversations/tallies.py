"""Keeps tallies (conversations/models/tally.py): exactly once, whatever comes late, again or at the same time.

Messages are added once each by the visit that reads them (conversations/visits.py). What may change later (when a
conversation began, which of its ratings stand, what its prompts cost) is counted anew and the difference is added. Both
happen in the transaction that says that it was done, by who holds the conversation's advisory lock.
"""

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
# What users and organizations have; all but the events is of their conversations.
THEIRS = ("conversations", "messages", "ratings", "rating_sum", "events")


def _quarter(time: str) -> str:
    return f"date_bin('15 minutes', {time}, timestamptz '2000-01-01 00:00:00+00')"


def _add(table: str, names: Sequence[str] = COUNTS) -> str:
    return ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names)


def _of_people(who: str, source: str) -> str:
    """Adds what is in a table of changes to the tally of users ("participant") or of organizations."""
    return f"""
  insert into {who}_tally as t (workspace_id, product_id, {who}_id, {", ".join(THEIRS)}, first_at, last_at)
  select workspace_id, product_id, {who}_id, {", ".join(f"sum({name})" for name in THEIRS)}, min(first_at), max(last_at)
    from {source} where {who}_id is not null
   group by workspace_id, product_id, {who}_id order by workspace_id, product_id, {who}_id
  on conflict (workspace_id, product_id, {who}_id) do update
     set {_add("t", THEIRS)}, first_at = least(t.first_at, excluded.first_at),
         last_at = greatest(t.last_at, excluded.last_at)"""


# Rows are written in the order of their keys, tables in one order, so that two workers never wait for each other in a
# circle; that is why conversations and events are added to what users and organizations have by one statement.
TALLY = f"""
with visited as materialized (
  select c.workspace_id, c.id, c.product_id, c.participant_id, c.organization_id, c.first_message_at, c.last_message_at
    from unnest(%(ids)s::uuid[], %(workspaces)s::uuid[]) as v(id, workspace_id)
    join conversation c on c.workspace_id = v.workspace_id and c.id = v.id
), said as (
  select * from unnest(%(said)s::uuid[], %(times)s::timestamptz[], %(messages)s::int[], %(user_messages)s::int[],
                       %(tool_calls)s::int[], %(tool_errors)s::int[], %(half_tokens)s::bigint[])
    as s(id, time, messages, user_messages, tool_calls, tool_errors, half_tokens)
), happened as materialized (
  select e.* from unnest(%(events)s::uuid[], %(events_workspaces)s::uuid[]) as h(id, workspace_id)
    join event e on e.workspace_id = h.workspace_id and e.id = h.id
), rated as (
  select distinct on (r.workspace_id, r.conversation_id, r.message_id) r.conversation_id as id, r.rated_at, r.normalized
    from visited v join rating r on r.workspace_id = v.workspace_id and r.conversation_id = v.id
   order by r.workspace_id, r.conversation_id, r.message_id, r.rated_at desc, r.id desc
), before as materialized (
  select v.id, t.organization_id is null and v.organization_id is not null as had_no_organization, t.*
    from visited v join conversation_tally t on t.workspace_id = v.workspace_id and t.conversation_id = v.id
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
  select id, quarter, 0, 0, 0, 0, 0, -conversations, -prompt_half_tokens, -ratings, -low_ratings, -high_ratings,
         -rating_sum
    from before
), changed as materialized (
  select v.workspace_id, v.id as conversation_id, v.product_id, v.participant_id, v.organization_id,
         v.first_message_at as first_at, v.last_message_at as last_at, c.* from (
    select id, quarter, {", ".join(f"sum({name}) as {name}" for name in COUNTS)} from parts group by id, quarter) as c
    join visited v on v.id = c.id
   where ({", ".join(COUNTS)}) <> ({", ".join("0" for _ in COUNTS)})
      or v.id in (select id from before where had_no_organization)
), of_each as materialized (
  select workspace_id, product_id, participant_id, organization_id, {", ".join(THEIRS[:-1])},
         0 as events, first_at, last_at
    from changed
  union all
  select workspace_id, product_id, participant_id, organization_id, 0, 0, 0, 0, 1, null, null from happened
), by_conversation as (
  insert into conversation_tally as t
    (workspace_id, conversation_id, product_id, participant_id, organization_id, quarter, {", ".join(COUNTS)})
  select workspace_id, conversation_id, product_id, participant_id, organization_id, quarter, {", ".join(COUNTS)}
    from changed order by workspace_id, conversation_id, quarter
  on conflict (workspace_id, conversation_id, quarter) do update
     set organization_id = excluded.organization_id, {_add("t")}
), by_product as (
  insert into product_tally as t (workspace_id, product_id, quarter, {", ".join(COUNTS)})
  select workspace_id, product_id, quarter, {", ".join(f"sum({name})" for name in COUNTS)} from changed
   group by workspace_id, product_id, quarter order by workspace_id, product_id, quarter
  on conflict (workspace_id, product_id, quarter) do update set {_add("t")}
), by_type as ( -- values are checked as they come in: PostgreSQL reads each of them as a number
  insert into event_tally as t (workspace_id, product_id, quarter, type, events, positive, negative, value)
  select workspace_id, product_id, {_quarter("event_at")} as quarter, type, count(*),
         count(*) filter (where influence = 'positive'), count(*) filter (where influence = 'negative'),
         coalesce(sum(value::numeric) filter (where value_type in ('currency', 'numeric')), 0)
    from happened
   group by workspace_id, product_id, quarter, type order by workspace_id, product_id, quarter, type
  on conflict (workspace_id, product_id, quarter, type) do update
     set events = t.events + excluded.events, positive = t.positive + excluded.positive,
         negative = t.negative + excluded.negative, value = t.value + excluded.value
), by_participant as ({_of_people("participant", "of_each")}
), of_organizations as (
  select * from of_each
  union all -- what was counted while a conversation had no organization is its organization's, too
  select b.workspace_id, b.product_id, b.participant_id, v.organization_id, {", ".join(THEIRS[:-1])},
         0, v.first_message_at, v.last_message_at
    from before b join visited v on v.id = b.id where b.had_no_organization
)
{_of_people("organization", "of_organizations")}
"""
# A conversation that somebody else is counting is left for the next time.
CLAIM = """
select id, workspace_id, conversation_id, event_id from (
  select * from uncounted order by id limit %s for update skip locked) as waiting
 where conversation_id is null or pg_try_advisory_xact_lock(uuid_hash_extended(conversation_id, 8))
"""
TAKE_AWAY = "delete from uncounted where id = any(%s)"


@dataclass(frozen=True, slots=True)
class Counted:
    """A message that a visit has counted; `half_tokens` are twice its tokens."""

    conversation_id: UUID
    created_at: datetime
    type: str
    half_tokens: int


def tally(
    conversations: Iterable[tuple[UUID, UUID]],
    said: Sequence[Counted] = (),
    events: Sequence[tuple[UUID, UUID]] = (),
) -> None:
    """Add what was said, and whatever else is new, to the tallies of these conversations; and these events.

    Of each it takes id and workspace. Whoever calls it holds the conversations' advisory locks, and commits it with the
    note that these messages and events are counted.
    """
    pairs = list(conversations)
    if not pairs and not events:
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
                "events": [id for id, _ in events],
                "events_workspaces": [workspace_id for _, workspace_id in events],
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
        tally(
            {(conversation_id, workspace_id) for _, workspace_id, conversation_id, _ in claimed if conversation_id},
            events=[(event_id, workspace_id) for _, workspace_id, _, event_id in claimed if event_id],
        )
        cursor.execute(TAKE_AWAY, [[id for id, *_ in claimed]])
    return len(claimed) == UNCOUNTED
