-- A table without a row has no file yet, and DuckDB refuses a view of it: declare it anew later.

CREATE OR REPLACE VIEW branch_restrictions AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/branch_restrictions/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS restriction_id, NULL::VARCHAR AS kind, NULL::VARCHAR AS branch_match_kind, NULL::VARCHAR AS pattern, NULL::VARCHAR AS branch_type, NULL::BIGINT AS required_count, NULL::VARCHAR AS user_uuids, NULL::VARCHAR AS group_slugs, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW branch_restrictions IS 'One rule for branches of a repository. Bitbucket shows them to administrators of the repository only.';

CREATE OR REPLACE VIEW branches AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/branches/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS branch_name, NULL::VARCHAR AS commit_hash, NULL::TIMESTAMPTZ AS committed_on, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::VARCHAR AS story_keys, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW branches IS 'One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.';

CREATE OR REPLACE VIEW commit_identities AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/commit_identities/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS identity_id, NULL::VARCHAR AS git_name, NULL::VARCHAR AS git_email, NULL::VARCHAR AS owner_uuid, NULL::VARCHAR AS owner_account_id, NULL::VARCHAR AS owner_display_name, NULL::VARCHAR AS owner_nickname, NULL::VARCHAR AS owner_type, NULL::VARCHAR AS evidence, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW commit_identities IS 'One name and e-mail address that commits bear. Addresses that belong to no account are never taken for somebody’s because they look alike.';

CREATE OR REPLACE VIEW commits AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/commits/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS commit_hash, NULL::TIMESTAMPTZ AS committed_on, NULL::VARCHAR AS message, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::VARCHAR AS identity_id, NULL::VARCHAR AS parent_hashes, NULL::BOOLEAN AS is_merge, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW commits IS 'One commit of a repository. Commits that a forced push or a deleted branch has left behind stay: they were made. Month: of the commit’s date.';

CREATE OR REPLACE VIEW default_reviewers AS
SELECT
  workspace,
  repository_uuid,
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/default_reviewers/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS user_account_id, NULL::VARCHAR AS user_display_name, NULL::VARCHAR AS user_nickname, NULL::VARCHAR AS user_type, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW default_reviewers IS 'One account that every new pull request of a repository asks for a review.';

CREATE OR REPLACE VIEW deployments AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/deployments/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS deployment_uuid, NULL::VARCHAR AS environment_uuid, NULL::VARCHAR AS pipeline_uuid, NULL::VARCHAR AS step_uuid, NULL::VARCHAR AS release_name, NULL::VARCHAR AS commit_hash, NULL::VARCHAR AS state, NULL::VARCHAR AS status_name, NULL::TIMESTAMPTZ AS started_on, NULL::TIMESTAMPTZ AS completed_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW deployments IS 'One deployment of a repository to an environment. Bitbucket does not name who deployed: that is who caused the pipeline.';

CREATE OR REPLACE VIEW downloads AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/downloads/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS file_name, NULL::BIGINT AS size_bytes, NULL::BIGINT AS download_count, NULL::VARCHAR AS uploader_uuid, NULL::VARCHAR AS uploader_account_id, NULL::VARCHAR AS uploader_display_name, NULL::VARCHAR AS uploader_nickname, NULL::VARCHAR AS uploader_type, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW downloads IS 'One file that was put beside a repository for others to download.';

CREATE OR REPLACE VIEW environments AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/environments/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS environment_uuid, NULL::VARCHAR AS name, NULL::VARCHAR AS slug, NULL::VARCHAR AS environment_type, NULL::BIGINT AS environment_rank, NULL::BOOLEAN AS is_hidden, NULL::VARCHAR AS lock_state, NULL::BOOLEAN AS is_admin_only, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW environments IS 'One environment that the pipelines of a repository deploy to.';

CREATE OR REPLACE VIEW issue_changes AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/issue_changes/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS issue_id, NULL::BIGINT AS change_id, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::TIMESTAMPTZ AS created_on, NULL::VARCHAR AS changes, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW issue_changes IS 'One change of an issue’s fields. Retired as issues is.';

