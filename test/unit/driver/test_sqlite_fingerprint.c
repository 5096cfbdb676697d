/*
 * Fingerprints of SQLite tables: every blindness that is known of other tools is a pair of tables
 * that must differ, and what does not matter (order of rows, pages, encoding) must not.
 *
 * Sources of the pairs: pingcap/tidb-tools#344 (xor cancels), Shopify/ghostferry#137 (NULL and
 * 'NULL'), block/spirit#931 (no separator), block/spirit#916 (truncation), PostgreSQL's
 * hash_record_extended (folded bigints, columns summed linearly, 1.0 = 1.00).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"

#define TABLE "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y);"

struct pair {
    const char *name;
    const char *one;
    const char *other;
    bool is_equal;
};

static const struct pair pairs[] = {
    {"the same rows", TABLE "INSERT INTO t VALUES (1, 'a', 2)", TABLE "INSERT INTO t VALUES (1, 'a', 2)",
     true},
    {"order of insertion", TABLE "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
     TABLE "INSERT INTO t VALUES (2, 'b', 2), (1, 'a', 1)", true},
    {"pages and encoding", TABLE "INSERT INTO t VALUES (1, 'äöü', 1.5), (2, x'00', NULL)",
     "PRAGMA page_size = 512; PRAGMA encoding = 'UTF-16'; " TABLE
     "INSERT INTO t VALUES (1, 'äöü', 1.5), (2, x'00', NULL), (3, 0, 0); DELETE FROM t WHERE id = 3", true},
    {"two rows that swapped a value", TABLE "INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0)",
     TABLE "INSERT INTO t VALUES (1, 'b', 0), (2, 'a', 0)", false},
    {"two columns that swapped their values", TABLE "INSERT INTO t VALUES (1, 'a', 'b')",
     TABLE "INSERT INTO t VALUES (1, 'b', 'a')", false},
    {"a value moved to the other column", TABLE "INSERT INTO t VALUES (1, 7, NULL)",
     TABLE "INSERT INTO t VALUES (1, NULL, 7)", false},
    {"equal rows twice cancel under xor", "CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('a')",
     "CREATE TABLE t (x); INSERT INTO t VALUES ('b'), ('b')", false},
    {"twice and none", "CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('a')", "CREATE TABLE t (x)",
     false},
    {"NULL and 'NULL'", TABLE "INSERT INTO t VALUES (1, NULL, 0)", TABLE "INSERT INTO t VALUES (1, 'NULL', 0)",
     false},
    {"NULL and ''", TABLE "INSERT INTO t VALUES (1, NULL, 0)", TABLE "INSERT INTO t VALUES (1, '', 0)", false},
    {"NULL and 0", TABLE "INSERT INTO t VALUES (1, NULL, 0)", TABLE "INSERT INTO t VALUES (1, 0, 0)", false},
    {"NULL and x''", TABLE "INSERT INTO t VALUES (1, NULL, 0)", TABLE "INSERT INTO t VALUES (1, x'', 0)", false},
    {"'' and x''", TABLE "INSERT INTO t VALUES (1, '', 0)", TABLE "INSERT INTO t VALUES (1, x'', 0)", false},
    {"text and bytes", TABLE "INSERT INTO t VALUES (1, 'ab', 0)", TABLE "INSERT INTO t VALUES (1, x'6162', 0)",
     false},
    {"no separator between columns", TABLE "INSERT INTO t VALUES (1, 'x0', 'y')",
     TABLE "INSERT INTO t VALUES (1, 'x', '0y')", false},
    {"'1' and 1", TABLE "INSERT INTO t VALUES (1, '1', 0)", TABLE "INSERT INTO t VALUES (1, 1, 0)", false},
    {"1 and 1.0", TABLE "INSERT INTO t VALUES (1, 1, 0)", TABLE "INSERT INTO t VALUES (1, 1.0, 0)", false},
    {"'1.0' and '1.00'", TABLE "INSERT INTO t VALUES (1, '1.0', 0)", TABLE "INSERT INTO t VALUES (1, '1.00', 0)",
     false},
    {"0.0 and -0.0", TABLE "INSERT INTO t VALUES (1, 0.0, 0)", TABLE "INSERT INTO t VALUES (1, -0.0, 0)", false},
    {"the last bit of a real", TABLE "INSERT INTO t VALUES (1, 0.3, 0)", TABLE "INSERT INTO t VALUES (1, 0.1 + 0.2, 0)",
     false},
    {"1 and 2^32", TABLE "INSERT INTO t VALUES (1, 1, 0)", TABLE "INSERT INTO t VALUES (1, 4294967296, 0)", false},
    {"-1 and 2^32 - 1", TABLE "INSERT INTO t VALUES (1, -1, 0)", TABLE "INSERT INTO t VALUES (1, 4294967295, 0)",
     false},
    {"0 and 2^32 + 1", TABLE "INSERT INTO t VALUES (1, 0, 0)", TABLE "INSERT INTO t VALUES (1, 4294967297, 0)", false},
    {"every number shifted by 32 bits", TABLE "INSERT INTO t VALUES (1, 5, 0), (2, 6, 0)",
     TABLE "INSERT INTO t VALUES (1, 5 << 32, 0), (2, 6 << 32, 0)", false},
    {"case", TABLE "INSERT INTO t VALUES (1, 'A', 0)", TABLE "INSERT INTO t VALUES (1, 'a', 0)", false},
    {"case under NOCASE", "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE); INSERT INTO t VALUES (1, 'A')",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE); INSERT INTO t VALUES (1, 'a')", false},
    {"blanks at the end under RTRIM", "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE RTRIM); INSERT INTO t VALUES (1, 'a')",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE RTRIM); INSERT INTO t VALUES (1, 'a ')", false},
    {"text behind a NUL", TABLE "INSERT INTO t VALUES (1, 'a' || char(0) || 'b', 0)",
     TABLE "INSERT INTO t VALUES (1, 'a' || char(0) || 'c', 0)", false},
    {"the last byte of long text", TABLE "INSERT INTO t VALUES (1, printf('%.*c', 100000, 'x') || 'a', 0)",
     TABLE "INSERT INTO t VALUES (1, printf('%.*c', 100000, 'x') || 'b', 0)", false},
    {"NFC and NFD", TABLE "INSERT INTO t VALUES (1, char(233), 0)", TABLE "INSERT INTO t VALUES (1, 'e' || char(769), 0)",
     false},
    {"a row under another key", TABLE "INSERT INTO t VALUES (1, 'a', 0)", TABLE "INSERT INTO t VALUES (2, 'a', 0)",
     false},
    {"one key away, another there", TABLE "INSERT INTO t VALUES (1, 'a', 0), (2, 'a', 0)",
     TABLE "INSERT INTO t VALUES (1, 'a', 0), (3, 'a', 0)", false},
    {"composite keys without separator",
     "CREATE TABLE t (a TEXT, b TEXT, x, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x0', 'y', 1)",
     "CREATE TABLE t (a TEXT, b TEXT, x, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', '0y', 1)", false},
    {"WITHOUT ROWID, swapped",
     "CREATE TABLE t (a TEXT PRIMARY KEY, x) WITHOUT ROWID; INSERT INTO t VALUES ('a', 1), ('b', 2)",
     "CREATE TABLE t (a TEXT PRIMARY KEY, x) WITHOUT ROWID; INSERT INTO t VALUES ('a', 2), ('b', 1)", false},
    {"NULL in a primary key, values swapped",
     "CREATE TABLE t (a TEXT PRIMARY KEY, x); INSERT INTO t VALUES (NULL, 1), (NULL, 2)",
     "CREATE TABLE t (a TEXT PRIMARY KEY, x); INSERT INTO t VALUES (NULL, 2), (NULL, 1)", false},
    {"a virtual generated column",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y AS (x + 1)); INSERT INTO t VALUES (1, 1)",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y AS (x + 2)); INSERT INTO t VALUES (1, 1)", false},
    {"a stored generated column",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y AS (x + 1) STORED); INSERT INTO t VALUES (1, 1)",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y AS (x + 2) STORED); INSERT INTO t VALUES (1, 1)", false},
    {"a rowid table without key, values swapped", "CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('b')",
     "CREATE TABLE t (x); INSERT INTO t VALUES ('b'), ('a')", false},
};

static struct engine_fingerprint *print_of(struct database *database,
                                           const struct engine_fingerprint_request *request)
{
    struct engine_fingerprint *print;
    if (!engine_sqlite.proof->fingerprint(database, database->engine, request, &print, &database->err))
        fail_msg("%s", database->err.message);
    return print;
}

static const struct engine_fingerprint_request whole_table = {.table = {.name = "t"}};

static void test_fingerprint__pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct database *one = database_make(pairs[i].one);
        struct database *other = database_make(pairs[i].other);
        database_open(one, true);
        database_open(other, true);
        struct engine_fingerprint *a = print_of(one, &whole_table);
        struct engine_fingerprint *b = print_of(other, &whole_table);
        if ((memcmp(&a->sum, &b->sum, sizeof a->sum) == 0) != pairs[i].is_equal)
            fail_msg("%s: equal should be %d", pairs[i].name, pairs[i].is_equal);
        talloc_free(one);
        talloc_free(other);
    }
}

// Which column? Only the one that changed, and the number of NULLs in it.
static void test_fingerprint__names_the_column(void **state)
{
    (void)state;
    struct database *database = database_make(TABLE "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', NULL)");
    database_open(database, true);
    struct engine_fingerprint *before = print_of(database, &whole_table);
    database_execute(database->path, "UPDATE t SET y = 9 WHERE id = 2");
    struct engine_fingerprint *after = print_of(database, &whole_table);
    assert_int_equal(before->n_columns, 3);
    assert_string_equal(before->columns[2].column, "y");
    assert_string_equal(before->columns[0].type, "integer");
    assert_memory_equal(&before->columns[1].sum, &after->columns[1].sum, sizeof before->sum);
    assert_memory_not_equal(&before->columns[2].sum, &after->columns[2].sum, sizeof before->sum);
    assert_int_equal(before->columns[2].nulls, 1);
    assert_int_equal(after->columns[2].nulls, 0);
    assert_int_equal(after->rows, 2);
    assert_string_equal(after->method, "xxh3-128/sqlite/1");
    talloc_free(database);
}

// A column sum must survive its column's renaming and new columns beside it: it is compared across
// a migration.
static void test_fingerprint__column_sums_survive_a_migration(void **state)
{
    static const char *const renamed[] = {"z"};
    (void)state;
    struct database *database = database_make(TABLE "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', NULL)");
    database_open(database, true);
    struct engine_fingerprint *before = print_of(database, &whole_table);
    database_execute(database->path, "ALTER TABLE t RENAME COLUMN y TO z; ALTER TABLE t ADD COLUMN n DEFAULT 3");
    struct engine_fingerprint_request request = {.table = {.name = "T"}, .columns = renamed, .n_columns = 1};
    struct engine_fingerprint *after = print_of(database, &request);
    assert_memory_equal(&before->columns[2].sum, &after->columns[0].sum, sizeof before->sum);
    talloc_free(database);
}

// Stored baselines are compared with what a later version computes. Source of the value: the steps
// of docs/fingerprints.md in a program of its own on libxxhash 0.8.1.
static void test_fingerprint__stays_as_it_is_stored(void **state)
{
    (void)state;
    struct database *database = database_make(TABLE "INSERT INTO t VALUES (1, 'a', NULL)");
    database_open(database, true);
    struct engine_fingerprint *print = print_of(database, &whole_table);
    char hex[33];
    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", print->sum.bytes[i]);
    assert_string_equal(hex, "0664beaaac38b5d8001d441403ccf3ac");
    talloc_free(database);
}

// --- images of rows

struct keys {
    char text[512];
    size_t n;
    uint8_t images[8][64];
    size_t lengths[8];
    size_t stop_at;
};

static bool take_image(void *context, const struct engine_row_image *image)
{
    struct keys *keys = context;
    size_t used = strlen(keys->text);
    snprintf(keys->text + used, sizeof keys->text - used, "[%s]", image->key_text);
    memcpy(keys->images[keys->n], image->key, image->key_len);
    keys->lengths[keys->n++] = image->key_len;
    return keys->n != keys->stop_at;
}

static const struct {
    const char *sql;
    const char *keys;
    bool has_key, is_rowid;
} key_cases[] = {
    {TABLE "INSERT INTO t VALUES (42, 'a', 1), (-7, 'b', 2)", "[id=-7][id=42]", true, false},
    {"CREATE TABLE t (a INT, b TEXT, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 'x')", "[b='x', a=1]",
     true, false},
    {"CREATE TABLE t (a BLOB PRIMARY KEY, x) WITHOUT ROWID; INSERT INTO t VALUES (x'00ff', 1)",
     "[a=x'00ff']", true, false},
    {"CREATE TABLE t (a REAL PRIMARY KEY); INSERT INTO t VALUES (1.5)", "[a=1.5]", true, false},
    {"CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('b')", "[rowid=1][rowid=2]", true, true},
    {"CREATE TABLE t (rowid TEXT, x); INSERT INTO t VALUES ('a', 1)", "[_rowid_=1]", true, true},
    {"CREATE TABLE t (a TEXT PRIMARY KEY); INSERT INTO t VALUES (NULL), (NULL)",
     "[a=NULL, rowid=1][a=NULL, rowid=2]", true, false},
    {"CREATE TABLE t (rowid, _rowid_, oid); INSERT INTO t VALUES (1, 2, 3)", "[]", false, false},
    {"CREATE TABLE u (a); INSERT INTO u VALUES (1); CREATE VIEW t AS SELECT a FROM u", "[]", false, false},
    {"CREATE TABLE t (\"od\"\"d\" TEXT PRIMARY KEY); INSERT INTO t VALUES ('q')", "[od\"d='q']", true, false},
};

static void test_fingerprint__keys_for_people(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(key_cases); i++) {
        struct database *database = database_make(key_cases[i].sql);
        struct keys keys = {0};
        struct engine_fingerprint_request request = whole_table;
        request.image = take_image;
        request.context = &keys;
        database_open(database, true);
        struct engine_fingerprint *print = print_of(database, &request);
        assert_string_equal(keys.text, key_cases[i].keys);
        assert_int_equal(print->has_key, key_cases[i].has_key);
        assert_int_equal(print->key_is_rowid, key_cases[i].is_rowid);
        if (keys.n == 2)
            assert_memory_not_equal(keys.images[0], keys.images[1], keys.lengths[0]);
        talloc_free(database);
    }
}

static void test_fingerprint__a_key_that_is_given(void **state)
{
    static const char *const given[] = {"y"};
    (void)state;
    struct database *database = database_make(TABLE "INSERT INTO t VALUES (1, 'a', 'k')");
    struct keys keys = {0};
    struct engine_fingerprint_request request = whole_table;
    request.image = take_image;
    request.context = &keys;
    request.key = given;
    request.n_key = 1;
    database_open(database, true);
    print_of(database, &request);
    assert_string_equal(keys.text, "[y='k']");
    talloc_free(database);
}

static void expect_failure(struct database *database, struct engine_fingerprint_request request,
                           enum error_code code, const char *words)
{
    struct engine_fingerprint *print = NULL;
    assert_false(engine_sqlite.proof->fingerprint(database, database->engine, &request, &print,
                                                  &database->err));
    assert_int_equal(database->err.code, code);
    assert_string_equal(database->err.message, words);
    assert_null(print);
}

static void test_fingerprint__what_is_not_there(void **state)
{
    static const char *const missing[] = {"id", "nix"};
    (void)state;
    struct database *database = database_make(TABLE);
    struct engine_fingerprint_request table = {.table = {.name = "nowhere"}};
    struct engine_fingerprint_request schema = {.table = {.schema = "public", .name = "t"}};
    struct engine_fingerprint_request columns = {.table = {.name = "t"}, .columns = missing, .n_columns = 2};
    struct engine_fingerprint_request key = {.table = {.name = "t"}, .key = missing, .n_key = 2};
    database_open(database, true);
    expect_failure(database, table, ERROR_UNKNOWN, "no such table: 'nowhere'");
    expect_failure(database, schema, ERROR_UNKNOWN, "no such schema: 'public' (SQLite has 'main')");
    expect_failure(database, columns, ERROR_UNKNOWN, "table 't' has no column 'nix'");
    expect_failure(database, key, ERROR_UNKNOWN, "table 't' has no column 'nix' for its key");
    talloc_free(database);
}

static void test_fingerprint__stopped_is_no_fingerprint(void **state)
{
    (void)state;
    struct database *database = database_make(TABLE "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)");
    struct keys keys = {.stop_at = 1};
    struct engine_fingerprint_request request = whole_table;
    request.image = take_image;
    request.context = &keys;
    database_open(database, true);
    expect_failure(database, request, ERROR_INTERRUPTED, "the fingerprint of 't' was stopped");
    talloc_free(database);
}

// More columns than a function may have arguments (127): rows are stepped through, with equal sums.
static void test_fingerprint__many_columns(void **state)
{
    static const char *const few[] = {"id", "c1", "c150"};
    (void)state;
    SCRATCH(tmp);
    char *sql = mem_strdup(tmp, "CREATE TABLE t (id INTEGER PRIMARY KEY");
    for (int i = 1; i <= 150; i++)
        sql = mem_printf(tmp, "%s, c%d DEFAULT %d", sql, i, i);
    struct database *database = database_make(mem_printf(tmp, "%s); INSERT INTO t (id) VALUES (7), (8);", sql));
    struct engine_fingerprint_request request = {.table = {.name = "t"}, .columns = few, .n_columns = 3};
    database_open(database, true);
    struct engine_fingerprint *all = print_of(database, &whole_table);
    struct engine_fingerprint *some = print_of(database, &request);
    assert_int_equal(all->n_columns, 151);
    assert_int_equal(all->rows, 2);
    assert_memory_equal(&all->columns[0].sum, &some->columns[0].sum, sizeof all->sum);
    assert_memory_equal(&all->columns[150].sum, &some->columns[2].sum, sizeof all->sum);
    struct keys keys = {.stop_at = 1};
    struct engine_fingerprint_request stopped = whole_table;
    stopped.image = take_image;
    stopped.context = &keys;
    expect_failure(database, stopped, ERROR_INTERRUPTED, "the fingerprint of 't' was stopped");
    assert_string_equal(keys.text, "[id=7]");
    talloc_free(database);
}

// An index that covers every column and is damaged must not be read instead of the table.
static void test_fingerprint__reads_the_table_not_an_index(void **state)
{
    (void)state;
    struct database *database = database_make(
        TABLE "CREATE INDEX covering ON t (x, y, id); INSERT INTO t VALUES (1, 'a', 1);");
    database_open(database, true);
    struct engine_fingerprint *before = print_of(database, &whole_table);
    database_open(database, false);
    // An index that lost its row: what a crash of a file system may leave.
    database_execute(database->path,
                     "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX covering ON "
                     "t (x, y, id) WHERE 0' WHERE name = 'covering'; PRAGMA writable_schema = 0;");
    database_execute(database->path, "REINDEX covering");
    database_execute(database->path,
                     "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX covering ON "
                     "t (x, y, id)' WHERE name = 'covering'; PRAGMA writable_schema = 0;");
    database_open(database, true);
    struct engine_fingerprint *after = print_of(database, &whole_table);
    assert_int_equal(after->rows, 1);
    assert_memory_equal(&before->sum, &after->sum, sizeof before->sum);
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprint__pairs),
        cmocka_unit_test(test_fingerprint__names_the_column),
        cmocka_unit_test(test_fingerprint__column_sums_survive_a_migration),
        cmocka_unit_test(test_fingerprint__stays_as_it_is_stored),
        cmocka_unit_test(test_fingerprint__keys_for_people),
        cmocka_unit_test(test_fingerprint__a_key_that_is_given),
        cmocka_unit_test(test_fingerprint__what_is_not_there),
        cmocka_unit_test(test_fingerprint__stopped_is_no_fingerprint),
        cmocka_unit_test(test_fingerprint__many_columns),
        cmocka_unit_test(test_fingerprint__reads_the_table_not_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
