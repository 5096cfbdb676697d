SET lock_timeout = '2s';
CREATE INDEX emails_size ON emails (size);
CREATE INDEX folders_name ON folders (name);
ALTER TABLE emails ADD CONSTRAINT emails_folder FOREIGN KEY (folder_id) REFERENCES folders (id);
