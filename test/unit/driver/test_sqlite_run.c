/*
 * Running migrations on SQLite: what a good one leaves, and that a failed one is called taken back
 * only when nothing of it stays.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, category TEXT NOT NULL);"                        \
    "INSERT INTO emails VALUES (1, 'brief'), (2, 'task');"                                         \
    "CREATE TABLE record (version TEXT);"
#define RECORD "INSERT INTO record VALUES ('2')"

static bool take_text(void *context, const char *const *names, const struct engine_value *values,
                      size_t n)
{
    (void)names;
    (void)n;
    snprintf(context, 64, "%s", values[0].text);
    return true;
}

static void expect_answer(struct database *database, const char *sql, const char *expected)
{
    char text[64] = "no row";
    database_open(database, true);
    assert_true(engine_sqlite.session->query(database->engine, sql, take_text, text, &database->err));
    assert_string_equal(text, expected);
}

static bool run(struct database *database, const char *text, bool in_transaction)
{
    struct engine_run_request request = {
        .path = "db/2.sql",
        .text = text,
        .end = strlen(text),
        .in_transaction = in_transaction,
        .last = RECORD,
    };
    struct engine_run result;
    database_open(database, false);
    memset(&database->err, 0, sizeof database->err);
    return engine_sqlite.session->run(database, database->engine, &request, &result, &database->err);
}

static void test_run__applies_and_records(void **state)
{
    (void)state;
    struct database *database = database_make(SCHEMA);
    assert_true(run(database, "-- one\nALTER TABLE emails ADD COLUMN n INT;\n"
                              "UPDATE emails SET n = id; -- two\n;;\n/* the end */", true));
    expect_answer(database, "SELECT sum(n) FROM emails", "3");
    expect_answer(database, "SELECT version FROM record", "2");
    assert_true(run(database, "SELECT 1; CREATE INDEX i ON emails(n)", false));
    expect_answer(database, "SELECT count(*) FROM record", "2");
    talloc_free(database);
}

struct failure {
    const char *name;
    const char *text;
    bool in_transaction;
    enum error_code code;
    const char *message; // the whole of it, or its begin
    const char *hint;    // a part
    const char *sum;     // of ids left in emails: 3 is as before
};

static const struct failure failures[] = {
    {"in the middle", "ALTER TABLE emails ADD COLUMN n INT;\n\n  UPDATE emails SET category = NULL;\nDROP TABLE emails",
     true, ERROR_TAKEN_BACK,
     "db/2.sql:3:3: NOT NULL constraint failed: emails.category, in: UPDATE emails SET category = NULL",
     "taken back: a second connection sees no commit", "3"},
    {"in the middle without transaction", "DELETE FROM emails WHERE id = 2;\nSELECT 1;\nUPDATE emails SET category = NULL",
     false, ERROR_PARTIAL, "db/2.sql:3:1: NOT NULL constraint failed", "1 of its statements before this one stay", "1"},
    {"at the begin without transaction", "UPDATE emails SET category = NULL; DELETE FROM emails", false,
     ERROR_TAKEN_BACK, "db/2.sql:1:1: NOT NULL", "taken back", "3"},
    {"in the file's own transaction", "BEGIN; DELETE FROM emails WHERE id = 2; SELECT missing; COMMIT", false,
     ERROR_TAKEN_BACK, "db/2.sql:1:41: no such column: missing", "taken back", "3"},
    {"behind the file's own transaction", "BEGIN; DELETE FROM emails WHERE id = 2; COMMIT;\nSELECT missing", false,
     ERROR_PARTIAL, "db/2.sql:2:1: no such column: missing", "1 of its statements", "1"},
    {"the file's own transaction without end", "BEGIN; DELETE FROM emails", false, ERROR_TAKEN_BACK,
     "db/2.sql:1:1: the file begins a transaction and does not end it", "taken back", "3"},
    {"COMMIT within our transaction", "DELETE FROM emails;\nCOMMIT;\nSELECT missing", true, ERROR_TAKEN_BACK,
     "db/2.sql:2:1: the tool of this layout wraps the file in a transaction", "taken back", "3"},
    {"a syntax error", "DELETE FROM emails;\nDELET FROM emails", true, ERROR_TAKEN_BACK,
     "db/2.sql:2:1: near \"DELET\": syntax error", "taken back", "3"},
    {"a conflict that rolls back by itself",
     "DELETE FROM emails WHERE id = 2;\nINSERT OR ROLLBACK INTO emails VALUES (1, 'x');", true, ERROR_TAKEN_BACK,
     "db/2.sql:2:1: UNIQUE constraint failed: emails.id", "taken back", "3"},
    {"after more pages than the cache holds",
     "CREATE TABLE big AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
     "SELECT zeroblob(30000) AS b FROM n;\nSELECT missing",
     true, ERROR_TAKEN_BACK, "db/2.sql:2:1: no such column: missing", "taken back", "3"},
};

