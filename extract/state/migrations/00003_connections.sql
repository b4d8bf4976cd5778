-- +goose Up
ALTER TABLE connections ADD COLUMN kind TEXT NOT NULL DEFAULT 'oauth' CHECK (kind IN ('oauth', 'access_token'));
ALTER TABLE connections ADD COLUMN token_expires_at BIGINT NOT NULL DEFAULT 0; -- what a person said of an access token

CREATE TABLE keysets (
    name       TEXT   NOT NULL PRIMARY KEY, -- what it seals
    kms_uri    TEXT   NOT NULL, -- the key that wraps it; for messages, never for opening it
    wrapped    BYTEA  NOT NULL,
    updated_at BIGINT NOT NULL
);
