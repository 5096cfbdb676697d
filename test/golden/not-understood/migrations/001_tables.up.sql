CREATE TABLE emails (id bigint PRIMARY KEY);
ALTER TABEL emails ADD COLUMN size int;
DO $$ BEGIN EXECUTE 'DROP TABLE emails'; END $$;
CREATE INDEX emails_id ON emails (id);
