ALTER TABLE emails ADD COLUMN category text;
UPDATE emails SET category = (SELECT c.name FROM categories c WHERE c.id = emails.category_id);
ALTER TABLE emails DROP COLUMN category_id;
