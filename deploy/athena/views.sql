-- Views for Athena: the questions that dashboards ask. First declare the tables:
--   bucketlake tables ddl --dialect athena --location s3://BUCKET/PREFIX --projection WORKSPACE
-- Athena runs one statement at a time; each ends with a semicolon. (They run on Trino and DuckDB as well.)

CREATE OR REPLACE VIEW feature_use_monthly AS
SELECT workspace, date_trunc('month', usage_date) AS month_start, feature, project_key,
  count(DISTINCT user_uuid) AS people, sum(events) AS events
FROM feature_usage_daily
WHERE user_type = 'user'
GROUP BY workspace, date_trunc('month', usage_date), feature, project_key;

CREATE OR REPLACE VIEW active_people_daily AS
SELECT workspace, usage_date, count(DISTINCT user_uuid) AS people, count(DISTINCT feature) AS features, sum(events) AS events
FROM feature_usage_daily
WHERE user_type = 'user'
GROUP BY workspace, usage_date;

CREATE OR REPLACE VIEW idle_seats AS
SELECT workspace, user_uuid, user_account_id, user_display_name, status, last_seen, last_accessed_on, active_days_90
FROM user_activity
WHERE status <> 'active' AND user_type = 'user';

CREATE OR REPLACE VIEW pull_request_times AS
WITH reviewed AS (
  SELECT workspace, repository_uuid, pull_request_id, min(occurred_at) AS first_review
  FROM pull_request_activity
  WHERE kind IN ('approval', 'changes_requested', 'comment') AND user_type = 'user' AND deleted_at IS NULL
  GROUP BY workspace, repository_uuid, pull_request_id
)
SELECT p.workspace, p.month, p.repository_uuid, p.pull_request_id, p.state, p.created_on, r.first_review, p.closed_on,
  date_diff('minute', p.created_on, r.first_review) AS minutes_to_first_review,
  CASE WHEN p.state = 'MERGED' THEN date_diff('minute', p.created_on, p.closed_on) END AS minutes_to_merge
FROM pull_requests p
LEFT JOIN reviewed r
  ON r.workspace = p.workspace AND r.repository_uuid = p.repository_uuid AND r.pull_request_id = p.pull_request_id
WHERE p.deleted_at IS NULL;

CREATE OR REPLACE VIEW pipeline_days AS
SELECT workspace, repository_uuid, CAST(created_on AS date) AS day, count(*) AS runs,
  count(CASE WHEN result_name = 'FAILED' THEN 1 END) AS failed, sum(build_seconds) AS build_seconds
FROM pipelines
WHERE deleted_at IS NULL
GROUP BY workspace, repository_uuid, CAST(created_on AS date);

CREATE OR REPLACE VIEW stream_freshness AS
SELECT workspace, stream, state, asked_at, problem, date_diff('minute', asked_at, localtimestamp) AS minutes_old
FROM freshness
WHERE repository_uuid IS NULL;
