-- One answer for every email, whatever the mapping holds: a name that it does not know, or none, is "other".
UPDATE emails
SET category_id = coalesce(
    (SELECT m.category_id FROM category_map m WHERE m.old_name = lower(emails.category)), 5)
WHERE category_id IS NULL;
