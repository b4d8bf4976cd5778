CREATE OR REPLACE VIEW branch_restrictions AS
SELECT
  repository_uuid,
  restriction_id,
  kind,
  branch_match_kind,
  pattern,
  branch_type,
  required_count,
  user_uuids,
  group_slugs,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/branch_restrictions/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW branches AS
SELECT
  repository_uuid,
  branch_name,
  commit_hash,
  committed_on,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  story_keys,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/branches/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW commit_identities AS
SELECT
  identity_id,
  git_name,
  git_email,
  owner_uuid,
  owner_account_id,
  owner_display_name,
  owner_nickname,
  owner_type,
  evidence,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/commit_identities/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW commits AS
SELECT
  repository_uuid,
  commit_hash,
  committed_on,
  message,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  identity_id,
  parent_hashes,
  is_merge,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/commits/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW default_reviewers AS
SELECT
  repository_uuid,
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/default_reviewers/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW deployments AS
SELECT
  repository_uuid,
  deployment_uuid,
  environment_uuid,
  pipeline_uuid,
  step_uuid,
  release_name,
  commit_hash,
  state,
  status_name,
  started_on,
  completed_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/deployments/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW downloads AS
SELECT
  repository_uuid,
  file_name,
  size_bytes,
  download_count,
  uploader_uuid,
  uploader_account_id,
  uploader_display_name,
  uploader_nickname,
  uploader_type,
  created_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/downloads/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW environments AS
SELECT
  repository_uuid,
  environment_uuid,
  name,
  slug,
  environment_type,
  environment_rank,
  is_hidden,
  lock_state,
  is_admin_only,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/environments/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW issue_changes AS
SELECT
  repository_uuid,
  issue_id,
  change_id,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  created_on,
  changes,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/issue_changes/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW issue_comments AS
SELECT
  repository_uuid,
  issue_id,
  comment_id,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/issue_comments/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW issues AS
SELECT
  repository_uuid,
  issue_id,
  title,
  state,
  issue_kind,
  priority,
  reporter_uuid,
  reporter_account_id,
  reporter_display_name,
  reporter_nickname,
  reporter_type,
  assignee_uuid,
  assignee_account_id,
  assignee_display_name,
  assignee_nickname,
  assignee_type,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/issues/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW members AS
SELECT
  user_uuid,
  account_id,
  display_name,
  nickname,
  user_type,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/members/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pipeline_steps AS
SELECT
  repository_uuid,
  pipeline_uuid,
  step_uuid,
  name,
  run_number,
  trigger_name,
  state,
  result_name,
  started_on,
  completed_on,
  duration_seconds,
  build_seconds,
  pipeline_created_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pipeline_steps/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pipelines AS
SELECT
  repository_uuid,
  pipeline_uuid,
  build_number,
  creator_uuid,
  creator_account_id,
  creator_display_name,
  creator_nickname,
  creator_type,
  trigger_name,
  target_type,
  ref_type,
  ref_name,
  commit_hash,
  pull_request_id,
  state,
  result_name,
  stopped_by_uuid,
  stopped_by_account_id,
  stopped_by_display_name,
  stopped_by_nickname,
  stopped_by_type,
  created_on,
  completed_on,
  duration_seconds,
  build_seconds,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pipelines/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW projects AS
SELECT
  project_uuid,
  project_key,
  name,
  description,
  is_private,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/projects/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_request_activity AS
SELECT
  repository_uuid,
  pull_request_id,
  occurred_at,
  activity_id,
  kind,
  user_uuid,
  account_id,
  display_name,
  nickname,
  user_type,
  comment_id,
  parent_comment_id,
  is_inline,
  state,
  changes,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_request_activity/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_request_comments AS
SELECT
  repository_uuid,
  pull_request_id,
  comment_id,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  parent_comment_id,
  file_path,
  is_deleted,
  resolved_by_uuid,
  resolved_by_account_id,
  resolved_by_display_name,
  resolved_by_nickname,
  resolved_by_type,
  resolved_on,
  created_on,
  updated_on,
  pull_request_created_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_request_comments/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_request_participants AS
SELECT
  repository_uuid,
  pull_request_id,
  user_uuid,
  account_id,
  display_name,
  nickname,
  user_type,
  occurrence,
  participant_role,
  approved,
  state,
  participated_on,
  pull_request_created_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_request_participants/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_request_sizes AS
