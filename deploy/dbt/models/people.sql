-- Everybody who holds a seat, and what became of it.
select
  workspace, user_uuid, user_account_id, user_display_name, first_seen, last_seen, active_days_30, active_days_90, events_90, features_90,
  case
    when last_seen is null then 'never'
    when last_seen > {{ dbt.dateadd('day', -1 * var('bucketlake_active_days'), 'as_of') }} then 'active'
    else 'idle'
  end as status,
  as_of
from {{ source('bucketlake', 'user_activity') }}
where user_type = 'user' and deleted_at is null
