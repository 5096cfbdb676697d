/*
 * Rules on the running release, scripts and operation: what the examples of their pages do not show.
 * Each case names the rule, and its severity or that it stays silent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define SILENT (-1)

struct expected {
    const char *before, *up, *rule;
    int severity;
    bool without_transaction, is_complete;
};

#define EMAILS                                                                                     \
    "CREATE TABLE emails (id bigint PRIMARY KEY, address text NOT NULL, status text DEFAULT 'new',"  \
    " size int DEFAULT 0, at timestamp DEFAULT now());"
#define STATE "CREATE TYPE state AS ENUM ('open', 'done');"
#define WITH_CHILDREN EMAILS "CREATE TABLE files (id bigint PRIMARY KEY, email_id bigint);"

static const struct expected cases[] = {
    // Names.
    {EMAILS, "ALTER TABLE emails RENAME TO mails; CREATE VIEW emails AS SELECT * FROM mails;",
     "rename-table", SILENT},
    {EMAILS, "ALTER TABLE emails RENAME TO mails; CREATE VIEW emails AS SELECT * FROM mails;",
     "rename-table", SEVERITY_NOTE, .without_transaction = true},
    {EMAILS,
     "BEGIN; ALTER TABLE emails RENAME TO mails; CREATE VIEW emails AS SELECT * FROM mails; COMMIT;",
     "rename-table", SILENT, .without_transaction = true},
    {STATE, "ALTER TYPE state RENAME TO email_state;", "rename-object", SEVERITY_WARN},
    {STATE, "ALTER TYPE state RENAME TO old; CREATE TYPE state AS ENUM ('a');", "rename-object", SILENT},
    {NULL, "CREATE TYPE state AS ENUM ('a'); ALTER TYPE state RENAME TO email_state;", "rename-object",
     SILENT},
    {EMAILS, "ALTER TABLE emails SET SCHEMA archive;", "rename-object", SEVERITY_WARN},
    {"CREATE SEQUENCE n;", "ALTER SEQUENCE n RENAME TO m;", "rename-object", SEVERITY_NOTE},
    {EMAILS, "ALTER TABLE emails RENAME CONSTRAINT emails_pkey TO k;", "rename-object", SEVERITY_NOTE},
    {EMAILS "ALTER TABLE emails ADD CONSTRAINT c CHECK (size > 0);",
     "ALTER TABLE emails RENAME CONSTRAINT c TO d;", "rename-object", SILENT},
    {EMAILS "CREATE VIEW v AS SELECT id FROM emails;", "DROP VIEW v;", "drop-interface", SEVERITY_WARN},
    {EMAILS "CREATE MATERIALIZED VIEW v AS SELECT id FROM emails;",
     "DROP MATERIALIZED VIEW v; CREATE MATERIALIZED VIEW v AS SELECT id, size FROM emails;",
     "drop-interface", SILENT},
    {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", "DROP FUNCTION f();",
     "drop-interface", SEVERITY_NOTE},
    {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;",
     "DROP FUNCTION f();", "drop-interface", SILENT},
    {EMAILS, "DROP VIEW IF EXISTS v;", "drop-interface", SILENT, .is_complete = true},
    // PostgreSQL 15: cannot drop columns from view.
    {EMAILS "CREATE VIEW v AS SELECT id, size FROM emails;",
     "CREATE OR REPLACE VIEW v AS SELECT id FROM emails;", "view-loses-column", SEVERITY_STOP},
    {EMAILS "CREATE VIEW v AS SELECT id, size FROM emails;",
     "CREATE OR REPLACE VIEW v AS SELECT * FROM emails;", "view-loses-column", SILENT},
    // Columns.
    {EMAILS, "ALTER TABLE emails ALTER COLUMN size DROP DEFAULT;", "default-changed", SEVERITY_NOTE},
    {EMAILS, "ALTER TABLE emails ALTER COLUMN size SET DEFAULT 0;", "default-changed", SILENT},
    {EMAILS,
     "ALTER TABLE emails ALTER COLUMN size DROP DEFAULT; ALTER TABLE emails ALTER COLUMN size TYPE"
     " bigint; ALTER TABLE emails ALTER COLUMN size SET DEFAULT 0;",
     "default-changed", SILENT},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int DEFAULT 1; ALTER TABLE emails ALTER COLUMN n DROP DEFAULT;",
     "default-changed", SILENT},
    {EMAILS "ALTER TABLE emails ADD COLUMN a json;", "ALTER TABLE emails ADD COLUMN b json;",
     "json-column", SILENT},
    {NULL, "CREATE TABLE t (a json);", "json-column", SILENT},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int; ALTER TABLE emails ALTER COLUMN n TYPE bigint;",
     "type-change-visible", SILENT},
    {NULL, "CREATE TYPE t AS ENUM ('a'); ALTER TYPE t ADD VALUE 'b';", "enum-value-added", SILENT},
    // Access and replication.
    {EMAILS, "ALTER TABLE emails ENABLE ROW LEVEL SECURITY;", "access-changed", SEVERITY_WARN},
    {EMAILS, "ALTER TABLE emails ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON emails USING (true);",
     "access-changed", SEVERITY_NOTE},
    {EMAILS, "CREATE POLICY p ON emails USING (true);", "access-changed", SILENT},
    {EMAILS, "CREATE POLICY p ON emails AS RESTRICTIVE USING (size > 1);", "access-changed", SEVERITY_WARN},
    {NULL, "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; REVOKE ALL ON t FROM app;",
     "access-changed", SILENT},
    {NULL, "ALTER EXTENSION citext UPDATE;", "extension-changed", SEVERITY_NOTE},
    {"CREATE TABLE events (a int);", "CREATE PUBLICATION p FOR TABLE events;", "replica-identity",
     SEVERITY_WARN},
    {EMAILS, "ALTER TABLE emails REPLICA IDENTITY FULL;", "replica-identity", SEVERITY_NOTE},
    // Scripts. Source: PostgreSQL 15, each tried inside BEGIN.
    {NULL, "REINDEX SCHEMA public;", "non-transactional-statement-in-transaction", SEVERITY_STOP},
    {NULL, "ALTER SYSTEM SET work_mem = '8MB';", "non-transactional-statement-in-transaction",
     SEVERITY_STOP},
    {NULL, "CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p;",
     "non-transactional-statement-in-transaction", SEVERITY_STOP},
    {NULL, "CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p WITH (create_slot = false);",
     "non-transactional-statement-in-transaction", SILENT},
    {NULL, "CREATE DATABASE d;", "non-transactional-statement-in-transaction", SILENT,
     .without_transaction = true},
    {EMAILS, "BEGIN; DELETE FROM emails WHERE id = 1; ROLLBACK;", "transaction-left-open", SILENT,
     .without_transaction = true},
    {EMAILS, "BEGIN; BEGIN; COMMIT;", "transaction-left-open", SEVERITY_NOTE, .without_transaction = true},
    {EMAILS, "BEGIN; DELETE FROM emails WHERE id = 1;", "transaction-left-open", SILENT},
    {EMAILS, "CREATE INDEX CONCURRENTLY i ON emails (size);", "not-rerunnable", SILENT,
     .without_transaction = true},
    {EMAILS, "BEGIN; ALTER TABLE emails ADD COLUMN n int; ALTER TABLE emails ADD COLUMN m int; COMMIT;",
     "not-rerunnable", SILENT, .without_transaction = true},
    {EMAILS, "ALTER TABLE emails ADD COLUMN n int; ALTER TABLE emails ADD COLUMN m int;", "not-rerunnable",
     SILENT},
    {NULL, "SELECT pg_catalog.set_config('search_path', '', false);", "set-without-local", SEVERITY_WARN},
    {NULL, "SELECT pg_catalog.set_config('search_path', '', true);", "set-without-local", SILENT},
    {NULL, "SET lock_timeout = '2s';", "set-without-local", SILENT},
    {NULL, "SET role app; RESET role;", "set-without-local", SILENT},
    // Definitions that are there already.
    {EMAILS, "CREATE TABLE IF NOT EXISTS emails (id bigint PRIMARY KEY, name text);",
     "if-not-exists-hides-drift", SEVERITY_WARN},
    {"CREATE TABLE t (id serial PRIMARY KEY, a text);",
     "CREATE TABLE IF NOT EXISTS t (id serial PRIMARY KEY, a text);", "if-not-exists-hides-drift", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);", "CREATE INDEX IF NOT EXISTS i ON emails (at);",
     "if-not-exists-hides-drift", SEVERITY_WARN},
    {EMAILS "CREATE INDEX i ON emails (size);", "CREATE INDEX IF NOT EXISTS i ON emails (size);",
     "if-not-exists-hides-drift", SILENT},
    {EMAILS, "ALTER TABLE emails ADD COLUMN IF NOT EXISTS n int;", "if-not-exists-hides-drift", SILENT},
    // How tables live.
    {NULL, "CREATE TABLE t (a int); CREATE UNIQUE INDEX ON t (a);", "no-primary-key", SILENT},
    {NULL, "CREATE TEMP TABLE t (a int);", "no-primary-key", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size, at);", "CREATE INDEX CONCURRENTLY j ON emails (size);",
     "duplicate-index", SEVERITY_NOTE},
    {EMAILS "CREATE INDEX i ON emails (size);", "CREATE INDEX CONCURRENTLY j ON emails (size, at);",
     "duplicate-index", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);", "CREATE UNIQUE INDEX CONCURRENTLY j ON emails (size);",
     "duplicate-index", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);",
     "CREATE INDEX CONCURRENTLY j ON emails (size) WHERE size > 9;", "duplicate-index", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);",
     "CREATE INDEX CONCURRENTLY j ON emails (size); DROP INDEX CONCURRENTLY i;", "duplicate-index", SILENT},
    {WITH_CHILDREN, "ALTER TABLE files ADD FOREIGN KEY (email_id) REFERENCES emails (id) NOT VALID;",
     "fk-without-index", SEVERITY_NOTE},
    {WITH_CHILDREN "CREATE INDEX i ON files (email_id, id);",
     "ALTER TABLE files ADD FOREIGN KEY (email_id) REFERENCES emails (id) NOT VALID;",
     "fk-without-index", SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);",
     "DROP INDEX CONCURRENTLY i; CREATE INDEX CONCURRENTLY j ON emails (size, at);", "drop-index-in-use",
     SILENT},
    {EMAILS "CREATE INDEX i ON emails (size);", "ALTER TABLE emails DROP COLUMN size; DROP INDEX IF EXISTS i;",
     "drop-index-in-use", SILENT},
    {EMAILS, "ALTER TABLE emails RESET (autovacuum_enabled);", "autovacuum-off", SILENT},
    {NULL, "CREATE TABLE t (a int) WITH (autovacuum_enabled = off);", "autovacuum-off", SEVERITY_WARN},
    {EMAILS, "ALTER TABLE emails ADD CHECK (size > 0) NOT VALID;", "constraint-left-not-valid",
     SEVERITY_NOTE},
    {EMAILS,
     "ALTER TABLE emails ADD CONSTRAINT c CHECK (size > 0) NOT VALID; ALTER TABLE emails DROP CONSTRAINT"
     " c;",
     "constraint-left-not-valid", SILENT},
};

static void test_rules__fire_or_stay_silent(void **state)
{
    (void)state;
    size_t n_bad = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct expected *c = &cases[i];
        const struct judged_case judged_case = {.before = c->before,
                                                .up = c->up,
                                                .without_transaction = c->without_transaction,
                                                .is_complete = c->is_complete};
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

// Half of what the server has room for by its defaults: 64 locks times 100 connections.
static void test_too_many_locks__counts_relations(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const size_t counts[] = {100, 3300};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        char *sql = mem_strdup(tmp, "");
        for (size_t k = 0; k < counts[i]; k++)
            sql = talloc_asprintf_append_buffer(sql, "CREATE TABLE t%zu (a int);\n", k);
        struct judged_case c = {.up = sql};
        assert_int_equal(judged_find(judged(tmp, &c), "too-many-locks") != NULL, counts[i] > 3200);
        c.without_transaction = true;
        assert_null(judged_find(judged(tmp, &c), "too-many-locks"));
    }
}

// A live catalog's publications.
static void test_logical_replication_ddl__of_published_tables(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const ups[] = {"ALTER TABLE emails ADD COLUMN n int;",
                                      "ALTER TABLE other ADD COLUMN n int;"};
    for (size_t i = 0; i < COUNT_OF(ups); i++) {
        struct error err;
        struct assessment *assessment;
        struct schema *known = schema_make(tmp, DIALECT_POSTGRES);
        static struct name published[] = {{"public", "emails"}};
        schema_add(known, published[0], RELATION_TABLE);
        schema_add(known, (struct name){"public", "other"}, RELATION_TABLE);
        struct schema_publication *publication = schema_add_publication(known, "mail");
        publication->tables = published;
        publication->n_tables = 1;
        struct migration migration = {.path = "1.sql", .up = judged_text("1.sql", ups[i], true)};
        const struct change change = {.migrations = &migration, .n_migrations = 1};
        const struct assessment_options options = {.dialect = DIALECT_POSTGRES, .known = known};
        if (!assessment_make(tmp, &change, &options, &assessment, &err))
            fail_msg("%s", err.message);
        const struct finding *found = judged_find(assessment, "logical-replication-ddl");
        assert_int_equal(found != NULL, i == 0);
        if (found != NULL)
            assert_string_equal(found->message,
                                "publication mail has public.emails, and does not pass on DDL: "
                                "replication stops where the subscriber's table does not fit");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules__fire_or_stay_silent),
        cmocka_unit_test(test_too_many_locks__counts_relations),
        cmocka_unit_test(test_logical_replication_ddl__of_published_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
