CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO categories (id, name)
VALUES (1, 'brief'), (2, 'news'), (3, 'money'), (4, 'people'), (5, 'other');

-- Which category an old, free-text name becomes.
CREATE TABLE category_map (
    old_name TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id)
);
INSERT INTO category_map (old_name, category_id)
VALUES ('brief', 1), ('digest', 1), ('newsletter', 2), ('invoice', 3), ('personal', 4),
       -- entered twice, by two people
       ('digest', 1), ('newsletter', 2);
