-- How did the syncs of the last days go? The column streams tells more, as JSON.
select workspace, cast(started_at as date) as day, outcome,
  count(*) as runs, sum(requests) as requests, sum(rows_changed) as rows_changed, sum(bytes_written) as bytes_written,
  max(date_diff('second', started_at, ended_at)) as longest_seconds,
  max(problem) as problem
from sync_runs
where started_at > current_date - interval '14' day
group by workspace, cast(started_at as date), outcome
order by workspace, day desc, outcome;
