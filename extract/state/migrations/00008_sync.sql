-- +goose Up
ALTER TABLE stream_states ADD COLUMN remedy TEXT NOT NULL DEFAULT ''; -- what to do about the problem
ALTER TABLE stream_states ADD COLUMN elapsed BIGINT NOT NULL DEFAULT 0; -- milliseconds of the last attempt
ALTER TABLE stream_states ADD COLUMN newest_at BIGINT NOT NULL DEFAULT 0; -- of the newest row, by Bitbucket's clock
ALTER TABLE stream_states ADD COLUMN unread BIGINT NOT NULL DEFAULT 0; -- repositories whose older rows are still to come
ALTER TABLE stream_states ADD COLUMN read_back_to BIGINT NOT NULL DEFAULT 0; -- in that of them that is least far

CREATE TABLE anew ( -- streams that are to be read from the beginning
    workspace_uuid TEXT   NOT NULL,
    stream         TEXT   NOT NULL,
    asked_at       BIGINT NOT NULL,
    PRIMARY KEY (workspace_uuid, stream)
);
