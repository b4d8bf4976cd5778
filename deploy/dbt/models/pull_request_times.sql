-- How long pull requests waited for a first answer, and for the merge.
with answered as (
  select workspace, repository_uuid, pull_request_id, min(occurred_at) as first_answer
  from {{ source('bucketlake', 'pull_request_activity') }}
  where kind in ('approval', 'changes_requested', 'comment') and user_type = 'user' and deleted_at is null
  group by workspace, repository_uuid, pull_request_id
)
select
  p.workspace, p.repository_uuid, p.pull_request_id, p.state, p.author_uuid, p.created_on, a.first_answer, p.closed_on,
  {{ dbt.datediff('p.created_on', 'a.first_answer', 'minute') }} as minutes_to_first_answer,
  case when p.state = 'MERGED' then {{ dbt.datediff('p.created_on', 'p.closed_on', 'minute') }} end as minutes_to_merge
from {{ source('bucketlake', 'pull_requests') }} p
left join answered a
  on a.workspace = p.workspace and a.repository_uuid = p.repository_uuid and a.pull_request_id = p.pull_request_id
where p.deleted_at is null
