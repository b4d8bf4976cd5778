-- How does the use of each feature grow or shrink, month by month?
select workspace, feature, month_start, users, round(100 * share_of_active, 1) as percent_of_active,
  new_users, returning_users, lapsed_users, events
from feature_adoption_monthly
where month_start >= current_date - interval '365' day
order by workspace, feature, month_start;
