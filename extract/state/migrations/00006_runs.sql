-- +goose Up
ALTER TABLE runs ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN outcome TEXT NOT NULL DEFAULT ''; -- complete, partial, interrupted or failed; empty: nobody knows any more
ALTER TABLE runs ADD COLUMN summary TEXT NOT NULL DEFAULT ''; -- JSON, as it is told to those who read runs by machine

CREATE TABLE alerts (
    workspace_uuid TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    workspace      TEXT   NOT NULL, -- slug, when it was told
    since          BIGINT NOT NULL, -- when it was first found
    told_at        BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL, -- 0 while it lasts
    PRIMARY KEY (workspace_uuid, kind)
);
