CREATE TABLE IF NOT EXISTS "emails" (
    "id" integer PRIMARY KEY,
    "category" text NOT NULL,
    "subject" text,
    "received_at" integer NOT NULL
);
CREATE INDEX "emails_category" ON "emails" ("category");
CREATE VIRTUAL TABLE emails_search USING fts5(subject, content='emails', content_rowid='id');
CREATE TRIGGER emails_ai AFTER INSERT ON emails BEGIN
    INSERT INTO emails_search(rowid, subject) VALUES (new.id, new.subject);
END;
