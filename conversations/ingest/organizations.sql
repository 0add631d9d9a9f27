-- Makes or changes one organization (organizations.py calls it); as participants.sql does it.
with found as materialized (
  select * from organization where workspace_id = %(workspace)s::uuid and external_id = %(external_id)s::text
), merged as materialized (
  select (coalesce((select properties from found), '{}') || %(properties)s::jsonb) - %(removed)s::text[] as properties
), problem as materialized (
  select case
    when not %(creates)s::boolean and not exists (select from found) then 'organization_not_found'
    when (select count(*) from merged, jsonb_object_keys(properties)) > %(most_properties)s::int
      then 'too_many_properties'
    when (select pg_column_size(properties) from merged) > %(most_bytes)s::int then 'properties_too_large'
    end as code
), changed as materialized (
  select found.id from found, merged, problem
   where problem.code is null and (found.name <> %(name)s::text or found.properties <> merged.properties)
), updated as (
  update organization o
     set name = coalesce(%(name)s::text, o.name),
         properties = (o.properties || %(properties)s::jsonb) - %(removed)s::text[],
         updated_at = greatest(o.updated_at, %(now)s::timestamptz)
    from changed where o.workspace_id = %(workspace)s::uuid and o.id = changed.id
  returning o.*
), made as (
  insert into organization (id, workspace_id, external_id, name, properties, created_at, updated_at)
  select %(new_organization)s::uuid, %(workspace)s::uuid, %(external_id)s::text, coalesce(%(name)s::text, ''),
         merged.properties, %(now)s::timestamptz, %(now)s::timestamptz
    from problem, merged where problem.code is null and not exists (select from found)
  on conflict (workspace_id, external_id) do nothing returning *
), stored as materialized (
  select * from updated
  union all select * from made
  union all select * from found where not exists (select from changed)
)
select problem.code as problem, exists (select from made) as created, stored.id, stored.external_id, stored.name,
       stored.properties, stored.created_at, stored.updated_at,
       1 / case when problem.code is not null
                  or (stored.id is not null
                      and (select count(*) from jsonb_object_keys(stored.properties)) <= %(most_properties)s::int) then 1 else 0 end as whole
  from problem left join stored on true
