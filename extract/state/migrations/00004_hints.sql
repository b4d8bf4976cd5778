-- +goose Up
CREATE TABLE hints (
    workspace_uuid  TEXT   NOT NULL,
    repository_uuid TEXT   NOT NULL,
    hinted_at       BIGINT NOT NULL, -- by our clock
    PRIMARY KEY (workspace_uuid, repository_uuid)
);

CREATE TABLE hooks_received (
    request_uuid TEXT   NOT NULL PRIMARY KEY, -- Bitbucket's name for one delivery, the same in each attempt
    received_at  BIGINT NOT NULL
);
