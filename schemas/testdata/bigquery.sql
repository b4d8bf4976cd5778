-- The bucket and the dataset bucketlake lie in the same place.
CREATE SCHEMA IF NOT EXISTS bucketlake;

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.branch_restrictions (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  restriction_id INT64 OPTIONS (description = 'the rule’s number'),
  kind STRING OPTIONS (description = 'what is ruled, such as push, force, delete or require_approvals_to_merge'),
  branch_match_kind STRING OPTIONS (description = 'glob or branching_model: how branches are told'),
  pattern STRING OPTIONS (description = 'for glob: the branches'),
  branch_type STRING OPTIONS (description = 'for branching_model: the branches'),
  required_count INT64 OPTIONS (description = 'how many are asked for, where the kind counts'),
  user_uuids STRING OPTIONS (description = 'accounts that are exempt, as a JSON list of uuids in order'),
  group_slugs STRING OPTIONS (description = 'groups that are exempt, as a JSON list in order'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/branch_restrictions/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/branch_restrictions',
  require_hive_partition_filter = false,
  description = 'One rule for branches of a repository. Bitbucket shows them to administrators of the repository only.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.branches (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  branch_name STRING OPTIONS (description = 'the branch’s name'),
  commit_hash STRING OPTIONS (description = 'the commit that it stands at'),
  committed_on TIMESTAMP OPTIONS (description = 'the date of that commit'),
  author_uuid STRING OPTIONS (description = 'who wrote that commit; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  story_keys STRING OPTIONS (description = 'the stories that its name names, as a JSON list in order'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/branches/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/branches',
  require_hive_partition_filter = false,
  description = 'One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.commit_identities (
  identity_id STRING OPTIONS (description = 'made from the name and the address'),
  git_name STRING OPTIONS (description = 'the name that git was told'),
  git_email STRING OPTIONS (description = 'the e-mail address that git was told, in lower case'),
  owner_uuid STRING OPTIONS (description = 'whose address it is, null where nothing says so; null for a deleted account'),
  owner_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  owner_display_name STRING OPTIONS (description = 'that account’s name'),
  owner_nickname STRING OPTIONS (description = 'that account’s short name'),
  owner_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  evidence STRING OPTIONS (description = 'what says so: bitbucket, where Bitbucket names the account beside the address; null where nothing does'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/commit_identities/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/commit_identities',
  require_hive_partition_filter = false,
  description = 'One name and e-mail address that commits bear. Addresses that belong to no account are never taken for somebody’s because they look alike.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.commits (
  repository_uuid STRING OPTIONS (description = 'the repository; a fork has the commits of what it was forked from, too'),
  commit_hash STRING OPTIONS (description = 'the commit’s hash, all forty characters'),
  committed_on TIMESTAMP OPTIONS (description = 'the commit’s date'),
  message STRING OPTIONS (description = 'its message'),
  author_uuid STRING OPTIONS (description = 'who wrote it, as far as Bitbucket knows the e-mail address; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  identity_id STRING OPTIONS (description = 'the name and address that git knows the author by: a row of commit_identities'),
  parent_hashes STRING OPTIONS (description = 'its parents, the first one first, as a JSON list; a merge has several'),
  is_merge BOOL OPTIONS (description = 'whether it has several parents'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/commits/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/commits',
  require_hive_partition_filter = false,
  description = 'One commit of a repository. Commits that a forced push or a deleted branch has left behind stay: they were made. Month: of the commit’s date.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.default_reviewers (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  user_uuid STRING OPTIONS (description = 'the reviewer'),
  user_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  user_display_name STRING OPTIONS (description = 'that account’s name'),
  user_nickname STRING OPTIONS (description = 'that account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/default_reviewers/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/default_reviewers',
  require_hive_partition_filter = false,
  description = 'One account that every new pull request of a repository asks for a review.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.deployments (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  deployment_uuid STRING OPTIONS (description = 'the deployment’s uuid, in braces'),
  environment_uuid STRING OPTIONS (description = 'where to'),
  pipeline_uuid STRING OPTIONS (description = 'the pipeline that deployed'),
  step_uuid STRING OPTIONS (description = 'the step of it that deployed'),
  release_name STRING OPTIONS (description = 'what was deployed, such as #186'),
  commit_hash STRING OPTIONS (description = 'the commit that was deployed'),
  state STRING OPTIONS (description = 'IN_PROGRESS, COMPLETED or UNDEPLOYED'),
  status_name STRING OPTIONS (description = 'SUCCESSFUL, FAILED or STOPPED; null while it has not ended'),
  started_on TIMESTAMP OPTIONS (description = 'when it began'),
  completed_on TIMESTAMP OPTIONS (description = 'when it ended; null while it has not'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/deployments/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/deployments',
  require_hive_partition_filter = false,
  description = 'One deployment of a repository to an environment. Bitbucket does not name who deployed: that is who caused the pipeline.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.downloads (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  file_name STRING OPTIONS (description = 'the file’s name; a new upload of the name takes its place'),
  size_bytes INT64 OPTIONS (description = 'its size in bytes'),
  download_count INT64 OPTIONS (description = 'how often it was fetched'),
  uploader_uuid STRING OPTIONS (description = 'who put it there; null for a deleted account'),
  uploader_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  uploader_display_name STRING OPTIONS (description = 'that account’s name'),
  uploader_nickname STRING OPTIONS (description = 'that account’s short name'),
  uploader_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was put there'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/downloads/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/downloads',
  require_hive_partition_filter = false,
  description = 'One file that was put beside a repository for others to download.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.environments (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  environment_uuid STRING OPTIONS (description = 'the environment’s uuid, in braces'),
  name STRING OPTIONS (description = 'its name'),
  slug STRING OPTIONS (description = 'its short name'),
  environment_type STRING OPTIONS (description = 'Test, Staging or Production'),
  environment_rank INT64 OPTIONS (description = 'its place among those of its type'),
  is_hidden BOOL OPTIONS (description = 'whether it is hidden'),
  lock_state STRING OPTIONS (description = 'OPEN, or LOCKED while something is deployed'),
  is_admin_only BOOL OPTIONS (description = 'whether only administrators may deploy to it'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/environments/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/environments',
  require_hive_partition_filter = false,
  description = 'One environment that the pipelines of a repository deploy to.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.issue_changes (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  issue_id INT64 OPTIONS (description = 'the issue’s number in the repository'),
  change_id INT64 OPTIONS (description = 'the change’s number'),
  author_uuid STRING OPTIONS (description = 'who changed it; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was changed'),
  changes STRING OPTIONS (description = 'the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/issue_changes/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/issue_changes',
  require_hive_partition_filter = false,
  description = 'One change of an issue’s fields. Retired as issues is.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.issue_comments (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  issue_id INT64 OPTIONS (description = 'the issue’s number in the repository'),
  comment_id INT64 OPTIONS (description = 'the comment’s number'),
  author_uuid STRING OPTIONS (description = 'who wrote it; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was written'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed; mostly null'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/issue_comments/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/issue_comments',
  require_hive_partition_filter = false,
  description = 'One comment on an issue; what it says is not kept. Retired as issues is.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.issues (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  issue_id INT64 OPTIONS (description = 'the issue’s number in the repository'),
  title STRING OPTIONS (description = 'its title'),
  state STRING OPTIONS (description = 'new, open, resolved, on hold, invalid, duplicate, wontfix or closed'),
  issue_kind STRING OPTIONS (description = 'bug, enhancement, proposal or task'),
  priority STRING OPTIONS (description = 'trivial, minor, major, critical or blocker'),
  reporter_uuid STRING OPTIONS (description = 'who reported it; null for a deleted account'),
  reporter_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  reporter_display_name STRING OPTIONS (description = 'that account’s name'),
  reporter_nickname STRING OPTIONS (description = 'that account’s short name'),
  reporter_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  assignee_uuid STRING OPTIONS (description = 'whose it is, null where nobody’s; null for a deleted account'),
  assignee_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  assignee_display_name STRING OPTIONS (description = 'that account’s name'),
  assignee_nickname STRING OPTIONS (description = 'that account’s short name'),
  assignee_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was reported'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/issues/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/issues',
  require_hive_partition_filter = false,
  description = 'One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.members (
  user_uuid STRING OPTIONS (description = 'the account’s uuid, in braces'),
  account_id STRING OPTIONS (description = 'the account’s id across Atlassian products; joins Jira'),
  display_name STRING OPTIONS (description = 'the account’s name as people see it'),
  nickname STRING OPTIONS (description = 'the account’s short name; not unique'),
  user_type STRING OPTIONS (description = 'user, app_user or team'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/members/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/members',
  require_hive_partition_filter = false,
  description = 'One member of the workspace: a seat. A member who left keeps the row, with deleted_at.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pipeline_steps (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  pipeline_uuid STRING OPTIONS (description = 'the pipeline'),
  step_uuid STRING OPTIONS (description = 'the step’s uuid, in braces'),
  name STRING OPTIONS (description = 'its name'),
  run_number INT64 OPTIONS (description = '1, and more where it was run again'),
  trigger_name STRING OPTIONS (description = 'AUTOMATIC or MANUAL'),
  state STRING OPTIONS (description = 'COMPLETED, or what it was when the pipeline ended'),
  result_name STRING OPTIONS (description = 'SUCCESSFUL, FAILED, STOPPED and others'),
  started_on TIMESTAMP OPTIONS (description = 'when it began; null where it did not run'),
  completed_on TIMESTAMP OPTIONS (description = 'when it ended'),
  duration_seconds INT64 OPTIONS (description = 'how long it took'),
  build_seconds INT64 OPTIONS (description = 'build time that was charged for it'),
  pipeline_created_on TIMESTAMP OPTIONS (description = 'when the pipeline was caused'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pipeline_steps/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pipeline_steps',
  require_hive_partition_filter = false,
  description = 'One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pipelines (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  pipeline_uuid STRING OPTIONS (description = 'the run’s uuid, in braces'),
  build_number INT64 OPTIONS (description = 'its number in the repository'),
  creator_uuid STRING OPTIONS (description = 'who caused it, null for a schedule; null for a deleted account'),
  creator_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  creator_display_name STRING OPTIONS (description = 'that account’s name'),
  creator_nickname STRING OPTIONS (description = 'that account’s short name'),
  creator_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  trigger_name STRING OPTIONS (description = 'PUSH, MANUAL, SCHEDULE or another'),
  target_type STRING OPTIONS (description = 'pipeline_ref_target, pipeline_pullrequest_target or pipeline_commit_target'),
  ref_type STRING OPTIONS (description = 'branch or tag'),
  ref_name STRING OPTIONS (description = 'the branch or the tag; for a pull request, its source branch'),
  commit_hash STRING OPTIONS (description = 'the commit that it ran on'),
  pull_request_id INT64 OPTIONS (description = 'the pull request that it ran for'),
  state STRING OPTIONS (description = 'PENDING, IN_PROGRESS or COMPLETED'),
  result_name STRING OPTIONS (description = 'SUCCESSFUL, FAILED, STOPPED, ERROR or EXPIRED; null while it has not ended'),
  stopped_by_uuid STRING OPTIONS (description = 'who stopped it, null where nobody did; null for a deleted account'),
  stopped_by_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  stopped_by_display_name STRING OPTIONS (description = 'that account’s name'),
  stopped_by_nickname STRING OPTIONS (description = 'that account’s short name'),
  stopped_by_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was caused'),
  completed_on TIMESTAMP OPTIONS (description = 'when it ended; null while it has not'),
  duration_seconds INT64 OPTIONS (description = 'how long it took'),
  build_seconds INT64 OPTIONS (description = 'build time that was charged for it'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pipelines/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pipelines',
  require_hive_partition_filter = false,
  description = 'One run of a pipeline. Month: when it was caused.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.projects (
  project_uuid STRING OPTIONS (description = 'the project’s uuid, in braces'),
  project_key STRING OPTIONS (description = 'the project’s key, such as WEB'),
  name STRING OPTIONS (description = 'the project’s name'),
  description STRING OPTIONS (description = 'the project’s description'),
  is_private BOOL OPTIONS (description = 'whether only members see the project'),
  created_on TIMESTAMP OPTIONS (description = 'when the project was created'),
  updated_on TIMESTAMP OPTIONS (description = 'when the project was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/projects/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/projects',
  require_hive_partition_filter = false,
  description = 'One project of the workspace.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_request_activity (
  repository_uuid STRING OPTIONS (description = 'the pull request’s repository'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number'),
  occurred_at TIMESTAMP OPTIONS (description = 'when it happened'),
  activity_id STRING OPTIONS (description = 'made from what the entry says (Bitbucket gives entries no id), so that the same entry has the same id for ever'),
  kind STRING OPTIONS (description = 'approval, changes_requested, comment or update'),
  user_uuid STRING OPTIONS (description = 'who did it; null for a deleted account'),
  account_id STRING OPTIONS (description = 'the account’s id across Atlassian products'),
  display_name STRING OPTIONS (description = 'the account’s name'),
  nickname STRING OPTIONS (description = 'the account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team or deleted'),
  comment_id INT64 OPTIONS (description = 'the comment, where the entry is one'),
  parent_comment_id INT64 OPTIONS (description = 'the comment that it replies to'),
  is_inline BOOL OPTIONS (description = 'for a comment: whether it stands on a line of code'),
  state STRING OPTIONS (description = 'for an update: the pull request’s state after it'),
  changes STRING OPTIONS (description = 'for an update: the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_request_activity/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_request_activity',
  require_hive_partition_filter = false,
  description = 'One entry of a pull request’s activity: an approval, a request for changes, a comment or an update. Month: when it happened.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_request_comments (
  repository_uuid STRING OPTIONS (description = 'the pull request’s repository'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number'),
  comment_id INT64 OPTIONS (description = 'the comment’s number'),
  author_uuid STRING OPTIONS (description = 'who wrote it; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  parent_comment_id INT64 OPTIONS (description = 'the comment that it replies to'),
  file_path STRING OPTIONS (description = 'for a comment on a line of code: the file'),
  is_deleted BOOL OPTIONS (description = 'whether it was deleted: it stays in its place, without its text'),
  resolved_by_uuid STRING OPTIONS (description = 'who resolved the discussion, null while nobody has; null for a deleted account'),
  resolved_by_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  resolved_by_display_name STRING OPTIONS (description = 'that account’s name'),
  resolved_by_nickname STRING OPTIONS (description = 'that account’s short name'),
  resolved_by_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  resolved_on TIMESTAMP OPTIONS (description = 'when the discussion was resolved; null while it is not'),
  created_on TIMESTAMP OPTIONS (description = 'when it was written'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed'),
  pull_request_created_on TIMESTAMP OPTIONS (description = 'when the pull request was opened'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_request_comments/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_request_comments',
  require_hive_partition_filter = false,
  description = 'One comment on a pull request that has any which are not deleted; what it says is not kept. Month: when the pull request was opened.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_request_participants (
  repository_uuid STRING OPTIONS (description = 'the pull request’s repository'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number'),
  user_uuid STRING OPTIONS (description = 'the participant; null for deleted accounts, which Bitbucket does not tell apart'),
  account_id STRING OPTIONS (description = 'the account’s id across Atlassian products'),
  display_name STRING OPTIONS (description = 'the account’s name'),
  nickname STRING OPTIONS (description = 'the account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team or deleted'),
  occurrence INT64 OPTIONS (description = '0, counted up only where several deleted accounts take part in one pull request'),
  participant_role STRING OPTIONS (description = 'REVIEWER (was asked to review) or PARTICIPANT'),
  approved BOOL OPTIONS (description = 'whether the account’s approval stands'),
  state STRING OPTIONS (description = 'approved, changes_requested or null'),
  participated_on TIMESTAMP OPTIONS (description = 'time of the approval, or of the last comment'),
  pull_request_created_on TIMESTAMP OPTIONS (description = 'when the pull request was opened'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_request_participants/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_request_participants',
  require_hive_partition_filter = false,
  description = 'One account that reviews or takes part in a pull request, as it stands now. Being listed is not use. Month: when the pull request was opened.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_request_sizes (
  repository_uuid STRING OPTIONS (description = 'the pull request’s repository'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number'),
  files INT64 OPTIONS (description = 'files that it changes'),
  lines_added INT64 OPTIONS (description = 'lines that it adds'),
  lines_removed INT64 OPTIONS (description = 'lines that it removes'),
  pull_request_created_on TIMESTAMP OPTIONS (description = 'when the pull request was opened'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_request_sizes/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_request_sizes',
  require_hive_partition_filter = false,
  description = 'How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_request_tasks (
  repository_uuid STRING OPTIONS (description = 'the pull request’s repository'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number'),
  task_id INT64 OPTIONS (description = 'the task’s number'),
  state STRING OPTIONS (description = 'UNRESOLVED or RESOLVED'),
  creator_uuid STRING OPTIONS (description = 'who wrote the task; null for a deleted account'),
  creator_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  creator_display_name STRING OPTIONS (description = 'that account’s name'),
  creator_nickname STRING OPTIONS (description = 'that account’s short name'),
  creator_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  resolved_by_uuid STRING OPTIONS (description = 'who resolved it, null while it is not; null for a deleted account'),
  resolved_by_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  resolved_by_display_name STRING OPTIONS (description = 'that account’s name'),
  resolved_by_nickname STRING OPTIONS (description = 'that account’s short name'),
  resolved_by_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  comment_id INT64 OPTIONS (description = 'the comment that the task stands on'),
  created_on TIMESTAMP OPTIONS (description = 'when it was written'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed'),
  resolved_on TIMESTAMP OPTIONS (description = 'when it was resolved; null while it is not'),
  pull_request_created_on TIMESTAMP OPTIONS (description = 'when the pull request was opened'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_request_tasks/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_request_tasks',
  require_hive_partition_filter = false,
  description = 'One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.pull_requests (
  repository_uuid STRING OPTIONS (description = 'the repository that the pull request asks to merge into'),
  pull_request_id INT64 OPTIONS (description = 'the pull request’s number, unique in its repository'),
  title STRING OPTIONS (description = 'the present title'),
  state STRING OPTIONS (description = 'OPEN, MERGED, DECLINED or SUPERSEDED'),
  draft BOOL OPTIONS (description = 'whether it is a draft; null where Bitbucket does not say'),
  author_uuid STRING OPTIONS (description = 'who opened it; null for a deleted account'),
  author_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  author_display_name STRING OPTIONS (description = 'that account’s name'),
  author_nickname STRING OPTIONS (description = 'that account’s short name'),
  author_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  closed_by_uuid STRING OPTIONS (description = 'who merged or declined it, null while it is open; null for a deleted account'),
  closed_by_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  closed_by_display_name STRING OPTIONS (description = 'that account’s name'),
  closed_by_nickname STRING OPTIONS (description = 'that account’s short name'),
  closed_by_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  source_branch STRING OPTIONS (description = 'the branch to merge; null where it is gone'),
  source_commit STRING OPTIONS (description = 'the first 12 characters of the source commit’s hash'),
  destination_branch STRING OPTIONS (description = 'the branch to merge into'),
  destination_commit STRING OPTIONS (description = 'the first 12 characters of the destination commit’s hash'),
  merge_commit STRING OPTIONS (description = 'the first 12 characters of the merge commit’s hash'),
  comment_count INT64 OPTIONS (description = 'comments on the pull request'),
  open_task_count INT64 OPTIONS (description = 'tasks that are not resolved'),
  close_source_branch BOOL OPTIONS (description = 'whether merging closes the source branch'),
  decline_reason STRING OPTIONS (description = 'the reason given when it was declined'),
  created_on TIMESTAMP OPTIONS (description = 'when it was opened'),
  updated_on TIMESTAMP OPTIONS (description = 'when Bitbucket last counted a change'),
  closed_on TIMESTAMP OPTIONS (description = 'when it was merged or declined; null while open'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/pull_requests/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/pull_requests',
  require_hive_partition_filter = false,
  description = 'One pull request, in its present state. Month: when it was opened.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.repositories (
  repository_uuid STRING OPTIONS (description = 'the repository’s uuid, in braces; it survives renames and moves'),
  slug STRING OPTIONS (description = 'the repository’s id in addresses'),
  full_name STRING OPTIONS (description = 'workspace and slug'),
  name STRING OPTIONS (description = 'the repository’s name'),
  description STRING OPTIONS (description = 'the repository’s description'),
  project_uuid STRING OPTIONS (description = 'the project that the repository belongs to'),
  project_key STRING OPTIONS (description = 'the key of that project'),
  is_private BOOL OPTIONS (description = 'whether only people with access see the repository'),
  main_language STRING OPTIONS (description = 'the main language that its settings name'),
  main_branch STRING OPTIONS (description = 'the main branch; null while the repository is empty'),
  fork_policy STRING OPTIONS (description = 'allow_forks, no_public_forks or no_forks'),
  parent_uuid STRING OPTIONS (description = 'the repository that this one was forked from'),
  size_bytes INT64 OPTIONS (description = 'size on Bitbucket’s disks, in bytes'),
  has_issues BOOL OPTIONS (description = 'whether the issue tracker was on (retired by Bitbucket in August 2026)'),
  has_wiki BOOL OPTIONS (description = 'whether the wiki was on (retired by Bitbucket in August 2026)'),
  created_on TIMESTAMP OPTIONS (description = 'when the repository was created'),
  updated_on TIMESTAMP OPTIONS (description = 'when the repository was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/repositories/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/repositories',
  require_hive_partition_filter = false,
  description = 'One repository of the workspace.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.repository_permissions (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  user_uuid STRING OPTIONS (description = 'the account'),
  user_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  user_display_name STRING OPTIONS (description = 'that account’s name'),
  user_nickname STRING OPTIONS (description = 'that account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  permission STRING OPTIONS (description = 'admin, write or read: the greatest right that the account has, by itself or through a group'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/repository_permissions/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/repository_permissions',
  require_hive_partition_filter = false,
  description = 'What one account may do in one repository. Bitbucket shows it to administrators of the workspace only; where there are more than 10,000 it is not read.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.snippets (
  snippet_id STRING OPTIONS (description = 'the snippet’s id'),
  title STRING OPTIONS (description = 'its title'),
  is_private BOOL OPTIONS (description = 'whether only the workspace sees it'),
  creator_uuid STRING OPTIONS (description = 'who wrote it; null for a deleted account'),
  creator_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  creator_display_name STRING OPTIONS (description = 'that account’s name'),
  creator_nickname STRING OPTIONS (description = 'that account’s short name'),
  creator_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  created_on TIMESTAMP OPTIONS (description = 'when it was written'),
  updated_on TIMESTAMP OPTIONS (description = 'when it was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/snippets/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/snippets',
  require_hive_partition_filter = false,
  description = 'One snippet of the workspace that the connected account sees.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.story_links (
  repository_uuid STRING OPTIONS (description = 'the repository of the object'),
  object_type STRING OPTIONS (description = 'pull_request or commit'),
  object_id STRING OPTIONS (description = 'the pull request’s number, or the commit’s hash'),
  story_key STRING OPTIONS (description = 'the story’s key in Jira, such as ABC-12'),
  found_in STRING OPTIONS (description = 'where the key stands: title or branch of a pull request, or message of a commit'),
  user_uuid STRING OPTIONS (description = 'who opened the pull request or wrote the commit; null for a deleted account'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted or unknown'),
  linked_on TIMESTAMP OPTIONS (description = 'when the pull request was opened, or the commit’s date'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/story_links/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/story_links',
  require_hive_partition_filter = false,
  description = 'One mention of a story’s key in a pull request’s title or source branch, or in a commit’s message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.tags (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  tag_name STRING OPTIONS (description = 'the tag’s name'),
  message STRING OPTIONS (description = 'its message; null for a tag that is only a name for a commit'),
  commit_hash STRING OPTIONS (description = 'the commit that it stands at'),
  tagger_uuid STRING OPTIONS (description = 'who tagged, null where nobody is named; type unknown where the address belongs to no account; null for a deleted account'),
  tagger_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  tagger_display_name STRING OPTIONS (description = 'that account’s name'),
  tagger_nickname STRING OPTIONS (description = 'that account’s short name'),
  tagger_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  tagged_on TIMESTAMP OPTIONS (description = 'when it was tagged'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/tags/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/tags',
  require_hive_partition_filter = false,
  description = 'One tag of a repository.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.webhooks (
  repository_uuid STRING OPTIONS (description = 'the repository'),
  webhook_uuid STRING OPTIONS (description = 'the webhook’s uuid, in braces'),
  description STRING OPTIONS (description = 'its description'),
  url_host STRING OPTIONS (description = 'the host that is called; the rest of the address may be a secret and is not kept'),
  is_active BOOL OPTIONS (description = 'whether it is called'),
  events STRING OPTIONS (description = 'what it is called for, such as repo:push, as a JSON list in order'),
  secret_set BOOL OPTIONS (description = 'whether calls are signed'),
  created_on TIMESTAMP OPTIONS (description = 'when it was made'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/webhooks/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/webhooks',
  require_hive_partition_filter = false,
  description = 'One webhook of a repository. Bitbucket shows them to administrators of the repository only.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.workspace_permissions (
  user_uuid STRING OPTIONS (description = 'the account'),
  user_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  user_display_name STRING OPTIONS (description = 'that account’s name'),
  user_nickname STRING OPTIONS (description = 'that account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  permission STRING OPTIONS (description = 'owner, collaborator or member'),
  added_on TIMESTAMP OPTIONS (description = 'when it was added; null in workspaces that an organisation administers'),
  last_accessed_on TIMESTAMP OPTIONS (description = 'when it last used the workspace, as Bitbucket says; null where it does not say'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/workspace_permissions/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/workspace_permissions',
  require_hive_partition_filter = false,
  description = 'One account’s role in the workspace. Bitbucket shows them to its administrators only.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.workspace_webhooks (
  workspace_webhook_uuid STRING OPTIONS (description = 'the webhook’s uuid, in braces'),
  description STRING OPTIONS (description = 'its description'),
  url_host STRING OPTIONS (description = 'the host that is called; the rest of the address may be a secret and is not kept'),
  is_active BOOL OPTIONS (description = 'whether it is called'),
  events STRING OPTIONS (description = 'what it is called for, such as repo:push, as a JSON list in order'),
  secret_set BOOL OPTIONS (description = 'whether calls are signed'),
  created_on TIMESTAMP OPTIONS (description = 'when it was made'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/workspace_webhooks/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/workspace_webhooks',
  require_hive_partition_filter = false,
  description = 'One webhook of the whole workspace. Bitbucket shows them to its administrators only.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.workspaces (
  workspace_uuid STRING OPTIONS (description = 'the workspace’s uuid, in braces'),
  slug STRING OPTIONS (description = 'the workspace’s id in addresses'),
  name STRING OPTIONS (description = 'the workspace’s display name'),
  is_private BOOL OPTIONS (description = 'whether only members see the workspace'),
  created_on TIMESTAMP OPTIONS (description = 'when the workspace was created'),
  updated_on TIMESTAMP OPTIONS (description = 'when the workspace was last changed'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/workspaces/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/workspaces',
  require_hive_partition_filter = false,
  description = 'One connected workspace.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.feature_adoption_monthly (
  month_start DATE OPTIONS (description = 'the first day of the month'),
  feature STRING OPTIONS (description = 'the feature, as in usage_events'),
  users INT64 OPTIONS (description = 'people who used it in the month'),
  share_of_active FLOAT64 OPTIONS (description = 'users as a part of the people who did anything in the month, from 0 to 1'),
  new_users INT64 OPTIONS (description = 'those who had never used it before'),
  returning_users INT64 OPTIONS (description = 'those who had used it in an earlier month'),
  lapsed_users INT64 OPTIONS (description = 'people who used it in the month before, and not in this one'),
  events INT64 OPTIONS (description = 'usage events of the month by people'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/feature_adoption_monthly/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/feature_adoption_monthly',
  require_hive_partition_filter = false,
  description = 'How many people used one feature in one month: from the month of its first use on, months without any use too. Apps and deleted accounts are not people. The last month is not over.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.feature_configuration (
  repository_uuid STRING OPTIONS (description = 'the repository; null for what is set up for the whole workspace'),
  feature STRING OPTIONS (description = 'webhooks, branch_restrictions, environments, default_reviewers or pipelines'),
  repository STRING OPTIONS (description = 'the repository’s slug, as it is now'),
  project_key STRING OPTIONS (description = 'its project, as it is now'),
  project_name STRING OPTIONS (description = 'that project’s name'),
  items INT64 OPTIONS (description = 'how many there are; of webhooks those that are called, of pipelines the runs'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/feature_configuration/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/feature_configuration',
  require_hive_partition_filter = false,
  description = 'One feature that is set up in one repository, or in the workspace, and that nobody is seen to use. Where there is no row it is not set up, or the connected account may not see it.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.feature_usage_daily (
  usage_date DATE OPTIONS (description = 'the day, in UTC'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted or unknown'),
  user_uuid STRING OPTIONS (description = 'who; null for deleted accounts, which Bitbucket does not tell apart'),
  feature STRING OPTIONS (description = 'the feature, as in usage_events'),
  repository_uuid STRING OPTIONS (description = 'the repository; empty for snippets'),
  account_id STRING OPTIONS (description = 'the account’s id across Atlassian products; joins Jira'),
  display_name STRING OPTIONS (description = 'the account’s name'),
  nickname STRING OPTIONS (description = 'the account’s short name'),
  project_key STRING OPTIONS (description = 'the project of the repository, as it is now'),
  project_name STRING OPTIONS (description = 'that project’s name'),
  repository STRING OPTIONS (description = 'the repository’s slug, as it is now'),
  events INT64 OPTIONS (description = 'usage events of that day'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/feature_usage_daily/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/feature_usage_daily',
  require_hive_partition_filter = false,
  description = 'What one account did with one feature in one repository on one day, counted. Month: of the day.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.freshness (
  stream STRING OPTIONS (description = 'the stream, which is the name of the table that it feeds'),
  repository_uuid STRING OPTIONS (description = 'the repository; null for the stream as a whole'),
  repository STRING OPTIONS (description = 'the repository’s slug, as it is now'),
  state STRING OPTIONS (description = 'current: what was new at asked_at has landed; backfill: and older rows are still to come; waiting: never asked; refused: Bitbucket answers that the account may not, or fails; disabled: the grant lacks a permission'),
  asked_at TIMESTAMP OPTIONS (description = 'the beginning of the run that last read all that was new; null where it never was, and where nothing has to be asked: commits follow branches, and pipeline_steps pipelines'),
  newest_at TIMESTAMP OPTIONS (description = 'time of the newest row by Bitbucket’s clock, where the stream goes by time'),
  read_back_to TIMESTAMP OPTIONS (description = 'how far back the past has been read; null where all of it has'),
  refusals INT64 OPTIONS (description = 'times in a row that it was refused; it is asked again after ever longer pauses'),
  problem STRING OPTIONS (description = 'of the stream as a whole: why its last reading was not complete'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/freshness/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/freshness',
  require_hive_partition_filter = false,
  description = 'How far one stream has come in one repository, and in the workspace as a whole. A repository in which nothing seems to happen is asked once in QUIET_EVERY; whether it was, is said here.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.seat_utilization_monthly (
  month_start DATE OPTIONS (description = 'the first day of the month'),
  seats INT64 OPTIONS (description = 'seats that were held on a day of the month: of people who joined or left in it, too'),
  active_seats INT64 OPTIONS (description = 'those whose holder did something in the month'),
  idle_seats INT64 OPTIONS (description = 'those whose holder did nothing in the month, and something before'),
  never_used_seats INT64 OPTIONS (description = 'those whose holder had done nothing up to the month’s end'),
  utilization FLOAT64 OPTIONS (description = 'active_seats as a part of seats, from 0 to 1'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/seat_utilization_monthly/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/seat_utilization_monthly',
  require_hive_partition_filter = false,
  description = 'The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.story_activity (
  story_key STRING OPTIONS (description = 'the story’s key in Jira, such as ABC-12'),
  people INT64 OPTIONS (description = 'people who worked on it; deleted accounts, apps and authors of whom no account is known do not count'),
  pull_requests INT64 OPTIONS (description = 'pull requests that name it now and in which something was done'),
  commits INT64 OPTIONS (description = 'commits that name it; the same commit in a fork counts once'),
  tasks INT64 OPTIONS (description = 'tasks on those pull requests'),
  repositories INT64 OPTIONS (description = 'repositories in which it was worked on'),
  events INT64 OPTIONS (description = 'usage events that say that the story was worked on, whoever did it'),
  first_activity TIMESTAMP OPTIONS (description = 'when it was first worked on; a commit bears the date that its author’s clock had'),
  last_activity TIMESTAMP OPTIONS (description = 'when it was last worked on; a commit’s date may be ahead'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/story_activity/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/story_activity',
  require_hive_partition_filter = false,
  description = 'The work on one story: who, and in what. Work is what was done with a pull request that names the story in its title or source branch, and each commit that names it.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.sync_runs (
  run_id STRING OPTIONS (description = 'names the run; ids sort by time'),
  started_at TIMESTAMP OPTIONS (description = 'its beginning'),
  ended_at TIMESTAMP OPTIONS (description = 'its end'),
  outcome STRING OPTIONS (description = 'complete; partial: something could not be read; interrupted: by the hour or a stop, and the next run goes on; failed: somebody has to do something, or Bitbucket was out of reach'),
  requests INT64 OPTIONS (description = 'requests to Bitbucket'),
  rows_read INT64 OPTIONS (description = 'rows that were read, or computed, also those that said nothing new'),
  rows_changed INT64 OPTIONS (description = 'rows of the lake that it changed'),
  bytes_written INT64 OPTIONS (description = 'size of the objects that it wrote'),
  streams_incomplete INT64 OPTIONS (description = 'streams that did not bring everything'),
  problem STRING OPTIONS (description = 'why it is not complete; null where it is'),
  streams STRING OPTIONS (description = 'what became of each stream, as JSON: a list of objects with stream, complete, requests, rows, changed, bytes, seconds, and where there is one, error, behind or disabled'),
  version STRING OPTIONS (description = 'of bucketlake'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/sync_runs/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/sync_runs',
  require_hive_partition_filter = false,
  description = 'One run over all streams of the workspace. A run is landed at its end, or by the next one where the lake could not be written.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.usage_events (
  occurred_at TIMESTAMP OPTIONS (description = 'when it was done'),
  event_id STRING OPTIONS (description = 'made from what the event says, so that the same deed is the same row for ever'),
  user_uuid STRING OPTIONS (description = 'who did it; null for a deleted account'),
  account_id STRING OPTIONS (description = 'the account’s id across Atlassian products; joins Jira'),
  display_name STRING OPTIONS (description = 'the account’s name'),
  nickname STRING OPTIONS (description = 'the account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown: an author of commits whose e-mail address belongs to no account'),
  feature STRING OPTIONS (description = 'the feature of Bitbucket that was used: code, tags, pull_requests, reviews, comments, tasks, pipelines, deployments, snippets, downloads or stories'),
  action STRING OPTIONS (description = 'what was done with it: opened, updated, merged, declined, superseded, approved, changes_requested, created, resolved, committed, uploaded, run, stopped, deployed or worked_on'),
  project_key STRING OPTIONS (description = 'the project of the repository, as it is now'),
  project_name STRING OPTIONS (description = 'that project’s name'),
  repository_uuid STRING OPTIONS (description = 'the repository; empty for snippets'),
  repository STRING OPTIONS (description = 'the repository’s slug, as it is now'),
  object_type STRING OPTIONS (description = 'what it was done to: pull_request, comment, task, commit, tag, pipeline, deployment, download or snippet'),
  object_id STRING OPTIONS (description = 'that object’s number, hash or name'),
  pull_request_id INT64 OPTIONS (description = 'the pull request that the object belongs to'),
  story_key STRING OPTIONS (description = 'the story; for other features than stories the first of those that the pull request or the commit names'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING,
  month STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/usage_events/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/usage_events',
  require_hive_partition_filter = false,
  description = 'One thing that one account did with one feature. Month: when it was done.'
);

CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.user_activity (
  user_uuid STRING OPTIONS (description = 'who holds the seat'),
  user_account_id STRING OPTIONS (description = 'that account’s id across Atlassian products; joins Jira'),
  user_display_name STRING OPTIONS (description = 'that account’s name'),
  user_nickname STRING OPTIONS (description = 'that account’s short name'),
  user_type STRING OPTIONS (description = 'user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account'),
  as_of DATE OPTIONS (description = 'the day up to which was counted: that of the sync, in UTC'),
  status STRING OPTIONS (description = 'active: did something in the last 30 days; idle: before that; never: nothing that is known'),
  first_seen DATE OPTIONS (description = 'the first day on which the account did something'),
  last_seen DATE OPTIONS (description = 'the last such day'),
  active_days_7 INT64 OPTIONS (description = 'days of the last 7 on which the account did something, the day as_of among them'),
  active_days_30 INT64 OPTIONS (description = 'days of the last 30'),
  active_days_90 INT64 OPTIONS (description = 'days of the last 90'),
  features_90 STRING OPTIONS (description = 'features used in the last 90 days, as a JSON list in order'),
  events_90 INT64 OPTIONS (description = 'usage events of the last 90 days, without those that say on which story the others worked'),
  last_accessed_on TIMESTAMP OPTIONS (description = 'when the account last used the workspace, as Bitbucket says: reading counts there; null where it does not say'),
  synced_at TIMESTAMP OPTIONS (description = 'when this content of the row was landed; unchanged as long as the content is'),
  deleted_at TIMESTAMP OPTIONS (description = 'when the row was found gone at the source; null while it exists')
)
WITH PARTITION COLUMNS (
  workspace STRING
)
OPTIONS (
  format = 'PARQUET',
  uris = ['gs://bucket/lake/user_activity/*'],
  hive_partition_uri_prefix = 'gs://bucket/lake/user_activity',
  require_hive_partition_filter = false,
  description = 'What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use.'
);
