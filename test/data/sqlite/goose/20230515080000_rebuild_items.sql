-- +goose NO TRANSACTION
-- +goose Up
PRAGMA foreign_keys = OFF;
BEGIN;
DROP VIEW unread;
CREATE TABLE items_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    guid TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    body TEXT,
    state TEXT NOT NULL DEFAULT 'unread' CHECK (state IN ('unread', 'read', 'kept')),
    is_read INTEGER NOT NULL DEFAULT 0,
    published_at DATETIME,
    UNIQUE (feed_id, guid)
);
INSERT INTO items_new (id, feed_id, guid, title, body, state, is_read, published_at)
SELECT id, feed_id, guid, coalesce(title, ''), body, state, is_read, published_at FROM items;
DROP TABLE items;
ALTER TABLE items_new RENAME TO items;
CREATE INDEX idx_items_published ON items (published_at DESC);
CREATE INDEX idx_items_state ON items (state) WHERE state <> 'read';
CREATE VIEW unread AS SELECT i.id, f.title AS feed, i.title FROM items i JOIN feeds f ON f.id = i.feed_id WHERE i.state = 'unread';
PRAGMA foreign_key_check;
COMMIT;
PRAGMA foreign_keys = ON;

-- +goose Down
DROP INDEX idx_items_state;
