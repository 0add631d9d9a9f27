-- Keeps one rating, and shows it on its conversation if it is the latest (ratings.py calls it).
--
-- One row is locked, the conversation's, and only where it is the conversation that was rated; whether the rating is the
-- latest is decided by the row as it is then. A refusal is told in `problem`; then nothing was written.
with conversation_found as materialized (
  select c.id, c.product_id, c.external_id from conversation c
   where c.workspace_id = %(workspace)s::uuid and c.id = %(conversation)s::uuid
     and c.product_id = any(%(reachable)s::uuid[])
  union all
  select c.id, c.product_id, c.external_id from conversation c
   where %(conversation)s::uuid is null and c.workspace_id = %(workspace)s::uuid
     and c.product_id = any(%(products)s::uuid[]) and c.external_id = %(external_conversation)s::text
), message_found as materialized (
  select m.id, m.conversation_id, m.external_id, c.product_id
    from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
   where m.workspace_id = %(workspace)s::uuid and m.id = %(message)s::uuid and c.product_id = any(%(reachable)s::uuid[])
  union all
  -- By the caller's own id, in the conversation that is named …
  select m.id, m.conversation_id, m.external_id, c.product_id
    from conversation_found c
    join message m on m.workspace_id = %(workspace)s::uuid and m.conversation_id = c.id
                  and m.external_id = %(external_message)s::text
                  and hashtextextended(m.external_id, uuid_hash_extended(m.workspace_id, 0))
                    = hashtextextended(%(external_message)s::text, uuid_hash_extended(%(workspace)s::uuid, 0))
   where %(message)s::uuid is null
  union all
  -- … or in whichever has it: one after the other by the index of workspace and id hashed together, and its conversation
  -- by its key, until there are two, which is enough to know of several. While the planner has not seen how many there
  -- are, it would rather read all conversations of a product; `offset 0` keeps it from that.
  (select m.id, m.conversation_id, m.external_id, m.product_id
     from (select m.id, m.workspace_id, m.conversation_id, m.external_id,
                  (select c.product_id from conversation c
                    where c.workspace_id = m.workspace_id and c.id = m.conversation_id) as product_id
             from message m
            where %(message)s::uuid is null and %(conversation)s::uuid is null
              and %(external_conversation)s::text is null and m.external_id is not null
              and hashtextextended(m.external_id, uuid_hash_extended(m.workspace_id, 0))
                = hashtextextended(%(external_message)s::text, uuid_hash_extended(%(workspace)s::uuid, 0))
           offset 0) as m
    where m.workspace_id = %(workspace)s::uuid and m.external_id = %(external_message)s::text
      and m.product_id = any(%(products)s::uuid[])
    limit 2)
), target as materialized (
  select id as message_id, conversation_id, product_id from message_found
  union all
  select null, id, product_id from conversation_found
   where %(message)s::uuid is null and %(external_message)s::text is null
), problem as materialized (
  select case
    when (%(conversation)s::uuid is not null or %(external_conversation)s::text is not null)
         and not exists (select from conversation_found) then 'conversation_not_found'
    when (select count(*) from conversation_found) > 1 then 'conversation_ambiguous'
    when exists (select from conversation_found where external_id is distinct from
           coalesce(%(external_conversation)s::text, external_id) or product_id <> %(product)s::uuid)
      then 'conversation_mismatch'
    when not exists (select from target) then 'message_not_found'
    when (select count(*) from target) > 1 then 'message_ambiguous'
    when exists (select from message_found where external_id is distinct from
           coalesce(%(external_message)s::text, external_id) or product_id <> %(product)s::uuid)
         or exists (select from target, conversation_found where target.conversation_id <> conversation_found.id)
      then 'message_mismatch'
    end as code
), allowed as materialized (
  -- The lock is the request's own: were it sent again meanwhile, that one would wait (greenflash_site/api/retries.py).
  select pg_advisory_xact_lock(%(lock)s::bigint) where (select code from problem) is null
), shown as (
  update conversation c
     set rating = %(value)s::float8, rating_min = %(minimum)s::float8, rating_max = %(maximum)s::float8,
         rating_normalized = %(normalized)s::float8, feedback = nullif(%(feedback)s::text, ''),
         rated_at = %(rated_at)s::timestamptz, updated_at = greatest(c.updated_at, %(now)s::timestamptz)
   where c.workspace_id = %(workspace)s::uuid
     and c.id = (select target.conversation_id from target, allowed where target.message_id is null)
     and (c.rated_at is null or c.rated_at <= %(rated_at)s::timestamptz)
  returning 1
), kept as (
  insert into rating (id, workspace_id, conversation_id, product_id, participant_id, organization_id, message_id, value,
                      minimum, maximum, normalized, feedback, rated_at, created_at, request_hash)
  select %(rating)s::uuid, %(workspace)s::uuid, c.id, c.product_id, c.participant_id, c.organization_id,
         target.message_id, %(value)s::float8, %(minimum)s::float8, %(maximum)s::float8, %(normalized)s::float8,
         %(feedback)s::text, %(rated_at)s::timestamptz, %(now)s::timestamptz, %(request_hash)s::uuid
    from target, allowed, (select count(*) from shown) as shown_first,
         lateral (select * from conversation its where its.workspace_id = %(workspace)s::uuid
                     and its.id = target.conversation_id limit 1) as c -- by its key, like what was found
  returning conversation_id
), uncounted_now as ( -- for the worker (conversations/tallies.py)
  insert into uncounted (workspace_id, conversation_id) select %(workspace)s::uuid, conversation_id from kept
)
select problem.code as problem, (select count(*) from kept) as kept from problem
