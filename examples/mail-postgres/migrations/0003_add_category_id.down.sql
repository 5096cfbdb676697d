ALTER TABLE emails DROP COLUMN category_id;
