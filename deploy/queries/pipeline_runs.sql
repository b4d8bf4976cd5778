-- How often do pipelines run, fail, and how long do they take? By repository, the last 90 days.
select p.workspace, r.slug as repository,
  count(*) as runs,
  round(100.0 * count(case when p.result_name = 'FAILED' then 1 end) / count(*), 1) as percent_failed,
  round(avg(p.duration_seconds) / 60.0, 1) as minutes,
  round(sum(p.build_seconds) / 3600.0, 1) as build_hours
from pipelines p
join repositories r on r.workspace = p.workspace and r.repository_uuid = p.repository_uuid
where p.deleted_at is null and p.created_on > current_date - interval '90' day
  and p.month >= substr(cast(current_date - interval '90' day as varchar), 1, 7)
group by p.workspace, r.slug
order by runs desc;
