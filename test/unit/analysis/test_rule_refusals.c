/*
 * Rules on what the server refuses: what the examples of their pages do not show. Each case names
 * the rule, and its severity or that it stays silent. Every statement was run on PostgreSQL 15.20
 * behind its `before`: those with a severity were refused there (some as soon as a row is met),
 * those without were taken; what nobody understands (FROBNICATE) leaves a doubt.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define SILENT (-1)

struct expected {
    const char *before, *up, *rule;
    int severity;
    bool is_complete;
};

#define USERS                                                                                      \
    "CREATE TYPE mood AS ENUM ('sad', 'ok');"                                                      \
    "CREATE DOMAIN small AS int DEFAULT 1 CHECK (VALUE < 10);"                                     \
    "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL,"   \
    " name varchar(5), age int, feeling mood, size small NOT NULL, tags text[], is_new boolean,"    \
    " born date, made text GENERATED ALWAYS AS (upper(name)) STORED);"                             \
    "CREATE TABLE src (id int, email text);"
#define FILLED                                                                                     \
    USERS "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email = 'a';"       \
          " RETURN NEW; END $$;"                                                                   \
          "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();"

#define EMAILS                                                                                     \
    "CREATE TABLE emails (id bigint PRIMARY KEY, address text UNIQUE, size int);"                  \
    "CREATE TABLE files (id bigint PRIMARY KEY, email_id bigint REFERENCES emails, n int NOT NULL);" \
    "CREATE TABLE trees (id int PRIMARY KEY, above int REFERENCES trees);"                         \
    "CREATE TABLE src (id bigint PRIMARY KEY, address text, n int);"
#define CHAIN                                                                                      \
    EMAILS "CREATE TABLE parts (id bigint PRIMARY KEY, file_id bigint REFERENCES files ON DELETE"   \
           " CASCADE);"                                                                            \
           "CREATE TABLE marks (part_id bigint NOT NULL REFERENCES parts ON DELETE SET NULL ON"     \
           " UPDATE CASCADE);"
#define FUNCTIONS                                                                                  \
    "CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT a';"         \
    "CREATE FUNCTION g(a int, OUT x int, OUT y text) LANGUAGE sql AS $$ SELECT 1, 'x' $$;"          \
    "CREATE FUNCTION h() RETURNS TABLE (x int) LANGUAGE sql AS 'SELECT 1';"
#define VIEWS                                                                                      \
    "CREATE TABLE t (id int, n int); CREATE VIEW v AS SELECT n, count(*) AS c FROM t GROUP BY n;"   \
    "CREATE VIEW w AS SELECT id FROM t;"                                                           \
    "CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t;"
#define KEYS                                                                                       \
    "CREATE TABLE a (id bigint PRIMARY KEY, n int, u bigint NOT NULL, v int, UNIQUE (u, v));"       \
    "CREATE TABLE b (x int NOT NULL, y int, n int, t text); CREATE TABLE c (id int);"              \
    "CREATE INDEX b_n ON b (n); CREATE UNIQUE INDEX b_x ON b (x);"                                 \
    "CREATE UNIQUE INDEX b_e ON b ((x + 1)); CREATE TABLE d2 (id int PRIMARY KEY);"
#define PARTED                                                                                     \
    "CREATE TABLE p (id int NOT NULL, n int, at date NOT NULL) PARTITION BY RANGE (at);"            \
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
#define SPLIT                                                                                      \
    "CREATE TABLE l (k text) PARTITION BY LIST (k); CREATE TABLE l1 PARTITION OF l FOR VALUES IN"   \
    " ('a', 'b'); CREATE TABLE h (k int) PARTITION BY HASH (k); CREATE TABLE h1 PARTITION OF h FOR" \
    " VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE r (a int, b int) PARTITION BY RANGE (a, b);" \
    "CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (1, MINVALUE) TO (1, 100);"

static const struct expected cases[] = {
    // Rows that others refer to.
    {EMAILS, "DELETE FROM emails WHERE size = 1;", "row-still-referenced", SEVERITY_WARN},
    {CHAIN, "DELETE FROM files WHERE n = 1;", "row-still-referenced", SEVERITY_WARN},
    {CHAIN, "DELETE FROM parts WHERE id = 1;", "row-still-referenced", SEVERITY_WARN},
    {EMAILS, "UPDATE emails SET id = id + 1;", "row-still-referenced", SEVERITY_WARN},
    {EMAILS, "UPDATE emails SET size = 1 WHERE id = 1;", "row-still-referenced", SILENT},
    {CHAIN, "UPDATE parts SET id = id + 1;", "row-still-referenced", SILENT},
    {CHAIN, "DELETE FROM marks WHERE part_id = 1;", "row-still-referenced", SILENT},
    {EMAILS, "DELETE FROM files WHERE email_id = 1; DELETE FROM emails WHERE id = 1;",
     "row-still-referenced", SILENT},
    {EMAILS, "WITH gone AS (DELETE FROM files WHERE email_id = 1) DELETE FROM emails WHERE id = 1;",
     "row-still-referenced", SILENT},
    {EMAILS, "DELETE FROM trees WHERE id = 1;", "row-still-referenced", SEVERITY_WARN},
    {EMAILS, "DELETE FROM trees;", "row-still-referenced", SILENT},
    // INSERT ... SELECT.
    {EMAILS, "INSERT INTO emails (id, address) SELECT id, address FROM src;", "unique-may-fail",
     SEVERITY_WARN},
    {EMAILS, "INSERT INTO emails SELECT s.id, s.address FROM src s WHERE NOT EXISTS (SELECT FROM"
             " emails e WHERE e.id = s.id);", "unique-may-fail", SILENT},
    {EMAILS, "INSERT INTO emails (id) SELECT id FROM src ON CONFLICT DO NOTHING;",
     "unique-may-fail", SILENT},
    {EMAILS, "CREATE TABLE copies (id bigint PRIMARY KEY); INSERT INTO copies SELECT id FROM src;",
     "unique-may-fail", SILENT},
    {EMAILS, "CREATE TABLE copies (address text UNIQUE); INSERT INTO copies SELECT address FROM src;",
     "unique-may-fail", SEVERITY_WARN},
    {EMAILS, "INSERT INTO files (id, n) SELECT id, n FROM src;", "not-null-may-fail", SEVERITY_WARN},
    {EMAILS, "INSERT INTO files (id, n) SELECT id, n FROM src WHERE n > 0;", "not-null-may-fail",
     SILENT},
    {EMAILS, "INSERT INTO files (id, n) SELECT id, coalesce(n, 0) FROM src;", "not-null-may-fail",
     SILENT},
    // Functions.
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION f(a int, b text DEFAULT 'y') RETURNS int LANGUAGE sql AS"
                " 'SELECT 1';", "function-replace-refused", SILENT},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION f(a int, b text DEFAULT 'y') RETURNS text LANGUAGE sql AS"
                " 'SELECT b';", "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION f(a int, c text DEFAULT 'y') RETURNS int LANGUAGE sql AS"
                " 'SELECT 1';", "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
     "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION f(a int) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;",
     "function-replace-refused", SILENT},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION g(a int, OUT x int, OUT z text) LANGUAGE sql AS $$ SELECT"
                " 1, 'x' $$;", "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION g(a int, OUT x int, OUT y text) LANGUAGE sql AS $$ SELECT"
                " 2, 'x' $$;", "function-replace-refused", SILENT},
    {FUNCTIONS, "CREATE OR REPLACE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1';",
     "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE OR REPLACE PROCEDURE h() LANGUAGE sql AS 'SELECT 1';",
     "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1';",
     "function-replace-refused", SEVERITY_STOP},
    {FUNCTIONS, "DROP FUNCTION h(); CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1';",
     "function-replace-refused", SILENT},
    // Views.
    {VIEWS, "REFRESH MATERIALIZED VIEW m;", "refresh-refused", SILENT},
    {VIEWS, "CREATE UNIQUE INDEX ON m (id) WHERE id > 0; REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
     "refresh-refused", SEVERITY_STOP},
    {VIEWS, "CREATE UNIQUE INDEX ON m ((id + 1)); REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
     "refresh-refused", SEVERITY_STOP},
    {VIEWS, "CREATE UNIQUE INDEX ON m (id); REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
     "refresh-refused", SILENT},
    {VIEWS, "REFRESH MATERIALIZED VIEW t;", "refresh-refused", SEVERITY_STOP},
    {VIEWS, "DELETE FROM v WHERE n = 1;", "write-refused", SEVERITY_STOP},
    {VIEWS, "DELETE FROM w WHERE id = 1;", "write-refused", SILENT},
    // Keys.
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a (n) NOT VALID;", "definition-refused",
     SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a (id) NOT VALID;", "definition-refused",
     SILENT},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a NOT VALID;", "definition-refused", SILENT},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES c NOT VALID;", "definition-refused",
     SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (x, n) REFERENCES a NOT VALID;", "definition-refused",
     SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (t) REFERENCES a NOT VALID;", "definition-refused",
     SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD FOREIGN KEY (y, x) REFERENCES a (v, u) NOT VALID;",
     "definition-refused", SILENT},
    {KEYS, "CREATE TABLE d (id text REFERENCES a);", "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE d (id bigint REFERENCES a, up int REFERENCES d2);"
           , "definition-refused", SILENT},
    {KEYS, "CREATE TABLE d (id int PRIMARY KEY, up int REFERENCES d);", "definition-refused", SILENT},
    {KEYS, "ALTER TABLE b ADD COLUMN z text REFERENCES a;", "definition-refused", SEVERITY_STOP},
    {KEYS, "ALTER TABLE a ADD PRIMARY KEY (n);", "definition-refused", SEVERITY_STOP},
    {KEYS, "ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (u);", "definition-refused", SILENT},
    {KEYS, "ALTER TABLE b ADD UNIQUE USING INDEX b_n;", "definition-refused", SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD UNIQUE USING INDEX b_e;", "definition-refused", SEVERITY_STOP},
    {KEYS, "ALTER TABLE b ADD UNIQUE USING INDEX b_x;", "definition-refused", SILENT},
    // Columns.
    {USERS, "ALTER TABLE users ALTER id SET DEFAULT 5;", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER made DROP DEFAULT;", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT 5;", "definition-refused", SILENT},
    {USERS, "ALTER TABLE users ALTER id DROP NOT NULL;", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER email DROP NOT NULL;", "definition-refused", SILENT},
    {USERS, "ALTER TABLE users ALTER age ADD GENERATED ALWAYS AS IDENTITY;", "definition-refused",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET NOT NULL, ALTER age ADD GENERATED ALWAYS AS IDENTITY;",
     "definition-refused", SILENT},
    {USERS, "ALTER TABLE users ALTER age DROP IDENTITY;", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age DROP IDENTITY IF EXISTS;", "definition-refused", SILENT},
    // Partitions.
    {PARTED, "ALTER TABLE p1 ADD COLUMN z int;", "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p1 ALTER n TYPE bigint;", "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p1 ALTER n SET DEFAULT 1;", "definition-refused", SILENT},
    {PARTED, "ALTER TABLE p ALTER at TYPE timestamp;", "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p ALTER n TYPE bigint;", "definition-refused", SILENT},
    {PARTED, "ALTER TABLE ONLY p ADD COLUMN z int;", "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p ATTACH PARTITION p1 DEFAULT;", "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p DETACH PARTITION p1;", "definition-refused", SILENT},
    {PARTED, "CREATE TABLE q PARTITION OF p1 DEFAULT;", "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE q PARTITION OF p DEFAULT;", "definition-refused", SILENT},
    // What CREATE TABLE, bounds and kinds of relation contradict.
    {KEYS, "CREATE TABLE t (id int, n int, id text);", "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int PRIMARY KEY, n int, PRIMARY KEY (n));",
     "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, PRIMARY KEY (ident));", "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, n int REFERENCES d2, FOREIGN KEY (m) REFERENCES d2);",
     "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, CHECK (size > 0));", "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, n int GENERATED ALWAYS AS (idd + 1) STORED);",
     "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int) PARTITION BY RANGE (at);", "definition-refused", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int CHECK (t.id > 0), n int GENERATED ALWAYS AS (id + 1) "
           "STORED, CHECK (t IS NOT NULL AND tableoid > 0));",
     "definition-refused", SILENT},
    {KEYS, "CREATE TABLE t (LIKE a, z int, CHECK (n > z));", "definition-refused", SILENT},
    {KEYS, "CREATE TABLE t (z int, CHECK (n > z)) INHERITS (b);", "definition-refused", SILENT},
    {KEYS, "CREATE TABLE t (id int, at date) PARTITION BY RANGE (at, (id + 1));",
     "definition-refused", SILENT},
    {KEYS, "CREATE TABLE t (id int PRIMARY KEY, at date) PARTITION BY RANGE (at);",
     "partitioned-table-refuses", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, at date, UNIQUE (id)) PARTITION BY RANGE (at);",
     "partitioned-table-refuses", SEVERITY_STOP},
    {KEYS, "CREATE TABLE t (id int, at date, PRIMARY KEY (at, id)) PARTITION BY RANGE "
           "(at);",
     "partitioned-table-refuses", SILENT},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2024-06-01') TO "
             "('2025-06-01');",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO "
             "('2026-01-01');",
     "definition-refused", SILENT},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2024-01-01');",
     "definition-refused", SILENT},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (MINVALUE) TO (MAXVALUE);",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO "
             "('2026-01-01');",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES IN ('2026-01-01');",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-01', 1) TO "
             "('2027-01-01', 1);",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE d PARTITION OF p DEFAULT; CREATE TABLE e PARTITION OF p "
             "DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE d PARTITION OF p DEFAULT; DROP TABLE d; CREATE TABLE e "
             "PARTITION OF p DEFAULT;",
     "definition-refused", SILENT},
    {PARTED, "ALTER TABLE p DETACH PARTITION p1; CREATE TABLE e PARTITION OF p FOR VALUES "
             "FROM ('2024-06-01') TO ('2025-06-01');",
     "definition-refused", SILENT},
    {PARTED, "CREATE TABLE e (id int NOT NULL, at date NOT NULL); ALTER TABLE p ATTACH "
             "PARTITION e DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE e (id int NOT NULL, n bigint, at date NOT NULL); ALTER TABLE p "
             "ATTACH PARTITION e DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE e (id int NOT NULL, n int, at date); ALTER TABLE p ATTACH "
             "PARTITION e DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE e (id int NOT NULL, n int, at date NOT NULL, z int); ALTER "
             "TABLE p ATTACH PARTITION e DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "CREATE TABLE e (at date NOT NULL, n int, id serial); ALTER TABLE p ATTACH "
             "PARTITION e DEFAULT;",
     "definition-refused", SILENT},
    {PARTED, "CREATE TABLE e (LIKE p INCLUDING ALL); ALTER TABLE p ATTACH PARTITION e FOR "
             "VALUES FROM ('2025-01-01') TO ('2026-01-01');",
     "definition-refused", SILENT},
    {PARTED, "ALTER TABLE p ADD CONSTRAINT c CHECK (n > 0); CREATE TABLE e (at date NOT "
             "NULL, n int, id int NOT NULL); ALTER TABLE p ATTACH PARTITION e DEFAULT;",
     "definition-refused", SEVERITY_STOP},
    {PARTED, "ALTER TABLE p ADD CONSTRAINT c CHECK (n > 0); CREATE TABLE e (LIKE p "
             "INCLUDING ALL); ALTER TABLE p ATTACH PARTITION e DEFAULT;",
     "definition-refused", SILENT},
    {SPLIT, "CREATE TABLE l3 PARTITION OF l FOR VALUES IN ('c', 'b');",
     "definition-refused", SEVERITY_STOP},
    {SPLIT, "CREATE TABLE l3 PARTITION OF l FOR VALUES IN ('c', NULL);",
     "definition-refused", SILENT},
    {SPLIT, "CREATE TABLE h3 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 2);",
     "definition-refused", SEVERITY_STOP},
    {SPLIT, "CREATE TABLE h3 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 3);",
     "definition-refused", SILENT},
    {SPLIT, "CREATE TABLE h3 PARTITION OF h DEFAULT;", "definition-refused", SEVERITY_STOP},
    {SPLIT, "CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (1, 50) TO (2, 0);",
     "definition-refused", SEVERITY_STOP},
    {SPLIT, "CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (1, 100) TO (2, 0);",
     "definition-refused", SILENT},
    {VIEWS, "DROP VIEW t;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "DROP VIEW IF EXISTS t;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "DROP TABLE w;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "DROP VIEW m;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "DROP INDEX t;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "CREATE INDEX ON w (id);", "definition-refused", SEVERITY_STOP},
    {VIEWS, "ALTER TABLE w ADD COLUMN z int;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "ALTER TABLE m ALTER n SET NOT NULL;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "TRUNCATE w;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "REFRESH MATERIALIZED VIEW w;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "CREATE OR REPLACE VIEW t AS SELECT 1 AS id;", "definition-refused", SEVERITY_STOP},
    {VIEWS, "CREATE INDEX ON m (id);", "definition-refused", SILENT},
    {VIEWS, "DROP VIEW w;", "definition-refused", SILENT},
    {VIEWS, "DROP MATERIALIZED VIEW m;", "definition-refused", SILENT},
    {VIEWS, "ALTER TABLE w ALTER id SET DEFAULT 1;", "definition-refused", SILENT},
    {KEYS, "INSERT INTO c (idd) VALUES (1);", "write-refused", SEVERITY_STOP},
    {KEYS, "UPDATE c SET idd = 1;", "write-refused", SEVERITY_STOP},
    {KEYS, "INSERT INTO c (idd) SELECT 1;", "write-refused", SEVERITY_STOP},
    {KEYS, "UPDATE c SET id = 1;", "write-refused", SILENT},
    // Targets of ON CONFLICT.
    {KEYS, "INSERT INTO a (id) VALUES (1) ON CONFLICT (n) DO NOTHING;",
     "write-refused", SEVERITY_STOP},
    {KEYS, "INSERT INTO a (id, u) VALUES (1, 1) ON CONFLICT (u) DO NOTHING;",
     "write-refused", SEVERITY_STOP},
    {KEYS, "INSERT INTO a (id, u) VALUES (1, 1) ON CONFLICT (v, u) DO NOTHING;",
     "write-refused", SILENT},
    {KEYS, "INSERT INTO a (id, u) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET u = 2;",
     "write-refused", SILENT},
    {KEYS, "INSERT INTO a (id, u) VALUES (1, 1) ON CONFLICT ON CONSTRAINT a_u_v_key DO "
           "NOTHING;",
     "write-refused", SILENT},
    {KEYS, "INSERT INTO a (id, u) VALUES (1, 1) ON CONFLICT ON CONSTRAINT a_n DO "
           "NOTHING;",
     "write-refused", SEVERITY_STOP},
    {KEYS, "CREATE UNIQUE INDEX ON c (id) WHERE id > 0; INSERT INTO c VALUES (1) ON "
           "CONFLICT (id) WHERE id > 0 DO NOTHING;",
     "write-refused", SILENT},
    {KEYS, "CREATE UNIQUE INDEX ON c (id) WHERE id > 0; INSERT INTO c VALUES (1) ON "
           "CONFLICT (id) DO NOTHING;",
     "write-refused", SEVERITY_STOP},
    {KEYS, "INSERT INTO b (x) VALUES (1) ON CONFLICT ((x + 1)) DO NOTHING;",
     "write-refused", SILENT},
    // Enums.
    {USERS, "ALTER TYPE mood ADD VALUE 'ok';", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok';", "definition-refused", SILENT},
    {USERS, "ALTER TYPE mood RENAME VALUE 'glad' TO 'fine';", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TYPE mood RENAME VALUE 'ok' TO 'sad';", "definition-refused", SEVERITY_STOP},
    {USERS, "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';", "definition-refused", SILENT},
    // Names.
    {KEYS, "ALTER TABLE a RENAME COLUMN n TO u;", "object-missing-or-exists", SEVERITY_STOP,
     .is_complete = true},
    {KEYS, "ALTER TABLE a RENAME COLUMN n TO m;", "object-missing-or-exists", SILENT,
     .is_complete = true},
    {KEYS, "ALTER TABLE a DROP CONSTRAINT a_n_check;", "object-missing-or-exists", SEVERITY_STOP,
     .is_complete = true},
    {KEYS, "ALTER TABLE a DROP CONSTRAINT IF EXISTS a_n_check;", "object-missing-or-exists", SILENT,
     .is_complete = true},
    {KEYS, "ALTER TABLE a DROP CONSTRAINT a_u_v_key;", "object-missing-or-exists", SILENT,
     .is_complete = true},
    // One cause, one finding.
    {PARTED, "ALTER TABLE p ADD CHECK (n > 0) NO INHERIT;", "partitioned-table-refuses",
     SEVERITY_STOP},
    {PARTED, "ALTER TABLE p ADD CHECK (n > 0);", "partitioned-table-refuses", SILENT},
    // Identity and generated columns.
    {USERS, "INSERT INTO users VALUES (1, 'a');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (id, email) SELECT id, email FROM src;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (id, email) VALUES (DEFAULT, 'a');", "write-refused", SILENT},
    {USERS, "INSERT INTO users (id, email) OVERRIDING USER VALUE VALUES (1, 'a');", "write-refused",
     SILENT},
    {USERS, "INSERT INTO users (email, made) VALUES ('a', 'A');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, made) VALUES ('a', DEFAULT);", "write-refused", SILENT},
    {USERS, "UPDATE users SET id = 5 WHERE email = 'a';", "write-refused", SEVERITY_STOP},
    {USERS, "UPDATE users SET id = DEFAULT WHERE email = 'a';", "write-refused", SILENT},
    {USERS, "MERGE INTO users u USING src s ON s.email = u.email WHEN NOT MATCHED THEN"
            " INSERT (id, email) VALUES (s.id, s.email);", "write-refused", SEVERITY_STOP},
    {USERS, "MERGE INTO users u USING src s ON s.email = u.email WHEN NOT MATCHED THEN"
            " INSERT (email) VALUES (s.email);", "write-refused", SILENT},
    // Required columns.
    {USERS, "INSERT INTO users (name) VALUES ('a');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users DEFAULT VALUES;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) VALUES ('a'), (NULL);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) SELECT NULL FROM src;", "write-refused", SEVERITY_STOP},
    {USERS, "UPDATE users SET email = NULL WHERE age = 1;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (id) DO UPDATE SET email = NULL;",
     "write-refused", SEVERITY_STOP},
    {FILLED, "INSERT INTO users (name) VALUES ('a');", "write-refused", SILENT},
    {FILLED, "INSERT INTO users (email) VALUES (NULL);", "write-refused", SILENT},
    // Numbers of values.
    {USERS, "INSERT INTO src VALUES (1, 'a', 2);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO src (id, email) VALUES (1);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO src VALUES (1);", "write-refused", SILENT},
    {USERS, "INSERT INTO src SELECT * FROM src;", "write-refused", SILENT},
    // Code that may not run, and tables in doubt.
    {USERS, "DO $$ BEGIN IF false THEN INSERT INTO users (name) VALUES ('a'); END IF; END $$;",
     "write-refused", SEVERITY_WARN},
    {USERS, "ALTER TABLE users FROBNICATE; INSERT INTO users (name) VALUES ('a');",
     "write-refused", SILENT},
    // Literals.
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT 'abc';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT ' -12 ';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT 1.5;", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT true;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT '3000000000';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER name SET DEFAULT 5;", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER name SET DEFAULT 'longer than it';", "literal-of-wrong-type",
     SILENT},
    {USERS, "ALTER TABLE users ALTER size SET DEFAULT 'x';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER feeling SET DEFAULT 'glad';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER feeling SET DEFAULT 'ok';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER tags SET DEFAULT '';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER tags SET DEFAULT '{}';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 0;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 'ye';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 'o';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'Jan 8 1999';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'never';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'now';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age TYPE text, ALTER age SET DEFAULT 'abc';",
     "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ADD COLUMN at uuid DEFAULT 'x';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "CREATE TABLE t (n int DEFAULT '1e5');", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "CREATE TABLE t (n numeric DEFAULT '1e5', m float8 DEFAULT 'Infinity', j jsonb DEFAULT"
            " '[]', u uuid DEFAULT '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}');",
     "literal-of-wrong-type", SILENT},
    {USERS, "INSERT INTO users (email, name) VALUES ('a', 'sixsix');", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, name) VALUES ('a', 'five     ');", "literal-of-wrong-type",
     SILENT},
    {USERS, "INSERT INTO users (email, age) VALUES ('a', 3000000000);", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "UPDATE users SET is_new = 1 WHERE age = 1;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, age) SELECT email, 'x' FROM src;", "literal-of-wrong-type",
     SEVERITY_STOP},
};

static void test_refusals__fire_or_stay_silent(void **state)
{
    (void)state;
    size_t n_bad = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct expected *c = &cases[i];
        const struct judged_case judged_case = {
            .before = c->before, .up = c->up, .is_complete = c->is_complete};
        const struct finding *found = judged_find(judged(tmp, &judged_case), c->rule);
        int severity = found == NULL ? SILENT : (int)found->severity;
        if (severity == c->severity)
            continue;
        print_message("# %s on: %s: %d, not %d: %s\n", c->rule, c->up, severity, c->severity,
                      found == NULL ? "" : found->message);
        n_bad++;
    }
    assert_int_equal(n_bad, 0);
}

// What the server refuses is told once: what the statement would have done is not.
static void test_refusals__are_told_alone(void **state)
{
    (void)state;
    static const struct told {
        const char *before, *up, *rule, *silent;
    } told[] = {
        {PARTED, "ALTER TABLE p ADD PRIMARY KEY (n);", "partitioned-table-refuses",
         "unique-may-fail not-null-may-fail primary-key-add"},
        {PARTED, "ALTER TABLE p ADD UNIQUE (n);", "partitioned-table-refuses",
         "unique-may-fail unique-constraint"},
        {PARTED, "CREATE UNIQUE INDEX ON p (n);", "partitioned-table-refuses", "unique-may-fail"},
        {PARTED, "ALTER TABLE p ADD CHECK (n > 0) NO INHERIT;", "partitioned-table-refuses",
         "check-add-scan check-may-fail"},
        {EMAILS, "ALTER TABLE emails DROP CONSTRAINT emails_pkey;", "drop-has-dependents",
         "uniqueness-dropped"},
    };
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        SCRATCH(tmp);
        const struct judged_case c = {.before = told[i].before, .up = told[i].up};
        struct assessment *assessment = judged(tmp, &c);
        assert_non_null(judged_find(assessment, told[i].rule));
        char *left;
        for (const char *id = strtok_r(mem_strdup(tmp, told[i].silent), " ", &left); id != NULL;
             id = strtok_r(NULL, " ", &left)) {
            if (judged_find(assessment, id) != NULL)
                fail_msg("%s on: %s", id, told[i].up);
        }
    }
}

// What goes is named with whose it is (PostgreSQL 15: "drop cascades to constraint …").
static void test_cascade__names_foreign_keys(void **state)
{
    (void)state;
    static const struct {
        const char *up, *message;
    } told[] = {
        {"DROP TABLE emails CASCADE;",
         "DROP … CASCADE on public.emails takes with it: foreign key files_email_id_fkey of "
         "public.files, and whatever else depends on it"},
        {"ALTER TABLE emails DROP CONSTRAINT emails_pkey CASCADE;",
         "DROP … CASCADE on public.emails takes with it: foreign key files_email_id_fkey of "
         "public.files, constraint public.emails.emails_pkey"},
    };
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        SCRATCH(tmp);
        const struct judged_case c = {.before = EMAILS, .up = told[i].up};
        assert_string_equal(judged_find(judged(tmp, &c), "cascade")->message, told[i].message);
    }
}

// Before 18 a partitioned table takes no NOT VALID foreign key (measured on PostgreSQL 15: it takes
// over the valid ones of its partitions).
static void test_fk_add_locks_both__by_partition(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct judged_case c = {.before = PARTED "CREATE TABLE a (id int PRIMARY KEY);",
                            .up = "ALTER TABLE p ADD FOREIGN KEY (n) REFERENCES a ON DELETE CASCADE;"};
    assert_string_equal(
        judged_find(judged(tmp, &c), "fk-add-locks-both")->hint,
        "-- each in a transaction of its own:\n"
        "ALTER TABLE public.p1 ADD CONSTRAINT p_n_fkey FOREIGN KEY (n) REFERENCES public.a ON DELETE CASCADE"
        " NOT VALID;\n"
        "ALTER TABLE public.p1 VALIDATE CONSTRAINT p_n_fkey;\n"
        "-- when every partition has it, which is then taken over:\n"
        "ALTER TABLE public.p ADD CONSTRAINT p_n_fkey FOREIGN KEY (n) REFERENCES public.a ON DELETE CASCADE;");
    c.pg_version = 18;
    assert_non_null(strstr(judged_find(judged(tmp, &c), "fk-add-locks-both")->hint,
                           "ALTER TABLE p ADD CONSTRAINT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals__fire_or_stay_silent),
        cmocka_unit_test(test_refusals__are_told_alone),
        cmocka_unit_test(test_fk_add_locks_both__by_partition),
        cmocka_unit_test(test_cascade__names_foreign_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
