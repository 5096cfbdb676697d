-- +goose Up
-- is_read becomes a state with three values
ALTER TABLE items ADD COLUMN state TEXT NOT NULL DEFAULT 'unread';
UPDATE items SET state = CASE is_read WHEN 1 THEN 'read' ELSE 'unread' END;
CREATE VIEW unread AS SELECT i.id, f.title AS feed, i.title FROM items i JOIN feeds f ON f.id = i.feed_id WHERE i.state = 'unread';

-- +goose Down
DROP VIEW unread;
ALTER TABLE items DROP COLUMN state;