CREATE OR REPLACE VIEW issue_comments AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/issue_comments/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS issue_id, NULL::BIGINT AS comment_id, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW issue_comments IS 'One comment on an issue; what it says is not kept. Retired as issues is.';

CREATE OR REPLACE VIEW issues AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/issues/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS issue_id, NULL::VARCHAR AS title, NULL::VARCHAR AS state, NULL::VARCHAR AS issue_kind, NULL::VARCHAR AS priority, NULL::VARCHAR AS reporter_uuid, NULL::VARCHAR AS reporter_account_id, NULL::VARCHAR AS reporter_display_name, NULL::VARCHAR AS reporter_nickname, NULL::VARCHAR AS reporter_type, NULL::VARCHAR AS assignee_uuid, NULL::VARCHAR AS assignee_account_id, NULL::VARCHAR AS assignee_display_name, NULL::VARCHAR AS assignee_nickname, NULL::VARCHAR AS assignee_type, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW issues IS 'One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.';

CREATE OR REPLACE VIEW members AS
SELECT
  workspace,
  user_uuid,
  account_id,
  display_name,
  nickname,
  user_type,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/members/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS account_id, NULL::VARCHAR AS display_name, NULL::VARCHAR AS nickname, NULL::VARCHAR AS user_type, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW members IS 'One member of the workspace: a seat. A member who left keeps the row, with deleted_at.';

CREATE OR REPLACE VIEW pipeline_steps AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pipeline_steps/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS pipeline_uuid, NULL::VARCHAR AS step_uuid, NULL::VARCHAR AS name, NULL::BIGINT AS run_number, NULL::VARCHAR AS trigger_name, NULL::VARCHAR AS state, NULL::VARCHAR AS result_name, NULL::TIMESTAMPTZ AS started_on, NULL::TIMESTAMPTZ AS completed_on, NULL::BIGINT AS duration_seconds, NULL::BIGINT AS build_seconds, NULL::TIMESTAMPTZ AS pipeline_created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pipeline_steps IS 'One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.';

CREATE OR REPLACE VIEW pipelines AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pipelines/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS pipeline_uuid, NULL::BIGINT AS build_number, NULL::VARCHAR AS creator_uuid, NULL::VARCHAR AS creator_account_id, NULL::VARCHAR AS creator_display_name, NULL::VARCHAR AS creator_nickname, NULL::VARCHAR AS creator_type, NULL::VARCHAR AS trigger_name, NULL::VARCHAR AS target_type, NULL::VARCHAR AS ref_type, NULL::VARCHAR AS ref_name, NULL::VARCHAR AS commit_hash, NULL::BIGINT AS pull_request_id, NULL::VARCHAR AS state, NULL::VARCHAR AS result_name, NULL::VARCHAR AS stopped_by_uuid, NULL::VARCHAR AS stopped_by_account_id, NULL::VARCHAR AS stopped_by_display_name, NULL::VARCHAR AS stopped_by_nickname, NULL::VARCHAR AS stopped_by_type, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS completed_on, NULL::BIGINT AS duration_seconds, NULL::BIGINT AS build_seconds, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pipelines IS 'One run of a pipeline. Month: when it was caused.';

CREATE OR REPLACE VIEW projects AS
SELECT
  workspace,
  project_uuid,
  project_key,
  name,
  description,
  is_private,
  created_on,
  updated_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/projects/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS project_uuid, NULL::VARCHAR AS project_key, NULL::VARCHAR AS name, NULL::VARCHAR AS description, NULL::BOOLEAN AS is_private, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW projects IS 'One project of the workspace.';

