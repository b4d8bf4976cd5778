-- In which repositories did nothing happen for half a year?
with last as (
  select workspace, repository_uuid, max(usage_date) as last_used
  from feature_usage_daily
  group by workspace, repository_uuid
)
select r.workspace, r.project_key, r.slug, cast(r.created_on as date) as created, l.last_used, r.size_bytes
from repositories r
left join last l on l.workspace = r.workspace and l.repository_uuid = r.repository_uuid
where r.deleted_at is null and (l.last_used is null or l.last_used < current_date - interval '180' day)
order by l.last_used nulls first, r.slug;
