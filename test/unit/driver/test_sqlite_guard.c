/*
 * Guarded SQL of SQLite: each way out of a reading channel is tried and refused before it runs, the
 * file's bytes stay the same, and a good statement beside it is answered.
 *
 * Run on a read-only connection, as audits have it, and on a writing one, where only the guard
 * itself stands in the way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"

#define SCHEMA                                                                                     \
    "PRAGMA journal_mode = DELETE;"                                                                \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, category TEXT, note TEXT);"                      \
    "INSERT INTO emails VALUES (1, 'brief', NULL), (2, 'task', 'x'), (3, NULL, '');"               \
    "CREATE VIEW categories AS SELECT category, count(*) AS n FROM emails GROUP BY category;"      \
    "CREATE VIEW loader AS SELECT load_extension('x') AS loaded;"                                  \
    "CREATE VIEW writable AS SELECT id FROM emails;"                                               \
    "CREATE TRIGGER on_writable INSTEAD OF INSERT ON writable BEGIN DELETE FROM emails; END;"      \
    "CREATE VIRTUAL TABLE words USING fts5(body);"                                                 \
    "INSERT INTO words VALUES ('brief mail'), ('long mail');"                                      \
    "CREATE VIRTUAL TABLE words4 USING fts4(body);"                                                \
    "INSERT INTO words4 VALUES ('brief mail');"                                                    \
    "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);"

struct way_out {
    const char *name;
    const char *refused;
    const char *words; // of the message
    const char *good;  // the same kind of statement that only reads; NULL: no such thing
};

static const struct way_out ways_out[] = {
    {"a second statement", "SELECT 1; DROP TABLE emails", "a second statement",
     "SELECT 1; -- the end\n ; /* nothing more */ ;"},
    {"a second SELECT", "SELECT 1; SELECT 2", "a second statement", "SELECT 1"},
    {"something behind it that is no SQL", "SELECT 1; )", "a second statement", "SELECT ')'"},
    {"nothing at all", " -- only a comment\n;", "there is no statement", "VALUES (1)"},
    {"INSERT", "INSERT INTO emails(category) VALUES ('x')", "it writes to emails", "VALUES ('x')"},
    {"UPDATE", "UPDATE emails SET category = 'x'", "it updates emails", "SELECT category FROM emails"},
    {"DELETE", "DELETE FROM emails", "it deletes from emails", "SELECT count(*) FROM emails"},
    {"REPLACE", "REPLACE INTO emails VALUES (1, 'y', 'z')", "it writes to emails",
     "SELECT replace('a', 'a', 'b')"},
    {"RETURNING", "DELETE FROM emails RETURNING id", "it deletes from emails", "SELECT id FROM emails"},
    {"DML behind a CTE", "WITH old AS (SELECT id FROM emails) DELETE FROM emails WHERE id IN old",
     "it deletes from emails", "WITH old AS (SELECT id FROM emails) SELECT * FROM old"},
    {"EXPLAIN of DML", "EXPLAIN DELETE FROM emails", "it deletes from emails",
     "EXPLAIN SELECT * FROM emails"},
    {"EXPLAIN QUERY PLAN of DML", "EXPLAIN QUERY PLAN UPDATE emails SET note = 1",
     "it updates emails", "EXPLAIN QUERY PLAN SELECT * FROM emails"},
    {"INSTEAD OF trigger", "INSERT INTO writable VALUES (1)", "it writes to writable",
     "SELECT * FROM writable"},
    {"CREATE TABLE", "CREATE TABLE t2 (a)", "it changes the schema", "SELECT name FROM sqlite_schema"},
    {"CREATE TABLE AS", "CREATE TABLE t2 AS SELECT * FROM emails", "it changes the schema",
     "SELECT * FROM emails"},
    {"CREATE TEMP TABLE", "CREATE TEMP TABLE t2 (a)", "it changes the schema",
     "SELECT * FROM sqlite_temp_schema"},
    {"CREATE INDEX", "CREATE INDEX i ON emails(note)", "it changes the schema",
     "PRAGMA index_list(emails)"},
    {"CREATE VIEW", "CREATE VIEW v2 AS SELECT 1", "it changes the schema", "SELECT * FROM categories"},
    {"CREATE TRIGGER", "CREATE TRIGGER g AFTER INSERT ON emails BEGIN SELECT 1; END",
     "it creates trigger g", "SELECT sql FROM sqlite_schema WHERE type = 'trigger'"},
    {"CREATE VIRTUAL TABLE", "CREATE VIRTUAL TABLE w2 USING fts5(a)", "it changes the schema",
     "SELECT body FROM words WHERE words MATCH 'brief'"},
    {"DROP TABLE", "DROP TABLE emails", "it changes the schema", "SELECT 1 FROM emails"},
    {"DROP VIEW", "DROP VIEW categories", "it changes the schema", "SELECT n FROM categories"},
    {"ALTER TABLE", "ALTER TABLE emails ADD COLUMN x", "alters a table", "PRAGMA table_info(emails)"},
    {"REINDEX", "REINDEX", "rebuilds index", "PRAGMA index_list(emails)"},
    {"ANALYZE", "ANALYZE", "it ", "SELECT 1"},
    {"VACUUM", "VACUUM", "it ", "PRAGMA freelist_count"},
    {"VACUUM INTO", "VACUUM INTO '/tmp/tminus-guard-leak.db'", "it ", "PRAGMA page_count"},
    {"ATTACH", "ATTACH '/tmp/tminus-guard-leak.db' AS leak",
     "it attaches database /tmp/tminus-guard-leak.db", "PRAGMA database_list"},
    {"DETACH", "DETACH main", "it detaches database main", "PRAGMA database_list"},
    {"BEGIN", "BEGIN IMMEDIATE", "it is BEGIN", "SELECT 'BEGIN'"},
    {"COMMIT", "COMMIT", "it is COMMIT", "SELECT 'COMMIT'"},
    {"SAVEPOINT", "SAVEPOINT a", "it is SAVEPOINT", "SELECT 'SAVEPOINT'"},
    {"PRAGMA query_only", "PRAGMA query_only = 0", "it sets PRAGMA query_only", "PRAGMA table_info(emails)"},
    {"PRAGMA writable_schema", "PRAGMA writable_schema = 1", "it sets PRAGMA writable_schema",
     "SELECT rootpage FROM sqlite_schema"},
    {"PRAGMA in call form", "PRAGMA user_version(7)", "it sets PRAGMA user_version",
     "PRAGMA user_version"},
    {"PRAGMA journal_mode", "PRAGMA journal_mode = WAL", "it sets PRAGMA journal_mode",
     "PRAGMA page_size"},
    {"PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_checkpoint",
     "PRAGMA quick_check"},
    {"PRAGMA optimize", "PRAGMA optimize", "it runs PRAGMA optimize", "PRAGMA integrity_check"},
    {"PRAGMA incremental_vacuum", "PRAGMA incremental_vacuum", "it runs PRAGMA incremental_vacuum",
     "PRAGMA auto_vacuum"},
    {"PRAGMA temp_store_directory", "PRAGMA temp_store_directory = '/'",
     "it sets PRAGMA temp_store_directory", "PRAGMA compile_options"},
    {"PRAGMA as a table", "SELECT * FROM pragma_optimize", "", "SELECT * FROM pragma_table_info('emails')"},
    {"load_extension", "SELECT load_extension('/tmp/x.so')", "it calls function load_extension",
     "SELECT length('/tmp/x.so')"},
    {"load_extension in a view", "SELECT * FROM loader", "load_extension", "SELECT * FROM categories"},
    {"load_extension in an unused branch", "SELECT CASE WHEN 0 THEN load_extension('x') ELSE 1 END",
     "it calls function load_extension", "SELECT CASE WHEN 0 THEN lower('X') ELSE 1 END"},
    {"readfile, not in this library", "SELECT readfile('/etc/passwd')", "readfile", "SELECT hex('a')"},
    {"writefile, not in this library", "SELECT writefile('/tmp/tminus-guard-leak.db', 'x')", "writefile",
     "SELECT quote('a')"},
    {"fts3_tokenizer", "SELECT fts3_tokenizer('simple')", "it calls function fts3_tokenizer",
     "SELECT body FROM words4 WHERE words4 MATCH 'brief'"},
    {"optimize of fts4", "SELECT optimize(words4) FROM words4", "it calls function optimize",
     "SELECT snippet(words4) FROM words4 WHERE words4 MATCH 'brief'"},
    {"command row of fts5", "INSERT INTO words(words) VALUES ('rebuild')", "it writes to words",
     "SELECT bm25(words) FROM words WHERE words MATCH 'mail'"},
    {"shadow table of fts5", "DELETE FROM words_data", "words_data",
     "SELECT count(*) FROM words_data"},
    {"shadow table of rtree", "UPDATE boxes_node SET data = NULL", "boxes_node",
     "SELECT count(*) FROM boxes_node"},
    {"the schema itself", "UPDATE sqlite_schema SET sql = NULL", "table sqlite_master may not be modified",
     "SELECT count(*) FROM sqlite_schema"},
    {"the pages", "SELECT * FROM sqlite_dbpage", "no such table: sqlite_dbpage",
     "SELECT sum(pgsize) FROM dbstat"},
};

