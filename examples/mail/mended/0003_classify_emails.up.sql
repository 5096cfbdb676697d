-- Emails are classified by category_map; the free-text category stays until nothing reads it.
ALTER TABLE emails ADD COLUMN category_id INTEGER REFERENCES categories (id);

-- One answer for every email, whatever the mapping holds: a name that it does not know, or none, is "other".
UPDATE emails
SET category_id = coalesce(
    (SELECT min(m.category_id) FROM category_map m WHERE m.old_name = lower(emails.category)), 5)
WHERE category_id IS NULL;

DROP VIEW briefs;
CREATE VIEW briefs AS
SELECT id, sender, subject, received_at FROM emails WHERE category_id = 1;
