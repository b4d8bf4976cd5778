-- The adoption of each feature, month by month, with the month before beside it.
select
  workspace, month_start, feature, users, share_of_active, new_users, returning_users, lapsed_users, events,
  lag(users) over (partition by workspace, feature order by month_start) as users_before
from {{ source('bucketlake', 'feature_adoption_monthly') }}
where deleted_at is null
