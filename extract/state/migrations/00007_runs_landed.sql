-- +goose Up
ALTER TABLE runs ADD COLUMN landed BIGINT NOT NULL DEFAULT 0; -- 1 once the lake knows of it