CREATE OR REPLACE VIEW pull_request_activity AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_request_activity/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::TIMESTAMPTZ AS occurred_at, NULL::VARCHAR AS activity_id, NULL::VARCHAR AS kind, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS account_id, NULL::VARCHAR AS display_name, NULL::VARCHAR AS nickname, NULL::VARCHAR AS user_type, NULL::BIGINT AS comment_id, NULL::BIGINT AS parent_comment_id, NULL::BOOLEAN AS is_inline, NULL::VARCHAR AS state, NULL::VARCHAR AS changes, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_request_activity IS 'One entry of a pull request’s activity: an approval, a request for changes, a comment or an update. Month: when it happened.';

CREATE OR REPLACE VIEW pull_request_comments AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_request_comments/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::BIGINT AS comment_id, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::BIGINT AS parent_comment_id, NULL::VARCHAR AS file_path, NULL::BOOLEAN AS is_deleted, NULL::VARCHAR AS resolved_by_uuid, NULL::VARCHAR AS resolved_by_account_id, NULL::VARCHAR AS resolved_by_display_name, NULL::VARCHAR AS resolved_by_nickname, NULL::VARCHAR AS resolved_by_type, NULL::TIMESTAMPTZ AS resolved_on, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS pull_request_created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_request_comments IS 'One comment on a pull request that has any which are not deleted; what it says is not kept. Month: when the pull request was opened.';

CREATE OR REPLACE VIEW pull_request_participants AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_request_participants/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS account_id, NULL::VARCHAR AS display_name, NULL::VARCHAR AS nickname, NULL::VARCHAR AS user_type, NULL::BIGINT AS occurrence, NULL::VARCHAR AS participant_role, NULL::BOOLEAN AS approved, NULL::VARCHAR AS state, NULL::TIMESTAMPTZ AS participated_on, NULL::TIMESTAMPTZ AS pull_request_created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_request_participants IS 'One account that reviews or takes part in a pull request, as it stands now. Being listed is not use. Month: when the pull request was opened.';

CREATE OR REPLACE VIEW pull_request_sizes AS
SELECT
  workspace,
  month,
  repository_uuid,
  pull_request_id,
  files,
  lines_added,
  lines_removed,
  pull_request_created_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_request_sizes/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::BIGINT AS files, NULL::BIGINT AS lines_added, NULL::BIGINT AS lines_removed, NULL::TIMESTAMPTZ AS pull_request_created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_request_sizes IS 'How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.';

CREATE OR REPLACE VIEW pull_request_tasks AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_request_tasks/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::BIGINT AS task_id, NULL::VARCHAR AS state, NULL::VARCHAR AS creator_uuid, NULL::VARCHAR AS creator_account_id, NULL::VARCHAR AS creator_display_name, NULL::VARCHAR AS creator_nickname, NULL::VARCHAR AS creator_type, NULL::VARCHAR AS resolved_by_uuid, NULL::VARCHAR AS resolved_by_account_id, NULL::VARCHAR AS resolved_by_display_name, NULL::VARCHAR AS resolved_by_nickname, NULL::VARCHAR AS resolved_by_type, NULL::BIGINT AS comment_id, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS resolved_on, NULL::TIMESTAMPTZ AS pull_request_created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_request_tasks IS 'One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.';

CREATE OR REPLACE VIEW pull_requests AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/pull_requests/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::BIGINT AS pull_request_id, NULL::VARCHAR AS title, NULL::VARCHAR AS state, NULL::BOOLEAN AS draft, NULL::VARCHAR AS author_uuid, NULL::VARCHAR AS author_account_id, NULL::VARCHAR AS author_display_name, NULL::VARCHAR AS author_nickname, NULL::VARCHAR AS author_type, NULL::VARCHAR AS closed_by_uuid, NULL::VARCHAR AS closed_by_account_id, NULL::VARCHAR AS closed_by_display_name, NULL::VARCHAR AS closed_by_nickname, NULL::VARCHAR AS closed_by_type, NULL::VARCHAR AS source_branch, NULL::VARCHAR AS source_commit, NULL::VARCHAR AS destination_branch, NULL::VARCHAR AS destination_commit, NULL::VARCHAR AS merge_commit, NULL::BIGINT AS comment_count, NULL::BIGINT AS open_task_count, NULL::BOOLEAN AS close_source_branch, NULL::VARCHAR AS decline_reason, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS closed_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW pull_requests IS 'One pull request, in its present state. Month: when it was opened.';

