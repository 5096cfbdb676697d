-- The store's tables, in a schema of their own. One store keeps the journals of several services and environments,
-- by name ("shop/production"); within each `sequence` has no gaps, and `hash` is the SHA-256 over `line`, which holds
-- the one before.
CREATE SCHEMA tminus_store;
CREATE TABLE tminus_store.version (version integer NOT NULL);
CREATE TABLE tminus_store.event (
    journal text NOT NULL,
    sequence bigint NOT NULL,
    line text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (journal, sequence)
);
-- Who flies: one row a name, for ever, because its epoch is never used again.
CREATE TABLE tminus_store.lease (
    name text PRIMARY KEY,
    epoch bigint NOT NULL,
    is_held boolean NOT NULL,
    host text NOT NULL,
    process text NOT NULL,
    actor text NOT NULL,
    taken_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    time_to_live_ms bigint NOT NULL
);
INSERT INTO tminus_store.version VALUES (1);
