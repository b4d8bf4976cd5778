-- Which projects are alive, and what do people use in them? The last 90 days.
select u.workspace, u.project_key, max(u.project_name) as project,
  count(distinct u.user_uuid) as people,
  count(distinct u.repository_uuid) as repositories,
  count(distinct u.feature) as features,
  sum(u.events) as events,
  max(u.usage_date) as last_day
from feature_usage_daily u
where u.user_type = 'user' and u.project_key is not null
  and u.usage_date > current_date - interval '90' day
  and u.month >= substr(cast(current_date - interval '90' day as varchar), 1, 7)
group by u.workspace, u.project_key
order by people desc, events desc;
