/*
 * The digest of a PostgreSQL schema: the same for the same statements, another after any DDL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_catalog.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE t (id bigserial PRIMARY KEY, name varchar(20) DEFAULT 'x', at timestamptz DEFAULT '2024-01-01 12:00+02');" \
    "CREATE TABLE u (id int REFERENCES t, CHECK (id > 0)); CREATE INDEX by_name ON t (lower(name)) WHERE id > 3;" \
    "CREATE TABLE p (id int, at date) PARTITION BY RANGE (at); CREATE TABLE p_1 PARTITION OF p DEFAULT;" \
    "CREATE VIEW v AS SELECT id, name FROM t; CREATE MATERIALIZED VIEW m AS SELECT id FROM t;"     \
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN d AS int CHECK (VALUE > 0);"            \
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"             \
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"                      \
    "CREATE SEQUENCE s; CREATE PUBLICATION news FOR TABLE t; CREATE POLICY own ON t USING (id > 1);"

// Each is another schema than before it. Source: a class of statement each, of the manual's part VI.
static const char *const changes[] = {
    "ALTER TABLE t ADD COLUMN more int",
    "ALTER TABLE t ALTER COLUMN more TYPE bigint",
    "ALTER TABLE t ALTER COLUMN more SET NOT NULL",
    "ALTER TABLE t ALTER COLUMN more SET DEFAULT 7",
    "ALTER TABLE t ALTER COLUMN name SET STORAGE PLAIN",
    "ALTER TABLE t ALTER COLUMN name SET STATISTICS 500",
    "ALTER TABLE t ALTER COLUMN name SET (n_distinct = 5)",
    "ALTER TABLE t RENAME COLUMN more TO other",
    "ALTER TABLE t DROP COLUMN other",
    "ALTER TABLE t SET (fillfactor = 70)",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE t REPLICA IDENTITY FULL",
    "ALTER TABLE t CLUSTER ON t_pkey",
    "ALTER TABLE t ADD CONSTRAINT above CHECK (id > 5) NOT VALID",
    "ALTER TABLE t VALIDATE CONSTRAINT above",
    "ALTER TABLE t DISABLE TRIGGER tr",
    "ALTER TABLE u SET UNLOGGED",
    "ALTER TABLE p DETACH PARTITION p_1",
    "ALTER TABLE p ATTACH PARTITION p_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "DROP INDEX by_name",
    "CREATE INDEX by_name ON t (name)",
    "CREATE OR REPLACE VIEW v AS SELECT id, name FROM t WHERE id > 1",
    "ALTER TYPE mood ADD VALUE 'best'",
    "ALTER DOMAIN d SET NOT NULL",
    "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "ALTER FUNCTION f() SECURITY DEFINER",
    "ALTER SEQUENCE s MAXVALUE 100",
    "ALTER SEQUENCE s OWNED BY t.id",
    "ALTER PUBLICATION news ADD TABLE p",
    "ALTER POLICY own ON t USING (id > 2)",
    "CREATE RULE quiet AS ON DELETE TO u DO INSTEAD NOTHING",
    "CREATE STATISTICS pair_of ON id, name FROM t",
    "CREATE SCHEMA other",
    "ALTER TABLE u SET SCHEMA other",
    "ALTER TABLE other.u RENAME TO w",
    "CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)",
    "CREATE TYPE pair AS (a int, b int)",
    "CREATE COLLATION mine FROM \"C\"",
    "COMMENT ON COLUMN t.name IS 'who'",
    "DROP TABLE other.w",
};

// Nothing of these is the schema.
static const char *const others[] = {
    "INSERT INTO t (name) SELECT 'n' || i FROM generate_series(1, 100) AS i",
    "SELECT nextval('s')",
    "ANALYZE t, u, p",
    "REINDEX TABLE t",
    "REFRESH MATERIALIZED VIEW m",
    "TRUNCATE t, u",
    "CREATE SCHEMA tminus; CREATE TABLE tminus.migration (version text)",
    "GRANT SELECT ON t TO PUBLIC",
    "CREATE TABLE gone (a int); DROP TABLE gone",
    "ALTER TABLE t ADD COLUMN gone int; ALTER TABLE t DROP COLUMN gone",
    "CREATE TEMPORARY TABLE passing (a int)",
};

static void digest_now(struct catalog_fixture *fixture, char digest[65])
{
    struct database *database = fixture->database;
    if (!postgres_catalog_digest(database->engine, digest, &database->err))
        fail_msg("%s", database->err.message);
}

static void test_digest__same_of_two_databases(void **state)
{
    (void)state;
    char first[65];
    char second[65];
    struct catalog_fixture *a = catalog_fixture_make(SCHEMA);
    // Other oids, another date format, another time zone, other counts.
    struct catalog_fixture *b = catalog_fixture_make("CREATE TABLE before (a int); DROP TABLE before;" SCHEMA);
    SCRATCH(tmp);
    postgres_execute(b->database->path, mem_printf(tmp, "ALTER DATABASE %s SET DateStyle = 'SQL, DMY'; "
                                                        "ALTER DATABASE %s SET TimeZone = 'Asia/Tokyo'",
                                                   b->database->folder, b->database->folder));
    catalog_fixture_open(b);
    digest_now(a, first);
    digest_now(b, second);
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), 64);
    talloc_free(a->database);
    talloc_free(b->database);
}

static void test_digest__changes_with_each_statement(void **state)
{
    (void)state;
    char before[65];
    char after[65];
    struct catalog_fixture *fixture = catalog_fixture_make(SCHEMA);
    digest_now(fixture, before);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        postgres_execute(fixture->database->path, changes[i]);
        digest_now(fixture, after);
        if (strcmp(before, after) == 0)
            fail_msg("not seen: %s", changes[i]);
        memcpy(before, after, sizeof before);
    }
    talloc_free(fixture->database);
}

static void test_digest__stays_with_the_rest(void **state)
{
    (void)state;
    char before[65];
    char after[65];
    struct catalog_fixture *fixture = catalog_fixture_make(SCHEMA);
    digest_now(fixture, before);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        postgres_execute(fixture->database->path, others[i]);
        digest_now(fixture, after);
        if (strcmp(before, after) != 0)
            fail_msg("changes the digest: %s", others[i]);
    }
    talloc_free(fixture->database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest__same_of_two_databases),
        cmocka_unit_test(test_digest__changes_with_each_statement),
        cmocka_unit_test(test_digest__stays_with_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
