-- How long do pull requests wait for the first review, and for the merge? By the month in which they were opened.
with reviewed as (
  select workspace, repository_uuid, pull_request_id, min(occurred_at) as first_review
  from pull_request_activity
  where kind in ('approval', 'changes_requested', 'comment') and user_type = 'user' and deleted_at is null
  group by workspace, repository_uuid, pull_request_id
)
select p.workspace, p.month,
  count(*) as pull_requests,
  count(r.first_review) as reviewed,
  round(avg(date_diff('minute', p.created_on, r.first_review)) / 60.0, 1) as hours_to_first_review,
  count(case when p.state = 'MERGED' then 1 end) as merged,
  round(avg(case when p.state = 'MERGED' then date_diff('minute', p.created_on, p.closed_on) end) / 60.0, 1) as hours_to_merge
from pull_requests p
left join reviewed r
  on r.workspace = p.workspace and r.repository_uuid = p.repository_uuid and r.pull_request_id = p.pull_request_id
where p.deleted_at is null
group by p.workspace, p.month
order by p.workspace, p.month;
