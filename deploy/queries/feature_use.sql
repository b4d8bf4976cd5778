-- Which features do people use, this quarter and the one before? Apps and deleted accounts are not people.
with used as (
  select feature, user_uuid, events,
    usage_date > current_date - interval '90' day as lately
  from feature_usage_daily
  where user_type = 'user'
    and usage_date > current_date - interval '180' day
    and month >= substr(cast(current_date - interval '180' day as varchar), 1, 7) -- opens these months' files alone
)
select feature,
  count(distinct case when lately then user_uuid end) as people,
  count(distinct case when not lately then user_uuid end) as people_before,
  sum(case when lately then events else 0 end) as events,
  sum(case when not lately then events else 0 end) as events_before
from used
group by feature
order by people desc, events desc;
