-- How messages come in: one request, one conversation, one call (statement.py makes it; docs/architecture.md tells why
-- it is shaped so). A migration brings this file into the database; when it changes, the next one brings it again.
--
-- It writes in a fixed order (models, organization, participant, conversation, messages), so that two requests never wait
-- for each other in a circle, and touches no row that does not change. A refusal is told in `problem`; then nothing was
-- written. The arguments keep their types in every version: processes of two versions may call it side by side.
create or replace function accept_messages(
  _workspace uuid, _request jsonb, _messages jsonb,
  out problem text, out conversation_id uuid, out created boolean, out existing jsonb)
language plpgsql
-- Every look-up is one of few rows through an index, whatever the tables held when its plan was made: a plan made for a
-- small table reads all of it long after it has grown, and planning anew costs more than running.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  r record;
  target record;
  its_organization uuid;
  person record;
  prompt_half_tokens bigint := 0;
  made record;
begin
  select * into r from jsonb_to_record(_request) as (
    now timestamptz, reachable uuid[], product uuid, version uuid, conversation uuid, external_conversation text,
    organization text, participant text, new_organization uuid, new_participant uuid, new_conversation uuid,
    title text, model text, model_of_messages text, new_models jsonb, properties jsonb, removed_properties text[],
    prompt uuid, prompt_variables jsonb, prompt_uses jsonb, voice_call jsonb, lock bigint, request_hash uuid,
    external_ids text[], parents jsonb,
    messages int, tool_calls int, first_at timestamptz, last_at timestamptz);

  -- Which conversation is meant: by its id anywhere in the workspace, so that a contradiction can be told from an
  -- absence, or by the caller's own id, in the product named or in any within reach.
  if r.conversation is not null then
    select c.id, c.product_id, c.external_id into target
      from conversation c where c.workspace_id = _workspace and c.id = r.conversation;
    if not found then
      problem := 'conversation_not_found';
    elsif target.product_id <> all(r.reachable) then
      problem := 'product_out_of_reach';
    elsif target.product_id <> r.product or target.external_id is distinct from
        coalesce(r.external_conversation, target.external_id) then
      problem := 'conversation_mismatch';
    end if;
  else
    select c.id, count(*) over () as matches into target from conversation c
     where c.workspace_id = _workspace and c.external_id = r.external_conversation
       and c.product_id = any(case when r.product is null then r.reachable else array[r.product] end);
    if target.matches > 1 then
      problem := 'conversation_ambiguous';
    elsif target.id is null and r.product is null then
      problem := 'product_required';
    end if;
  end if;
  if problem is null and r.parents is not null then
    -- Each by the primary key, whatever the conversation holds.
    select 'parent_not_found:' || min(n.i) into problem from jsonb_to_recordset(r.parents) as n(i int, id uuid)
     where (select m.conversation_id = target.id from message m
             where m.workspace_id = _workspace and m.id = n.id) is not true;
  end if;
  if problem is not null then
    return;
  end if;

  -- The lock is the request's own: were it sent again meanwhile, that one would wait (greenflash_site/api/retries.py).
  perform pg_advisory_xact_lock(r.lock);

  if r.new_models is not null then
    insert into model (id, workspace_id, canonical_id, display_name, provider, family, created_at)
    select m.id, _workspace, m.canonical_id, m.display_name, m.provider, m.family, r.now
      from jsonb_to_recordset(r.new_models) as m(
        id uuid, canonical_id text, display_name text, provider text, family text)
    on conflict (workspace_id, canonical_id) do nothing;
  end if;

  -- Look, else insert, else look again: each statement sees what others have committed meanwhile.
  while r.organization is not null loop
    select o.id into its_organization
      from organization o where o.workspace_id = _workspace and o.external_id = r.organization;
    exit when found;
    insert into organization (id, workspace_id, external_id, name, created_at, updated_at)
    values (r.new_organization, _workspace, r.organization, '', r.now, r.now)
    on conflict (workspace_id, external_id) do nothing returning id into its_organization;
    exit when found;
  end loop;

  loop
    select p.id, p.organization_id into person
      from participant p where p.workspace_id = _workspace and p.external_id = r.participant;
    exit when found;
    insert into participant (id, workspace_id, external_id, name, email, organization_id, created_at, updated_at)
    values (r.new_participant, _workspace, r.participant, '', '', its_organization, r.now, r.now)
    on conflict (workspace_id, external_id) do nothing returning id, organization_id into person;
    exit when found;
  end loop;
  if person.organization_id is distinct from coalesce(its_organization, person.organization_id) then
    person.organization_id := its_organization;
    update participant p set organization_id = its_organization, updated_at = r.now
     where p.workspace_id = _workspace and p.id = person.id;
  end if;

  -- Whoever has the conversation's row is alone with its counters and its messages. `search_due_at` asks the worker for
  -- a visit (conversations/visits.py), which counts the tokens of what was said.
  created := false;
  loop
    if target.id is null then
      insert into conversation (
        id, workspace_id, product_id, version_id, participant_id, organization_id, external_id, title, model, properties,
        prompt_id, prompt_variables, voice_call, message_count, tool_call_count, half_tokens, last_position,
        search_due_at, first_message_at, last_message_at, created_at, updated_at)
      values (
        r.new_conversation, _workspace, r.product, r.version, person.id, person.organization_id,
        r.external_conversation, r.title, coalesce(r.model, r.model_of_messages, ''), r.properties, r.prompt,
        r.prompt_variables, r.voice_call, r.messages, r.tool_calls,
        case when r.prompt_uses is null then 0 else (
          select sum(u.half_tokens) from jsonb_to_recordset(r.prompt_uses) as u(half_tokens int)) end,
        r.messages, r.now, r.first_at, r.last_at, r.now, r.now)
      on conflict do nothing returning id, 0 as last_position, participant_id, organization_id into target;
      created := found;
      exit when found;
      select c.id, c.last_position, c.participant_id, c.organization_id into target from conversation c
       where c.workspace_id = _workspace and c.product_id = r.product and c.external_id = r.external_conversation
         for no key update;
    else
      select c.id, c.last_position, c.participant_id, c.organization_id into target from conversation c
       where c.workspace_id = _workspace and c.id = target.id
         for no key update;
    end if;
    exit when found;
    if r.conversation is not null or r.product is null then -- deleted meanwhile
      problem := case when r.conversation is null then 'product_required' else 'conversation_not_found' end;
      return;
    end if;
  end loop;
  conversation_id := target.id;

  if r.external_ids is not null and not created then
    -- One by one through the unique index (the limit keeps the planner to it): the cost must follow what is sent, not
    -- what the conversation holds.
    select jsonb_object_agg(known.external_id, jsonb_build_array(known.id, known.type)) into existing
      from unnest(r.external_ids) as sent(external_id) cross join lateral (
        select m.external_id, m.id, m.type from message m
         where m.workspace_id = _workspace and m.conversation_id = target.id and m.external_id = sent.external_id
           and hashtextextended(m.external_id, uuid_hash_extended(m.workspace_id, 0))
             = hashtextextended(sent.external_id, uuid_hash_extended(_workspace, 0))
         limit 1) as known;
  end if;

  with made as (
    insert into message (
      id, workspace_id, conversation_id, position, type, content, context, tool_name, input, output, model, parent_id,
      parent_external_id, external_id, properties, voice, participant_id, request_hash, created_at, received_at)
    select n.id, _workspace, target.id, target.last_position + n.place, n.type, n.content, n.context, n.tool_name,
           n.input, n.output, n.model, n.parent_id, n.parent_external_id, n.external_id, n.properties, n.voice,
           nullif(person.id, target.participant_id), case when n.place = 1 then r.request_hash end, n.created_at, r.now
      from (
        select m.*, row_number() over (order by m.i) as place from jsonb_to_recordset(_messages) as m(
          i int, id uuid, external_id text, type text, content text, context text, tool_name text, input jsonb,
          output jsonb, model text, parent_id uuid, parent_external_id text, properties jsonb, voice jsonb,
          created_at timestamptz)
         where (existing ? m.external_id) is not true) as n
    returning type, created_at)
  select count(*) as messages, count(*) filter (where type = 'tool_call') as tool_calls,
         min(created_at) as first_at, max(created_at) as last_at
    into made from made;

  if r.prompt_uses is not null then
    -- What of its system prompt the conversation has not counted yet.
    with counted as (
      insert into prompt_use (workspace_id, conversation_id, fingerprint, half_tokens, created_at)
      select _workspace, target.id, u.fingerprint, u.half_tokens, r.now
        from jsonb_to_recordset(r.prompt_uses) as u(fingerprint uuid, half_tokens int)
      on conflict do nothing returning half_tokens)
    select coalesce(sum(half_tokens), 0) into prompt_half_tokens from counted;
  end if;
  if made.messages = 0 -- else the visit counts it (conversations/tallies.py)
     and (prompt_half_tokens > 0 or (target.organization_id is null and person.organization_id is not null)) then
    insert into uncounted (workspace_id, conversation_id) values (_workspace, target.id);
  end if;

  if not created then
    update conversation c
       set message_count = c.message_count + made.messages, tool_call_count = c.tool_call_count + made.tool_calls,
           last_position = c.last_position + made.messages,
           first_message_at = least(c.first_message_at, made.first_at),
           last_message_at = greatest(c.last_message_at, made.last_at),
           title = case when c.title = '' then r.title else c.title end,
           model = coalesce(r.model, nullif(c.model, ''), r.model_of_messages, ''),
           properties = (c.properties || r.properties) - r.removed_properties,
           prompt_id = coalesce(r.prompt, c.prompt_id),
           prompt_variables = coalesce(r.prompt_variables, c.prompt_variables),
           half_tokens = c.half_tokens + prompt_half_tokens,
           search_due_at = case when made.messages > 0 then coalesce(c.search_due_at, r.now) else c.search_due_at end,
           voice_call = coalesce(r.voice_call, c.voice_call),
           organization_id = coalesce(c.organization_id, person.organization_id),
           updated_at = case when made.messages > 0 then r.now else c.updated_at end
     where c.workspace_id = _workspace and c.id = target.id;
  end if;
end $$;