CREATE OR REPLACE VIEW repositories AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/repositories/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS slug, NULL::VARCHAR AS full_name, NULL::VARCHAR AS name, NULL::VARCHAR AS description, NULL::VARCHAR AS project_uuid, NULL::VARCHAR AS project_key, NULL::BOOLEAN AS is_private, NULL::VARCHAR AS main_language, NULL::VARCHAR AS main_branch, NULL::VARCHAR AS fork_policy, NULL::VARCHAR AS parent_uuid, NULL::BIGINT AS size_bytes, NULL::BOOLEAN AS has_issues, NULL::BOOLEAN AS has_wiki, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW repositories IS 'One repository of the workspace.';

CREATE OR REPLACE VIEW repository_permissions AS
SELECT
  workspace,
  repository_uuid,
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  permission,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/repository_permissions/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS user_account_id, NULL::VARCHAR AS user_display_name, NULL::VARCHAR AS user_nickname, NULL::VARCHAR AS user_type, NULL::VARCHAR AS permission, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW repository_permissions IS 'What one account may do in one repository. Bitbucket shows it to administrators of the workspace only; where there are more than 10,000 it is not read.';

CREATE OR REPLACE VIEW snippets AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/snippets/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS snippet_id, NULL::VARCHAR AS title, NULL::BOOLEAN AS is_private, NULL::VARCHAR AS creator_uuid, NULL::VARCHAR AS creator_account_id, NULL::VARCHAR AS creator_display_name, NULL::VARCHAR AS creator_nickname, NULL::VARCHAR AS creator_type, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW snippets IS 'One snippet of the workspace that the connected account sees.';

CREATE OR REPLACE VIEW story_links AS
SELECT
  workspace,
  month,
  repository_uuid,
  object_type,
  object_id,
  story_key,
  found_in,
  user_uuid,
  user_type,
  linked_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/story_links/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS object_type, NULL::VARCHAR AS object_id, NULL::VARCHAR AS story_key, NULL::VARCHAR AS found_in, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS user_type, NULL::TIMESTAMPTZ AS linked_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW story_links IS 'One mention of a story’s key in a pull request’s title or source branch, or in a commit’s message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.';

CREATE OR REPLACE VIEW tags AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/tags/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS tag_name, NULL::VARCHAR AS message, NULL::VARCHAR AS commit_hash, NULL::VARCHAR AS tagger_uuid, NULL::VARCHAR AS tagger_account_id, NULL::VARCHAR AS tagger_display_name, NULL::VARCHAR AS tagger_nickname, NULL::VARCHAR AS tagger_type, NULL::TIMESTAMPTZ AS tagged_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW tags IS 'One tag of a repository.';

CREATE OR REPLACE VIEW webhooks AS
SELECT
  workspace,
  repository_uuid,
  webhook_uuid,
  description,
  url_host,
  is_active,
  events,
  secret_set,
  created_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/webhooks/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS webhook_uuid, NULL::VARCHAR AS description, NULL::VARCHAR AS url_host, NULL::BOOLEAN AS is_active, NULL::VARCHAR AS events, NULL::BOOLEAN AS secret_set, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW webhooks IS 'One webhook of a repository. Bitbucket shows them to administrators of the repository only.';

CREATE OR REPLACE VIEW workspace_permissions AS
SELECT
  workspace,
  user_uuid,
  user_account_id,
  user_display_name,
  user_nickname,
  user_type,
  permission,
  added_on,
  last_accessed_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/workspace_permissions/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS user_account_id, NULL::VARCHAR AS user_display_name, NULL::VARCHAR AS user_nickname, NULL::VARCHAR AS user_type, NULL::VARCHAR AS permission, NULL::TIMESTAMPTZ AS added_on, NULL::TIMESTAMPTZ AS last_accessed_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW workspace_permissions IS 'One account’s role in the workspace. Bitbucket shows them to its administrators only.';

