/*
 * Changes as people write them, judged as a whole: dangerous ones must not pass without a word
 * about the rows or the rules at stake, harmless ones must not be stopped.
 *
 * What each does to the rows follows from the PostgreSQL 15 manual and SQLite's documentation; the
 * pages of the rules name the chapters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define POSTGRES_SCHEMA                                                                            \
    "CREATE TABLE emails (id bigint PRIMARY KEY, address text NOT NULL, category varchar(40) "     \
    "NOT NULL DEFAULT 'all', size int, sent_at timestamp, deleted boolean NOT NULL DEFAULT "       \
    "false);"                                                                                      \
    "CREATE TABLE files (id bigint PRIMARY KEY, email_id bigint NOT NULL REFERENCES emails "       \
    "(id), name text NOT NULL, UNIQUE (email_id, name));"                                          \
    "CREATE TABLE old_emails (id bigint PRIMARY KEY, address text NOT NULL, category "             \
    "varchar(40) NOT NULL, size int, sent_at timestamp, deleted boolean NOT NULL);"                \
    "CREATE TABLE imports (email_id bigint, address text, size int);"                              \
    "CREATE TABLE labels (id serial PRIMARY KEY, label text);"                                     \
    "CREATE UNIQUE INDEX labels_label ON labels (label);"                                          \
    "CREATE TYPE mood AS ENUM ('good', 'bad');"                                                    \
    "CREATE TABLE moods (id bigint PRIMARY KEY, m mood);"                                          \
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"      \
    "CREATE TABLE sums (a int, b int, c int, e int, f int, g int GENERATED ALWAYS AS (a + 1) "      \
    "STORED, h int);"                                                                              \
    "CREATE TRIGGER sums_b BEFORE UPDATE OF b ON sums FOR EACH ROW EXECUTE FUNCTION note();"       \
    "CREATE TRIGGER sums_c BEFORE UPDATE ON sums FOR EACH ROW WHEN (NEW.c > 1) EXECUTE FUNCTION "  \
    "note();"                                                                                      \
    "CREATE POLICY sums_e ON sums USING (e > 0) WITH CHECK (f > 0);"                               \
    "CREATE TRIGGER emails_note BEFORE UPDATE ON emails FOR EACH ROW EXECUTE FUNCTION "            \
    "note();"
#define SQLITE_SCHEMA                                                                              \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "       \
    "NULL DEFAULT 'all', size INT, sent_at TEXT);"                                                 \
    "CREATE TABLE files (id INTEGER PRIMARY KEY, email_id INT REFERENCES emails (id) ON "          \
    "DELETE CASCADE, name TEXT);"                                                                  \
    "CREATE TABLE old_emails (id INTEGER PRIMARY KEY, address TEXT, category TEXT, size INT, "     \
    "sent_at TEXT);"                                                                               \
    "CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT UNIQUE);"

struct sample {
    const char *name;
    enum dialect dialect;
    const char *up;
    const char *rule; // that must speak, as a warning or a stop; NULL: none may stop
};

static const struct sample dangerous[] = {
    {"delete duplicates by using", DIALECT_POSTGRES,
     "DELETE FROM imports a USING imports b WHERE a.address = b.address AND a.ctid < "
     "b.ctid;",
     "dedupe-delete"},
    {"unique index dropped, then rows in", DIALECT_POSTGRES,
     "DROP INDEX labels_label; INSERT INTO labels (label) SELECT category FROM emails;",
     "uniqueness-dropped"},
    {"constraint dropped, then rows in", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_name_key; INSERT INTO files (id, "
     "email_id, name) SELECT id + 1000000, email_id, name FROM files;",
     "uniqueness-dropped"},
    {"on delete changed to cascade", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; ALTER TABLE files ADD "
     "FOREIGN KEY (email_id) REFERENCES emails (id) ON DELETE CASCADE;",
     "on-delete-cascade"},
    {"table dropped and made anew", DIALECT_POSTGRES,
     "DROP TABLE IF EXISTS labels; CREATE TABLE labels (id bigint PRIMARY KEY, label text);",
     "drop-then-create"},
    {"table dropped and made anew in sqlite", DIALECT_SQLITE,
     "DROP TABLE labels; CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT, n INT);",
     "drop-then-create"},
    {"column dropped and added under another name", DIALECT_POSTGRES,
     "ALTER TABLE labels ADD COLUMN title text; ALTER TABLE labels DROP COLUMN label;",
     "rename-as-drop-add"},
    {"column filled from another one", DIALECT_POSTGRES,
     "ALTER TABLE emails ADD COLUMN kind varchar(40); UPDATE emails SET kind = address; ALTER "
     "TABLE emails DROP COLUMN category;",
     "rename-as-drop-add"},
    {"sequence dropped", DIALECT_POSTGRES, "DROP SEQUENCE labels_id_seq CASCADE;", "drop-sequence"},
    {"sequence set back", DIALECT_POSTGRES, "ALTER SEQUENCE labels_id_seq RESTART;",
     "sequence-restart"},
    {"sequence set to a number", DIALECT_POSTGRES, "SELECT setval('public.labels_id_seq', 1, false);",
     "sequence-restart"},
    {"serial set to a number", DIALECT_POSTGRES,
     "SELECT pg_catalog.setval(pg_get_serial_sequence('labels', 'id'), 100);", "sequence-restart"},
    {"identity on a column with values", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;", "sequence-restart"},
    {"foreign key dropped", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey;", "drop-constraint"},
    {"unlogged", DIALECT_POSTGRES, "ALTER TABLE emails SET UNLOGGED;", "set-unlogged"},
    {"writes turned away", DIALECT_POSTGRES,
     "CREATE RULE r AS ON INSERT TO emails DO INSTEAD NOTHING;", "rule-instead"},
    {"enum value in a default", DIALECT_POSTGRES,
     "ALTER TYPE mood ADD VALUE 'fair'; ALTER TABLE moods ALTER COLUMN m SET DEFAULT 'fair';",
     "enum-value-used-in-same-transaction"},
    {"enum value cast", DIALECT_POSTGRES,
     "ALTER TYPE mood ADD VALUE 'fair'; SELECT 'fair'::mood;", "enum-value-used-in-same-transaction"},
    {"update from many by another column than the key", DIALECT_POSTGRES,
     "UPDATE emails e SET size = f.email_id FROM files f WHERE f.email_id = e.id;",
     "update-join-not-unique"},
    {"update from a join, its columns under an alias", DIALECT_POSTGRES,
     "UPDATE emails AS e SET size = 1 FROM labels l JOIN files AS f ON f.name = l.label WHERE "
     "l.id = e.id AND f.id > 5;",
     "update-join-not-unique"},
    {"update from many in sqlite", DIALECT_SQLITE,
     "UPDATE emails SET category = f.name FROM files f WHERE f.email_id = emails.id;",
     "update-join-not-unique"},
    {"merge from many", DIALECT_POSTGRES,
     "MERGE INTO emails USING files ON files.email_id = emails.id WHEN MATCHED THEN DELETE;",
     "merge-source-not-unique"},
    {"merge that inserts both", DIALECT_POSTGRES,
     "MERGE INTO emails e USING imports i ON i.email_id = e.id WHEN NOT MATCHED THEN INSERT (id, "
     "address) VALUES (i.size, i.address);",
     "merge-source-not-unique"},
    {"copy by a left join to many", DIALECT_POSTGRES,
     "INSERT INTO imports (email_id, address) SELECT e.id, f.name FROM emails e LEFT OUTER JOIN "
     "public.files f ON f.email_id = e.id;",
     "insert-select-join-loses-rows"},
    {"column of a generated one", DIALECT_POSTGRES, "ALTER TABLE sums DROP COLUMN a;",
     "depends-on-column"},
    {"type of a column of a generated one", DIALECT_POSTGRES,
     "ALTER TABLE sums ALTER a TYPE bigint;", "depends-on-column"},
    {"column of UPDATE OF", DIALECT_POSTGRES, "ALTER TABLE sums ALTER COLUMN b TYPE bigint;",
     "depends-on-column"},
    {"column of a trigger's WHEN", DIALECT_POSTGRES, "ALTER TABLE sums DROP COLUMN c;",
     "depends-on-column"},
    {"column of a policy", DIALECT_POSTGRES, "ALTER TABLE sums ALTER COLUMN e TYPE bigint;",
     "depends-on-column"},
    {"column of a policy's check", DIALECT_POSTGRES, "ALTER TABLE sums DROP COLUMN f;",
     "depends-on-column"},
    {"trigger disabled", DIALECT_POSTGRES,
     "ALTER TABLE emails DISABLE TRIGGER ALL; UPDATE emails SET size = 0 WHERE size IS "
     "NULL;",
     "triggers-off"},
    {"replication role", DIALECT_POSTGRES,
     "SET session_replication_role = replica; DELETE FROM emails WHERE size > 10;", "triggers-off"},
    {"enum swapped by case", DIALECT_POSTGRES,
     "CREATE TYPE mood2 AS ENUM ('good'); ALTER TABLE moods ALTER COLUMN m TYPE mood2 "
     "USING (CASE m WHEN 'good' THEN 'good'::mood2 END);",
     "using-expression-lossy"},
    {"text cut by left", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN address TYPE varchar(10) USING left(address, 10);",
     "using-expression-lossy"},
    {"text cut by a cast", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN address TYPE varchar(10) USING address::varchar(10);",
     "type-narrowing"},
    {"zone given to a time without zone", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN sent_at TYPE timestamptz;", "time-zone-assumed"},
    {"truncate cascade", DIALECT_POSTGRES, "TRUNCATE emails CASCADE;", "truncate"},
    {"rows moved, some left out on the way", DIALECT_POSTGRES,
     "WITH gone AS (DELETE FROM emails WHERE sent_at < '2020-01-01' RETURNING *) INSERT "
     "INTO old_emails SELECT * FROM gone WHERE size > 0;",
     "move-loses-rows"},
    {"rows moved, collisions skipped", DIALECT_POSTGRES,
     "WITH gone AS (DELETE FROM emails WHERE sent_at < '2020-01-01' RETURNING *) INSERT "
     "INTO old_emails SELECT * FROM gone ON CONFLICT DO NOTHING;",
     "on-conflict-do-nothing"},
    {"copied and deleted by two conditions", DIALECT_POSTGRES,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2019-01-01'; DELETE "
     "FROM emails WHERE sent_at < '2020-01-01';",
     "move-loses-rows"},
    {"copied with a limit, deleted without", DIALECT_POSTGRES,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2020-01-01' LIMIT "
     "1000; DELETE FROM emails WHERE sent_at < '2020-01-01';",
     "move-loses-rows"},
    {"copy with a limit takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT * FROM emails LIMIT 100000; ALTER TABLE emails "
     "RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy with distinct takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT DISTINCT ON (address) * FROM emails; ALTER "
     "TABLE emails RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy with a condition takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT * FROM emails WHERE size > 0; ALTER TABLE "
     "emails RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy by union takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c (address, category, size) SELECT address, category, "
     "size FROM emails UNION SELECT address, category, size FROM old_emails; ALTER TABLE "
     "emails RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy by group takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT min(id), address, min(category), sum(size), "
     "max(sent_at), bool_and(deleted) FROM emails GROUP BY address; ALTER TABLE emails "
     "RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy by except takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT * FROM emails EXCEPT SELECT * FROM old_emails; "
     "ALTER TABLE emails RENAME TO emails_old; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"two tables into one by union", DIALECT_POSTGRES,
     "INSERT INTO imports SELECT id, address, size FROM emails UNION SELECT id, address, "
     "size FROM old_emails; DROP TABLE old_emails;",
     "drop-table"},
    {"json key removed", DIALECT_POSTGRES,
     "ALTER TABLE emails ADD COLUMN d jsonb; ALTER TABLE emails DROP COLUMN address;",
     "drop-column"},
    {"partition detached and dropped", DIALECT_POSTGRES,
     "ALTER TABLE emails DROP COLUMN size CASCADE;", "drop-column"},
    {"lookup yields NULL", DIALECT_POSTGRES,
     "UPDATE emails SET size = (SELECT i.size FROM imports i WHERE i.email_id = "
     "emails.id);",
     "lookup-may-yield-null"},
    {"numbers given anew", DIALECT_POSTGRES, "UPDATE emails SET id = id + 1;",
     "update-delete-without-where"},
    {"copy or ignore", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "
     "NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT OR IGNORE INTO c SELECT * FROM "
     "emails; DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     "drop-table"},
    {"copy or replace", DIALECT_SQLITE, "INSERT OR REPLACE INTO old_emails SELECT * FROM emails;",
     "on-conflict-do-nothing"},
    {"copy with condition, dropped", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "
     "NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT INTO c SELECT * FROM emails "
     "WHERE size > 0; DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy with group, dropped", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "
     "NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT INTO c SELECT * FROM emails "
     "GROUP BY address; DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     "copy-leaves-rows-out"},
    {"copy without a column", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "
     "NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT INTO c (id, address, category, "
     "size) SELECT id, address, category, size FROM emails; DROP TABLE emails; ALTER "
     "TABLE c RENAME TO emails;",
     "drop-table"},
    {"copy by position of other order", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, category TEXT NOT NULL, address TEXT NOT "
     "NULL, size INT, sent_at TEXT); INSERT INTO c SELECT * FROM emails; DROP TABLE "
     "emails; ALTER TABLE c RENAME TO emails;",
     "values-by-position"},
    {"rebuild with cascade", DIALECT_SQLITE,
     "PRAGMA foreign_keys=OFF; CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT "
     "NULL, category TEXT NOT NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT INTO c "
     "SELECT * FROM emails; DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     "drop-deletes-children"},
    {"moved by two conditions", DIALECT_SQLITE,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2019'; DELETE FROM "
     "emails WHERE sent_at < '2020';",
     "move-loses-rows"},
    {"replace by unique", DIALECT_SQLITE,
     "REPLACE INTO labels (label) SELECT category FROM emails;", "on-conflict-do-nothing"},
    {"create as, swap", DIALECT_SQLITE,
     "CREATE TABLE c AS SELECT * FROM emails; DROP TABLE emails; ALTER TABLE c RENAME TO "
     "emails;",
     "replaced-table-loses-constraints"},
    {"update all", DIALECT_SQLITE, "UPDATE emails SET category = 'x';",
     "update-delete-without-where"},
};

static const struct sample harmless[] = {
    {"archive by CTE", DIALECT_POSTGRES,
     "WITH gone AS (DELETE FROM emails WHERE sent_at < '2020-01-01' RETURNING *) INSERT "
     "INTO old_emails SELECT * FROM gone;",
     NULL},
    {"archive by the same condition", DIALECT_POSTGRES,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2020-01-01'; DELETE "
     "FROM emails WHERE sent_at < '2020-01-01';",
     NULL},
    {"archive by what arrived", DIALECT_POSTGRES,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2020-01-01'; DELETE "
     "FROM emails e WHERE EXISTS (SELECT FROM old_emails o WHERE o.id = e.id);",
     NULL},
    {"union all of both", DIALECT_POSTGRES,
     "CREATE TABLE every AS SELECT * FROM emails UNION ALL SELECT * FROM old_emails;", NULL},
    {"report table", DIALECT_POSTGRES,
     "CREATE TABLE sizes AS SELECT category, count(*) AS n FROM emails GROUP BY category;", NULL},
    {"lookup filled by distinct", DIALECT_POSTGRES,
     "INSERT INTO labels (label) SELECT DISTINCT category FROM emails;", NULL},
    {"lookup filled by distinct, what is there skipped", DIALECT_POSTGRES,
     "INSERT INTO labels (label) SELECT DISTINCT category FROM emails ON CONFLICT (label) "
     "DO NOTHING;",
     NULL},
    {"rows with a limit into a sample", DIALECT_POSTGRES,
     "CREATE TABLE sample AS SELECT * FROM emails LIMIT 10;", NULL},
    {"nullable column", DIALECT_POSTGRES, "ALTER TABLE emails ADD COLUMN note text;", NULL},
    {"column with default", DIALECT_POSTGRES,
     "ALTER TABLE emails ADD COLUMN seen boolean NOT NULL DEFAULT false;", NULL},
    {"new table", DIALECT_POSTGRES,
     "CREATE TABLE tags (id bigint PRIMARY KEY, email_id bigint REFERENCES emails (id) ON "
     "DELETE CASCADE);",
     NULL},
    {"enum value", DIALECT_POSTGRES, "ALTER TYPE mood ADD VALUE 'fair';", NULL},
    {"varchar widened", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN category TYPE varchar(80);", NULL},
    {"to text", DIALECT_POSTGRES, "ALTER TABLE emails ALTER COLUMN category TYPE text;", NULL},
    {"sequence set to the highest", DIALECT_POSTGRES,
     "SELECT setval('labels_id_seq', (SELECT max(id) FROM labels));", NULL},
    {"backfill of NULLs", DIALECT_POSTGRES, "UPDATE emails SET size = 0 WHERE size IS NULL;", NULL},
    {"update by key", DIALECT_POSTGRES,
     "UPDATE emails SET size = o.size FROM old_emails o WHERE o.id = emails.id;", NULL},
    {"delete one", DIALECT_POSTGRES, "DELETE FROM labels WHERE label = 'tset';", NULL},
    {"typo mended", DIALECT_POSTGRES,
     "UPDATE emails SET category = 'brief' WHERE category = 'breif';", NULL},
    {"view", DIALECT_POSTGRES, "CREATE VIEW small AS SELECT id FROM emails WHERE size < 10;", NULL},
    {"index concurrently", DIALECT_POSTGRES,
     "CREATE INDEX CONCURRENTLY emails_sent ON emails (sent_at);", NULL},
    {"seed rows", DIALECT_POSTGRES, "INSERT INTO labels (label) VALUES ('brief'), ('long');", NULL},
    {"upsert of seeds", DIALECT_POSTGRES,
     "INSERT INTO labels (label) VALUES ('brief') ON CONFLICT (label) DO UPDATE SET label "
     "= excluded.label;",
     NULL},
    {"comment", DIALECT_POSTGRES, "COMMENT ON TABLE emails IS 'mail';", NULL},
    {"default changed", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN category SET DEFAULT 'none';", NULL},
    {"not null dropped", DIALECT_POSTGRES,
     "ALTER TABLE emails ALTER COLUMN category DROP NOT NULL;", NULL},
    {"check not valid", DIALECT_POSTGRES,
     "ALTER TABLE emails ADD CONSTRAINT size_ok CHECK (size >= 0) NOT VALID;", NULL},
    {"full copy takes the place", DIALECT_POSTGRES,
     "ALTER TABLE files DROP CONSTRAINT files_email_id_fkey; CREATE TABLE c (LIKE emails "
     "INCLUDING ALL); INSERT INTO c SELECT * FROM emails; ALTER TABLE emails RENAME TO "
     "emails_old; ALTER TABLE c RENAME TO emails; CREATE TRIGGER emails_note BEFORE "
     "UPDATE ON emails FOR EACH ROW EXECUTE FUNCTION note();",
     NULL},
    {"backup kept", DIALECT_POSTGRES, "CREATE TABLE emails_20240101 AS SELECT * FROM emails;",
     NULL},
    {"trigger made anew", DIALECT_POSTGRES,
     "DROP TRIGGER emails_note ON emails; CREATE TRIGGER emails_note BEFORE UPDATE ON "
     "emails FOR EACH ROW EXECUTE FUNCTION note();",
     NULL},
    {"nullable column", DIALECT_SQLITE, "ALTER TABLE emails ADD COLUMN note TEXT;", NULL},
    {"column with default", DIALECT_SQLITE,
     "ALTER TABLE emails ADD COLUMN seen INT NOT NULL DEFAULT 0;", NULL},
    {"index", DIALECT_SQLITE, "CREATE INDEX emails_sent ON emails (sent_at);", NULL},
    {"rebuild of a table without children", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE); INSERT INTO c "
     "SELECT id, label FROM labels; DROP TABLE labels; ALTER TABLE c RENAME TO labels;",
     NULL},
    {"rebuild of a parent", DIALECT_SQLITE,
     "CREATE TABLE c (id INTEGER PRIMARY KEY, address TEXT NOT NULL, category TEXT NOT "
     "NULL DEFAULT 'all', size INT, sent_at TEXT); INSERT INTO c SELECT * FROM emails; "
     "DROP TABLE emails; ALTER TABLE c RENAME TO emails;",
     NULL},
    {"backfill", DIALECT_SQLITE, "UPDATE emails SET size = 0 WHERE size IS NULL;", NULL},
    {"seeds", DIALECT_SQLITE, "INSERT OR IGNORE INTO labels (label) VALUES ('a');", NULL},
    {"archive", DIALECT_SQLITE,
     "INSERT INTO old_emails SELECT * FROM emails WHERE sent_at < '2020'; DELETE FROM "
     "emails WHERE sent_at < '2020';",
     NULL},
    {"view", DIALECT_SQLITE, "CREATE VIEW small AS SELECT id FROM emails WHERE size < 10;", NULL},
    {"new child", DIALECT_SQLITE,
     "CREATE TABLE tags (id INTEGER PRIMARY KEY, email_id INT REFERENCES emails (id) ON "
     "DELETE CASCADE);",
     NULL},
};

static const struct assessment *judge_sample(TALLOC_CTX *mem, const struct sample *sample)
{
    const struct judged_case c = {
        .before = sample->dialect == DIALECT_SQLITE ? SQLITE_SCHEMA : POSTGRES_SCHEMA,
        .up = sample->up,
        .is_complete = true,
        .dialect = sample->dialect,
        .without_transaction = strstr(sample->up, "CONCURRENTLY") != NULL};
    const struct assessment *assessment = judged(mem, &c);
    if (assessment->n_not_understood > 0)
        fail_msg("%s: not understood: %s", sample->name, assessment->not_understood[0].reason);
    return assessment;
}

static void test_dangerous__does_not_pass_in_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dangerous); i++) {
        SCRATCH(tmp);
        const struct finding *finding =
            judged_find(judge_sample(tmp, &dangerous[i]), dangerous[i].rule);
        if (finding == NULL || finding->severity == SEVERITY_NOTE)
            fail_msg("%s: no %s", dangerous[i].name, dangerous[i].rule);
    }
}

// Asked only where the condition stands in WHERE alone: aliases of USING and CTEs are not known.
static void test_dedupe_delete__asks_how_many_go(void **state)
{
    (void)state;
    static const struct {
        const char *up, *question;
    } cases[] = {
        {"DELETE FROM t AS x WHERE x.id NOT IN (SELECT min(id) FROM t GROUP BY a);",
         "SELECT count(*) FROM public.t AS x WHERE x.id NOT IN (SELECT min(id) FROM t GROUP BY a)"},
        {"DELETE FROM t WHERE EXISTS (SELECT 1 FROM t AS o WHERE o.a = t.a AND o.id < t.id);",
         "SELECT count(*) FROM public.t WHERE EXISTS (SELECT 1 FROM t AS o WHERE o.a = t.a AND o.id "
         "< t.id)"},
        {"DELETE FROM t USING t AS o WHERE o.a = t.a AND o.id < t.id;", NULL},
        {"WITH d AS (SELECT min(id) AS id FROM t GROUP BY a) DELETE FROM t WHERE id NOT IN (SELECT id "
         "FROM d);",
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct judged_case c = {.before = "CREATE TABLE t (id int PRIMARY KEY, a text);",
                                .up = cases[i].up, .dialect = DIALECT_POSTGRES};
        const struct finding *finding = judged_find(judged(tmp, &c), "dedupe-delete");
        assert_non_null(finding);
        if (cases[i].question == NULL) {
            assert_null(finding->question);
            continue;
        }
        assert_non_null(finding->question);
        assert_string_equal(finding->question->sql, cases[i].question);
        assert_true(finding->question->loses);
    }
}

static void test_harmless__is_not_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(harmless); i++) {
        SCRATCH(tmp);
        const struct assessment *assessment = judge_sample(tmp, &harmless[i]);
        if (assessment->verdict != VERDICT_GO)
            fail_msg("%s: %s: %s", harmless[i].name, verdict_name(assessment->verdict),
                     assessment->reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dangerous__does_not_pass_in_silence),
        cmocka_unit_test(test_dedupe_delete__asks_how_many_go),
        cmocka_unit_test(test_harmless__is_not_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
