-- Redshift Spectrum. The external schema is a database of the Glue catalogue: where the tables have been declared there
-- (--dialect athena or glue), it is all that is needed, and it sees the partitions that the catalogue knows.
CREATE EXTERNAL SCHEMA IF NOT EXISTS bucketlake
FROM DATA CATALOG DATABASE 'bucketlake'
IAM_ROLE default
CREATE EXTERNAL DATABASE IF NOT EXISTS;

-- Otherwise declare them here, outside of a transaction, and each partition with them: the comment behind a table says how.

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/branch_restrictions/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.branch_restrictions ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/branch_restrictions/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/branches/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.branches ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/branches/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/commit_identities/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.commit_identities ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/commit_identities/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/commits/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.commits ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/commits/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/default_reviewers/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.default_reviewers ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/default_reviewers/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/deployments/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.deployments ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/deployments/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/downloads/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.downloads ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/downloads/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/environments/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.environments ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/environments/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issue_changes/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.issue_changes ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/issue_changes/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issue_comments/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.issue_comments ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/issue_comments/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/issues/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.issues ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/issues/workspace=SLUG/';

CREATE EXTERNAL TABLE bucketlake.members (
  user_uuid varchar(65535),
  account_id varchar(65535),
  display_name varchar(65535),
  nickname varchar(65535),
  user_type varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/members/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.members ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/members/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pipeline_steps/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pipeline_steps ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pipeline_steps/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pipelines/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pipelines ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pipelines/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/projects/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.projects ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/projects/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_activity/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_request_activity ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_request_activity/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_comments/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_request_comments ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_request_comments/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_participants/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_request_participants ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_request_participants/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_sizes/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_request_sizes ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_request_sizes/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_request_tasks/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_request_tasks ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_request_tasks/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/pull_requests/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.pull_requests ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/pull_requests/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/repositories/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.repositories ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/repositories/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/repository_permissions/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.repository_permissions ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/repository_permissions/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/snippets/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.snippets ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/snippets/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/story_links/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.story_links ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/story_links/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/tags/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.tags ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/tags/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/webhooks/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.webhooks ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/webhooks/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspace_permissions/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.workspace_permissions ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/workspace_permissions/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspace_webhooks/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.workspace_webhooks ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/workspace_webhooks/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/workspaces/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.workspaces ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/workspaces/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_adoption_monthly/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.feature_adoption_monthly ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/feature_adoption_monthly/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_configuration/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.feature_configuration ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/feature_configuration/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/feature_usage_daily/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.feature_usage_daily ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/feature_usage_daily/workspace=SLUG/month=YYYY-MM/';

CREATE EXTERNAL TABLE bucketlake.freshness (
  stream varchar(65535),
  repository_uuid varchar(65535),
  repository varchar(65535),
  state varchar(65535),
  asked_at timestamp,
  newest_at timestamp,
  read_back_to timestamp,
  refusals bigint,
  problem varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/freshness/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.freshness ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/freshness/workspace=SLUG/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/seat_utilization_monthly/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.seat_utilization_monthly ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/seat_utilization_monthly/workspace=SLUG/';

CREATE EXTERNAL TABLE bucketlake.story_activity (
  story_key varchar(65535),
  people bigint,
  pull_requests bigint,
  commits bigint,
  tasks bigint,
  repositories bigint,
  events bigint,
  first_activity timestamp,
  last_activity timestamp,
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/story_activity/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.story_activity ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/story_activity/workspace=SLUG/';

CREATE EXTERNAL TABLE bucketlake.sync_runs (
  run_id varchar(65535),
  started_at timestamp,
  ended_at timestamp,
  outcome varchar(65535),
  requests bigint,
  rows_read bigint,
  rows_changed bigint,
  bytes_written bigint,
  streams_incomplete bigint,
  problem varchar(65535),
  streams varchar(65535),
  version varchar(65535),
  synced_at timestamp,
  deleted_at timestamp
)
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/sync_runs/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.sync_runs ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/sync_runs/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128),
  month varchar(7)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/usage_events/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.usage_events ADD IF NOT EXISTS PARTITION (workspace = 'SLUG', month = 'YYYY-MM') LOCATION 's3://bucket/lake/usage_events/workspace=SLUG/month=YYYY-MM/';

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
PARTITIONED BY (
  workspace varchar(128)
)
STORED AS PARQUET
LOCATION 's3://bucket/lake/user_activity/'
TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');
-- ALTER TABLE bucketlake.user_activity ADD IF NOT EXISTS PARTITION (workspace = 'SLUG') LOCATION 's3://bucket/lake/user_activity/workspace=SLUG/';