CREATE OR REPLACE VIEW workspace_webhooks AS
SELECT
  workspace,
  workspace_webhook_uuid,
  description,
  url_host,
  is_active,
  events,
  secret_set,
  created_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/workspace_webhooks/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS workspace_webhook_uuid, NULL::VARCHAR AS description, NULL::VARCHAR AS url_host, NULL::BOOLEAN AS is_active, NULL::VARCHAR AS events, NULL::BOOLEAN AS secret_set, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW workspace_webhooks IS 'One webhook of the whole workspace. Bitbucket shows them to its administrators only.';

CREATE OR REPLACE VIEW workspaces AS
SELECT
  workspace,
  workspace_uuid,
  slug,
  name,
  is_private,
  created_on,
  updated_on,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/workspaces/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS workspace_uuid, NULL::VARCHAR AS slug, NULL::VARCHAR AS name, NULL::BOOLEAN AS is_private, NULL::TIMESTAMPTZ AS created_on, NULL::TIMESTAMPTZ AS updated_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW workspaces IS 'One connected workspace.';

CREATE OR REPLACE VIEW feature_adoption_monthly AS
SELECT
  workspace,
  month_start,
  feature,
  users,
  share_of_active,
  new_users,
  returning_users,
  lapsed_users,
  events,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/feature_adoption_monthly/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::DATE AS month_start, NULL::VARCHAR AS feature, NULL::BIGINT AS users, NULL::DOUBLE AS share_of_active, NULL::BIGINT AS new_users, NULL::BIGINT AS returning_users, NULL::BIGINT AS lapsed_users, NULL::BIGINT AS events, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW feature_adoption_monthly IS 'How many people used one feature in one month: from the month of its first use on, months without any use too. Apps and deleted accounts are not people. The last month is not over.';

CREATE OR REPLACE VIEW feature_configuration AS
SELECT
  workspace,
  repository_uuid,
  feature,
  repository,
  project_key,
  project_name,
  items,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/feature_configuration/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS feature, NULL::VARCHAR AS repository, NULL::VARCHAR AS project_key, NULL::VARCHAR AS project_name, NULL::BIGINT AS items, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW feature_configuration IS 'One feature that is set up in one repository, or in the workspace, and that nobody is seen to use. Where there is no row it is not set up, or the connected account may not see it.';

CREATE OR REPLACE VIEW feature_usage_daily AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/feature_usage_daily/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::DATE AS usage_date, NULL::VARCHAR AS user_type, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS feature, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS account_id, NULL::VARCHAR AS display_name, NULL::VARCHAR AS nickname, NULL::VARCHAR AS project_key, NULL::VARCHAR AS project_name, NULL::VARCHAR AS repository, NULL::BIGINT AS events, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW feature_usage_daily IS 'What one account did with one feature in one repository on one day, counted. Month: of the day.';

CREATE OR REPLACE VIEW freshness AS
SELECT
  workspace,
  stream,
  repository_uuid,
  repository,
  state,
  asked_at,
  newest_at,
  read_back_to,
  refusals,
  problem,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/freshness/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS stream, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS repository, NULL::VARCHAR AS state, NULL::TIMESTAMPTZ AS asked_at, NULL::TIMESTAMPTZ AS newest_at, NULL::TIMESTAMPTZ AS read_back_to, NULL::BIGINT AS refusals, NULL::VARCHAR AS problem, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW freshness IS 'How far one stream has come in one repository, and in the workspace as a whole. A repository in which nothing seems to happen is asked once in QUIET_EVERY; whether it was, is said here.';

