-- +goose Up
CREATE TABLE backfills (
    workspace_uuid TEXT   NOT NULL PRIMARY KEY,
    started_at     BIGINT NOT NULL, -- of the first run; 0 where there was none yet
    ended_at       BIGINT NOT NULL, -- when all of the past had been read
    forecast_at    BIGINT NOT NULL, -- 0 where none was made
    minutes        BIGINT NOT NULL, -- that the forecast gives it
    error          BIGINT NOT NULL  -- standard error of the requests forecast
);

CREATE TABLE backfill_streams (
    workspace_uuid TEXT   NOT NULL,
    stream         TEXT   NOT NULL,
    forecast       BIGINT NOT NULL, -- requests
    spent          BIGINT NOT NULL, -- requests
    PRIMARY KEY (workspace_uuid, stream)
);
