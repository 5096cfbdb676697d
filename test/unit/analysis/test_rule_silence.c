/*
 * False alarms: what other linters flag and what is harmless. Each case names the rules that must
 * stay silent; "*" means every rule above a note.
 *
 * Sources: squawk's issues #220, #289, #349 (a table made in the same migration), #693 (NOT VALID
 * proposed where there is none), its type-change alarms; PostgreSQL 15 manual, ALTER TABLE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

struct silence {
    const char *name, *before, *up, *rule, *sizes;
};

#define EMAILS "CREATE TABLE emails (id bigint PRIMARY KEY, address varchar(20), size int, at timestamp);"

#define MOVED "CREATE TABLE emails (a INT, b INT); CREATE TABLE archive (b INT, a INT);"

static const struct silence cases[] = {
    {"new table with foreign key", EMAILS,
     "CREATE TABLE files (id int PRIMARY KEY, email_id bigint REFERENCES emails (id));", "*", NULL},
    {"index on a new table", EMAILS,
     "CREATE TABLE files (id int PRIMARY KEY, n int); CREATE INDEX files_n ON files (n);", "*", NULL},
    {"unique index on a new table", EMAILS,
     "CREATE TABLE files (id int PRIMARY KEY, n int); CREATE UNIQUE INDEX files_n ON files (n);", "*",
     NULL},
    {"constraints on a new table", EMAILS,
     "CREATE TABLE files (id int, n int); ALTER TABLE files ADD PRIMARY KEY (id);"
     "ALTER TABLE files ADD CHECK (n > 0); ALTER TABLE files ALTER COLUMN n SET NOT NULL;"
     "ALTER TABLE files ADD FOREIGN KEY (n) REFERENCES files (id) ON DELETE CASCADE;",
     "*", NULL},
    {"new table filled, altered and dropped", EMAILS,
     "CREATE TABLE t (a int); INSERT INTO t SELECT 1; UPDATE t SET a = 2; DELETE FROM t;"
     "ALTER TABLE t ADD COLUMN b int NOT NULL; ALTER TABLE t DROP COLUMN a; TRUNCATE t; DROP TABLE t;",
     "*", NULL},
    {"temporary table", EMAILS,
     "CREATE TEMP TABLE t AS SELECT id FROM emails; DELETE FROM t; DROP TABLE t;", "*", NULL},
    {"nullable column", EMAILS, "ALTER TABLE emails ADD COLUMN n int;", "*", NULL},
    {"constant default", EMAILS, "ALTER TABLE emails ADD COLUMN n int NOT NULL DEFAULT 0;", "*", NULL},
    {"stable default", EMAILS,
     "ALTER TABLE emails ADD COLUMN n timestamptz NOT NULL DEFAULT now();", "*", NULL},
    {"wider varchar", EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE varchar(40);", "*", NULL},
    {"varchar to text", EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE text;", "*", NULL},
    {"concurrent index", EMAILS, "CREATE INDEX CONCURRENTLY emails_at ON emails (at);",
     "index-create-blocking", NULL},
    {"key by an index that is there", EMAILS "CREATE UNIQUE INDEX one_at ON emails (at);",
     "ALTER TABLE emails ADD CONSTRAINT one_at UNIQUE USING INDEX one_at;", "*", NULL},
    {"foreign key not valid", EMAILS "CREATE TABLE files (id int, email_id bigint);",
     "ALTER TABLE files ADD FOREIGN KEY (email_id) REFERENCES emails (id) NOT VALID;", "*", NULL},
    {"column dropped that this migration added", EMAILS,
     "ALTER TABLE emails ADD COLUMN n int; ALTER TABLE emails DROP COLUMN n;", "*", NULL},
    {"not null after the column was filled", EMAILS,
     "ALTER TABLE emails ADD COLUMN n int; UPDATE emails SET n = 0;"
     "ALTER TABLE emails ALTER COLUMN n SET NOT NULL;",
     "not-null-may-fail", NULL},
    {"every row of a new column set", EMAILS,
     "ALTER TABLE emails ADD COLUMN n int; UPDATE emails SET n = size;",
     "update-delete-without-where", NULL},
    {"required column on a table emptied before", EMAILS,
     "TRUNCATE emails; ALTER TABLE emails ADD COLUMN n int NOT NULL;", "not-null-no-default", NULL},
    {"required column on a table told to be empty", EMAILS,
     "ALTER TABLE emails ADD COLUMN n int NOT NULL;", "not-null-no-default",
     "{public.emails: {rows: 0}}"},
    {"unique over a key that is there", EMAILS,
     "CREATE UNIQUE INDEX CONCURRENTLY u ON emails (id, size);", "unique-may-fail", NULL},
    {"join along a foreign key that always has a partner",
     EMAILS "CREATE TABLE files (id int, email_id bigint NOT NULL REFERENCES emails (id));"
            "CREATE TABLE copies (id int, address text);",
     "INSERT INTO copies SELECT f.id, e.address FROM files f JOIN emails e ON e.id = f.email_id;",
     "insert-select-join-loses-rows", NULL},
    {"rows written out with a conflict clause", EMAILS,
     "INSERT INTO emails (id, size) VALUES (1, 2) ON CONFLICT DO NOTHING;", "*", NULL},
    {"update joined by primary key", EMAILS "CREATE TABLE sizes (id bigint PRIMARY KEY, size int);",
     "UPDATE emails SET size = s.size FROM sizes s WHERE s.id = emails.id;", "update-join-not-unique",
     NULL},
    {"lookup with a fallback", EMAILS "CREATE TABLE sizes (id bigint PRIMARY KEY, size int);",
     "UPDATE emails SET size = coalesce((SELECT s.size FROM sizes s WHERE s.id = emails.id), size);",
     "lookup-may-yield-null", NULL},
    {"table swapped for one of the same name", EMAILS "CREATE TABLE emails_new (id bigint);",
     "ALTER TABLE emails RENAME TO emails_old; ALTER TABLE emails_new RENAME TO emails;",
     "rename-table", NULL},
    {"key dropped behind the foreign key that stood on it",
     EMAILS "CREATE TABLE files (e bigint REFERENCES emails (id));",
     "ALTER TABLE files DROP CONSTRAINT files_e_fkey; ALTER TABLE emails DROP CONSTRAINT emails_pkey;",
     "drop-has-dependents", NULL},
    {"copy of a table with its identity",
     "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int);",
     "CREATE TABLE c (LIKE t INCLUDING ALL); INSERT INTO c OVERRIDING SYSTEM VALUE SELECT * FROM t;"
     "ALTER TABLE t RENAME TO t_old; ALTER TABLE c RENAME TO t;",
     "replaced-table-loses-constraints", NULL},
    {"old name kept as a view", EMAILS,
     "ALTER TABLE emails RENAME TO mails; CREATE VIEW emails AS SELECT * FROM mails;", "rename-table",
     NULL},
    {"unknown table of a history that starts in the middle", NULL,
     "ALTER TABLE orders ADD COLUMN n int; UPDATE orders SET n = 1 WHERE id = 3;", "*", NULL},
    {"identity conversion", EMAILS, "ALTER TABLE emails ALTER COLUMN size TYPE int USING size::int;",
     "using-expression-lossy", NULL},
    {"grant and comment", EMAILS,
     "GRANT SELECT ON emails TO public; COMMENT ON TABLE emails IS 'mail';", "*", NULL},
    {"replaced with all that it had", EMAILS,
     "CREATE TABLE c (id bigint PRIMARY KEY, address text, size int, at timestamp);"
     "INSERT INTO c SELECT * FROM emails; ALTER TABLE emails RENAME TO old; ALTER TABLE c RENAME TO emails;",
     "replaced-table-loses-constraints", NULL},
    {"made anew without its rows", EMAILS,
     "DROP TABLE emails; CREATE TABLE emails (address text);", "replaced-table-loses-constraints", NULL},
    {"renamed there and back", EMAILS,
     "ALTER TABLE emails RENAME TO m; ALTER TABLE m RENAME TO emails;", "replaced-table-loses-constraints",
     NULL},
    {"key under another name of its column", "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE);",
     "CREATE TABLE c (x int PRIMARY KEY, b int UNIQUE); INSERT INTO c SELECT a, b FROM t;"
     "ALTER TABLE t RENAME TO old; ALTER TABLE c RENAME TO t;", "replaced-table-loses-constraints", NULL},
    {"copy of everything in both tables", MOVED,
     "CREATE TABLE c AS SELECT a, b FROM emails UNION\n ALL SELECT a, b FROM archive;"
     "ALTER TABLE emails RENAME TO old; ALTER TABLE c RENAME TO emails;", "copy-leaves-rows-out", NULL},
    {"sample that takes nobody's place", MOVED, "CREATE TABLE c AS SELECT * FROM emails LIMIT 9;", "*",
     NULL},
    {"moved in one statement", MOVED,
     "WITH gone AS (DELETE FROM emails WHERE a > 3 RETURNING *) INSERT INTO archive (a, b) SELECT a, b FROM gone;",
     "*", NULL},
    {"moved by one condition", MOVED,
     "INSERT INTO archive (a, b) SELECT a, b FROM emails WHERE a > 3; DELETE FROM emails WHERE a>3;",
     "move-loses-rows", NULL},
    {"all kept, some deleted", MOVED,
     "INSERT INTO archive (a, b) SELECT a, b FROM emails; DELETE FROM emails WHERE a > 3;",
     "move-loses-rows", NULL},
    {"columns in the same order", MOVED "CREATE TABLE t (a INT, b INT, c INT);",
     "INSERT INTO t SELECT * FROM emails; INSERT INTO archive (a, b) SELECT * FROM emails;", "*", NULL},
    {"cast to a wider type", EMAILS,
     "ALTER TABLE emails ALTER COLUMN address TYPE varchar(40) USING address::varchar(40);", "*", NULL},
    {"shortened without a cast fails instead", EMAILS,
     "ALTER TABLE emails ALTER COLUMN address TYPE varchar(10);", "type-narrowing", NULL},
    {"index that is not unique dropped", EMAILS "CREATE INDEX i ON emails (size);", "DROP INDEX i;",
     "uniqueness-dropped", NULL},
    {"unique column dropped", EMAILS "CREATE UNIQUE INDEX u ON emails (size);",
     "DROP INDEX u; ALTER TABLE emails DROP COLUMN size;", "uniqueness-dropped", NULL},
    {"replication role of origin", EMAILS, "SET session_replication_role = 'origin';", "triggers-off", NULL},
    {"column copied before it goes", EMAILS,
     "ALTER TABLE emails ADD COLUMN kind varchar(20); UPDATE emails SET kind = address;"
     "ALTER TABLE emails DROP COLUMN address;", "rename-as-drop-add", NULL},
    {"column of another type", EMAILS,
     "ALTER TABLE emails ADD COLUMN kind varchar(40); ALTER TABLE emails DROP COLUMN address;",
     "rename-as-drop-add", NULL},
    {"sequence set from the rows", "CREATE TABLE t (id serial PRIMARY KEY);",
     "SELECT setval('t_id_seq', (SELECT max(id) FROM t)); SELECT setval('t_id_seq', max(id)) FROM t;", "*",
     NULL},
    {"identity set from the rows behind it", EMAILS,
     "ALTER TABLE emails ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;"
     "SELECT setval(pg_get_serial_sequence('emails', 'id'), (SELECT max(id) FROM emails));",
     "sequence-restart", NULL},
    {"sequence of an empty table", "CREATE TABLE t (id serial PRIMARY KEY);",
     "ALTER SEQUENCE t_id_seq RESTART WITH 5;", "sequence-restart", "{public.t: {rows: 0}}"},
    {"sequence made here", EMAILS, "CREATE SEQUENCE s; ALTER SEQUENCE s RESTART WITH 5; DROP SEQUENCE s;", "*",
     NULL},
    {"foreign key with its column", EMAILS "CREATE TABLE f (id int, e bigint REFERENCES emails (id));",
     "ALTER TABLE f DROP CONSTRAINT f_e_fkey; ALTER TABLE f DROP COLUMN e;", "drop-constraint", NULL},
    {"check exchanged", EMAILS "ALTER TABLE emails ADD CONSTRAINT c CHECK (size > 0);",
     "ALTER TABLE emails DROP CONSTRAINT c; ALTER TABLE emails ADD CONSTRAINT d CHECK (size > 1) NOT VALID;",
     "drop-constraint", NULL},
    {"rule that makes a view writable", EMAILS "CREATE VIEW v AS SELECT id FROM emails;",
     "CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM emails WHERE id = OLD.id;", "rule-instead", NULL},
    {"rule that adds to what is written", EMAILS "CREATE TABLE log (id bigint);",
     "CREATE RULE r AS ON INSERT TO emails DO ALSO INSERT INTO log VALUES (NEW.id);", "rule-instead", NULL},
    {"enum value of a type made here", EMAILS,
     "CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'b';"
     "ALTER TABLE emails ADD COLUMN m mood DEFAULT 'b';", "*", NULL},
    {"enum value committed first", "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood);",
     "ALTER TYPE mood ADD VALUE 'b'; COMMIT; UPDATE t SET m = 'b' WHERE m = 'a';",
     "enum-value-used-in-same-transaction", NULL},
    {"the same word in another column", "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m text);",
     "ALTER TYPE mood ADD VALUE 'b'; UPDATE t SET m = 'b' WHERE m = 'a';",
     "enum-value-used-in-same-transaction", NULL},
    {"partition that changes its parent",
     "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
     "CREATE TABLE q (a int) PARTITION BY LIST (a);",
     "ALTER TABLE p DETACH PARTITION p1; ALTER TABLE q ATTACH PARTITION p1 FOR VALUES IN (1);",
     "partition-detached", NULL},
    {"update from one by its key", EMAILS "CREATE TABLE f (id bigint PRIMARY KEY, n int);",
     "UPDATE emails e SET size = f.n FROM f WHERE e.id = f.id; UPDATE emails SET size = f.n FROM f WHERE f.id = 5;"
     "UPDATE emails SET size = f.n FROM f WHERE f.id IN (5);",
     "update-join-not-unique", NULL},
    {"merge by the key", EMAILS "CREATE TABLE f (k bigint PRIMARY KEY, n int);",
     "MERGE INTO emails e USING f ON (k = e.id) WHEN MATCHED THEN UPDATE SET size = f.n;",
     "merge-source-not-unique", NULL},
    {"left join by the key", EMAILS "CREATE TABLE f (id bigint PRIMARY KEY, n int); CREATE TABLE g (id bigint);",
     "INSERT INTO g (id) SELECT f.n FROM emails LEFT JOIN f USING (id);", "*", NULL},
    {"left join of one group", EMAILS "CREATE TABLE f (id bigint, n int); CREATE TABLE g (id bigint);",
     "INSERT INTO g (id) SELECT e.id FROM emails e LEFT JOIN f ON f.id = e.id GROUP BY e.id;", "*", NULL},
    {"insert of keys", EMAILS, "INSERT INTO emails (id, size) VALUES (1, 1);", "insert-not-rerunnable", NULL},
    {"type of a column that nothing reads",
     "CREATE TABLE s (a int, b int, g int GENERATED ALWAYS AS (a + 1) STORED); CREATE POLICY p ON s USING (a > 0);",
     "ALTER TABLE s ALTER b TYPE bigint;", "depends-on-column", NULL},
    {"column and what reads it", "CREATE TABLE s (a int, g int GENERATED ALWAYS AS (a + 1) STORED);",
     "ALTER TABLE s DROP COLUMN g; ALTER TABLE s DROP COLUMN a;", "depends-on-column", NULL},
    {"policy dropped first", "CREATE TABLE s (a int); CREATE POLICY p ON s USING (a > 0);",
     "DROP POLICY p ON s; ALTER TABLE s ALTER a TYPE bigint;", "depends-on-column", NULL},
    {"view replaced", EMAILS "CREATE VIEW v AS SELECT id FROM emails;",
     "CREATE OR REPLACE VIEW v AS SELECT id, size FROM emails;", "*", NULL},
};

#define PARENT                                                                                     \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY);"                                                \
    "CREATE TABLE files (id INTEGER PRIMARY KEY, email INT REFERENCES emails (id) ON DELETE "
#define REBUILD                                                                                    \
    "CREATE TABLE copy (id INTEGER PRIMARY KEY); INSERT INTO copy SELECT id FROM emails;"          \
    "DROP TABLE emails; ALTER TABLE copy RENAME TO emails;"

// Source: sqlite3 3.40.1, each tried on tables with a row and PRAGMA foreign_keys = ON.
static const struct silence sqlite_cases[] = {
    {"no child is deleted", PARENT "RESTRICT);", REBUILD, "*", NULL},
    {"child that was told to be empty", PARENT "CASCADE);", REBUILD, "*", "{main.files: {rows: 0}}"},
    {"foreign keys off outside the tool's transaction", PARENT "CASCADE);",
     "COMMIT; PRAGMA foreign_keys = OFF; BEGIN;" REBUILD
     "PRAGMA foreign_key_check; COMMIT; PRAGMA foreign_keys = ON; BEGIN;", "*", NULL},
    {"child dropped first", PARENT "CASCADE);", "DROP TABLE files; DROP TABLE emails;",
     "drop-deletes-children", NULL},
    {"rename that stays", PARENT "CASCADE);", "ALTER TABLE emails RENAME TO mails;",
     "foreign-key-follows-rename", NULL},
    {"old name kept as a view", PARENT "CASCADE);",
     "ALTER TABLE emails RENAME TO mails; CREATE VIEW emails AS SELECT * FROM mails;",
     "foreign-key-follows-rename", NULL},
    {"foreign keys that stay at the name", PARENT "NO ACTION);",
     "PRAGMA legacy_alter_table = ON; ALTER TABLE emails RENAME TO old;"
     "CREATE TABLE emails (id INTEGER PRIMARY KEY); INSERT INTO emails SELECT id FROM old; DROP TABLE old;",
     "foreign-key-follows-rename", NULL},
    {"rebuilt with its index", "CREATE TABLE t (ID INTEGER PRIMARY KEY, a TEXT); CREATE INDEX t_a ON t (a);",
     "CREATE TABLE c (id INTEGER PRIMARY KEY, A TEXT, b INT); INSERT INTO c (id, A) SELECT id, a FROM t;"
     "DROP TABLE t; ALTER TABLE c RENAME TO t; CREATE INDEX t_a ON t (A);", "*", NULL},
    {"constant default in parentheses", EMAILS, "ALTER TABLE emails ADD COLUMN n INT DEFAULT (-1);", "*",
     NULL},
    {"constant default that is cast", EMAILS,
     "ALTER TABLE emails ADD COLUMN n INT DEFAULT (CAST('1' AS INT));", "*", NULL},
    {"default NULL", EMAILS, "ALTER TABLE emails ADD COLUMN n INT DEFAULT (NULL) REFERENCES emails (id);",
     "*", NULL},
    {"virtual column", EMAILS, "ALTER TABLE emails ADD COLUMN n INT AS (size * 2);", "*", NULL},
    {"default of a new table", EMAILS, "CREATE TABLE t (a INT, at TEXT DEFAULT CURRENT_TIMESTAMP);", "*",
     NULL},
};

static const struct finding *find_noise(const struct silence *c,
                                        const struct assessment *assessment)
{
    if (strcmp(c->rule, "*") != 0)
        return judged_find(assessment, c->rule);
    const struct findings *findings = &assessment->findings; // worst first
    bool is_noisy = findings->n > 0 && findings->list[0].severity != SEVERITY_NOTE;
    return is_noisy ? &findings->list[0] : NULL;
}

static void stay_silent(const struct silence *list, size_t n, enum dialect dialect)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        const struct judged_case c = {.before = list[i].before, .up = list[i].up,
                                      .sizes = list[i].sizes, .dialect = dialect};
        const struct assessment *assessment = judged(tmp, &c);
        // A syntax error would be silent, too.
        assert_int_equal(assessment->n_not_understood, 0);
        const struct finding *noise = find_noise(&list[i], assessment);
        if (noise != NULL)
            fail_msg("%s: %s: %s", list[i].name, noise->rule, noise->message);
    }
}

static void test_rules__stay_silent(void **state)
{
    (void)state;
    stay_silent(cases, COUNT_OF(cases), DIALECT_POSTGRES);
}

static void test_rules__stay_silent_sqlite(void **state)
{
    (void)state;
    stay_silent(sqlite_cases, COUNT_OF(sqlite_cases), DIALECT_SQLITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules__stay_silent),
        cmocka_unit_test(test_rules__stay_silent_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
