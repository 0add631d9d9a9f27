-- Makes or changes one participant (participants.py calls it).
--
-- Locks are taken in the order of accept.sql, organization before participant, and like there what another request
-- stored meanwhile makes it fail on purpose (a division by zero), to be run again. What is written builds on the row as
-- it is when the lock is had, not on the snapshot: changes of others are never undone. A refusal is told in `problem`.
with found as materialized (
  select * from participant where workspace_id = %(workspace)s::uuid and external_id = %(external_id)s::text
), organization_found as materialized (
  select id, external_id from organization
   where workspace_id = %(workspace)s::uuid and id = %(organization)s::uuid
  union all
  select id, external_id from organization
   where %(organization)s::uuid is null and workspace_id = %(workspace)s::uuid
     and external_id = %(external_organization)s::text
), merged as materialized (
  select (coalesce((select properties from found), '{}') || %(properties)s::jsonb) - %(removed)s::text[] as properties
), problem as materialized (
  select case
    when not %(creates)s::boolean and not exists (select from found) then 'participant_not_found'
    when %(organization)s::uuid is not null and not exists (select from organization_found) then 'organization_not_found'
    when exists (select from organization_found where external_id <> %(external_organization)s::text)
      then 'organization_mismatch'
    when (select count(*) from merged, jsonb_object_keys(properties)) > %(most_properties)s::int
      then 'too_many_properties'
    when (select pg_column_size(properties) from merged) > %(most_bytes)s::int then 'properties_too_large'
    end as code
), organization_made as (
  insert into organization (id, workspace_id, external_id, name, created_at, updated_at)
  select %(new_organization)s::uuid, %(workspace)s::uuid, %(external_organization)s::text, '', %(now)s::timestamptz,
         %(now)s::timestamptz
    from problem where code is null and %(external_organization)s::text is not null
                   and not exists (select from organization_found)
  on conflict (workspace_id, external_id) do nothing returning id, external_id
), its_organization as materialized (
  select * from organization_found union all select * from organization_made
), changed as materialized (
  -- Touched only when something changes: a user is told of at every login, most often with nothing new.
  select found.id from found, merged, problem
   where problem.code is null and (
     (found.anonymized_at is null and (
       %(anonymized)s::boolean
       or found.name <> %(name)s::text or found.email <> %(email)s::text or found.phone <> %(phone)s::text
       or found.properties <> merged.properties))
     or (%(moves)s::boolean and found.organization_id is distinct from (select id from its_organization)))
), updated as (
  update participant p
     set name = case when p.anonymized_at is null then coalesce(%(name)s::text, p.name) else '' end,
         email = case when p.anonymized_at is null then coalesce(%(email)s::text, p.email) else '' end,
         phone = case when p.anonymized_at is null then coalesce(%(phone)s::text, p.phone) else '' end,
         properties = case when p.anonymized_at is null and not %(anonymized)s::boolean
           then (p.properties || %(properties)s::jsonb) - %(removed)s::text[] else '{}' end,
         anonymized_at = coalesce(p.anonymized_at, case when %(anonymized)s::boolean then %(now)s::timestamptz end),
         organization_id = case when %(moves)s::boolean then (select id from its_organization) else p.organization_id end,
         updated_at = greatest(p.updated_at, %(now)s::timestamptz)
    from changed where p.workspace_id = %(workspace)s::uuid and p.id = changed.id
  returning p.*
), made as (
  insert into participant (
    id, workspace_id, external_id, name, email, phone, properties, anonymized_at, organization_id, created_at, updated_at)
  select %(new_participant)s::uuid, %(workspace)s::uuid, %(external_id)s::text, coalesce(%(name)s::text, ''),
         coalesce(%(email)s::text, ''), coalesce(%(phone)s::text, ''), merged.properties,
         case when %(anonymized)s::boolean then %(now)s::timestamptz end, (select id from its_organization),
         %(now)s::timestamptz, %(now)s::timestamptz
    from problem, merged where problem.code is null and not exists (select from found)
  on conflict (workspace_id, external_id) do nothing returning *
), stored as materialized (
  select * from updated
  union all select * from made
  union all select * from found where not exists (select from changed)
), its_organization_now as materialized (
  select coalesce((select external_id from its_organization),
                  (select o.external_id from organization o
                    where o.workspace_id = %(workspace)s::uuid and o.id = stored.organization_id)) as external_id
    from stored
)
select problem.code as problem, exists (select from made) as created, stored.id, stored.external_id, stored.name,
       stored.email, stored.phone, stored.properties, stored.anonymized_at, stored.organization_id,
       stored.created_at, stored.updated_at, its_organization_now.external_id as external_organization_id,
       1 / case when problem.code is not null
                  or (stored.id is not null
                      and (stored.organization_id is null) = (its_organization_now.external_id is null)
                      and (select count(*) from jsonb_object_keys(stored.properties)) <= %(most_properties)s::int
                      and (%(external_organization)s::text is null or exists (select from its_organization))) then 1 else 0 end as whole
  from problem left join stored on true left join its_organization_now on true
