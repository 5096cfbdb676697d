/*
 * Which findings there are, and how bad each is: cases that the examples of the pages do not show.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define EMAILS                                                                                     \
    "CREATE TABLE emails (id bigint PRIMARY KEY, address varchar(20), size int,"                   \
    " price numeric(8,3), at timestamp, ratio float8);"

// A table that another references; what deleting its rows does to the others follows.
#define PARENT                                                                                     \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY);"                                                \
    "CREATE TABLE files (id INTEGER PRIMARY KEY, email INT REFERENCES emails (id) ON DELETE "
#define REBUILD                                                                                    \
    "CREATE TABLE copy (id INTEGER PRIMARY KEY); INSERT INTO copy SELECT id FROM emails;"          \
    "DROP TABLE emails; ALTER TABLE copy RENAME TO emails;"

#define KEYED                                                                                      \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, address TEXT UNIQUE,"                            \
    " parent INT REFERENCES emails (id));"
#define SWAP "ALTER TABLE emails RENAME TO old; ALTER TABLE c RENAME TO emails;"

// 63 bytes, all that the server keeps of a name.
#define LONG "i23456789_123456789_123456789_123456789_123456789_123456789_123"

#define MOVED "CREATE TABLE emails (a INT, b INT); CREATE TABLE archive (b INT, a INT);"

struct expected {
    const char *before, *up, *down, *rule, *sizes;
    enum severity severity;
    enum dialect dialect;
};

static const struct expected cases[] = {
    // The size decides how bad work under a lock is.
    {EMAILS, "CREATE INDEX i ON emails (size);", NULL, "index-create-blocking", NULL, SEVERITY_WARN, 0},
    {EMAILS, "CREATE INDEX i ON emails (size);", NULL, "index-create-blocking",
     "{public.emails: {rows: 900, bytes: 64KB}}", SEVERITY_NOTE, 0},
    {EMAILS, "CREATE INDEX i ON emails (size);", NULL, "index-create-blocking",
     "{emails: {rows: 2000000}}", SEVERITY_STOP, 0},
    {EMAILS, "DROP TABLE emails;", NULL, "drop-table", "{emails: {rows: 0}}", SEVERITY_WARN, 0},
    // A name that is cut hurts when it becomes another's.
    {EMAILS, "CREATE INDEX " LONG "4 ON emails (size);", NULL, "identifier-truncated", NULL, SEVERITY_NOTE,
     0},
    {EMAILS, "CREATE INDEX " LONG "4 ON emails (size);"
             "CREATE INDEX IF NOT EXISTS " LONG "5 ON emails (at);",
     NULL, "identifier-truncated", NULL, SEVERITY_WARN, 0},
    // What is overwritten and what is only changed.
    {EMAILS, "UPDATE emails SET size = 1;", NULL, "update-delete-without-where", NULL, SEVERITY_STOP, 0},
    {EMAILS, "UPDATE emails SET size = size + 1;", NULL, "update-delete-without-where", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "DELETE FROM emails WHERE true;", NULL, "update-delete-without-where", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "WITH gone AS (DELETE FROM emails RETURNING id) SELECT count(*) FROM gone;", NULL,
     "update-delete-without-where", NULL, SEVERITY_STOP, 0},
    // A join leaves rows without a partner NULL.
    {EMAILS "CREATE TABLE s (id bigint PRIMARY KEY, n int NOT NULL);",
     "ALTER TABLE emails ADD COLUMN n int; UPDATE emails SET n = s.n FROM s WHERE s.id = emails.id;"
     "ALTER TABLE emails ALTER COLUMN n SET NOT NULL;",
     NULL, "not-null-may-fail", NULL, SEVERITY_WARN, 0},
    // Types. Source: PostgreSQL 15, each tried with ALTER TABLE on a table with such a value.
    {EMAILS, "ALTER TABLE emails ALTER COLUMN price TYPE numeric(8,1);", NULL, "type-narrowing", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN price TYPE int;", NULL, "type-narrowing", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN at TYPE date;", NULL, "type-narrowing", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN at TYPE timestamp(0);", NULL, "type-narrowing", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN ratio TYPE real;", NULL, "type-narrowing", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN id TYPE int;", NULL, "type-cast-may-fail", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE int;", NULL, "definition-refused", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE int USING address::int;", NULL,
     "type-cast-may-fail", NULL, SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE int USING 0;", NULL,
     "using-expression-lossy", NULL, SEVERITY_STOP, 0},
    // Rewrites that are no volatile function.
    {EMAILS, "ALTER TABLE emails ADD COLUMN n serial;", NULL, "serial-column", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int GENERATED ALWAYS AS (size * 2) STORED;", NULL,
     "stored-generated-column", NULL, SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int GENERATED ALWAYS AS IDENTITY;", NULL,
     "identity-column-add", NULL, SEVERITY_WARN, 0},
    // Copies that skip or replace.
    {EMAILS "CREATE TABLE b (id bigint PRIMARY KEY);",
     "INSERT OR REPLACE INTO b (id) SELECT id FROM emails;", NULL, "on-conflict-do-nothing", NULL,
     SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS "CREATE TABLE b (id bigint PRIMARY KEY);",
     "INSERT OR IGNORE INTO b (id) SELECT id FROM emails;", NULL, "on-conflict-do-nothing", NULL,
     SEVERITY_WARN, DIALECT_SQLITE},
    {EMAILS "CREATE TABLE map (size int, class int);",
     "CREATE TABLE sized (id bigint, class int);"
     "INSERT INTO sized SELECT e.id, m.class FROM emails e JOIN map m ON m.size = e.size;",
     NULL, "insert-select-join-loses-rows", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    {EMAILS "CREATE TABLE map (size int, class int);",
     "CREATE TABLE sized (id bigint, class int);"
     "INSERT INTO sized SELECT e.id, m.class FROM emails e JOIN map m ON m.size = e.size;"
     "ALTER TABLE emails RENAME TO unsized; ALTER TABLE sized RENAME TO emails;",
     NULL, "insert-select-join-loses-rows", NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS "CREATE TABLE map (size int, class int);",
     "CREATE TABLE sized AS SELECT e.id, m.class FROM emails e JOIN map m ON m.size = e.size;"
     "ALTER TABLE emails RENAME TO unsized; ALTER TABLE sized RENAME TO emails;",
     NULL, "insert-select-join-loses-rows", NULL, SEVERITY_STOP, 0},
    {EMAILS, "DROP TABLE emails;", NULL, "drop-table", NULL, SEVERITY_STOP, DIALECT_SQLITE},
    // SQLite: DROP TABLE and the children's rows; what a row makes fail. Source: sqlite3 3.40.1, each
    // tried on tables with a row and PRAGMA foreign_keys = ON.
    {PARENT "CASCADE);", REBUILD, NULL, "drop-deletes-children", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    {PARENT "SET NULL);", REBUILD, NULL, "drop-deletes-children", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    {PARENT "SET DEFAULT);", "DROP TABLE emails;", NULL, "drop-deletes-children", NULL, SEVERITY_WARN,
     DIALECT_SQLITE},
    {PARENT "CASCADE);", "PRAGMA foreign_keys = OFF;" REBUILD, NULL, "drop-deletes-children", NULL,
     SEVERITY_STOP, DIALECT_SQLITE},
    {PARENT "CASCADE);", "COMMIT; PRAGMA foreign_keys = 1; BEGIN;" REBUILD, NULL,
     "drop-deletes-children", NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {PARENT "NO ACTION);", "ALTER TABLE emails RENAME TO old; CREATE TABLE emails (id INTEGER PRIMARY KEY);"
     "INSERT INTO emails SELECT id FROM old; DROP TABLE old;", NULL, "foreign-key-follows-rename", NULL,
     SEVERITY_STOP, DIALECT_SQLITE},
    {PARENT "NO ACTION);", "ALTER TABLE emails RENAME TO old; CREATE TABLE emails (id INTEGER PRIMARY KEY);",
     NULL, "foreign-key-follows-rename", NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n INT AS (size * 2) STORED;", NULL, "add-column-refused",
     NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n INT DEFAULT (1 + 1);", NULL, "add-column-refused", NULL,
     SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n INT DEFAULT (random());", NULL, "add-column-refused",
     NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n INT DEFAULT 1 REFERENCES emails (id);", NULL,
     "add-column-refused", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    // What the successor of a table lacks.
    {KEYED, "CREATE TABLE c (LIKE emails); INSERT INTO c SELECT * FROM emails;" SWAP, NULL,
     "replaced-table-loses-constraints", NULL, SEVERITY_STOP, 0},
    {KEYED, "CREATE TABLE c (LIKE emails INCLUDING ALL); INSERT INTO c SELECT * FROM emails;" SWAP, NULL,
     "replaced-table-loses-constraints", NULL, SEVERITY_WARN, 0}, // foreign keys are not copied
    {KEYED, "CREATE TABLE c AS SELECT * FROM emails; DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     NULL, "replaced-table-loses-constraints", NULL, SEVERITY_STOP, DIALECT_SQLITE},
    {KEYED, "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT, parent INT REFERENCES emails (id));"
     "INSERT INTO c SELECT id, address, parent FROM emails; DROP TABLE emails;"
     "ALTER TABLE c RENAME TO emails;", NULL, "replaced-table-loses-constraints", NULL, SEVERITY_WARN,
     DIALECT_SQLITE},
    {EMAILS "CREATE UNIQUE INDEX one ON emails (address);",
     "CREATE TABLE c (id bigint PRIMARY KEY, address TEXT); INSERT INTO c SELECT id, address FROM emails;"
     "DROP TABLE emails; ALTER TABLE c RENAME TO emails;", NULL, "replaced-table-loses-constraints", NULL,
     SEVERITY_STOP, DIALECT_SQLITE},
    {"CREATE TABLE emails (id INTEGER PRIMARY KEY, n INT NOT NULL DEFAULT 0);",
     "CREATE TABLE c (id INTEGER PRIMARY KEY, n INT); INSERT INTO c SELECT id, n FROM emails;"
     "DROP TABLE emails; ALTER TABLE c RENAME TO emails;", NULL, "replaced-table-loses-constraints", NULL,
     SEVERITY_NOTE, DIALECT_SQLITE},
    {"CREATE TABLE emails (id INTEGER PRIMARY KEY); CREATE TABLE log (n INT);"
     "CREATE TRIGGER seen AFTER INSERT ON emails BEGIN INSERT INTO log VALUES (1); END;",
     "CREATE TABLE b AS SELECT * FROM emails; DROP TABLE emails;"
     "CREATE TABLE emails (id INTEGER PRIMARY KEY); INSERT INTO emails SELECT id FROM b; DROP TABLE b;",
     NULL, "replaced-table-loses-constraints", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    // Rows that are left out of a copy or on the way.
    {MOVED, "CREATE TABLE c AS SELECT * FROM emails LIMIT 9;" SWAP, NULL, "copy-leaves-rows-out", NULL,
     SEVERITY_STOP, 0},
    {MOVED, "CREATE TABLE c AS SELECT DISTINCT a, b FROM emails;" SWAP, NULL, "copy-leaves-rows-out",
     NULL, SEVERITY_STOP, 0},
    {MOVED, "CREATE TABLE c AS SELECT a FROM emails UNION SELECT a FROM archive;" SWAP, NULL,
     "copy-leaves-rows-out", NULL, SEVERITY_STOP, 0},
    {MOVED, "CREATE TABLE c AS SELECT a FROM emails WHERE a > 3;" SWAP, NULL, "copy-leaves-rows-out",
     NULL, SEVERITY_WARN, DIALECT_SQLITE},
    {MOVED, "WITH gone AS (DELETE FROM emails WHERE a > 3 RETURNING *)"
     "INSERT INTO archive (a, b) SELECT a, b FROM gone WHERE b > 0;", NULL, "move-loses-rows", NULL,
     SEVERITY_STOP, 0},
    {MOVED, "INSERT INTO archive (a, b) SELECT a, b FROM emails WHERE a > 3 LIMIT 9;"
     "DELETE FROM emails WHERE a > 3;", NULL, "move-loses-rows", NULL, SEVERITY_STOP, 0},
    {MOVED, "INSERT INTO archive (a, b) SELECT a, b FROM emails WHERE a > 4; DELETE FROM emails WHERE a > 3;",
     NULL, "move-loses-rows", NULL, SEVERITY_WARN, DIALECT_SQLITE},
    {MOVED, "INSERT INTO archive SELECT * FROM emails;", NULL, "values-by-position", NULL, SEVERITY_STOP,
     DIALECT_SQLITE},
    // What protects the rows. Source of the cut: PostgreSQL 15 manual, Character Types.
    {EMAILS, "ALTER TABLE emails ALTER COLUMN address TYPE varchar(10) USING address::varchar(10);", NULL,
     "type-narrowing", NULL, SEVERITY_STOP, 0},
    {"CREATE TABLE t (at timestamptz);", "ALTER TABLE t ALTER COLUMN at TYPE timestamp USING at::timestamp;",
     NULL, "time-zone-assumed", NULL, SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails DROP CONSTRAINT emails_pkey;", NULL, "uniqueness-dropped", NULL,
     SEVERITY_WARN, 0},
    {EMAILS "CREATE UNIQUE INDEX u ON emails (size);", "DROP INDEX u;", NULL, "uniqueness-dropped", NULL,
     SEVERITY_WARN, DIALECT_SQLITE},
    {EMAILS, "ALTER TABLE emails DROP CONSTRAINT emails_pkey, ADD PRIMARY KEY (id, size);", NULL,
     "uniqueness-dropped", NULL, SEVERITY_NOTE, 0},
    {EMAILS, "SET session_replication_role = 'replica';", NULL, "triggers-off", NULL, SEVERITY_WARN, 0},
    // The way back.
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int;", "ALTER TABLE emails DROP COLUMN n, bad;",
     "syntax-not-understood", NULL, SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int,;", NULL, "syntax-not-understood", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "DROP TABLE emails;", EMAILS, "irreversible-down", NULL, SEVERITY_WARN, 0},
    {EMAILS, "CREATE INDEX i ON emails (size);", "SELECT 1;", "down-does-not-restore", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "CREATE INDEX i ON emails USING brin (size); ",
     "DROP INDEX i; CREATE INDEX j ON emails (size);", "down-does-not-restore", NULL, SEVERITY_WARN, 0},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN size SET NOT NULL;",
     "ALTER TABLE emails ALTER COLUMN size SET NOT NULL;", "down-does-not-restore", NULL,
     SEVERITY_WARN, 0},
    {EMAILS, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", "SELECT 1;",
     "down-does-not-restore", NULL, SEVERITY_WARN, 0},
    {EMAILS, "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE emails ADD COLUMN m mood;",
     "DROP TYPE mood; ALTER TABLE emails DROP COLUMN m;", "drop-has-dependents", NULL, SEVERITY_STOP,
     0},
    {EMAILS "CREATE TABLE files (e bigint REFERENCES emails (id));",
     "ALTER TABLE emails DROP CONSTRAINT emails_pkey;", NULL, "drop-has-dependents", NULL,
     SEVERITY_STOP, 0},
    {EMAILS, "DROP INDEX emails_pkey;", NULL, "drop-has-dependents", NULL, SEVERITY_STOP, 0},
    {EMAILS, "ALTER TABLE emails DROP COLUMN size;", "ALTER TABLE emails ADD COLUMN size int NOT NULL;",
     "not-null-no-default", NULL, SEVERITY_STOP, 0},
};

static void test_rules__find_with_severity(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct expected *e = &cases[i];
        const struct judged_case c = {.before = e->before, .up = e->up, .down = e->down,
                                      .sizes = e->sizes, .dialect = e->dialect};
        const struct finding *finding = judged_find(judged(tmp, &c), e->rule);
        if (finding == NULL)
            fail_msg("no %s for: %s / %s", e->rule, e->up, e->down == NULL ? "" : e->down);
        if (finding->severity != e->severity)
            fail_msg("%s is %s for: %s", e->rule, severity_name(finding->severity), e->up);
    }
}

struct restored {
    const char *up, *down;
};

// Downs that bring back what was there.
static const struct restored downs[] = {
    {"ALTER TABLE emails ADD COLUMN n int;", "ALTER TABLE emails DROP COLUMN n;"},
    {"CREATE TABLE t (id serial PRIMARY KEY); CREATE INDEX t_i ON t (id);", "DROP TABLE t;"},
    {"CREATE INDEX i ON emails (size);", "DROP INDEX i;"},
    {"ALTER TABLE emails ALTER COLUMN size SET NOT NULL;",
     "ALTER TABLE emails ALTER COLUMN size DROP NOT NULL;"},
    {"ALTER TABLE emails RENAME COLUMN size TO bytes;",
     "ALTER TABLE emails RENAME COLUMN bytes TO size;"},
    {"ALTER TABLE emails RENAME TO mails;", "ALTER TABLE mails RENAME TO emails;"},
    {"ALTER TABLE emails ADD CONSTRAINT c CHECK (size > 0);", "ALTER TABLE emails DROP CONSTRAINT c;"},
    {"CREATE VIEW v AS SELECT id FROM emails;", "DROP VIEW v;"},
    {"CREATE TYPE mood AS ENUM ('a');", "DROP TYPE mood;"},
    {"ALTER TABLE emails ALTER COLUMN size TYPE bigint;",
     "ALTER TABLE emails ALTER COLUMN size TYPE integer;"},
    {"ALTER TABLE emails ALTER COLUMN size SET DEFAULT 3;",
     "ALTER TABLE emails ALTER COLUMN size DROP DEFAULT;"},
};

static void test_downs__that_restore_are_silent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(downs); i++) {
        SCRATCH(tmp);
        const struct judged_case c = {.before = EMAILS, .up = downs[i].up, .down = downs[i].down};
        const struct assessment *assessment = judged(tmp, &c);
        for (size_t j = 0; j < assessment->findings.n; j++) {
            const struct finding *finding = &assessment->findings.list[j];
            if (strcmp(finding->path, "2.down.sql") == 0 && finding->severity != SEVERITY_NOTE)
                fail_msg("%s: %s: %s", downs[i].down, finding->rule, finding->message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules__find_with_severity),
        cmocka_unit_test(test_downs__that_restore_are_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
