-- Times are milliseconds since 1970 UTC unless the name says otherwise; 0 means never.
-- Types are those that SQLite and PostgreSQL both take.

-- +goose Up
CREATE TABLE requests_spent (
    consumer TEXT   NOT NULL, -- OAuth client id: Bitbucket charges the consumer
    minute   BIGINT NOT NULL, -- minutes since 1970 UTC
    stream   TEXT   NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (consumer, minute, stream)
);

CREATE TABLE connections (
    id                 TEXT   NOT NULL PRIMARY KEY, -- also the associated data of the sealed tokens
    workspace          TEXT   NOT NULL, -- slug; may change, and a slug given up may become another workspace's
    workspace_uuid     TEXT   NOT NULL UNIQUE,
    account_name       TEXT   NOT NULL,
    account_uuid       TEXT   NOT NULL,
    client_id          TEXT   NOT NULL, -- the consumer that the grant was given to
    state              TEXT   NOT NULL CHECK (state IN ('connected', 'needs_reconnect', 'disconnected')),
    reason             TEXT   NOT NULL DEFAULT '',
    scopes             TEXT   NOT NULL DEFAULT '', -- separated by blanks
    sealed             BYTEA, -- tokens, encrypted with the keyset; null once disconnected
    generation         BIGINT NOT NULL, -- moves with every change of tokens or state: the fence of a late writer
    connected_at       BIGINT NOT NULL,
    refreshed_at       BIGINT NOT NULL, -- when Bitbucket last gave tokens
    expires_at         BIGINT NOT NULL, -- of the access token
    refresh_started_at BIGINT NOT NULL DEFAULT 0 -- a refresh whose outcome isn't known
);

CREATE INDEX connections_workspace ON connections (workspace);

CREATE TABLE runs (
    workspace_uuid TEXT   NOT NULL,
    started_at     BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL,
    requests       BIGINT NOT NULL,
    problem        TEXT   NOT NULL, -- why it is not complete; empty where it is
    stopped_in     TEXT   NOT NULL  -- stream in which the hour was spent, or somebody stopped it; empty otherwise
);

CREATE INDEX runs_workspace ON runs (workspace_uuid, ended_at);
