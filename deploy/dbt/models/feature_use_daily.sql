-- People and what they did with each feature in each project, by day.
select
  workspace, usage_date, feature, coalesce(project_key, '') as project_key,
  count(distinct user_uuid) as people, cast(sum(events) as bigint) as events
from {{ source('bucketlake', 'feature_usage_daily') }}
where user_type = 'user' and deleted_at is null
group by workspace, usage_date, feature, coalesce(project_key, '')