#define LEAK "/tmp/tminus-guard-leak.db"

struct answer {
    size_t rows;
};

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct answer *answer = context;
    (void)names;
    (void)values;
    (void)n;
    answer->rows++;
    return true;
}

static bool query(struct database *database, const char *sql, struct answer *answer)
{
    answer->rows = 0;
    memset(&database->err, 0, sizeof database->err);
    return engine_sqlite.session->query(database->engine, sql, take_row, answer, &database->err);
}

static void try_way_out(struct database *database, const struct way_out *way, bool read_only)
{
    struct answer answer;
    struct digest_text before = database_bytes(database);
    database_open(database, read_only);
    if (query(database, way->refused, &answer))
        fail_msg("%s was not refused", way->name);
    assert_int_equal(answer.rows, 0);
    if (database->err.code != ERROR_UNKNOWN || strstr(database->err.message, way->words) == NULL)
        fail_msg("%s: %s: %s", way->name, error_code_name(database->err.code), database->err.message);
    if (!query(database, way->good, &answer))
        fail_msg("%s: the good one was refused: %s", way->name, database->err.message);
    assert_string_equal(database_bytes(database).hex, before.hex);
    assert_int_equal(file_kind(LEAK), FILE_MISSING);
}

static void test_guard__ways_out_of_an_audit(void **state)
{
    (void)state;
    struct database *database = database_make(SCHEMA);
    for (size_t i = 0; i < COUNT_OF(ways_out); i++)
        try_way_out(database, &ways_out[i], true);
    talloc_free(database);
}

