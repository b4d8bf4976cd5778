CREATE EXTERNAL TABLE bucketlake.branch_restrictions (
  repository_uuid varchar(65535),
  restriction_id bigint,
  kind varchar(65535),
  branch_match_kind varchar(65535),
  pattern varchar(65535),
  branch_type varchar(65535),
  required_count bigint,
  user_uuids varchar(65535),
  group_slugs varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/branch_restrictions/';

CREATE EXTERNAL TABLE bucketlake.branches (
  repository_uuid varchar(65535),
  branch_name varchar(65535),
  commit_hash varchar(65535),
  committed_on timestamp,
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  story_keys varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/branches/';

CREATE EXTERNAL TABLE bucketlake.commit_identities (
  identity_id varchar(65535),
  git_name varchar(65535),
  git_email varchar(65535),
  owner_uuid varchar(65535),
  owner_account_id varchar(65535),
  owner_display_name varchar(65535),
  owner_nickname varchar(65535),
  owner_type varchar(65535),
  evidence varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/commit_identities/';

CREATE EXTERNAL TABLE bucketlake.commits (
  repository_uuid varchar(65535),
  commit_hash varchar(65535),
  committed_on timestamp,
  message varchar(65535),
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  identity_id varchar(65535),
  parent_hashes varchar(65535),
  is_merge boolean,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/commits/';

CREATE EXTERNAL TABLE bucketlake.default_reviewers (
  repository_uuid varchar(65535),
  user_uuid varchar(65535),
  user_account_id varchar(65535),
  user_display_name varchar(65535),
  user_nickname varchar(65535),
  user_type varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/default_reviewers/';

CREATE EXTERNAL TABLE bucketlake.deployments (
  repository_uuid varchar(65535),
  deployment_uuid varchar(65535),
  environment_uuid varchar(65535),
  pipeline_uuid varchar(65535),
  step_uuid varchar(65535),
  release_name varchar(65535),
  commit_hash varchar(65535),
  state varchar(65535),
  status_name varchar(65535),
  started_on timestamp,
  completed_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/deployments/';

CREATE EXTERNAL TABLE bucketlake.downloads (
  repository_uuid varchar(65535),
  file_name varchar(65535),
  size_bytes bigint,
  download_count bigint,
  uploader_uuid varchar(65535),
  uploader_account_id varchar(65535),
  uploader_display_name varchar(65535),
  uploader_nickname varchar(65535),
  uploader_type varchar(65535),
  created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/downloads/';

CREATE EXTERNAL TABLE bucketlake.environments (
  repository_uuid varchar(65535),
  environment_uuid varchar(65535),
  name varchar(65535),
  slug varchar(65535),
  environment_type varchar(65535),
  environment_rank bigint,
  is_hidden boolean,
  lock_state varchar(65535),
  is_admin_only boolean,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/environments/';

CREATE EXTERNAL TABLE bucketlake.issue_changes (
  repository_uuid varchar(65535),
  issue_id bigint,
  change_id bigint,
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  created_on timestamp,
  changes varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/issue_changes/';

CREATE EXTERNAL TABLE bucketlake.issue_comments (
  repository_uuid varchar(65535),
  issue_id bigint,
  comment_id bigint,
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/issue_comments/';

CREATE EXTERNAL TABLE bucketlake.issues (
  repository_uuid varchar(65535),
  issue_id bigint,
  title varchar(65535),
  state varchar(65535),
  issue_kind varchar(65535),
  priority varchar(65535),
  reporter_uuid varchar(65535),
  reporter_account_id varchar(65535),
  reporter_display_name varchar(65535),
  reporter_nickname varchar(65535),
  reporter_type varchar(65535),
  assignee_uuid varchar(65535),
  assignee_account_id varchar(65535),
  assignee_display_name varchar(65535),
  assignee_nickname varchar(65535),
  assignee_type varchar(65535),
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/issues/';

CREATE EXTERNAL TABLE bucketlake.members (
  user_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  user_type varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/members/';

CREATE EXTERNAL TABLE bucketlake.pipeline_steps (
  repository_uuid varchar(65535),
  pipeline_uuid varchar(65535),
  step_uuid varchar(65535),
  name varchar(65535),
  run_number bigint,
  trigger_name varchar(65535),
  state varchar(65535),
  result_name varchar(65535),
  started_on timestamp,
  completed_on timestamp,
  duration_seconds bigint,
  build_seconds bigint,
  pipeline_created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pipeline_steps/';

CREATE EXTERNAL TABLE bucketlake.pipelines (
  repository_uuid varchar(65535),
  pipeline_uuid varchar(65535),
  build_number bigint,
  creator_uuid varchar(65535),
  creator_account_id varchar(65535),
  creator_display_name varchar(65535),
  creator_nickname varchar(65535),
  creator_type varchar(65535),
  trigger_name varchar(65535),
  target_type varchar(65535),
  ref_type varchar(65535),
  ref_name varchar(65535),
  commit_hash varchar(65535),
  pull_request_id bigint,
  state varchar(65535),
  result_name varchar(65535),
  stopped_by_uuid varchar(65535),
  stopped_by_account_id varchar(65535),
  stopped_by_display_name varchar(65535),
  stopped_by_nickname varchar(65535),
  stopped_by_type varchar(65535),
  created_on timestamp,
  completed_on timestamp,
  duration_seconds bigint,
  build_seconds bigint,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pipelines/';

CREATE EXTERNAL TABLE bucketlake.projects (
  project_uuid varchar(65535),
  project_key varchar(65535),
  name varchar(65535),
  description varchar(65535),
  is_private boolean,
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/projects/';

CREATE EXTERNAL TABLE bucketlake.pull_request_activity (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  occurred_at timestamp,
  activity_id varchar(65535),
  kind varchar(65535),
  user_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  user_type varchar(65535),
  comment_id bigint,
  parent_comment_id bigint,
  is_inline boolean,
  state varchar(65535),
  changes varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_request_activity/';

CREATE EXTERNAL TABLE bucketlake.pull_request_comments (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  comment_id bigint,
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  parent_comment_id bigint,
  file_path varchar(65535),
  is_deleted boolean,
  resolved_by_uuid varchar(65535),
  resolved_by_account_id varchar(65535),
  resolved_by_display_name varchar(65535),
  resolved_by_nickname varchar(65535),
  resolved_by_type varchar(65535),
  resolved_on timestamp,
  created_on timestamp,
  updated_on timestamp,
  pull_request_created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_request_comments/';

CREATE EXTERNAL TABLE bucketlake.pull_request_participants (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  user_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  user_type varchar(65535),
  occurrence bigint,
  participant_role varchar(65535),
  approved boolean,
  state varchar(65535),
  participated_on timestamp,
  pull_request_created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_request_participants/';

CREATE EXTERNAL TABLE bucketlake.pull_request_sizes (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  files bigint,
  lines_added bigint,
  lines_removed bigint,
  pull_request_created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_request_sizes/';

CREATE EXTERNAL TABLE bucketlake.pull_request_tasks (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  task_id bigint,
  state varchar(65535),
  creator_uuid varchar(65535),
  creator_account_id varchar(65535),
  creator_display_name varchar(65535),
  creator_nickname varchar(65535),
  creator_type varchar(65535),
  resolved_by_uuid varchar(65535),
  resolved_by_account_id varchar(65535),
  resolved_by_display_name varchar(65535),
  resolved_by_nickname varchar(65535),
  resolved_by_type varchar(65535),
  comment_id bigint,
  created_on timestamp,
  updated_on timestamp,
  resolved_on timestamp,
  pull_request_created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_request_tasks/';

CREATE EXTERNAL TABLE bucketlake.pull_requests (
  repository_uuid varchar(65535),
  pull_request_id bigint,
  title varchar(65535),
  state varchar(65535),
  draft boolean,
  author_uuid varchar(65535),
  author_account_id varchar(65535),
  author_display_name varchar(65535),
  author_nickname varchar(65535),
  author_type varchar(65535),
  closed_by_uuid varchar(65535),
  closed_by_account_id varchar(65535),
  closed_by_display_name varchar(65535),
  closed_by_nickname varchar(65535),
  closed_by_type varchar(65535),
  source_branch varchar(65535),
  source_commit varchar(65535),
  destination_branch varchar(65535),
  destination_commit varchar(65535),
  merge_commit varchar(65535),
  comment_count bigint,
  open_task_count bigint,
  close_source_branch boolean,
  decline_reason varchar(65535),
  created_on timestamp,
  updated_on timestamp,
  closed_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/pull_requests/';

CREATE EXTERNAL TABLE bucketlake.repositories (
  repository_uuid varchar(65535),
  slug varchar(65535),
  full_name varchar(65535),
  name varchar(65535),
  description varchar(65535),
  project_uuid varchar(65535),
  project_key varchar(65535),
  is_private boolean,
  main_language varchar(65535),
  main_branch varchar(65535),
  fork_policy varchar(65535),
  parent_uuid varchar(65535),
  size_bytes bigint,
  has_issues boolean,
  has_wiki boolean,
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/repositories/';

CREATE EXTERNAL TABLE bucketlake.repository_permissions (
  repository_uuid varchar(65535),
  user_uuid varchar(65535),
  user_account_id varchar(65535),
  user_display_name varchar(65535),
  user_nickname varchar(65535),
  user_type varchar(65535),
  permission varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/repository_permissions/';

CREATE EXTERNAL TABLE bucketlake.snippets (
  snippet_id varchar(65535),
  title varchar(65535),
  is_private boolean,
  creator_uuid varchar(65535),
  creator_account_id varchar(65535),
  creator_display_name varchar(65535),
  creator_nickname varchar(65535),
  creator_type varchar(65535),
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/snippets/';

CREATE EXTERNAL TABLE bucketlake.story_links (
  repository_uuid varchar(65535),
  object_type varchar(65535),
  object_id varchar(65535),
  story_key varchar(65535),
  found_in varchar(65535),
  user_uuid varchar(65535),
  user_type varchar(65535),
  linked_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/story_links/';

CREATE EXTERNAL TABLE bucketlake.tags (
  repository_uuid varchar(65535),
  tag_name varchar(65535),
  message varchar(65535),
  commit_hash varchar(65535),
  tagger_uuid varchar(65535),
  tagger_account_id varchar(65535),
  tagger_display_name varchar(65535),
  tagger_nickname varchar(65535),
  tagger_type varchar(65535),
  tagged_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/tags/';

CREATE EXTERNAL TABLE bucketlake.webhooks (
  repository_uuid varchar(65535),
  webhook_uuid varchar(65535),
  description varchar(65535),
  url_host varchar(65535),
  is_active boolean,
  events varchar(65535),
  secret_set boolean,
  created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/webhooks/';

CREATE EXTERNAL TABLE bucketlake.workspace_permissions (
  user_uuid varchar(65535),
  user_account_id varchar(65535),
  user_display_name varchar(65535),
  user_nickname varchar(65535),
  user_type varchar(65535),
  permission varchar(65535),
  added_on timestamp,
  last_accessed_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/workspace_permissions/';

CREATE EXTERNAL TABLE bucketlake.workspace_webhooks (
  workspace_webhook_uuid varchar(65535),
  description varchar(65535),
  url_host varchar(65535),
  is_active boolean,
  events varchar(65535),
  secret_set boolean,
  created_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/workspace_webhooks/';

CREATE EXTERNAL TABLE bucketlake.workspaces (
  workspace_uuid varchar(65535),
  slug varchar(65535),
  name varchar(65535),
  is_private boolean,
  created_on timestamp,
  updated_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/workspaces/';

CREATE EXTERNAL TABLE bucketlake.feature_adoption_monthly (
  month_start date,
  feature varchar(65535),
  users bigint,
  share_of_active double precision,
  new_users bigint,
  returning_users bigint,
  lapsed_users bigint,
  events bigint,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/feature_adoption_monthly/';

CREATE EXTERNAL TABLE bucketlake.feature_configuration (
  repository_uuid varchar(65535),
  feature varchar(65535),
  repository varchar(65535),
  project_key varchar(65535),
  project_name varchar(65535),
  items bigint,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/feature_configuration/';

CREATE EXTERNAL TABLE bucketlake.feature_usage_daily (
  usage_date date,
  user_type varchar(65535),
  user_uuid varchar(65535),
  feature varchar(65535),
  repository_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  project_key varchar(65535),
  project_name varchar(65535),
  repository varchar(65535),
  events bigint,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/feature_usage_daily/';

CREATE EXTERNAL TABLE bucketlake.seat_utilization_monthly (
  month_start date,
  seats bigint,
  active_seats bigint,
  idle_seats bigint,
  never_used_seats bigint,
  utilization double precision,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/seat_utilization_monthly/';

CREATE EXTERNAL TABLE bucketlake.usage_events (
  occurred_at timestamp,
  event_id varchar(65535),
  user_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  user_type varchar(65535),
  feature varchar(65535),
  action varchar(65535),
  project_key varchar(65535),
  project_name varchar(65535),
  repository_uuid varchar(65535),
  repository varchar(65535),
  object_type varchar(65535),
  object_id varchar(65535),
  pull_request_id bigint,
  story_key varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255), month varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/usage_events/';

CREATE EXTERNAL TABLE bucketlake.user_activity (
  user_uuid varchar(65535),
  user_account_id varchar(65535),
  user_display_name varchar(65535),
  user_nickname varchar(65535),
  user_type varchar(65535),
  as_of date,
  status varchar(65535),
  first_seen date,
  last_seen date,
  active_days_7 bigint,
  active_days_30 bigint,
  active_days_90 bigint,
  features_90 varchar(65535),
  events_90 bigint,
  last_accessed_on timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (workspace varchar(255))
STORED AS PARQUET
LOCATION 's3://lake/tables/user_activity/';
