DROP VIEW briefs;
ALTER TABLE emails DROP COLUMN category_id;
CREATE VIEW briefs AS
SELECT id, sender, subject, received_at FROM emails WHERE lower(category) IN ('brief', 'digest');
