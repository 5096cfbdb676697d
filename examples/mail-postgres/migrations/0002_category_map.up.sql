CREATE TABLE categories (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE
);
INSERT INTO categories (id, name)
VALUES (1, 'brief'), (2, 'news'), (3, 'money'), (4, 'people'), (5, 'other');

-- Which category an old, free-text name becomes.
CREATE TABLE category_map (
    old_name text PRIMARY KEY,
    category_id integer NOT NULL REFERENCES categories (id)
);
INSERT INTO category_map (old_name, category_id)
VALUES ('brief', 1), ('digest', 1), ('newsletter', 2), ('invoice', 3), ('personal', 4);