CREATE OR REPLACE VIEW seat_utilization_monthly AS
SELECT
  workspace,
  month_start,
  seats,
  active_seats,
  idle_seats,
  never_used_seats,
  utilization,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/seat_utilization_monthly/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::DATE AS month_start, NULL::BIGINT AS seats, NULL::BIGINT AS active_seats, NULL::BIGINT AS idle_seats, NULL::BIGINT AS never_used_seats, NULL::DOUBLE AS utilization, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW seat_utilization_monthly IS 'The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over.';

CREATE OR REPLACE VIEW story_activity AS
SELECT
  workspace,
  story_key,
  people,
  pull_requests,
  commits,
  tasks,
  repositories,
  events,
  first_activity,
  last_activity,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/story_activity/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS story_key, NULL::BIGINT AS people, NULL::BIGINT AS pull_requests, NULL::BIGINT AS commits, NULL::BIGINT AS tasks, NULL::BIGINT AS repositories, NULL::BIGINT AS events, NULL::TIMESTAMPTZ AS first_activity, NULL::TIMESTAMPTZ AS last_activity, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW story_activity IS 'The work on one story: who, and in what. Work is what was done with a pull request that names the story in its title or source branch, and each commit that names it.';

CREATE OR REPLACE VIEW sync_runs AS
SELECT
  workspace,
  month,
  run_id,
  started_at,
  ended_at,
  outcome,
  requests,
  rows_read,
  rows_changed,
  bytes_written,
  streams_incomplete,
  problem,
  streams,
  version,
  synced_at,
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/sync_runs/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::VARCHAR AS run_id, NULL::TIMESTAMPTZ AS started_at, NULL::TIMESTAMPTZ AS ended_at, NULL::VARCHAR AS outcome, NULL::BIGINT AS requests, NULL::BIGINT AS rows_read, NULL::BIGINT AS rows_changed, NULL::BIGINT AS bytes_written, NULL::BIGINT AS streams_incomplete, NULL::VARCHAR AS problem, NULL::VARCHAR AS streams, NULL::VARCHAR AS version, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW sync_runs IS 'One run over all streams of the workspace. A run is landed at its end, or by the next one where the lake could not be written.';

CREATE OR REPLACE VIEW usage_events AS
SELECT
  workspace,
  month,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/usage_events/workspace=*/month=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS month, NULL::TIMESTAMPTZ AS occurred_at, NULL::VARCHAR AS event_id, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS account_id, NULL::VARCHAR AS display_name, NULL::VARCHAR AS nickname, NULL::VARCHAR AS user_type, NULL::VARCHAR AS feature, NULL::VARCHAR AS action, NULL::VARCHAR AS project_key, NULL::VARCHAR AS project_name, NULL::VARCHAR AS repository_uuid, NULL::VARCHAR AS repository, NULL::VARCHAR AS object_type, NULL::VARCHAR AS object_id, NULL::BIGINT AS pull_request_id, NULL::VARCHAR AS story_key, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW usage_events IS 'One thing that one account did with one feature. Month: when it was done.';

CREATE OR REPLACE VIEW user_activity AS
SELECT
  workspace,
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
  deleted_at
FROM (
  SELECT * FROM read_parquet('data/lake/user_activity/workspace=*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
  UNION ALL BY NAME SELECT NULL::VARCHAR AS workspace, NULL::VARCHAR AS user_uuid, NULL::VARCHAR AS user_account_id, NULL::VARCHAR AS user_display_name, NULL::VARCHAR AS user_nickname, NULL::VARCHAR AS user_type, NULL::DATE AS as_of, NULL::VARCHAR AS status, NULL::DATE AS first_seen, NULL::DATE AS last_seen, NULL::BIGINT AS active_days_7, NULL::BIGINT AS active_days_30, NULL::BIGINT AS active_days_90, NULL::VARCHAR AS features_90, NULL::BIGINT AS events_90, NULL::TIMESTAMPTZ AS last_accessed_on, NULL::TIMESTAMPTZ AS synced_at, NULL::TIMESTAMPTZ AS deleted_at WHERE false
);
COMMENT ON VIEW user_activity IS 'What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use.';
