-- What feature_usage_daily counts are the rows of usage_events: as many, for each workspace and feature.
with counted as (
  select workspace, feature, sum(events) as events
  from {{ source('bucketlake', 'feature_usage_daily') }}
  group by workspace, feature
), told as (
  select workspace, feature, count(*) as events
  from {{ source('bucketlake', 'usage_events') }}
  group by workspace, feature
)
select coalesce(c.workspace, t.workspace) as workspace, coalesce(c.feature, t.feature) as feature, c.events as counted, t.events as told
from counted c
full outer join told t on t.workspace = c.workspace and t.feature = c.feature
where c.events is distinct from t.events
