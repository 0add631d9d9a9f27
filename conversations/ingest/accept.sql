-- The one statement by which messages come in (accept.py calls it; docs/architecture.md tells why it is shaped so).
--
-- One request, one conversation, one round trip. It writes in a fixed order (organization, participant, conversation,
-- messages), so two requests never wait for each other in a circle. What it did not see in its snapshot but finds on
-- writing, because another request committed it meanwhile, makes it fail on purpose (a division by zero): the caller
-- then runs it again, and sees it. A refusal is told in `problem`; then nothing was written.
with input as materialized (
  select * from jsonb_to_recordset(%(messages)s::jsonb) as m(
    i int, id uuid, external_id text, type text, content text, context text, tool_name text, input jsonb, output jsonb,
    model text, tokens int, parent_id uuid, parent_external_id text, properties jsonb, voice jsonb, created_at timestamptz)
), target as materialized (
  -- By its id anywhere in the workspace, so that a contradiction can be told from an absence …
  select c.id, c.product_id, c.external_id from conversation c
   where c.workspace_id = %(workspace)s::uuid and c.id = %(conversation)s::uuid
  union all
  -- … or by the caller's own id, in the product named or in any within reach.
  select c.id, c.product_id, c.external_id from conversation c
   where %(conversation)s::uuid is null and c.workspace_id = %(workspace)s::uuid
     and c.product_id = any(%(products)s::uuid[]) and c.external_id = %(external_conversation)s::text
), existing as materialized (
  -- Message by message through the unique index (the limit keeps the planner to it): the cost must follow what is
  -- sent, not what the conversation holds already.
  select known.* from input n cross join target cross join lateral (
    select m.external_id, m.id, m.type from message m
     where m.workspace_id = %(workspace)s::uuid and m.conversation_id = target.id and m.external_id = n.external_id
     limit 1) as known
), problem as materialized (
  select case
    when %(conversation)s::uuid is not null and not exists (select from target)
      then 'conversation_not_found'
    when exists (select from target where product_id <> all(%(reachable)s::uuid[]))
      then 'product_out_of_reach'
    when %(conversation)s::uuid is not null and exists (
        select from target where product_id <> coalesce(%(product)s::uuid, product_id)
            or (%(external_conversation)s::text is not null and external_id is distinct from %(external_conversation)s::text))
      then 'conversation_mismatch'
    when (select count(*) from target) > 1 then 'conversation_ambiguous'
    when %(conversation)s::uuid is null and %(product)s::uuid is null and not exists (select from target)
      then 'product_required'
    -- Each parent by the primary key, whatever the conversation holds: a join here read all of it once for each message.
    else (select 'parent_not_found:' || min(n.i) from input n where n.parent_id is not null and (
        select m.conversation_id = (select id from target) from message m
         where m.workspace_id = %(workspace)s::uuid and m.id = n.parent_id) is not true)
    end as code
), allowed as materialized (
  -- The lock is the request's own: were it sent again meanwhile, that one would wait (greenflash_site/api/retries.py).
  select pg_advisory_xact_lock(%(lock)s::bigint) where (select code from problem) is null
), fresh as materialized (
  select n.* from input n cross join allowed where not exists (select from existing e where e.external_id = n.external_id)
), used as materialized (
  -- What of its system prompt the conversation has not counted yet.
  select u.fingerprint, u.half_tokens
    from jsonb_to_recordset(%(prompt_uses)s::jsonb) as u(fingerprint uuid, half_tokens int), allowed
   where not exists (select from prompt_use p, target where p.workspace_id = %(workspace)s::uuid
                        and p.conversation_id = target.id and p.fingerprint = u.fingerprint)
), tally as materialized (
  select count(*) as messages, count(*) filter (where type = 'tool_call') as tool_calls,
         min(created_at) as first_at, max(created_at) as last_at,
         2 * coalesce(sum(tokens), 0) + (select coalesce(sum(half_tokens), 0) from used) as half_tokens
    from fresh
), model_made as (
  insert into model (id, workspace_id, canonical_id, display_name, provider, family, created_at)
  select m.id, %(workspace)s::uuid, m.canonical_id, m.display_name, m.provider, m.family, %(now)s::timestamptz
    from jsonb_to_recordset(%(new_models)s::jsonb) as m(
      id uuid, canonical_id text, display_name text, provider text, family text), allowed
  on conflict (workspace_id, canonical_id) do nothing
), organization_found as (
  select id from organization where workspace_id = %(workspace)s::uuid and external_id = %(organization)s::text
), organization_made as (
  insert into organization (id, workspace_id, external_id, name, created_at, updated_at)
  select %(new_organization)s::uuid, %(workspace)s::uuid, %(organization)s::text, '', %(now)s::timestamptz, %(now)s::timestamptz
    from allowed where %(organization)s::text is not null and not exists (select from organization_found)
  on conflict (workspace_id, external_id) do nothing returning id
), its_organization as materialized (
  select id from organization_found union all select id from organization_made
), participant_found as (
  select id, organization_id from participant where workspace_id = %(workspace)s::uuid and external_id = %(participant)s::text
), participant_made as (
  insert into participant (id, workspace_id, external_id, name, email, organization_id, created_at, updated_at)
  select %(new_participant)s::uuid, %(workspace)s::uuid, %(participant)s::text, '', '', (select id from its_organization),
         %(now)s::timestamptz, %(now)s::timestamptz
    from allowed where not exists (select from participant_found)
  on conflict (workspace_id, external_id) do nothing returning id, organization_id
), participant_moved as (
  -- Touched only when something changed: no row lock and no dead row on the ordinary way.
  update participant p set organization_id = its_organization.id, updated_at = %(now)s::timestamptz
    from its_organization, participant_found, allowed
   where p.workspace_id = %(workspace)s::uuid and p.id = participant_found.id
     and participant_found.organization_id is distinct from its_organization.id
  returning p.id
), its_participant as materialized (
  select id, coalesce((select id from its_organization), organization_id) as organization_id
    from (select * from participant_found union all select * from participant_made) as p,
         (select count(*) from participant_moved) as moved_first
), continued as (
  update conversation c
     set message_count = c.message_count + tally.messages, tool_call_count = c.tool_call_count + tally.tool_calls,
         last_position = c.last_position + tally.messages,
         first_message_at = least(c.first_message_at, tally.first_at),
         last_message_at = greatest(c.last_message_at, tally.last_at),
         title = case when c.title = '' then %(title)s::text else c.title end,
         model = coalesce(%(model)s::text, nullif(c.model, ''), %(model_of_messages)s::text, ''),
         properties = (c.properties || %(properties)s::jsonb) - %(removed_properties)s::text[],
         prompt_id = coalesce(%(prompt)s::uuid, c.prompt_id),
         prompt_variables = coalesce(%(prompt_variables)s::jsonb, c.prompt_variables),
         half_tokens = c.half_tokens + tally.half_tokens,
         voice_call = coalesce(%(voice_call)s::jsonb, c.voice_call),
         organization_id = coalesce(c.organization_id, its_participant.organization_id),
         updated_at = case when tally.messages > 0 then %(now)s::timestamptz else c.updated_at end
    from target, tally, its_participant
   where c.workspace_id = %(workspace)s::uuid and c.id = target.id
  returning c.id, c.last_position, c.participant_id, false as created
), begun as (
  insert into conversation (
    id, workspace_id, product_id, version_id, participant_id, organization_id, external_id, title, model, properties,
    prompt_id, prompt_variables, voice_call, message_count, tool_call_count, half_tokens, last_position,
    first_message_at, last_message_at, created_at, updated_at)
  select %(new_conversation)s::uuid, %(workspace)s::uuid, %(product)s::uuid, %(version)s::uuid, its_participant.id,
         its_participant.organization_id, %(external_conversation)s::text, %(title)s::text,
         coalesce(%(model)s::text, %(model_of_messages)s::text, ''),
         %(properties)s::jsonb, %(prompt)s::uuid, %(prompt_variables)s::jsonb, %(voice_call)s::jsonb, tally.messages,
         tally.tool_calls, tally.half_tokens, tally.messages, tally.first_at, tally.last_at, %(now)s::timestamptz,
         %(now)s::timestamptz
    from allowed, tally, its_participant where not exists (select from target)
  on conflict do nothing returning id, last_position, participant_id, true as created
), conversation_now as materialized (
  select * from continued union all select * from begun
), made as (
  insert into message (
    id, workspace_id, conversation_id, position, type, content, context, tool_name, input, output, model, parent_id,
    parent_external_id, external_id, properties, voice, participant_id, tokens, request_hash, created_at, received_at)
  select n.id, %(workspace)s::uuid, c.id, c.last_position - tally.messages + n.place, n.type, n.content, n.context,
         n.tool_name, n.input, n.output, n.model, n.parent_id, n.parent_external_id, n.external_id, n.properties, n.voice,
         nullif(its_participant.id, c.participant_id), coalesce(n.tokens, 0),
         case when n.place = 1 then %(request_hash)s::uuid end, n.created_at, %(now)s::timestamptz
    from (select *, row_number() over (order by i) as place from fresh) as n, conversation_now c, tally, its_participant
  on conflict do nothing returning 1
), counted as (
  insert into prompt_use (workspace_id, conversation_id, fingerprint, half_tokens, created_at)
  select %(workspace)s::uuid, c.id, used.fingerprint, used.half_tokens, %(now)s::timestamptz
    from used, conversation_now c
  on conflict do nothing returning 1
)
select problem.code as problem, conversation_now.id as conversation_id, conversation_now.created,
       (select jsonb_object_agg(external_id, jsonb_build_array(id, type)) from existing) as existing,
       1 / case when problem.code is not null
                  or (conversation_now.id is not null and (select count(*) from made) = tally.messages
                      and (select count(*) from counted) = (select count(*) from used)
                      and (%(organization)s::text is null or exists (select from its_organization))) then 1 else 0 end as whole
  from problem cross join tally left join conversation_now on true
