-- +goose Up
ALTER TABLE feeds ADD COLUMN updated_at DATETIME;

-- +goose StatementBegin
CREATE TRIGGER feeds_touch AFTER UPDATE ON feeds
FOR EACH ROW WHEN new.updated_at IS old.updated_at
BEGIN
    UPDATE feeds SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
    SELECT CASE WHEN new.url = '' THEN RAISE(ABORT, 'empty url') END;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER feeds_touch;
ALTER TABLE feeds DROP COLUMN updated_at;