SELECT
  repository_uuid,
  pull_request_id,
  files,
  lines_added,
  lines_removed,
  pull_request_created_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_request_sizes/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_request_tasks AS
SELECT
  repository_uuid,
  pull_request_id,
  task_id,
  state,
  creator_uuid,
  creator_account_id,
  creator_display_name,
  creator_nickname,
  creator_type,
  resolved_by_uuid,
  resolved_by_account_id,
  resolved_by_display_name,
  resolved_by_nickname,
  resolved_by_type,
  comment_id,
  created_on,
  updated_on,
  resolved_on,
  pull_request_created_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_request_tasks/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW pull_requests AS
SELECT
  repository_uuid,
  pull_request_id,
  title,
  state,
  draft,
  author_uuid,
  author_account_id,
  author_display_name,
  author_nickname,
  author_type,
  closed_by_uuid,
  closed_by_account_id,
  closed_by_display_name,
  closed_by_nickname,
  closed_by_type,
  source_branch,
  source_commit,
  destination_branch,
  destination_commit,
  merge_commit,
  comment_count,
  open_task_count,
  close_source_branch,
  decline_reason,
  created_on,
  updated_on,
  closed_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/pull_requests/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW repositories AS
SELECT
  repository_uuid,
  slug,
  full_name,
  name,
  description,
  project_uuid,
  project_key,
  is_private,
  main_language,
  main_branch,
  fork_policy,
  parent_uuid,
  size_bytes,
  has_issues,
  has_wiki,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/repositories/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW repository_permissions AS
SELECT
  repository_uuid,
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  permission,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/repository_permissions/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW snippets AS
SELECT
  snippet_id,
  title,
  is_private,
  creator_uuid,
  creator_account_id,
  creator_display_name,
  creator_nickname,
  creator_type,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/snippets/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW story_links AS
SELECT
  repository_uuid,
  object_type,
  object_id,
  story_key,
  found_in,
  user_uuid,
  user_type,
  linked_on,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/story_links/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW tags AS
SELECT
  repository_uuid,
  tag_name,
  message,
  commit_hash,
  tagger_uuid,
  tagger_account_id,
  tagger_display_name,
  tagger_nickname,
  tagger_type,
  tagged_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/tags/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW webhooks AS
SELECT
  repository_uuid,
  webhook_uuid,
  description,
  url_host,
  is_active,
  events,
  secret_set,
  created_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/webhooks/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW workspace_permissions AS
SELECT
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  permission,
  added_on,
  last_accessed_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/workspace_permissions/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW workspace_webhooks AS
SELECT
  workspace_webhook_uuid,
  description,
  url_host,
  is_active,
  events,
  secret_set,
  created_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/workspace_webhooks/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW workspaces AS
SELECT
  workspace_uuid,
  slug,
  name,
  is_private,
  created_on,
  updated_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/workspaces/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW feature_adoption_monthly AS
SELECT
  month_start,
  feature,
  users,
  share_of_active,
  new_users,
  returning_users,
  lapsed_users,
  events,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/feature_adoption_monthly/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW feature_configuration AS
SELECT
  repository_uuid,
  feature,
  repository,
  project_key,
  project_name,
  items,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/feature_configuration/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW feature_usage_daily AS
SELECT
  usage_date,
  user_type,
  user_uuid,
  feature,
  repository_uuid,
  account_id,
  display_name,
  nickname,
  project_key,
  project_name,
  repository,
  events,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/feature_usage_daily/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW seat_utilization_monthly AS
SELECT
  month_start,
  seats,
  active_seats,
  idle_seats,
  never_used_seats,
  utilization,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/seat_utilization_monthly/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW usage_events AS
SELECT
  occurred_at,
  event_id,
  user_uuid,
  account_id,
  display_name,
  nickname,
  user_type,
  feature,
  action,
  project_key,
  project_name,
  repository_uuid,
  repository,
  object_type,
  object_id,
  pull_request_id,
  story_key,
  synced_at,
  deleted_at,
  workspace, month
FROM read_parquet('data/lake/usage_events/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE VIEW user_activity AS
SELECT
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  as_of,
  status,
  first_seen,
  last_seen,
  active_days_7,
  active_days_30,
  active_days_90,
  features_90,
  events_90,
  last_accessed_on,
  synced_at,
  deleted_at,
  workspace
FROM read_parquet('data/lake/user_activity/*/*.parquet', hive_partitioning = true, hive_types_autocast = false);
