ALTER TABLE emails ADD COLUMN category_id integer;
