-- Which stories took the most people and work?
select workspace, story_key, people, pull_requests, commits, tasks, repositories, events,
  cast(first_activity as date) as first_day, cast(last_activity as date) as last_day,
  date_diff('day', first_activity, last_activity) + 1 as days
from story_activity
order by people desc, events desc, story_key
limit 50;
