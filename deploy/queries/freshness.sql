-- How fresh is what I look at? One row for each stream; repositories that lag are counted.
select workspace, stream,
  max(case when repository_uuid is null then state end) as state,
  max(case when repository_uuid is null then asked_at end) as asked_at,
  count(repository_uuid) as repositories,
  count(case when repository_uuid is not null and state <> 'current' then 1 end) as repositories_behind,
  max(newest_at) as newest_at,
  max(problem) as problem
from freshness
group by workspace, stream
order by workspace, stream;
