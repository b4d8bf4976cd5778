-- +goose Up
CREATE TABLE stream_states (
    workspace_uuid  TEXT   NOT NULL,
    stream          TEXT   NOT NULL,
    last_success_at BIGINT NOT NULL,
    last_attempt_at BIGINT NOT NULL,
    rows            BIGINT NOT NULL, -- of the last success
    requests        BIGINT NOT NULL, -- of the last attempt
    problem         TEXT   NOT NULL, -- of the last attempt; empty where it is fine
    disabled        TEXT   NOT NULL, -- why the stream isn't read; empty where it is
    PRIMARY KEY (workspace_uuid, stream)
);

CREATE TABLE progress (
    workspace_uuid TEXT   NOT NULL PRIMARY KEY,
    started_at     BIGINT NOT NULL,
    stream         TEXT   NOT NULL, -- under way
    done           BIGINT NOT NULL,
    total          BIGINT NOT NULL,
    requests       BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

CREATE TABLE limits (
    consumer TEXT   NOT NULL PRIMARY KEY, -- as in requests_spent
    per_hour BIGINT NOT NULL -- what the headers said last
);