static void test_guard__ways_out_without_read_only(void **state)
{
    (void)state;
    struct database *database = database_make(SCHEMA);
    for (size_t i = 0; i < COUNT_OF(ways_out); i++)
        try_way_out(database, &ways_out[i], false);
    talloc_free(database);
}

#define ENDLESS "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) "

static void test_guard__endless_recursion_ends_at_the_time_limit(void **state)
{
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_false(query(database, ENDLESS "SELECT count(*) FROM n", &answer));
    // The database is there; it is the question that has no answer.
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "no answer within 300 ms"));
    assert_true(query(database, ENDLESS "SELECT i FROM n LIMIT 5", &answer));
    assert_int_equal(answer.rows, 5);
    talloc_free(database);
}

static void test_guard__a_huge_value_is_no_answer(void **state)
{
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_false(query(database, "SELECT zeroblob(900000000)", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "too big"));
    assert_true(query(database, "SELECT zeroblob(9)", &answer));
    talloc_free(database);
}

static void test_guard__misspelt_column_in_quotes_is_no_text(void **state)
{
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_false(query(database, "SELECT count(*) FROM emails WHERE \"categry\" = 'brief'", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "no such column: categry"));
    assert_true(query(database, "SELECT count(*) FROM emails WHERE \"category\" = 'brief'", &answer));
    talloc_free(database);
}

