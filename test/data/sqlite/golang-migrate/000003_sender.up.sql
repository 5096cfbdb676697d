ALTER TABLE emails ADD COLUMN sender TEXT NOT NULL;
UPDATE emails SET subject = "none" WHERE subject IS NULL;
INSERT OR REPLACE INTO emails (id, category, subject, received_at, sender) SELECT id, category, subject, received_at, 'x' FROM emails;
DELETE FROM emails;
