CREATE TABLE emails (
    id INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at TEXT NOT NULL,
    status TEXT NOT NULL,
    category TEXT
);
CREATE INDEX emails_by_status ON emails (status);

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL
);

CREATE VIEW briefs AS
SELECT id, sender, subject, received_at FROM emails WHERE lower(category) IN ('brief', 'digest');
