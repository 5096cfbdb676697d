CREATE TABLE emails (id bigint PRIMARY KEY, folder_id int, size int);
CREATE TABLE folders (id int PRIMARY KEY, name text);
