ALTER TABLE emails ADD COLUMN category_id int;
UPDATE emails SET category_id = (SELECT c.id FROM categories c WHERE c.name = emails.category);
ALTER TABLE emails DROP COLUMN category;
