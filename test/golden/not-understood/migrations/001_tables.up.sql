CREATE TABLE emails (id bigint PRIMARY KEY);
ALTER TABEL emails ADD COLUMN size int;
DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_setting('mail.old'); END $$;
CREATE INDEX emails_id ON emails (id);