static void test_run__failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        const struct failure *failure = &failures[i];
        struct database *database = database_make(SCHEMA);
        if (run(database, failure->text, failure->in_transaction))
            fail_msg("%s: it did not fail", failure->name);
        struct error err = database->err;
        if (err.code != failure->code || strncmp(err.message, failure->message, strlen(failure->message)) != 0 ||
            strstr(err.hint, failure->hint) == NULL)
            fail_msg("%s: %s: %s / %s", failure->name, error_code_name(err.code), err.message, err.hint);
        expect_answer(database, "SELECT sum(id) FROM emails", failure->sum);
        expect_answer(database, "SELECT count(*) FROM record", "0");
        expect_answer(database, "SELECT count(*) FROM sqlite_schema", "2");
        talloc_free(database);
    }
}

static void test_run__a_part_of_a_file(void **state)
{
    static const char text[] = "-- +goose Up\nDELETE FROM emails;\n-- +goose Down\n"
                               "DELETE FROM emails WHERE id = 1;\n  SELECT missing;\nDROP TABLE emails";
    (void)state;
    struct database *database = database_make(SCHEMA);
    struct engine_run_request request = {.path = "2.sql", .text = text, .in_transaction = false};
    struct engine_run result;
    request.start = (size_t)(strstr(text, "-- +goose Down") - text);
    request.end = (size_t)(strstr(text, "  SELECT") - text);
    database_open(database, false);
    assert_true(engine_sqlite.session->run(database, database->engine, &request, &result, &database->err));
    assert_int_equal(result.statements, 1);
    expect_answer(database, "SELECT sum(id) FROM emails", "2");
    request.end = strlen(text);
    database_open(database, false);
    assert_false(engine_sqlite.session->run(database, database->engine, &request, &result, &database->err));
    assert_string_equal(database->err.message, "2.sql:5:3: no such column: missing, in: SELECT missing");
    talloc_free(database);
}

