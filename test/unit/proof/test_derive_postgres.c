/*
 * Derivation for PostgreSQL: what is derived from DDL that SQLite does not have, as SQL text. Each
 * query was run on PostgreSQL 15 with data that holds and data that does not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/invariant.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char schema_sql[] =
    "CREATE TABLE kinds (id int PRIMARY KEY, name text);\n"
    "CREATE TABLE users (id int PRIMARY KEY, name text, kind text, age bigint, status text);\n"
    "CREATE TABLE posts (id int PRIMARY KEY, user_id int, title text);\n";

struct row {
    const char *migration;
    const char *name;
    unsigned moments;
    const char *sql; // of the first moment
};

static const struct row rows[] = {
    {"ALTER TABLE users ALTER COLUMN name SET NOT NULL;", "I23/users.name", MOMENT_BOTH,
     "SELECT count(*) FROM \"public\".\"users\" WHERE \"name\" IS NULL"},
    {"ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17);", "I23/users.adult", MOMENT_BOTH,
     "SELECT count(*) FROM \"public\".\"users\" WHERE NOT (age > 17)"},
    {"ALTER TABLE posts ADD CONSTRAINT posts_title UNIQUE (title);", "I9/posts.title", MOMENT_BOTH,
     "SELECT \"title\", count(*) - 1 FROM \"public\".\"posts\" WHERE \"title\" IS NOT NULL GROUP BY \"title\" "
     "HAVING count(*) > 1 ORDER BY count(*) DESC"},
    {"ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id);", "I8/posts.user_id", MOMENT_BOTH,
     "SELECT count(*) FROM \"public\".\"posts\" WHERE \"user_id\" IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM \"public\".\"users\" AS partner WHERE partner.\"id\" = \"posts\".\"user_id\")"},
    {"ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id);\nDROP TABLE posts;",
     "I8/posts.user_id", MOMENT_BEFORE,
     "SELECT count(*) FROM \"public\".\"posts\" WHERE \"user_id\" IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM \"public\".\"users\" AS partner WHERE partner.\"id\" = \"posts\".\"user_id\")"},
    {"ALTER TABLE users ALTER COLUMN age TYPE int;", "I14/users.age", MOMENT_BEFORE,
     "SELECT count(*) FROM \"public\".\"users\" WHERE \"age\" NOT BETWEEN -2147483648 AND 2147483647"},
    {"ALTER TABLE users ALTER COLUMN status TYPE varchar(5);", "I14/users.status", MOMENT_BEFORE,
     "SELECT count(*) FROM \"public\".\"users\" WHERE length(rtrim(\"status\"::text, ' ')) > 5"},
    {"ALTER TABLE users ADD COLUMN level int NOT NULL DEFAULT 7;", "I5/users.level", MOMENT_AFTER,
     "SELECT count(*) FROM \"public\".\"users\" WHERE \"level\" IS DISTINCT FROM CAST((7) AS \"int4\")"},
    {"CREATE INDEX CONCURRENTLY posts_by_user ON posts (user_id);", "I15/posts_by_user", MOMENT_AFTER,
     "SELECT count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'posts_by_user' "
     "AND n.nspname = 'public' AND NOT (i.indisvalid AND i.indisready)"},
};

static struct assessment *assess(TALLOC_CTX *mem, const char *text)
{
    const struct script_source schema = {.path = "schema.sql", .text = schema_sql,
                                         .len = sizeof(schema_sql) - 1, .end = sizeof(schema_sql) - 1};
    const struct assessment_options options = {.dialect = DIALECT_POSTGRES, .schemas = &schema, .n_schemas = 1};
    struct migration migration = {.version = "1", .path = "1_x.sql",
                                  .up = {.path = "1_x.sql", .text = text, .len = strlen(text), .end = strlen(text)}};
    struct migration *list = mem_new(mem, struct migration);
    struct change *change = mem_new(mem, struct change);
    struct assessment *assessment;
    struct error err;

    *list = migration;
    change->migrations = list;
    change->n_migrations = text[0] == '\0' ? 0 : 1;
    if (!assessment_make(mem, change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    return assessment;
}

static const struct invariant *derive(TALLOC_CTX *mem, const char *text, const char *name)
{
    struct invariants *invariants = mem_new(mem, struct invariants);
    const struct schema *before = assess(mem, "")->schema;
    struct trace *trace;
    struct error err;

    assert_true(invariants_derive(mem, assess(mem, text), before, NULL, invariants, &trace, &err));
    return invariants_find(invariants, name);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        const struct invariant *invariant = derive(tmp, rows[i].migration, rows[i].name);
        if (invariant == NULL)
            fail_msg("%s is not derived from %s", rows[i].name, rows[i].migration);
        assert_int_equal(invariant->moments, rows[i].moments);
        assert_string_equal(invariant->sql_before ? invariant->sql_before : invariant->sql, rows[i].sql);
    }
}

// What widens needs no question.
static void test_widening__asks_nothing(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_null(derive(tmp, "ALTER TABLE posts ALTER COLUMN user_id TYPE bigint;", "I14/posts.user_id"));
    assert_null(derive(tmp, "CREATE INDEX posts_by_user ON posts (user_id);", "I15/posts_by_user"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_widening__asks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
