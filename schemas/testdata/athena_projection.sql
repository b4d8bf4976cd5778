-- Athena takes one statement at a time. The partitions are computed, for these workspaces alone: declare the tables
-- anew when another one is connected.

CREATE EXTERNAL TABLE IF NOT EXISTS branch_restrictions (
  repository_uuid string COMMENT 'the repository',
  restriction_id bigint COMMENT 'the rule’s number',
  kind string COMMENT 'what is ruled, such as push, force, delete or require_approvals_to_merge',
  branch_match_kind string COMMENT 'glob or branching_model: how branches are told',
  pattern string COMMENT 'for glob: the branches',
  branch_type string COMMENT 'for branching_model: the branches',
  required_count bigint COMMENT 'how many are asked for, where the kind counts',
  user_uuids string COMMENT 'accounts that are exempt, as a JSON list of uuids in order',
  group_slugs string COMMENT 'groups that are exempt, as a JSON list in order',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One rule for branches of a repository. Bitbucket shows them to administrators of the repository only.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/branch_restrictions/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/branch_restrictions/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS branches (
  repository_uuid string COMMENT 'the repository',
  branch_name string COMMENT 'the branch’s name',
  commit_hash string COMMENT 'the commit that it stands at',
  committed_on timestamp COMMENT 'the date of that commit',
  author_uuid string COMMENT 'who wrote that commit; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  story_keys string COMMENT 'the stories that its name names, as a JSON list in order',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/branches/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/branches/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS commit_identities (
  identity_id string COMMENT 'made from the name and the address',
  git_name string COMMENT 'the name that git was told',
  git_email string COMMENT 'the e-mail address that git was told, in lower case',
  owner_uuid string COMMENT 'whose address it is, null where nothing says so; null for a deleted account',
  owner_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  owner_display_name string COMMENT 'that account’s name',
  owner_nickname string COMMENT 'that account’s short name',
  owner_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  evidence string COMMENT 'what says so: bitbucket, where Bitbucket names the account beside the address; null where nothing does',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One name and e-mail address that commits bear. Addresses that belong to no account are never taken for somebody’s because they look alike.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/commit_identities/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/commit_identities/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS commits (
  repository_uuid string COMMENT 'the repository; a fork has the commits of what it was forked from, too',
  commit_hash string COMMENT 'the commit’s hash, all forty characters',
  committed_on timestamp COMMENT 'the commit’s date',
  message string COMMENT 'its message',
  author_uuid string COMMENT 'who wrote it, as far as Bitbucket knows the e-mail address; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  identity_id string COMMENT 'the name and address that git knows the author by: a row of commit_identities',
  parent_hashes string COMMENT 'its parents, the first one first, as a JSON list; a merge has several',
  is_merge boolean COMMENT 'whether it has several parents',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One commit of a repository. Commits that a forced push or a deleted branch has left behind stay: they were made. Month: of the commit’s date.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of committed_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/commits/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/commits/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS default_reviewers (
  repository_uuid string COMMENT 'the repository',
  user_uuid string COMMENT 'the reviewer',
  user_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  user_display_name string COMMENT 'that account’s name',
  user_nickname string COMMENT 'that account’s short name',
  user_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One account that every new pull request of a repository asks for a review.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/default_reviewers/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/default_reviewers/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS deployments (
  repository_uuid string COMMENT 'the repository',
  deployment_uuid string COMMENT 'the deployment’s uuid, in braces',
  environment_uuid string COMMENT 'where to',
  pipeline_uuid string COMMENT 'the pipeline that deployed',
  step_uuid string COMMENT 'the step of it that deployed',
  release_name string COMMENT 'what was deployed, such as #186',
  commit_hash string COMMENT 'the commit that was deployed',
  state string COMMENT 'IN_PROGRESS, COMPLETED or UNDEPLOYED',
  status_name string COMMENT 'SUCCESSFUL, FAILED or STOPPED; null while it has not ended',
  started_on timestamp COMMENT 'when it began',
  completed_on timestamp COMMENT 'when it ended; null while it has not',
  updated_on timestamp COMMENT 'when it was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One deployment of a repository to an environment. Bitbucket does not name who deployed: that is who caused the pipeline.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/deployments/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/deployments/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS downloads (
  repository_uuid string COMMENT 'the repository',
  file_name string COMMENT 'the file’s name; a new upload of the name takes its place',
  size_bytes bigint COMMENT 'its size in bytes',
  download_count bigint COMMENT 'how often it was fetched',
  uploader_uuid string COMMENT 'who put it there; null for a deleted account',
  uploader_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  uploader_display_name string COMMENT 'that account’s name',
  uploader_nickname string COMMENT 'that account’s short name',
  uploader_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was put there',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One file that was put beside a repository for others to download.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/downloads/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/downloads/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS environments (
  repository_uuid string COMMENT 'the repository',
  environment_uuid string COMMENT 'the environment’s uuid, in braces',
  name string COMMENT 'its name',
  slug string COMMENT 'its short name',
  environment_type string COMMENT 'Test, Staging or Production',
  environment_rank bigint COMMENT 'its place among those of its type',
  is_hidden boolean COMMENT 'whether it is hidden',
  lock_state string COMMENT 'OPEN, or LOCKED while something is deployed',
  is_admin_only boolean COMMENT 'whether only administrators may deploy to it',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One environment that the pipelines of a repository deploy to.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/environments/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/environments/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS issue_changes (
  repository_uuid string COMMENT 'the repository',
  issue_id bigint COMMENT 'the issue’s number in the repository',
  change_id bigint COMMENT 'the change’s number',
  author_uuid string COMMENT 'who changed it; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was changed',
  changes string COMMENT 'the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One change of an issue’s fields. Retired as issues is.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issue_changes/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/issue_changes/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS issue_comments (
  repository_uuid string COMMENT 'the repository',
  issue_id bigint COMMENT 'the issue’s number in the repository',
  comment_id bigint COMMENT 'the comment’s number',
  author_uuid string COMMENT 'who wrote it; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was written',
  updated_on timestamp COMMENT 'when it was last changed; mostly null',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One comment on an issue; what it says is not kept. Retired as issues is.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issue_comments/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/issue_comments/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS issues (
  repository_uuid string COMMENT 'the repository',
  issue_id bigint COMMENT 'the issue’s number in the repository',
  title string COMMENT 'its title',
  state string COMMENT 'new, open, resolved, on hold, invalid, duplicate, wontfix or closed',
  issue_kind string COMMENT 'bug, enhancement, proposal or task',
  priority string COMMENT 'trivial, minor, major, critical or blocker',
  reporter_uuid string COMMENT 'who reported it; null for a deleted account',
  reporter_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  reporter_display_name string COMMENT 'that account’s name',
  reporter_nickname string COMMENT 'that account’s short name',
  reporter_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  assignee_uuid string COMMENT 'whose it is, null where nobody’s; null for a deleted account',
  assignee_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  assignee_display_name string COMMENT 'that account’s name',
  assignee_nickname string COMMENT 'that account’s short name',
  assignee_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was reported',
  updated_on timestamp COMMENT 'when it was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issues/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/issues/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS members (
  user_uuid string COMMENT 'the account’s uuid, in braces',
  account_id string COMMENT 'the account’s id across Atlassian products; joins Jira',
  display_name string COMMENT 'the account’s name as people see it',
  nickname string COMMENT 'the account’s short name; not unique',
  user_type string COMMENT 'user, app_user or team',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One member of the workspace: a seat. A member who left keeps the row, with deleted_at.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/members/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/members/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pipeline_steps (
  repository_uuid string COMMENT 'the repository',
  pipeline_uuid string COMMENT 'the pipeline',
  step_uuid string COMMENT 'the step’s uuid, in braces',
  name string COMMENT 'its name',
  run_number bigint COMMENT '1, and more where it was run again',
  trigger_name string COMMENT 'AUTOMATIC or MANUAL',
  state string COMMENT 'COMPLETED, or what it was when the pipeline ended',
  result_name string COMMENT 'SUCCESSFUL, FAILED, STOPPED and others',
  started_on timestamp COMMENT 'when it began; null where it did not run',
  completed_on timestamp COMMENT 'when it ended',
  duration_seconds bigint COMMENT 'how long it took',
  build_seconds bigint COMMENT 'build time that was charged for it',
  pipeline_created_on timestamp COMMENT 'when the pipeline was caused',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of pipeline_created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pipeline_steps/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pipeline_steps/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pipelines (
  repository_uuid string COMMENT 'the repository',
  pipeline_uuid string COMMENT 'the run’s uuid, in braces',
  build_number bigint COMMENT 'its number in the repository',
  creator_uuid string COMMENT 'who caused it, null for a schedule; null for a deleted account',
  creator_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  creator_display_name string COMMENT 'that account’s name',
  creator_nickname string COMMENT 'that account’s short name',
  creator_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  trigger_name string COMMENT 'PUSH, MANUAL, SCHEDULE or another',
  target_type string COMMENT 'pipeline_ref_target, pipeline_pullrequest_target or pipeline_commit_target',
  ref_type string COMMENT 'branch or tag',
  ref_name string COMMENT 'the branch or the tag; for a pull request, its source branch',
  commit_hash string COMMENT 'the commit that it ran on',
  pull_request_id bigint COMMENT 'the pull request that it ran for',
  state string COMMENT 'PENDING, IN_PROGRESS or COMPLETED',
  result_name string COMMENT 'SUCCESSFUL, FAILED, STOPPED, ERROR or EXPIRED; null while it has not ended',
  stopped_by_uuid string COMMENT 'who stopped it, null where nobody did; null for a deleted account',
  stopped_by_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  stopped_by_display_name string COMMENT 'that account’s name',
  stopped_by_nickname string COMMENT 'that account’s short name',
  stopped_by_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was caused',
  completed_on timestamp COMMENT 'when it ended; null while it has not',
  duration_seconds bigint COMMENT 'how long it took',
  build_seconds bigint COMMENT 'build time that was charged for it',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One run of a pipeline. Month: when it was caused.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pipelines/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pipelines/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS projects (
  project_uuid string COMMENT 'the project’s uuid, in braces',
  project_key string COMMENT 'the project’s key, such as WEB',
  name string COMMENT 'the project’s name',
  description string COMMENT 'the project’s description',
  is_private boolean COMMENT 'whether only members see the project',
  created_on timestamp COMMENT 'when the project was created',
  updated_on timestamp COMMENT 'when the project was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One project of the workspace.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/projects/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/projects/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_request_activity (
  repository_uuid string COMMENT 'the pull request’s repository',
  pull_request_id bigint COMMENT 'the pull request’s number',
  occurred_at timestamp COMMENT 'when it happened',
  activity_id string COMMENT 'made from what the entry says (Bitbucket gives entries no id), so that the same entry has the same id for ever',
  kind string COMMENT 'approval, changes_requested, comment or update',
  user_uuid string COMMENT 'who did it; null for a deleted account',
  account_id string COMMENT 'the account’s id across Atlassian products',
  display_name string COMMENT 'the account’s name',
  nickname string COMMENT 'the account’s short name',
  user_type string COMMENT 'user, app_user, team or deleted',
  comment_id bigint COMMENT 'the comment, where the entry is one',
  parent_comment_id bigint COMMENT 'the comment that it replies to',
  is_inline boolean COMMENT 'for a comment: whether it stands on a line of code',
  state string COMMENT 'for an update: the pull request’s state after it',
  changes string COMMENT 'for an update: the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One entry of a pull request’s activity: an approval, a request for changes, a comment or an update. Month: when it happened.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of occurred_at, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_activity/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_request_activity/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_request_comments (
  repository_uuid string COMMENT 'the pull request’s repository',
  pull_request_id bigint COMMENT 'the pull request’s number',
  comment_id bigint COMMENT 'the comment’s number',
  author_uuid string COMMENT 'who wrote it; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  parent_comment_id bigint COMMENT 'the comment that it replies to',
  file_path string COMMENT 'for a comment on a line of code: the file',
  is_deleted boolean COMMENT 'whether it was deleted: it stays in its place, without its text',
  resolved_by_uuid string COMMENT 'who resolved the discussion, null while nobody has; null for a deleted account',
  resolved_by_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  resolved_by_display_name string COMMENT 'that account’s name',
  resolved_by_nickname string COMMENT 'that account’s short name',
  resolved_by_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  resolved_on timestamp COMMENT 'when the discussion was resolved; null while it is not',
  created_on timestamp COMMENT 'when it was written',
  updated_on timestamp COMMENT 'when it was last changed',
  pull_request_created_on timestamp COMMENT 'when the pull request was opened',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One comment on a pull request that has any which are not deleted; what it says is not kept. Month: when the pull request was opened.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of pull_request_created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_comments/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_request_comments/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_request_participants (
  repository_uuid string COMMENT 'the pull request’s repository',
  pull_request_id bigint COMMENT 'the pull request’s number',
  user_uuid string COMMENT 'the participant; null for deleted accounts, which Bitbucket does not tell apart',
  account_id string COMMENT 'the account’s id across Atlassian products',
  display_name string COMMENT 'the account’s name',
  nickname string COMMENT 'the account’s short name',
  user_type string COMMENT 'user, app_user, team or deleted',
  occurrence bigint COMMENT '0, counted up only where several deleted accounts take part in one pull request',
  participant_role string COMMENT 'REVIEWER (was asked to review) or PARTICIPANT',
  approved boolean COMMENT 'whether the account’s approval stands',
  state string COMMENT 'approved, changes_requested or null',
  participated_on timestamp COMMENT 'time of the approval, or of the last comment',
  pull_request_created_on timestamp COMMENT 'when the pull request was opened',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One account that reviews or takes part in a pull request, as it stands now. Being listed is not use. Month: when the pull request was opened.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of pull_request_created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_participants/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_request_participants/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_request_sizes (
  repository_uuid string COMMENT 'the pull request’s repository',
  pull_request_id bigint COMMENT 'the pull request’s number',
  files bigint COMMENT 'files that it changes',
  lines_added bigint COMMENT 'lines that it adds',
  lines_removed bigint COMMENT 'lines that it removes',
  pull_request_created_on timestamp COMMENT 'when the pull request was opened',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of pull_request_created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_sizes/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_request_sizes/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_request_tasks (
  repository_uuid string COMMENT 'the pull request’s repository',
  pull_request_id bigint COMMENT 'the pull request’s number',
  task_id bigint COMMENT 'the task’s number',
  state string COMMENT 'UNRESOLVED or RESOLVED',
  creator_uuid string COMMENT 'who wrote the task; null for a deleted account',
  creator_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  creator_display_name string COMMENT 'that account’s name',
  creator_nickname string COMMENT 'that account’s short name',
  creator_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  resolved_by_uuid string COMMENT 'who resolved it, null while it is not; null for a deleted account',
  resolved_by_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  resolved_by_display_name string COMMENT 'that account’s name',
  resolved_by_nickname string COMMENT 'that account’s short name',
  resolved_by_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  comment_id bigint COMMENT 'the comment that the task stands on',
  created_on timestamp COMMENT 'when it was written',
  updated_on timestamp COMMENT 'when it was last changed',
  resolved_on timestamp COMMENT 'when it was resolved; null while it is not',
  pull_request_created_on timestamp COMMENT 'when the pull request was opened',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of pull_request_created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_tasks/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_request_tasks/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS pull_requests (
  repository_uuid string COMMENT 'the repository that the pull request asks to merge into',
  pull_request_id bigint COMMENT 'the pull request’s number, unique in its repository',
  title string COMMENT 'the present title',
  state string COMMENT 'OPEN, MERGED, DECLINED or SUPERSEDED',
  draft boolean COMMENT 'whether it is a draft; null where Bitbucket does not say',
  author_uuid string COMMENT 'who opened it; null for a deleted account',
  author_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  author_display_name string COMMENT 'that account’s name',
  author_nickname string COMMENT 'that account’s short name',
  author_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  closed_by_uuid string COMMENT 'who merged or declined it, null while it is open; null for a deleted account',
  closed_by_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  closed_by_display_name string COMMENT 'that account’s name',
  closed_by_nickname string COMMENT 'that account’s short name',
  closed_by_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  source_branch string COMMENT 'the branch to merge; null where it is gone',
  source_commit string COMMENT 'the first 12 characters of the source commit’s hash',
  destination_branch string COMMENT 'the branch to merge into',
  destination_commit string COMMENT 'the first 12 characters of the destination commit’s hash',
  merge_commit string COMMENT 'the first 12 characters of the merge commit’s hash',
  comment_count bigint COMMENT 'comments on the pull request',
  open_task_count bigint COMMENT 'tasks that are not resolved',
  close_source_branch boolean COMMENT 'whether merging closes the source branch',
  decline_reason string COMMENT 'the reason given when it was declined',
  created_on timestamp COMMENT 'when it was opened',
  updated_on timestamp COMMENT 'when Bitbucket last counted a change',
  closed_on timestamp COMMENT 'when it was merged or declined; null while open',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One pull request, in its present state. Month: when it was opened.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of created_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_requests/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/pull_requests/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS repositories (
  repository_uuid string COMMENT 'the repository’s uuid, in braces; it survives renames and moves',
  slug string COMMENT 'the repository’s id in addresses',
  full_name string COMMENT 'workspace and slug',
  name string COMMENT 'the repository’s name',
  description string COMMENT 'the repository’s description',
  project_uuid string COMMENT 'the project that the repository belongs to',
  project_key string COMMENT 'the key of that project',
  is_private boolean COMMENT 'whether only people with access see the repository',
  main_language string COMMENT 'the main language that its settings name',
  main_branch string COMMENT 'the main branch; null while the repository is empty',
  fork_policy string COMMENT 'allow_forks, no_public_forks or no_forks',
  parent_uuid string COMMENT 'the repository that this one was forked from',
  size_bytes bigint COMMENT 'size on Bitbucket’s disks, in bytes',
  has_issues boolean COMMENT 'whether the issue tracker was on (retired by Bitbucket in August 2026)',
  has_wiki boolean COMMENT 'whether the wiki was on (retired by Bitbucket in August 2026)',
  created_on timestamp COMMENT 'when the repository was created',
  updated_on timestamp COMMENT 'when the repository was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One repository of the workspace.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/repositories/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/repositories/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS repository_permissions (
  repository_uuid string COMMENT 'the repository',
  user_uuid string COMMENT 'the account',
  user_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  user_display_name string COMMENT 'that account’s name',
  user_nickname string COMMENT 'that account’s short name',
  user_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  permission string COMMENT 'admin, write or read: the greatest right that the account has, by itself or through a group',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'What one account may do in one repository. Bitbucket shows it to administrators of the workspace only; where there are more than 10,000 it is not read.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/repository_permissions/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/repository_permissions/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS snippets (
  snippet_id string COMMENT 'the snippet’s id',
  title string COMMENT 'its title',
  is_private boolean COMMENT 'whether only the workspace sees it',
  creator_uuid string COMMENT 'who wrote it; null for a deleted account',
  creator_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  creator_display_name string COMMENT 'that account’s name',
  creator_nickname string COMMENT 'that account’s short name',
  creator_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  created_on timestamp COMMENT 'when it was written',
  updated_on timestamp COMMENT 'when it was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One snippet of the workspace that the connected account sees.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/snippets/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/snippets/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS story_links (
  repository_uuid string COMMENT 'the repository of the object',
  object_type string COMMENT 'pull_request or commit',
  object_id string COMMENT 'the pull request’s number, or the commit’s hash',
  story_key string COMMENT 'the story’s key in Jira, such as ABC-12',
  found_in string COMMENT 'where the key stands: title or branch of a pull request, or message of a commit',
  user_uuid string COMMENT 'who opened the pull request or wrote the commit; null for a deleted account',
  user_type string COMMENT 'user, app_user, team, deleted or unknown',
  linked_on timestamp COMMENT 'when the pull request was opened, or the commit’s date',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One mention of a story’s key in a pull request’s title or source branch, or in a commit’s message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of linked_on, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/story_links/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/story_links/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS tags (
  repository_uuid string COMMENT 'the repository',
  tag_name string COMMENT 'the tag’s name',
  message string COMMENT 'its message; null for a tag that is only a name for a commit',
  commit_hash string COMMENT 'the commit that it stands at',
  tagger_uuid string COMMENT 'who tagged, null where nobody is named; type unknown where the address belongs to no account; null for a deleted account',
  tagger_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  tagger_display_name string COMMENT 'that account’s name',
  tagger_nickname string COMMENT 'that account’s short name',
  tagger_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  tagged_on timestamp COMMENT 'when it was tagged',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One tag of a repository.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/tags/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/tags/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS webhooks (
  repository_uuid string COMMENT 'the repository',
  webhook_uuid string COMMENT 'the webhook’s uuid, in braces',
  description string COMMENT 'its description',
  url_host string COMMENT 'the host that is called; the rest of the address may be a secret and is not kept',
  is_active boolean COMMENT 'whether it is called',
  events string COMMENT 'what it is called for, such as repo:push, as a JSON list in order',
  secret_set boolean COMMENT 'whether calls are signed',
  created_on timestamp COMMENT 'when it was made',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One webhook of a repository. Bitbucket shows them to administrators of the repository only.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/webhooks/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/webhooks/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS workspace_permissions (
  user_uuid string COMMENT 'the account',
  user_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  user_display_name string COMMENT 'that account’s name',
  user_nickname string COMMENT 'that account’s short name',
  user_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  permission string COMMENT 'owner, collaborator or member',
  added_on timestamp COMMENT 'when it was added; null in workspaces that an organisation administers',
  last_accessed_on timestamp COMMENT 'when it last used the workspace, as Bitbucket says; null where it does not say',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One account’s role in the workspace. Bitbucket shows them to its administrators only.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspace_permissions/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/workspace_permissions/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS workspace_webhooks (
  workspace_webhook_uuid string COMMENT 'the webhook’s uuid, in braces',
  description string COMMENT 'its description',
  url_host string COMMENT 'the host that is called; the rest of the address may be a secret and is not kept',
  is_active boolean COMMENT 'whether it is called',
  events string COMMENT 'what it is called for, such as repo:push, as a JSON list in order',
  secret_set boolean COMMENT 'whether calls are signed',
  created_on timestamp COMMENT 'when it was made',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One webhook of the whole workspace. Bitbucket shows them to its administrators only.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspace_webhooks/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/workspace_webhooks/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS workspaces (
  workspace_uuid string COMMENT 'the workspace’s uuid, in braces',
  slug string COMMENT 'the workspace’s id in addresses',
  name string COMMENT 'the workspace’s display name',
  is_private boolean COMMENT 'whether only members see the workspace',
  created_on timestamp COMMENT 'when the workspace was created',
  updated_on timestamp COMMENT 'when the workspace was last changed',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One connected workspace.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspaces/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/workspaces/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS feature_adoption_monthly (
  month_start date COMMENT 'the first day of the month',
  feature string COMMENT 'the feature, as in usage_events',
  users bigint COMMENT 'people who used it in the month',
  share_of_active double COMMENT 'users as a part of the people who did anything in the month, from 0 to 1',
  new_users bigint COMMENT 'those who had never used it before',
  returning_users bigint COMMENT 'those who had used it in an earlier month',
  lapsed_users bigint COMMENT 'people who used it in the month before, and not in this one',
  events bigint COMMENT 'usage events of the month by people',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'How many people used one feature in one month: from the month of its first use on, months without any use too. Apps and deleted accounts are not people. The last month is not over.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_adoption_monthly/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/feature_adoption_monthly/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS feature_configuration (
  repository_uuid string COMMENT 'the repository; null for what is set up for the whole workspace',
  feature string COMMENT 'webhooks, branch_restrictions, environments, default_reviewers or pipelines',
  repository string COMMENT 'the repository’s slug, as it is now',
  project_key string COMMENT 'its project, as it is now',
  project_name string COMMENT 'that project’s name',
  items bigint COMMENT 'how many there are; of webhooks those that are called, of pipelines the runs',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One feature that is set up in one repository, or in the workspace, and that nobody is seen to use. Where there is no row it is not set up, or the connected account may not see it.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_configuration/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/feature_configuration/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS feature_usage_daily (
  usage_date date COMMENT 'the day, in UTC',
  user_type string COMMENT 'user, app_user, team, deleted or unknown',
  user_uuid string COMMENT 'who; null for deleted accounts, which Bitbucket does not tell apart',
  feature string COMMENT 'the feature, as in usage_events',
  repository_uuid string COMMENT 'the repository; empty for snippets',
  account_id string COMMENT 'the account’s id across Atlassian products; joins Jira',
  display_name string COMMENT 'the account’s name',
  nickname string COMMENT 'the account’s short name',
  project_key string COMMENT 'the project of the repository, as it is now',
  project_name string COMMENT 'that project’s name',
  repository string COMMENT 'the repository’s slug, as it is now',
  events bigint COMMENT 'usage events of that day',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'What one account did with one feature in one repository on one day, counted. Month: of the day.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of usage_date, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_usage_daily/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/feature_usage_daily/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS freshness (
  stream string COMMENT 'the stream, which is the name of the table that it feeds',
  repository_uuid string COMMENT 'the repository; null for the stream as a whole',
  repository string COMMENT 'the repository’s slug, as it is now',
  state string COMMENT 'current: what was new at asked_at has landed; backfill: and older rows are still to come; waiting: never asked; refused: Bitbucket answers that the account may not, or fails; disabled: the grant lacks a permission',
  asked_at timestamp COMMENT 'the beginning of the run that last read all that was new; null where it never was, and where nothing has to be asked: commits follow branches, and pipeline_steps pipelines',
  newest_at timestamp COMMENT 'time of the newest row by Bitbucket’s clock, where the stream goes by time',
  read_back_to timestamp COMMENT 'how far back the past has been read; null where all of it has',
  refusals bigint COMMENT 'times in a row that it was refused; it is asked again after ever longer pauses',
  problem string COMMENT 'of the stream as a whole: why its last reading was not complete',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'How far one stream has come in one repository, and in the workspace as a whole. A repository in which nothing seems to happen is asked once in QUIET_EVERY; whether it was, is said here.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/freshness/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/freshness/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS seat_utilization_monthly (
  month_start date COMMENT 'the first day of the month',
  seats bigint COMMENT 'seats that were held on a day of the month: of people who joined or left in it, too',
  active_seats bigint COMMENT 'those whose holder did something in the month',
  idle_seats bigint COMMENT 'those whose holder did nothing in the month, and something before',
  never_used_seats bigint COMMENT 'those whose holder had done nothing up to the month’s end',
  utilization double COMMENT 'active_seats as a part of seats, from 0 to 1',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/seat_utilization_monthly/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/seat_utilization_monthly/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS story_activity (
  story_key string COMMENT 'the story’s key in Jira, such as ABC-12',
  people bigint COMMENT 'people who worked on it; deleted accounts, apps and authors of whom no account is known do not count',
  pull_requests bigint COMMENT 'pull requests that name it now and in which something was done',
  commits bigint COMMENT 'commits that name it; the same commit in a fork counts once',
  tasks bigint COMMENT 'tasks on those pull requests',
  repositories bigint COMMENT 'repositories in which it was worked on',
  events bigint COMMENT 'usage events that say that the story was worked on, whoever did it',
  first_activity timestamp COMMENT 'when it was first worked on; a commit bears the date that its author’s clock had',
  last_activity timestamp COMMENT 'when it was last worked on; a commit’s date may be ahead',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'The work on one story: who, and in what. Work is what was done with a pull request that names the story in its title or source branch, and each commit that names it.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/story_activity/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/story_activity/workspace=${workspace}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS sync_runs (
  run_id string COMMENT 'names the run; ids sort by time',
  started_at timestamp COMMENT 'its beginning',
  ended_at timestamp COMMENT 'its end',
  outcome string COMMENT 'complete; partial: something could not be read; interrupted: by the hour or a stop, and the next run goes on; failed: somebody has to do something, or Bitbucket was out of reach',
  requests bigint COMMENT 'requests to Bitbucket',
  rows_read bigint COMMENT 'rows that were read, or computed, also those that said nothing new',
  rows_changed bigint COMMENT 'rows of the lake that it changed',
  bytes_written bigint COMMENT 'size of the objects that it wrote',
  streams_incomplete bigint COMMENT 'streams that did not bring everything',
  problem string COMMENT 'why it is not complete; null where it is',
  streams string COMMENT 'what became of each stream, as JSON: a list of objects with stream, complete, requests, rows, changed, bytes, seconds, and where there is one, error, behind or disabled',
  version string COMMENT 'of bucketlake',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One run over all streams of the workspace. A run is landed at its end, or by the next one where the lake could not be written.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of started_at, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/sync_runs/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/sync_runs/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS usage_events (
  occurred_at timestamp COMMENT 'when it was done',
  event_id string COMMENT 'made from what the event says, so that the same deed is the same row for ever',
  user_uuid string COMMENT 'who did it; null for a deleted account',
  account_id string COMMENT 'the account’s id across Atlassian products; joins Jira',
  display_name string COMMENT 'the account’s name',
  nickname string COMMENT 'the account’s short name',
  user_type string COMMENT 'user, app_user, team, deleted, or unknown: an author of commits whose e-mail address belongs to no account',
  feature string COMMENT 'the feature of Bitbucket that was used: code, tags, pull_requests, reviews, comments, tasks, pipelines, deployments, snippets, downloads or stories',
  action string COMMENT 'what was done with it: opened, updated, merged, declined, superseded, approved, changes_requested, created, resolved, committed, uploaded, run, stopped, deployed or worked_on',
  project_key string COMMENT 'the project of the repository, as it is now',
  project_name string COMMENT 'that project’s name',
  repository_uuid string COMMENT 'the repository; empty for snippets',
  repository string COMMENT 'the repository’s slug, as it is now',
  object_type string COMMENT 'what it was done to: pull_request, comment, task, commit, tag, pipeline, deployment, download or snippet',
  object_id string COMMENT 'that object’s number, hash or name',
  pull_request_id bigint COMMENT 'the pull request that the object belongs to',
  story_key string COMMENT 'the story; for other features than stories the first of those that the pull request or the commit names',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'One thing that one account did with one feature. Month: when it was done.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path',
  month string COMMENT 'of occurred_at, such as 2026-10; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/usage_events/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '1970-01,NOW+1YEARS',
  'projection.month.type' = 'date',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/usage_events/workspace=${workspace}/month=${month}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS user_activity (
  user_uuid string COMMENT 'who holds the seat',
  user_account_id string COMMENT 'that account’s id across Atlassian products; joins Jira',
  user_display_name string COMMENT 'that account’s name',
  user_nickname string COMMENT 'that account’s short name',
  user_type string COMMENT 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account',
  as_of date COMMENT 'the day up to which was counted: that of the sync, in UTC',
  status string COMMENT 'active: did something in the last 30 days; idle: before that; never: nothing that is known',
  first_seen date COMMENT 'the first day on which the account did something',
  last_seen date COMMENT 'the last such day',
  active_days_7 bigint COMMENT 'days of the last 7 on which the account did something, the day as_of among them',
  active_days_30 bigint COMMENT 'days of the last 30',
  active_days_90 bigint COMMENT 'days of the last 90',
  features_90 string COMMENT 'features used in the last 90 days, as a JSON list in order',
  events_90 bigint COMMENT 'usage events of the last 90 days, without those that say on which story the others worked',
  last_accessed_on timestamp COMMENT 'when the account last used the workspace, as Bitbucket says: reading counts there; null where it does not say',
  synced_at timestamp COMMENT 'when this content of the row was landed; unchanged as long as the content is',
  deleted_at timestamp COMMENT 'when the row was found gone at the source; null while it exists'
)
COMMENT 'What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use.'
PARTITIONED BY (
  workspace string COMMENT 'the workspace’s slug; in the path'
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/user_activity/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.workspace.type' = 'enum',
  'projection.workspace.values' = 'acme,beta',
  'storage.location.template' = 's3://bucket/lake/user_activity/workspace=${workspace}/'
);
