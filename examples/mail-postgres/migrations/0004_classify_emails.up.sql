-- Emails are classified by category_map instead of their free-text category.
UPDATE emails e
SET category_id = m.category_id
FROM category_map m
WHERE m.old_name = e.category;
