CREATE TABLE emails (id bigint PRIMARY KEY, size int);