static sqlite3 *hold(struct database *database, const char *sql)
{
    sqlite3 *other;
    assert_int_equal(sqlite3_open(database->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    return other;
}

static void test_run__locked_by_another_program(void **state)
{
    (void)state;
    struct database *database = database_make(SCHEMA);
    sqlite3 *other = hold(database, "BEGIN IMMEDIATE");
    struct digest_text before = database_bytes(database);
    assert_false(run(database, "DELETE FROM emails", true));
    assert_int_equal(database->err.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(database->err.message, "locked by another program"));
    assert_string_equal(database_bytes(database).hex, before.hex);
    sqlite3_close(other);
    talloc_free(database);
}

static void test_run__a_reader_keeps_the_commit_out(void **state)
{
    (void)state;
    struct database *database = database_make(SCHEMA);
    sqlite3 *other = hold(database, "BEGIN; SELECT * FROM emails");
    assert_false(run(database, "DELETE FROM emails", true));
    assert_int_equal(database->err.code, ERROR_TAKEN_BACK);
    assert_non_null(strstr(database->err.message, "db/2.sql: while committing: "));
    sqlite3_close(other);
    expect_answer(database, "SELECT sum(id) FROM emails", "3");
    talloc_free(database);
}

static void test_run__a_nul_character(void **state)
{
    static const char text[] = "SELECT 1;\0 DELETE FROM emails";
    (void)state;
    struct database *database = database_make(SCHEMA);
    struct engine_run_request request = {.path = "2.sql", .text = text, .end = sizeof text - 1};
    struct engine_run result;
    database_open(database, false);
    assert_false(engine_sqlite.session->run(database, database->engine, &request, &result, &database->err));
    assert_int_equal(database->err.code, ERROR_INPUT);
    assert_string_equal(database->err.message, "2.sql: a NUL character is in it");
    talloc_free(database);
}

// --- the digest of the schema

struct schema_pair {
    const char *name;
    const char *sql; // run on SCHEMA; the digest must be the same, or not
    bool is_same;
};

static const struct schema_pair schema_pairs[] = {
    {"rows", "DELETE FROM emails", true},
    {"pages", "INSERT INTO emails SELECT NULL, 'x' FROM emails, emails; VACUUM", true},
    {"statistics", "ANALYZE", true},
    {"our own tables", "CREATE TABLE tminus_identity (id); CREATE TABLE tminus_migration (version)", true},
    {"renamed and back", "ALTER TABLE emails RENAME TO x; ALTER TABLE x RENAME TO emails", true},
    {"a column added and dropped", "ALTER TABLE emails ADD COLUMN n INT; ALTER TABLE emails DROP COLUMN n", true},
    {"blanks, comments and case of words",
     "DROP TABLE record; create  table record -- of versions\n(version text)", true},
    {"a column", "ALTER TABLE emails ADD COLUMN n INT", false},
    {"an index", "CREATE INDEX i ON emails(category)", false},
    {"a view", "CREATE VIEW v AS SELECT 1", false},
    {"a trigger", "CREATE TRIGGER g AFTER INSERT ON emails BEGIN SELECT 1; END", false},
    {"a type", "DROP TABLE record; CREATE TABLE record (version INT)", false},
    {"a default's case", "DROP TABLE record; CREATE TABLE record (version TEXT DEFAULT 'A')", false},
    {"a column's case", "DROP TABLE record; CREATE TABLE record (Version TEXT)", false},
    {"order of columns", "DROP TABLE emails; CREATE TABLE emails (category TEXT NOT NULL, id INTEGER PRIMARY KEY)",
     false},
};

static void test_digest__what_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schema_pairs); i++) {
        struct database *database = database_make(SCHEMA);
        char before[65];
        char after[65];
        database_open(database, true);
        assert_true(engine_sqlite.catalog->digest(database->engine, before, &database->err));
        database_execute(database->path, schema_pairs[i].sql);
        assert_true(engine_sqlite.catalog->digest(database->engine, after, &database->err));
        if ((strcmp(before, after) == 0) != schema_pairs[i].is_same)
            fail_msg("%s: same should be %d", schema_pairs[i].name, schema_pairs[i].is_same);
        talloc_free(database);
    }
}

static void test_digest__two_defaults_differ_by_case(void **state)
{
    (void)state;
    struct database *one = database_make("CREATE TABLE t (a DEFAULT 'A')");
    struct database *other = database_make("CREATE TABLE t (a DEFAULT 'a')");
    char digests[2][65];
    database_open(one, true);
    database_open(other, true);
    assert_true(engine_sqlite.catalog->digest(one->engine, digests[0], &one->err));
    assert_true(engine_sqlite.catalog->digest(other->engine, digests[1], &other->err));
    assert_string_not_equal(digests[0], digests[1]);
    talloc_free(one);
    talloc_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__applies_and_records),
        cmocka_unit_test(test_run__failures),
        cmocka_unit_test(test_run__a_part_of_a_file),
        cmocka_unit_test(test_run__locked_by_another_program),
        cmocka_unit_test(test_run__a_reader_keeps_the_commit_out),
        cmocka_unit_test(test_run__a_nul_character),
        cmocka_unit_test(test_digest__what_counts),
        cmocka_unit_test(test_digest__two_defaults_differ_by_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
