-- A private bucket takes a storage integration: add STORAGE_INTEGRATION = NAME to the stage.
CREATE STAGE IF NOT EXISTS bucketlake
  URL = 's3://bucket/lake/';

-- Files are replaced in place: run ALTER EXTERNAL TABLE ... REFRESH after a sync, or let the bucket notify (AUTO_REFRESH).

CREATE OR REPLACE EXTERNAL TABLE branch_restrictions (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  restriction_id bigint AS (value:restriction_id::bigint),
  kind varchar AS (value:kind::varchar),
  branch_match_kind varchar AS (value:branch_match_kind::varchar),
  pattern varchar AS (value:pattern::varchar),
  branch_type varchar AS (value:branch_type::varchar),
  required_count bigint AS (value:required_count::bigint),
  user_uuids varchar AS (value:user_uuids::varchar),
  group_slugs varchar AS (value:group_slugs::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/branch_restrictions/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One rule for branches of a repository. Bitbucket shows them to administrators of the repository only.';

CREATE OR REPLACE EXTERNAL TABLE branches (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  branch_name varchar AS (value:branch_name::varchar),
  commit_hash varchar AS (value:commit_hash::varchar),
  committed_on timestamp_ntz AS (value:committed_on::timestamp_ntz),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  story_keys varchar AS (value:story_keys::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/branches/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.';

CREATE OR REPLACE EXTERNAL TABLE commit_identities (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  identity_id varchar AS (value:identity_id::varchar),
  git_name varchar AS (value:git_name::varchar),
  git_email varchar AS (value:git_email::varchar),
  owner_uuid varchar AS (value:owner_uuid::varchar),
  owner_account_id varchar AS (value:owner_account_id::varchar),
  owner_display_name varchar AS (value:owner_display_name::varchar),
  owner_nickname varchar AS (value:owner_nickname::varchar),
  owner_type varchar AS (value:owner_type::varchar),
  evidence varchar AS (value:evidence::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/commit_identities/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One name and e-mail address that commits bear. Addresses that belong to no account are never taken for somebody’s because they look alike.';

CREATE OR REPLACE EXTERNAL TABLE commits (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  commit_hash varchar AS (value:commit_hash::varchar),
  committed_on timestamp_ntz AS (value:committed_on::timestamp_ntz),
  message varchar AS (value:message::varchar),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  identity_id varchar AS (value:identity_id::varchar),
  parent_hashes varchar AS (value:parent_hashes::varchar),
  is_merge boolean AS (value:is_merge::boolean),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/commits/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One commit of a repository. Commits that a forced push or a deleted branch has left behind stay: they were made. Month: of the commit’s date.';

CREATE OR REPLACE EXTERNAL TABLE default_reviewers (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  user_account_id varchar AS (value:user_account_id::varchar),
  user_display_name varchar AS (value:user_display_name::varchar),
  user_nickname varchar AS (value:user_nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/default_reviewers/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One account that every new pull request of a repository asks for a review.';

CREATE OR REPLACE EXTERNAL TABLE deployments (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  deployment_uuid varchar AS (value:deployment_uuid::varchar),
  environment_uuid varchar AS (value:environment_uuid::varchar),
  pipeline_uuid varchar AS (value:pipeline_uuid::varchar),
  step_uuid varchar AS (value:step_uuid::varchar),
  release_name varchar AS (value:release_name::varchar),
  commit_hash varchar AS (value:commit_hash::varchar),
  state varchar AS (value:state::varchar),
  status_name varchar AS (value:status_name::varchar),
  started_on timestamp_ntz AS (value:started_on::timestamp_ntz),
  completed_on timestamp_ntz AS (value:completed_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/deployments/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One deployment of a repository to an environment. Bitbucket does not name who deployed: that is who caused the pipeline.';

CREATE OR REPLACE EXTERNAL TABLE downloads (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  file_name varchar AS (value:file_name::varchar),
  size_bytes bigint AS (value:size_bytes::bigint),
  download_count bigint AS (value:download_count::bigint),
  uploader_uuid varchar AS (value:uploader_uuid::varchar),
  uploader_account_id varchar AS (value:uploader_account_id::varchar),
  uploader_display_name varchar AS (value:uploader_display_name::varchar),
  uploader_nickname varchar AS (value:uploader_nickname::varchar),
  uploader_type varchar AS (value:uploader_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/downloads/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One file that was put beside a repository for others to download.';

CREATE OR REPLACE EXTERNAL TABLE environments (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  environment_uuid varchar AS (value:environment_uuid::varchar),
  name varchar AS (value:name::varchar),
  slug varchar AS (value:slug::varchar),
  environment_type varchar AS (value:environment_type::varchar),
  environment_rank bigint AS (value:environment_rank::bigint),
  is_hidden boolean AS (value:is_hidden::boolean),
  lock_state varchar AS (value:lock_state::varchar),
  is_admin_only boolean AS (value:is_admin_only::boolean),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/environments/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One environment that the pipelines of a repository deploy to.';

CREATE OR REPLACE EXTERNAL TABLE issue_changes (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  issue_id bigint AS (value:issue_id::bigint),
  change_id bigint AS (value:change_id::bigint),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  changes varchar AS (value:changes::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/issue_changes/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One change of an issue’s fields. Retired as issues is.';

CREATE OR REPLACE EXTERNAL TABLE issue_comments (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  issue_id bigint AS (value:issue_id::bigint),
  comment_id bigint AS (value:comment_id::bigint),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/issue_comments/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One comment on an issue; what it says is not kept. Retired as issues is.';

CREATE OR REPLACE EXTERNAL TABLE issues (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  issue_id bigint AS (value:issue_id::bigint),
  title varchar AS (value:title::varchar),
  state varchar AS (value:state::varchar),
  issue_kind varchar AS (value:issue_kind::varchar),
  priority varchar AS (value:priority::varchar),
  reporter_uuid varchar AS (value:reporter_uuid::varchar),
  reporter_account_id varchar AS (value:reporter_account_id::varchar),
  reporter_display_name varchar AS (value:reporter_display_name::varchar),
  reporter_nickname varchar AS (value:reporter_nickname::varchar),
  reporter_type varchar AS (value:reporter_type::varchar),
  assignee_uuid varchar AS (value:assignee_uuid::varchar),
  assignee_account_id varchar AS (value:assignee_account_id::varchar),
  assignee_display_name varchar AS (value:assignee_display_name::varchar),
  assignee_nickname varchar AS (value:assignee_nickname::varchar),
  assignee_type varchar AS (value:assignee_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/issues/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.';

CREATE OR REPLACE EXTERNAL TABLE members (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  user_uuid varchar AS (value:user_uuid::varchar),
  account_id varchar AS (value:account_id::varchar),
  display_name varchar AS (value:display_name::varchar),
  nickname varchar AS (value:nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/members/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One member of the workspace: a seat. A member who left keeps the row, with deleted_at.';

CREATE OR REPLACE EXTERNAL TABLE pipeline_steps (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pipeline_uuid varchar AS (value:pipeline_uuid::varchar),
  step_uuid varchar AS (value:step_uuid::varchar),
  name varchar AS (value:name::varchar),
  run_number bigint AS (value:run_number::bigint),
  trigger_name varchar AS (value:trigger_name::varchar),
  state varchar AS (value:state::varchar),
  result_name varchar AS (value:result_name::varchar),
  started_on timestamp_ntz AS (value:started_on::timestamp_ntz),
  completed_on timestamp_ntz AS (value:completed_on::timestamp_ntz),
  duration_seconds bigint AS (value:duration_seconds::bigint),
  build_seconds bigint AS (value:build_seconds::bigint),
  pipeline_created_on timestamp_ntz AS (value:pipeline_created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pipeline_steps/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.';

CREATE OR REPLACE EXTERNAL TABLE pipelines (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pipeline_uuid varchar AS (value:pipeline_uuid::varchar),
  build_number bigint AS (value:build_number::bigint),
  creator_uuid varchar AS (value:creator_uuid::varchar),
  creator_account_id varchar AS (value:creator_account_id::varchar),
  creator_display_name varchar AS (value:creator_display_name::varchar),
  creator_nickname varchar AS (value:creator_nickname::varchar),
  creator_type varchar AS (value:creator_type::varchar),
  trigger_name varchar AS (value:trigger_name::varchar),
  target_type varchar AS (value:target_type::varchar),
  ref_type varchar AS (value:ref_type::varchar),
  ref_name varchar AS (value:ref_name::varchar),
  commit_hash varchar AS (value:commit_hash::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  state varchar AS (value:state::varchar),
  result_name varchar AS (value:result_name::varchar),
  stopped_by_uuid varchar AS (value:stopped_by_uuid::varchar),
  stopped_by_account_id varchar AS (value:stopped_by_account_id::varchar),
  stopped_by_display_name varchar AS (value:stopped_by_display_name::varchar),
  stopped_by_nickname varchar AS (value:stopped_by_nickname::varchar),
  stopped_by_type varchar AS (value:stopped_by_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  completed_on timestamp_ntz AS (value:completed_on::timestamp_ntz),
  duration_seconds bigint AS (value:duration_seconds::bigint),
  build_seconds bigint AS (value:build_seconds::bigint),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pipelines/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One run of a pipeline. Month: when it was caused.';

CREATE OR REPLACE EXTERNAL TABLE projects (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  project_uuid varchar AS (value:project_uuid::varchar),
  project_key varchar AS (value:project_key::varchar),
  name varchar AS (value:name::varchar),
  description varchar AS (value:description::varchar),
  is_private boolean AS (value:is_private::boolean),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/projects/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One project of the workspace.';

CREATE OR REPLACE EXTERNAL TABLE pull_request_activity (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  occurred_at timestamp_ntz AS (value:occurred_at::timestamp_ntz),
  activity_id varchar AS (value:activity_id::varchar),
  kind varchar AS (value:kind::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  account_id varchar AS (value:account_id::varchar),
  display_name varchar AS (value:display_name::varchar),
  nickname varchar AS (value:nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  comment_id bigint AS (value:comment_id::bigint),
  parent_comment_id bigint AS (value:parent_comment_id::bigint),
  is_inline boolean AS (value:is_inline::boolean),
  state varchar AS (value:state::varchar),
  changes varchar AS (value:changes::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_request_activity/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One entry of a pull request’s activity: an approval, a request for changes, a comment or an update. Month: when it happened.';

CREATE OR REPLACE EXTERNAL TABLE pull_request_comments (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  comment_id bigint AS (value:comment_id::bigint),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  parent_comment_id bigint AS (value:parent_comment_id::bigint),
  file_path varchar AS (value:file_path::varchar),
  is_deleted boolean AS (value:is_deleted::boolean),
  resolved_by_uuid varchar AS (value:resolved_by_uuid::varchar),
  resolved_by_account_id varchar AS (value:resolved_by_account_id::varchar),
  resolved_by_display_name varchar AS (value:resolved_by_display_name::varchar),
  resolved_by_nickname varchar AS (value:resolved_by_nickname::varchar),
  resolved_by_type varchar AS (value:resolved_by_type::varchar),
  resolved_on timestamp_ntz AS (value:resolved_on::timestamp_ntz),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  pull_request_created_on timestamp_ntz AS (value:pull_request_created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_request_comments/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One comment on a pull request that has any which are not deleted; what it says is not kept. Month: when the pull request was opened.';

CREATE OR REPLACE EXTERNAL TABLE pull_request_participants (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  user_uuid varchar AS (value:user_uuid::varchar),
  account_id varchar AS (value:account_id::varchar),
  display_name varchar AS (value:display_name::varchar),
  nickname varchar AS (value:nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  occurrence bigint AS (value:occurrence::bigint),
  participant_role varchar AS (value:participant_role::varchar),
  approved boolean AS (value:approved::boolean),
  state varchar AS (value:state::varchar),
  participated_on timestamp_ntz AS (value:participated_on::timestamp_ntz),
  pull_request_created_on timestamp_ntz AS (value:pull_request_created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_request_participants/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One account that reviews or takes part in a pull request, as it stands now. Being listed is not use. Month: when the pull request was opened.';

CREATE OR REPLACE EXTERNAL TABLE pull_request_sizes (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  files bigint AS (value:files::bigint),
  lines_added bigint AS (value:lines_added::bigint),
  lines_removed bigint AS (value:lines_removed::bigint),
  pull_request_created_on timestamp_ntz AS (value:pull_request_created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_request_sizes/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.';

CREATE OR REPLACE EXTERNAL TABLE pull_request_tasks (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  task_id bigint AS (value:task_id::bigint),
  state varchar AS (value:state::varchar),
  creator_uuid varchar AS (value:creator_uuid::varchar),
  creator_account_id varchar AS (value:creator_account_id::varchar),
  creator_display_name varchar AS (value:creator_display_name::varchar),
  creator_nickname varchar AS (value:creator_nickname::varchar),
  creator_type varchar AS (value:creator_type::varchar),
  resolved_by_uuid varchar AS (value:resolved_by_uuid::varchar),
  resolved_by_account_id varchar AS (value:resolved_by_account_id::varchar),
  resolved_by_display_name varchar AS (value:resolved_by_display_name::varchar),
  resolved_by_nickname varchar AS (value:resolved_by_nickname::varchar),
  resolved_by_type varchar AS (value:resolved_by_type::varchar),
  comment_id bigint AS (value:comment_id::bigint),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  resolved_on timestamp_ntz AS (value:resolved_on::timestamp_ntz),
  pull_request_created_on timestamp_ntz AS (value:pull_request_created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_request_tasks/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.';

CREATE OR REPLACE EXTERNAL TABLE pull_requests (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  title varchar AS (value:title::varchar),
  state varchar AS (value:state::varchar),
  draft boolean AS (value:draft::boolean),
  author_uuid varchar AS (value:author_uuid::varchar),
  author_account_id varchar AS (value:author_account_id::varchar),
  author_display_name varchar AS (value:author_display_name::varchar),
  author_nickname varchar AS (value:author_nickname::varchar),
  author_type varchar AS (value:author_type::varchar),
  closed_by_uuid varchar AS (value:closed_by_uuid::varchar),
  closed_by_account_id varchar AS (value:closed_by_account_id::varchar),
  closed_by_display_name varchar AS (value:closed_by_display_name::varchar),
  closed_by_nickname varchar AS (value:closed_by_nickname::varchar),
  closed_by_type varchar AS (value:closed_by_type::varchar),
  source_branch varchar AS (value:source_branch::varchar),
  source_commit varchar AS (value:source_commit::varchar),
  destination_branch varchar AS (value:destination_branch::varchar),
  destination_commit varchar AS (value:destination_commit::varchar),
  merge_commit varchar AS (value:merge_commit::varchar),
  comment_count bigint AS (value:comment_count::bigint),
  open_task_count bigint AS (value:open_task_count::bigint),
  close_source_branch boolean AS (value:close_source_branch::boolean),
  decline_reason varchar AS (value:decline_reason::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  closed_on timestamp_ntz AS (value:closed_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/pull_requests/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One pull request, in its present state. Month: when it was opened.';

CREATE OR REPLACE EXTERNAL TABLE repositories (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  slug varchar AS (value:slug::varchar),
  full_name varchar AS (value:full_name::varchar),
  name varchar AS (value:name::varchar),
  description varchar AS (value:description::varchar),
  project_uuid varchar AS (value:project_uuid::varchar),
  project_key varchar AS (value:project_key::varchar),
  is_private boolean AS (value:is_private::boolean),
  main_language varchar AS (value:main_language::varchar),
  main_branch varchar AS (value:main_branch::varchar),
  fork_policy varchar AS (value:fork_policy::varchar),
  parent_uuid varchar AS (value:parent_uuid::varchar),
  size_bytes bigint AS (value:size_bytes::bigint),
  has_issues boolean AS (value:has_issues::boolean),
  has_wiki boolean AS (value:has_wiki::boolean),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/repositories/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One repository of the workspace.';

CREATE OR REPLACE EXTERNAL TABLE repository_permissions (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  user_account_id varchar AS (value:user_account_id::varchar),
  user_display_name varchar AS (value:user_display_name::varchar),
  user_nickname varchar AS (value:user_nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  permission varchar AS (value:permission::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/repository_permissions/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'What one account may do in one repository. Bitbucket shows it to administrators of the workspace only; where there are more than 10,000 it is not read.';

CREATE OR REPLACE EXTERNAL TABLE snippets (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  snippet_id varchar AS (value:snippet_id::varchar),
  title varchar AS (value:title::varchar),
  is_private boolean AS (value:is_private::boolean),
  creator_uuid varchar AS (value:creator_uuid::varchar),
  creator_account_id varchar AS (value:creator_account_id::varchar),
  creator_display_name varchar AS (value:creator_display_name::varchar),
  creator_nickname varchar AS (value:creator_nickname::varchar),
  creator_type varchar AS (value:creator_type::varchar),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/snippets/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One snippet of the workspace that the connected account sees.';

CREATE OR REPLACE EXTERNAL TABLE story_links (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  object_type varchar AS (value:object_type::varchar),
  object_id varchar AS (value:object_id::varchar),
  story_key varchar AS (value:story_key::varchar),
  found_in varchar AS (value:found_in::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  user_type varchar AS (value:user_type::varchar),
  linked_on timestamp_ntz AS (value:linked_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/story_links/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One mention of a story’s key in a pull request’s title or source branch, or in a commit’s message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.';

CREATE OR REPLACE EXTERNAL TABLE tags (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  tag_name varchar AS (value:tag_name::varchar),
  message varchar AS (value:message::varchar),
  commit_hash varchar AS (value:commit_hash::varchar),
  tagger_uuid varchar AS (value:tagger_uuid::varchar),
  tagger_account_id varchar AS (value:tagger_account_id::varchar),
  tagger_display_name varchar AS (value:tagger_display_name::varchar),
  tagger_nickname varchar AS (value:tagger_nickname::varchar),
  tagger_type varchar AS (value:tagger_type::varchar),
  tagged_on timestamp_ntz AS (value:tagged_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/tags/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One tag of a repository.';

CREATE OR REPLACE EXTERNAL TABLE webhooks (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  webhook_uuid varchar AS (value:webhook_uuid::varchar),
  description varchar AS (value:description::varchar),
  url_host varchar AS (value:url_host::varchar),
  is_active boolean AS (value:is_active::boolean),
  events varchar AS (value:events::varchar),
  secret_set boolean AS (value:secret_set::boolean),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/webhooks/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One webhook of a repository. Bitbucket shows them to administrators of the repository only.';

CREATE OR REPLACE EXTERNAL TABLE workspace_permissions (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  user_uuid varchar AS (value:user_uuid::varchar),
  user_account_id varchar AS (value:user_account_id::varchar),
  user_display_name varchar AS (value:user_display_name::varchar),
  user_nickname varchar AS (value:user_nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  permission varchar AS (value:permission::varchar),
  added_on timestamp_ntz AS (value:added_on::timestamp_ntz),
  last_accessed_on timestamp_ntz AS (value:last_accessed_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/workspace_permissions/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One account’s role in the workspace. Bitbucket shows them to its administrators only.';

CREATE OR REPLACE EXTERNAL TABLE workspace_webhooks (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  workspace_webhook_uuid varchar AS (value:workspace_webhook_uuid::varchar),
  description varchar AS (value:description::varchar),
  url_host varchar AS (value:url_host::varchar),
  is_active boolean AS (value:is_active::boolean),
  events varchar AS (value:events::varchar),
  secret_set boolean AS (value:secret_set::boolean),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/workspace_webhooks/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One webhook of the whole workspace. Bitbucket shows them to its administrators only.';

CREATE OR REPLACE EXTERNAL TABLE workspaces (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  workspace_uuid varchar AS (value:workspace_uuid::varchar),
  slug varchar AS (value:slug::varchar),
  name varchar AS (value:name::varchar),
  is_private boolean AS (value:is_private::boolean),
  created_on timestamp_ntz AS (value:created_on::timestamp_ntz),
  updated_on timestamp_ntz AS (value:updated_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/workspaces/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One connected workspace.';

CREATE OR REPLACE EXTERNAL TABLE feature_adoption_monthly (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month_start date AS (value:month_start::date),
  feature varchar AS (value:feature::varchar),
  users bigint AS (value:users::bigint),
  share_of_active double AS (value:share_of_active::double),
  new_users bigint AS (value:new_users::bigint),
  returning_users bigint AS (value:returning_users::bigint),
  lapsed_users bigint AS (value:lapsed_users::bigint),
  events bigint AS (value:events::bigint),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/feature_adoption_monthly/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'How many people used one feature in one month: from the month of its first use on, months without any use too. Apps and deleted accounts are not people. The last month is not over.';

CREATE OR REPLACE EXTERNAL TABLE feature_configuration (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  feature varchar AS (value:feature::varchar),
  repository varchar AS (value:repository::varchar),
  project_key varchar AS (value:project_key::varchar),
  project_name varchar AS (value:project_name::varchar),
  items bigint AS (value:items::bigint),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/feature_configuration/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One feature that is set up in one repository, or in the workspace, and that nobody is seen to use. Where there is no row it is not set up, or the connected account may not see it.';

CREATE OR REPLACE EXTERNAL TABLE feature_usage_daily (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  usage_date date AS (value:usage_date::date),
  user_type varchar AS (value:user_type::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  feature varchar AS (value:feature::varchar),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  account_id varchar AS (value:account_id::varchar),
  display_name varchar AS (value:display_name::varchar),
  nickname varchar AS (value:nickname::varchar),
  project_key varchar AS (value:project_key::varchar),
  project_name varchar AS (value:project_name::varchar),
  repository varchar AS (value:repository::varchar),
  events bigint AS (value:events::bigint),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/feature_usage_daily/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'What one account did with one feature in one repository on one day, counted. Month: of the day.';

CREATE OR REPLACE EXTERNAL TABLE freshness (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  stream varchar AS (value:stream::varchar),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  repository varchar AS (value:repository::varchar),
  state varchar AS (value:state::varchar),
  asked_at timestamp_ntz AS (value:asked_at::timestamp_ntz),
  newest_at timestamp_ntz AS (value:newest_at::timestamp_ntz),
  read_back_to timestamp_ntz AS (value:read_back_to::timestamp_ntz),
  refusals bigint AS (value:refusals::bigint),
  problem varchar AS (value:problem::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/freshness/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'How far one stream has come in one repository, and in the workspace as a whole. A repository in which nothing seems to happen is asked once in QUIET_EVERY; whether it was, is said here.';

CREATE OR REPLACE EXTERNAL TABLE seat_utilization_monthly (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month_start date AS (value:month_start::date),
  seats bigint AS (value:seats::bigint),
  active_seats bigint AS (value:active_seats::bigint),
  idle_seats bigint AS (value:idle_seats::bigint),
  never_used_seats bigint AS (value:never_used_seats::bigint),
  utilization double AS (value:utilization::double),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/seat_utilization_monthly/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over.';

CREATE OR REPLACE EXTERNAL TABLE story_activity (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  story_key varchar AS (value:story_key::varchar),
  people bigint AS (value:people::bigint),
  pull_requests bigint AS (value:pull_requests::bigint),
  commits bigint AS (value:commits::bigint),
  tasks bigint AS (value:tasks::bigint),
  repositories bigint AS (value:repositories::bigint),
  events bigint AS (value:events::bigint),
  first_activity timestamp_ntz AS (value:first_activity::timestamp_ntz),
  last_activity timestamp_ntz AS (value:last_activity::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/story_activity/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'The work on one story: who, and in what. Work is what was done with a pull request that names the story in its title or source branch, and each commit that names it.';

CREATE OR REPLACE EXTERNAL TABLE sync_runs (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  run_id varchar AS (value:run_id::varchar),
  started_at timestamp_ntz AS (value:started_at::timestamp_ntz),
  ended_at timestamp_ntz AS (value:ended_at::timestamp_ntz),
  outcome varchar AS (value:outcome::varchar),
  requests bigint AS (value:requests::bigint),
  rows_read bigint AS (value:rows_read::bigint),
  rows_changed bigint AS (value:rows_changed::bigint),
  bytes_written bigint AS (value:bytes_written::bigint),
  streams_incomplete bigint AS (value:streams_incomplete::bigint),
  problem varchar AS (value:problem::varchar),
  streams varchar AS (value:streams::varchar),
  version varchar AS (value:version::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/sync_runs/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One run over all streams of the workspace. A run is landed at its end, or by the next one where the lake could not be written.';

CREATE OR REPLACE EXTERNAL TABLE usage_events (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  month varchar AS (split_part(split_part(metadata$filename, 'month=', 2), '/', 1)),
  occurred_at timestamp_ntz AS (value:occurred_at::timestamp_ntz),
  event_id varchar AS (value:event_id::varchar),
  user_uuid varchar AS (value:user_uuid::varchar),
  account_id varchar AS (value:account_id::varchar),
  display_name varchar AS (value:display_name::varchar),
  nickname varchar AS (value:nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  feature varchar AS (value:feature::varchar),
  action varchar AS (value:action::varchar),
  project_key varchar AS (value:project_key::varchar),
  project_name varchar AS (value:project_name::varchar),
  repository_uuid varchar AS (value:repository_uuid::varchar),
  repository varchar AS (value:repository::varchar),
  object_type varchar AS (value:object_type::varchar),
  object_id varchar AS (value:object_id::varchar),
  pull_request_id bigint AS (value:pull_request_id::bigint),
  story_key varchar AS (value:story_key::varchar),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace, month)
LOCATION = @bucketlake/usage_events/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'One thing that one account did with one feature. Month: when it was done.';

CREATE OR REPLACE EXTERNAL TABLE user_activity (
  workspace varchar AS (split_part(split_part(metadata$filename, 'workspace=', 2), '/', 1)),
  user_uuid varchar AS (value:user_uuid::varchar),
  user_account_id varchar AS (value:user_account_id::varchar),
  user_display_name varchar AS (value:user_display_name::varchar),
  user_nickname varchar AS (value:user_nickname::varchar),
  user_type varchar AS (value:user_type::varchar),
  as_of date AS (value:as_of::date),
  status varchar AS (value:status::varchar),
  first_seen date AS (value:first_seen::date),
  last_seen date AS (value:last_seen::date),
  active_days_7 bigint AS (value:active_days_7::bigint),
  active_days_30 bigint AS (value:active_days_30::bigint),
  active_days_90 bigint AS (value:active_days_90::bigint),
  features_90 varchar AS (value:features_90::varchar),
  events_90 bigint AS (value:events_90::bigint),
  last_accessed_on timestamp_ntz AS (value:last_accessed_on::timestamp_ntz),
  synced_at timestamp_ntz AS (value:synced_at::timestamp_ntz),
  deleted_at timestamp_ntz AS (value:deleted_at::timestamp_ntz)
)
PARTITION BY (workspace)
LOCATION = @bucketlake/user_activity/
AUTO_REFRESH = FALSE
PATTERN = '.*[.]parquet'
FILE_FORMAT = (TYPE = PARQUET)
COMMENT = 'What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use.';
