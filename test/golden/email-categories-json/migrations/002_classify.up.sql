-- Every email gets one of the new categories.
UPDATE emails SET category = (SELECT m.new FROM mapping m WHERE m.old = emails.category)
WHERE category IS NOT NULL;

CREATE TABLE briefs (email_id bigint, category text);
INSERT INTO briefs (email_id, category)
SELECT e.id, m.new FROM emails e JOIN mapping m ON m.old = e.category;

ALTER TABLE emails DROP COLUMN category;