static void test_guard__syntax_is_unknown_not_pass(void **state)
{
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_false(query(database, "SELEC 1", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "syntax error"));
    assert_false(query(database, "SELECT * FROM nowhere", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    talloc_free(database);
}

// Every function of the library that is meant to be allowed is, whatever its place in the list.
static void test_guard__functions_that_compute(void **state)
{
    static const char *const calls[] = {
        "substr('abc', 2)", "SUBSTRING('abc', 1, 1)", "subtype('a')", "abs(-1)", "zeroblob(1)",
        "'{}' -> '$.a'", "coalesce(NULL, 1)", "round(1.5)", "strftime('%Y', 0)", "upper('a')",
        "group_concat('a')", "total(1)", "row_number() OVER ()", "lag(1) OVER ()", "like('a', 'a')",
        "'a' GLOB 'a'", "json_group_array(1)", "iif(1, 2, 3)", "typeof(1)", "trim(' a')", "hex('a')",
        "CURRENT_TIMESTAMP", "ln(2)", "max(1, 2)", "min(1)", "avg(1)", "sum(1)", "count(*)",
    };
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        SCRATCH(tmp);
        if (!query(database, mem_printf(tmp, "SELECT %s", calls[i]), &answer))
            fail_msg("%s: %s", calls[i], database->err.message);
    }
    talloc_free(database);
}

// Modules that do more than read are not there on an audit's connection.
static void test_guard__virtual_tables_that_are_not_kept(void **state)
{
    (void)state;
    struct answer answer;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_false(query(database, "SELECT sql FROM sqlite_stmt", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "no such table: sqlite_stmt"));
    assert_false(query(database, "SELECT * FROM boxes", &answer));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(database->err.message, "no such module: rtree"));
    assert_true(query(database, "SELECT value FROM json_each('[1, 2]')", &answer));
    assert_int_equal(answer.rows, 2);
    talloc_free(database);
}

static bool refuse_row(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    return !take_row(context, names, values, n);
}

static void test_query__the_reader_may_stop(void **state)
{
    (void)state;
    struct answer answer = {0};
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_true(engine_sqlite.session->query(database->engine, "SELECT id FROM emails", refuse_row,
                                             &answer, &database->err));
    assert_int_equal(answer.rows, 1);
    talloc_free(database);
}

struct expected_value {
    enum engine_value_kind kind;
    const char *text;
};

static bool compare_values(void *context, const char *const *names,
                           const struct engine_value *values, size_t n)
{
    const struct expected_value *expected = context;
    assert_string_equal(names[0], "whole");
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(values[i].kind, expected[i].kind);
        assert_string_equal(values[i].text, expected[i].text);
        assert_int_equal(values[i].len, strlen(expected[i].text));
        assert_int_equal(values[i].is_null, expected[i].kind == VALUE_NULL);
    }
    return true;
}

static void test_query__values_as_text(void **state)
{
    static const struct expected_value expected[] = {
        {VALUE_INTEGER, "-9223372036854775808"}, {VALUE_REAL, "0.30000000000000004"},
        {VALUE_REAL, "3.0"}, {VALUE_REAL, "1e+300"}, {VALUE_REAL, "Inf"}, {VALUE_TEXT, "x'61'"},
        {VALUE_BYTES, "x'0061ff'"}, {VALUE_BYTES, "x''"}, {VALUE_TEXT, ""}, {VALUE_NULL, ""},
    };
    (void)state;
    struct database *database = database_make(SCHEMA);
    database_open(database, true);
    assert_true(engine_sqlite.session->query(
        database->engine,
        "SELECT -9223372036854775808 AS whole, 0.1 + 0.2, 3.0, 1e300, 9e999, 'x''61''', x'0061FF', "
        "x'', '', NULL", compare_values, (void *)(uintptr_t)expected, &database->err));
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard__ways_out_of_an_audit),
        cmocka_unit_test(test_guard__ways_out_without_read_only),
        cmocka_unit_test(test_guard__endless_recursion_ends_at_the_time_limit),
        cmocka_unit_test(test_guard__a_huge_value_is_no_answer),
        cmocka_unit_test(test_guard__misspelt_column_in_quotes_is_no_text),
        cmocka_unit_test(test_guard__syntax_is_unknown_not_pass),
        cmocka_unit_test(test_guard__functions_that_compute),
        cmocka_unit_test(test_guard__virtual_tables_that_are_not_kept),
        cmocka_unit_test(test_query__the_reader_may_stop),
        cmocka_unit_test(test_query__values_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
