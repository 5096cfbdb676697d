DROP VIEW briefs;
DROP TABLE emails;
ALTER TABLE emails_unclassified RENAME TO emails;
CREATE INDEX emails_by_status ON emails (status);

CREATE VIEW briefs AS
SELECT id, sender, subject, received_at FROM emails WHERE lower(category) IN ('brief', 'digest');
