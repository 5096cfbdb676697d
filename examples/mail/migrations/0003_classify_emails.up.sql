-- Emails are classified by category_map instead of their free-text category.
CREATE TABLE emails_classified (
    id INTEGER NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at TEXT NOT NULL,
    status TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id)
);

INSERT INTO emails_classified (id, sender, subject, body, received_at, status, category_id)
SELECT e.id, e.sender, e.subject, e.body, e.received_at, e.status, m.category_id
FROM emails e
JOIN category_map m ON m.old_name = e.category;

DROP VIEW briefs;
DROP INDEX emails_by_status;
ALTER TABLE emails RENAME TO emails_unclassified;
ALTER TABLE emails_classified RENAME TO emails;
CREATE INDEX emails_by_status ON emails (status);
CREATE INDEX emails_by_id ON emails (id);

CREATE VIEW briefs AS
SELECT id, sender, subject, received_at FROM emails WHERE category_id = 1;
