-- Keeps one event, with the user and organization it is the first to mention (events.py calls it).
--
-- It writes in the order of accept.sql, organization, participant, then the event, and like there what another request
-- stored meanwhile makes it fail on purpose (a division by zero), to be run again. A refusal is told in `problem`; then
-- nothing was written, and neither was anything when `known` has the insert id.
with known as materialized (
  select id from event where workspace_id = %(workspace)s::uuid and insert_id = %(insert_id)s::text
), conversation_found as materialized (
  select c.id, c.product_id, c.external_id from conversation c
   where c.workspace_id = %(workspace)s::uuid and c.id = %(conversation)s::uuid
     and c.product_id = any(%(reachable)s::uuid[])
  union all
  select c.id, c.product_id, c.external_id from conversation c
   where %(conversation)s::uuid is null and c.workspace_id = %(workspace)s::uuid and c.product_id = %(product)s::uuid
     and c.external_id = %(external_conversation)s::text
), organization_found as materialized (
  select id, external_id from organization
   where workspace_id = %(workspace)s::uuid and id = %(organization)s::uuid
  union all
  select id, external_id from organization
   where %(organization)s::uuid is null and workspace_id = %(workspace)s::uuid
     and external_id = %(external_organization)s::text
), participant_found as materialized (
  select id, external_id from participant
   where workspace_id = %(workspace)s::uuid and id = %(participant)s::uuid
  union all
  select id, external_id from participant
   where %(participant)s::uuid is null and workspace_id = %(workspace)s::uuid
     and external_id = %(external_participant)s::text
), problem as materialized (
  select case
    when exists (select from known) then null
    when (%(conversation)s::uuid is not null or %(external_conversation)s::text is not null)
         and not exists (select from conversation_found) then 'conversation_not_found'
    when exists (select from conversation_found where product_id <> %(product)s::uuid
                    or external_id is distinct from coalesce(%(external_conversation)s::text, external_id))
      then 'conversation_mismatch'
    when %(participant)s::uuid is not null and not exists (select from participant_found) then 'participant_not_found'
    when exists (select from participant_found where external_id <> %(external_participant)s::text)
      then 'participant_mismatch'
    when %(organization)s::uuid is not null and not exists (select from organization_found) then 'organization_not_found'
    when exists (select from organization_found where external_id <> %(external_organization)s::text)
      then 'organization_mismatch'
    end as code
), allowed as materialized (
  -- The lock is the request's own: were it sent again meanwhile, that one would wait (greenflash_site/api/retries.py).
  select pg_advisory_xact_lock(%(lock)s::bigint)
   where (select code from problem) is null and not exists (select from known)
), organization_made as (
  insert into organization (id, workspace_id, external_id, name, created_at, updated_at)
  select %(new_organization)s::uuid, %(workspace)s::uuid, %(external_organization)s::text, '', %(now)s::timestamptz,
         %(now)s::timestamptz
    from allowed where %(external_organization)s::text is not null and not exists (select from organization_found)
  on conflict (workspace_id, external_id) do nothing returning id
), its_organization as materialized (
  select id from organization_found union all select id from organization_made
), participant_made as (
  insert into participant (id, workspace_id, external_id, name, email, organization_id, created_at, updated_at)
  select %(new_participant)s::uuid, %(workspace)s::uuid, %(external_participant)s::text, '', '',
         (select id from its_organization), %(now)s::timestamptz, %(now)s::timestamptz
    from allowed where %(external_participant)s::text is not null and not exists (select from participant_found)
  on conflict (workspace_id, external_id) do nothing returning id
), its_participant as materialized (
  select id from participant_found union all select id from participant_made
), made as (
  insert into event (
    id, workspace_id, product_id, participant_id, organization_id, conversation_id, type, value, value_type, influence,
    quality_impact_score, properties, insert_id, event_at, created_at, request_hash)
  select %(event)s::uuid, %(workspace)s::uuid, %(product)s::uuid, (select id from its_participant),
         (select id from its_organization), (select id from conversation_found), %(type)s::text, %(value)s::text,
         %(value_type)s::text, %(influence)s::text, %(quality_impact_score)s::float8, %(properties)s::jsonb,
         %(insert_id)s::text, %(event_at)s::timestamptz, %(now)s::timestamptz, %(request_hash)s::uuid
    from allowed
  on conflict do nothing returning id
), uncounted_now as ( -- for the worker (conversations/tallies.py)
  insert into uncounted (workspace_id, event_id) select %(workspace)s::uuid, id from made
)
select problem.code as problem, coalesce((select id from known), (select id from made)) as event,
       exists (select from made) as created,
       1 / case when problem.code is not null or exists (select from known)
                  or (exists (select from made)
                      and (%(external_organization)s::text is null or exists (select from its_organization))
                      and (%(external_participant)s::text is null or exists (select from its_participant))) then 1 else 0 end as whole
  from problem
