-- Which seats do we pay for that nobody uses? Reading leaves no trace but last_accessed_on, where Bitbucket tells it.
select workspace, user_display_name, status, last_seen, cast(last_accessed_on as date) as last_accessed, active_days_90, features_90
from user_activity
where status <> 'active' and user_type = 'user'
order by last_seen nulls first, user_display_name;
