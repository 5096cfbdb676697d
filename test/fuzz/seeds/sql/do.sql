-- a comment
CREATE TABLE users (id int PRIMARY KEY, a int);
CREATE TABLE b (id int);
DO $$
DECLARE
  v int := 5; tbl text := 'users';
  r record;
  c CURSOR FOR SELECT 1 FROM b;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN
     CREATE TYPE mood AS ENUM ('x');
  END IF;
  SELECT count(*) INTO v FROM users WHERE id = v;
  INSERT INTO users(id) VALUES (1) RETURNING id INTO v;
  v := (SELECT max(id) FROM b);
  PERFORM setval('users_id_seq', 5);
  EXECUTE 'ALTER TABLE ' || tbl || ' ADD COLUMN z text DEFAULT ''q''';
  FOREACH r IN ARRAY ARRAY['users','b'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN %s int; CREATE INDEX ON %1$I (id)', r, 'y');
  END LOOP;
  FOR r IN SELECT * FROM users LOOP
     UPDATE b SET id = r.id;
     EXECUTE 'DROP TABLE ' || quote_ident(r.a);
  END LOOP;
EXCEPTION WHEN duplicate_object THEN null;
END
$$;
DO LANGUAGE plpgsql 'BEGIN ALTER TABLE users ADD w text DEFAULT ''it''''s'', ADD CHECK (id > 0); END';
DO $$ BEGIN IF x THEN $$;
