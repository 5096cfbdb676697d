/*
 * Effects found by comparing two databases of a real PostgreSQL server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "effects_cases.h"

#define T "CREATE TABLE t (id int PRIMARY KEY, x text, y numeric(10,2));"
#define ROWS T "INSERT INTO t VALUES (1, 'a', 1.5), (2, 'b', 2), (3, NULL, 3), (4, '', 4), (5, 'a', 5);"

static const struct effects_case cases[] = {
    {"nothing", ROWS, "SELECT 1", ""},
    {"the same again", ROWS, "UPDATE t SET x = x; DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (5, 'a', 5)", ""},
    {"values", ROWS, "UPDATE t SET x = 'c' WHERE x = 'a'", "public.t 5→5: changed 2: id=1 id=5; [x 2: a→c 2]"},
    {"rows of each kind", ROWS, "DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (9, 'n', 9); UPDATE t SET x = NULL WHERE id = 1",
     "public.t 5→5: added 1: id=9; removed 1: id=2; changed 1: id=1; [x 1 to_null 1: a→NULL 1]"},
    {"a wider key and type", ROWS, "ALTER TABLE t ALTER id TYPE bigint, ALTER y TYPE numeric(12,4)", ""},
    {"a wider key, and a value", ROWS, "ALTER TABLE t ALTER id TYPE bigint; UPDATE t SET x = 'q' WHERE id = 2; DELETE FROM t WHERE id = 1",
     "public.t 5→4: removed 1: id=1; changed 1: id=2; [x 1: b→q 1]"},
    {"a cast that rounds", ROWS, "ALTER TABLE t ALTER y TYPE int", "public.t 5→5: changed 1: id=1; [y 1: 1.50→2 1]"},
    {"a cast that cuts", ROWS, "UPDATE t SET x = 'abc' WHERE id = 1; ALTER TABLE t ALTER x TYPE varchar(2) USING left(x, 2)",
     "public.t 5→5: changed 1: id=1; [x 1: a→ab 1]"},
    {"a time that moves", "CREATE TABLE t (id int PRIMARY KEY, at timestamp); INSERT INTO t VALUES (1, '2026-01-02 03:04:05'), (2, '2026-07-01');",
     "SET TimeZone = 'Europe/Berlin'; ALTER TABLE t ALTER at TYPE timestamptz",
     "public.t 2→2: changed 2: id=1 id=2; [at 2: 2026-01-02 03:04:05→2026-01-02 02:04:05+00 1, 2026-07-01 00:00:00→2026-06-30 22:00:00+00 1]"},
    {"a time that stays", "CREATE TABLE t (id int PRIMARY KEY, at timestamp); INSERT INTO t VALUES (1, '2026-01-02 03:04:05.25'), (2, '2026-07-01');",
     "SET TimeZone = 'UTC'; ALTER TABLE t ALTER at TYPE timestamptz", ""},
    {"an enum built anew", "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE t (id int PRIMARY KEY, m mood);"
                           "INSERT INTO t VALUES (1, 'sad'), (2, 'ok'), (3, 'happy'), (4, NULL);",
     "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('low', 'ok', 'high');"
     "ALTER TABLE t ALTER m TYPE mood USING (CASE m::text WHEN 'sad' THEN 'high' WHEN 'happy' THEN 'low' ELSE m::text END)::mood; DROP TYPE mood_old",
     "public.t 4→4: changed 2: id=1 id=3; [m 2: sad→high 1, happy→low 1]"},
    {"exact values", "CREATE TABLE t (id int PRIMARY KEY, a float8, b numeric, c jsonb, d json, e int[], f interval, g text);"
                     "INSERT INTO t VALUES (1, 0, 1.0, '{\"a\": 1.0}', '{}', '{1,2}', '1 mon', NULL), (2, 0, 1, '{}', '{}', '{}', '0', '');",
     "UPDATE t SET a = '-0', b = 1.00, c = '{\"a\": 1.00}', d = '{ }', e = '{{1,2}}', f = '30 days', g = '' WHERE id = 1",
     "public.t 2→2: changed 1: id=1; [a 1: 0→-0 1] [b 1: 1.0→1.00 1] [c 1: {\"a\": 1.0}→{\"a\": 1.00} 1] [d 1: {}→{ } 1] "
     "[e 1: {1,2}→{{1,2}} 1] [f 1: 1 mon→30 days 1] [g 1 from_null 1: NULL→ 1]"},
    {"json that becomes jsonb", "CREATE TABLE t (id int PRIMARY KEY, d json); INSERT INTO t VALUES (1, '{\"b\":1, \"a\":2}'), (2, NULL);",
     "ALTER TABLE t ALTER d TYPE jsonb", ""},
    {"a new column", ROWS, "ALTER TABLE t ADD z text; UPDATE t SET z = upper(x) WHERE id < 4", "public.t 5→5: [z new 2 from_null 2: NULL→A 1, NULL→B 1]"},
    {"a dropped column", ROWS, "ALTER TABLE t DROP x", "public.t 5→5: [x dropped 4 to_null 4: a→NULL 2, b→NULL 1, →NULL 1]"},
    {"dropped and added again", ROWS, "ALTER TABLE t DROP x; ALTER TABLE t ADD x text",
     "public.t 5→5: changed 4: id=1 id=2 id=4 id=5; [x 4 to_null 4: a→NULL 2, b→NULL 1, →NULL 1]", .is_traced = true},
    {"renamed columns that change places", "CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1, 'x', 'y');",
     "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b",
     "public.t 1→1: changed 1: id=1; [a 1: x→y 1] [b 1: y→x 1]", .is_traced = true},
    {"a column swapped for a new one", ROWS, "ALTER TABLE t ADD x_new text; UPDATE t SET x_new = nullif(x, 'b'); ALTER TABLE t RENAME x TO x_old; ALTER TABLE t RENAME x_new TO x",
     "public.t 5→5: changed 1: id=2; [x 1 to_null 1: b→NULL 1] [x_old new 4 from_null 4: NULL→a 2, NULL→b 1, NULL→ 1]", .is_traced = true},
    {"a table swapped for a copy", ROWS, "CREATE TABLE t2 (LIKE t INCLUDING ALL); ALTER TABLE t2 ADD UNIQUE (x); INSERT INTO t2 SELECT * FROM t ON CONFLICT DO NOTHING;"
                                         "ALTER TABLE t RENAME TO t_old; ALTER TABLE t2 RENAME TO t",
     "public.t 5→4: removed 1: id=5;\npublic.t_old new -1→5: added 5;", .is_traced = true},
    {"a renamed table", ROWS, "ALTER TABLE t RENAME TO s; UPDATE s SET x = 'q' WHERE id = 1", "public.s was public.t 5→5: changed 1: id=1; [x 1: a→q 1]", .is_traced = true},
    {"a renamed table that no text names", ROWS, "ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME x TO w; UPDATE s SET w = 'q' WHERE id = 1",
     "public.s was public.t 5→5: changed 1: id=1; [w was x 1: a→q 1]"},
    {"another column at the end of the table", "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'a');", "ALTER TABLE t DROP x; ALTER TABLE t ADD w text",
     "public.t 1→1: [x dropped 1 to_null 1: a→NULL 1] [w new 0]"},
    {"a table in another schema", ROWS, "CREATE SCHEMA other; ALTER TABLE t SET SCHEMA other", "other.t was public.t 5→5:", .is_traced = true},
    {"a dropped and a new table", ROWS, "DROP TABLE t; CREATE TABLE n (a int); INSERT INTO n VALUES (1), (2)",
     "public.t dropped 5→-1: removed 5;\npublic.n new -1→2: added 2;"},
    {"without a key", "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, NULL), (3, '');",
     "UPDATE t SET b = NULL WHERE a = 3; INSERT INTO t VALUES (1, 'x')", "public.t 4→5 without key: added 2; removed 1;"},
    {"without a key, and wider", "CREATE TABLE t (a int, b varchar(3)); INSERT INTO t VALUES (1, 'x'), (2, NULL);",
     "ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE text, ADD c int DEFAULT 7", "public.t 2→2 without key: [c new 2 from_null 2: NULL→7 2]"},
    {"without a key, and of another form", "CREATE TABLE t (a numeric, b int); INSERT INTO t VALUES (1, 1), (2, 2);", "ALTER TABLE t ALTER a TYPE float8; DELETE FROM t WHERE b = 1",
     "public.t 2→1 without key: removed 1; [a 0 unknown: numeric before, double precision after, and no key to match rows by]"},
    {"a key that is given", "CREATE TABLE t (a int NOT NULL, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y');",
     "UPDATE t SET b = 'z' WHERE a = 2; ALTER TABLE t ADD PRIMARY KEY (a)", "public.t 2→2: changed 1: a=2; [b 1: y→z 1]"},
    {"a key of another form", ROWS, "ALTER TABLE t ALTER id TYPE text; UPDATE t SET x = 'q' WHERE id = '1'",
     "public.t 5→5 without key: added 1; removed 1; [id 0 unknown: integer before, text after, and no key to match rows by] "
     "unknown: rows cannot be matched by 'id': integer before, text after"},
    {"a key whose rows are twice", ROWS, "ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t SELECT * FROM t WHERE id = 3",
     "public.t 5→6 without key: added 1; unknown: public.t: its rows cannot be told by their key: id=3 stands in more than one"},
    {"rows that came twice", "CREATE TABLE t (id serial PRIMARY KEY, a text, at timestamptz DEFAULT now()); INSERT INTO t (a, at) SELECT 'v' || n, '2026-01-01' FROM generate_series(1, 1000) n;",
     "INSERT INTO t (a) VALUES ('new'), ('v17'), ('twice'), ('twice'), ('v17')", "public.t 1000→1005: added 5: id=1001 id=1002 id=1003 id=1004 id=1005; doubled 3: id=1005 id=1004;"},
    {"rows that cannot be twice", "CREATE TABLE t (id serial PRIMARY KEY, a text NOT NULL UNIQUE); INSERT INTO t (a) VALUES ('a');", "INSERT INTO t (a) VALUES ('b')", "public.t 1→2: added 1: id=2;"},
    {"a row that moves to another partition", "CREATE TABLE t (id int, r int, v text, PRIMARY KEY (id, r)) PARTITION BY LIST (r);"
                                              "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2, 3);"
                                              "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');",
     "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t2 RENAME TO t3; UPDATE t SET v = 'z' WHERE id = 3",
     "public.t 3→3: changed 1: id=3, r=3; [v 1: c→z 1]"},
    {"partitions that are built anew", "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);"
                                       "INSERT INTO t SELECT generate_series(1, 20);",
     "ALTER TABLE t DETACH PARTITION t1; CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE b PARTITION OF t FOR VALUES FROM (10) TO (100);"
     "INSERT INTO t SELECT * FROM t1; DROP TABLE t1", ""},
    {"a partition that is taken out", "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);"
                                      "INSERT INTO t SELECT generate_series(1, 2);",
     "ALTER TABLE t DETACH PARTITION t1", "public.t 2→0: removed 2: id=1 id=2;"},
};

static void test_effects_find__on_postgres(void **state)
{
    (void)state;
    run_cases(&engine_postgres, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_find__on_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
