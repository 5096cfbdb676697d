CREATE TABLE categories (id int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE emails (id bigint PRIMARY KEY, category text, status text NOT NULL);
