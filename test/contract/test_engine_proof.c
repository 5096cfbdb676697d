/*
 * What every engine must tell of rows: images in the order of the key, and the rows in which two
 * tables differ. One suite, run on each row of `places`; the SQL is what all of them understand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"

static const struct engine_place {
    const struct engine_driver *driver;
    struct database *(*make)(const char *sql);
} places[] = {
    {&engine_sqlite, database_make},
    {&engine_postgres, postgres_database_make},
};

struct rig {
    const struct engine_driver *driver;
    struct database *database;
    struct engine *engine;
    struct error err;
};

static void rig_make(struct rig *rig, const struct engine_place *place, const char *sql)
{
    *rig = (struct rig){.driver = place->driver, .database = place->make(sql)};
    const struct engine_open_options options = {
        .url = secret_make(rig->database, rig->database->path), .read_only = true, .timeout_ms = 60000};
    if (!rig->driver->session->open(rig->database, &options, &rig->engine, &rig->err))
        fail_msg("%s", rig->err.message);
}

static void rig_end(struct rig *rig)
{
    talloc_free(rig->engine);
    talloc_free(rig->database);
}

// --- streams

struct stream_case {
    const char *name;
    const char *sql; // makes t
    const char *key; // one column; NULL: the primary key
    const char *seen;
};

static const struct stream_case stream_cases[] = {
    {"numbers", "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO t VALUES (10, 'a'), (-2, 'b'), (3, NULL)", NULL,
     "id=-2 id=3 id=10 "},
    {"texts by their bytes", "CREATE TABLE t (id VARCHAR(9) PRIMARY KEY NOT NULL); INSERT INTO t VALUES ('b'), ('a'), ('B'), ('ab'), (''), ('ä'), ('a b')",
     NULL, "id='' id='B' id='a' id='a b' id='ab' id='b' id='ä' "},
    {"keys of two columns", "CREATE TABLE t (a VARCHAR(9) NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('a', 2), ('', 3), ('a', -1)",
     NULL, "a='', b=3 a='a', b=-1 a='a', b=2 "},
    {"a key that is given", "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER); INSERT INTO t VALUES (1, 9), (2, 8)", "x", "x=8 x=9 "},
    {"no rows", "CREATE TABLE t (id INTEGER PRIMARY KEY)", NULL, ""},
    {"a key that is not unique", "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER); INSERT INTO t VALUES (1, 9), (2, 9), (3, 8)", "x",
     "x=8 x=9 ! cannot be told by their key: x=9 stands in more than one"},
    {"a key that is NULL", "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER); INSERT INTO t VALUES (1, NULL)", "x",
     "! cannot be told by their key: a value of it is NULL"},
};

static void write_failure(FILE *out, const struct error *err)
{
    const char *words = strstr(err->message, "cannot");
    fprintf(out, "! %s", words ? words : err->message);
    assert_int_equal(err->code, ERROR_INPUT);
}

// The keys in the order in which they come; their order images must rise.
static char *read_stream(struct rig *rig, struct engine_stream *stream)
{
    char *text;
    size_t len;
    uint8_t before[256];
    size_t before_len = 0;
    bool has_row;
    struct engine_row_image image;
    FILE *out = open_memstream(&text, &len);
    for (;;) {
        if (!rig->driver->proof->stream_next(stream, &image, &has_row, &rig->err)) {
            write_failure(out, &rig->err);
            break;
        }
        if (!has_row)
            break;
        int difference = memcmp(before, image.order, before_len < image.order_len ? before_len : image.order_len);
        assert_true(difference < 0 || (difference == 0 && before_len < image.order_len));
        memcpy(before, image.order, image.order_len);
        before_len = image.order_len;
        fprintf(out, "%s ", image.key_text);
    }
    fclose(out);
    return text;
}

static void run_stream_case(const struct engine_place *place, const struct stream_case *expected)
{
    struct rig rig;
    struct engine_stream *stream;
    rig_make(&rig, place, expected->sql);
    const struct engine_fingerprint_request request = {
        .table = {.name = "t"}, .key = &expected->key, .n_key = expected->key != NULL};
    if (!rig.driver->proof->stream_open(rig.database, rig.engine, &request, &stream, &rig.err))
        fail_msg("%s: %s", expected->name, rig.err.message);
    char *text = read_stream(&rig, stream);
    assert_string_equal(text, expected->seen);
    free(text);
    talloc_free(stream);
    rig_end(&rig);
}

static void test_stream__in_the_order_of_the_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (size_t j = 0; j < COUNT_OF(stream_cases); j++)
            run_stream_case(&places[i], &stream_cases[j]);
}

// A stream that is left early leaves the engine as it was; its images are those of the fingerprint.
static void test_stream__left_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct rig rig;
        struct engine_stream *stream;
        struct engine_row_image image;
        struct engine_fingerprint *print;
        bool has_row;
        rig_make(&rig, &places[i], "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT);"
                                   "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, 'abcdefghij' FROM n");
        const struct engine_fingerprint_request request = {.table = {.name = "t"}};
        assert_true(rig.driver->proof->stream_open(rig.database, rig.engine, &request, &stream, &rig.err));
        assert_true(rig.driver->proof->stream_next(stream, &image, &has_row, &rig.err));
        assert_true(has_row);
        assert_int_equal(image.n_columns, 2);
        talloc_free(stream);
        if (!rig.driver->proof->fingerprint(rig.database, rig.engine, &request, &print, &rig.err))
            fail_msg("%s", rig.err.message);
        assert_int_equal(print->rows, 50000);
        assert_int_equal(print->n_key, 1);
        assert_string_equal(print->key[0], "id");
        rig_end(&rig);
    }
}

static void test_stream__without_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct rig rig;
        struct engine_stream *stream = NULL;
        rig_make(&rig, &places[i], "CREATE TABLE u (a INTEGER); CREATE VIEW t AS SELECT a FROM u");
        const struct engine_fingerprint_request request = {.table = {.name = "t"}};
        assert_false(rig.driver->proof->stream_open(rig.database, rig.engine, &request, &stream, &rig.err));
        assert_int_equal(rig.err.code, ERROR_INPUT);
        assert_non_null(strstr(rig.err.message, "no key to match rows by"));
        assert_null(stream);
        rig_end(&rig);
    }
}

// --- differences

static const char *const compared[] = {"x", "y"};
static const char *const key[] = {"id"};

struct difference_case {
    const char *name, *before, *after, *seen;
};

static const struct difference_case difference_cases[] = {
    {"equal", "(1, 'a', 1), (2, NULL, 2)", "(2, NULL, 2), (1, 'a', 1)", ""},
    {"each kind", "(1, 'a', 1), (2, 'a', 1), (3, 'a', 1), (5, 'a', 1)", "(1, 'a', 1), (3, 'b', 2), (4, 'a', 1), (5, 'a', 2)",
     "missing id=2 | changed id=3 x y | extra id=4 | changed id=5 y | "},
    {"NULL and ''", "(1, NULL, 1)", "(1, '', 1)", "changed id=1 x | "},
    {"case and blanks", "(1, 'a', 1), (2, 'a', 1)", "(1, 'A', 1), (2, 'a ', 1)", "changed id=1 x | changed id=2 x | "},
    {"nothing before", NULL, "(-1, 'a', 1)", "extra id=-1 | "},
    {"nothing after", "(-1, 'a', 1)", NULL, "missing id=-1 | "},
};

struct told {
    FILE *out;
    size_t n, stop_at;
};

static bool tell(void *context, const struct engine_difference *difference)
{
    static const char *const kinds[] = {
        [DIFFERENCE_MISSING] = "missing", [DIFFERENCE_EXTRA] = "extra", [DIFFERENCE_CHANGED] = "changed"};
    struct told *told = context;
    fprintf(told->out, "%s %s ", kinds[difference->kind], difference->key_text);
    for (size_t i = 0; i < difference->n_columns; i++)
        fprintf(told->out, "%s ", compared[difference->columns[i]]);
    fputs("| ", told->out);
    return ++told->n != told->stop_at;
}

static char *fill(TALLOC_CTX *mem, const char *table, const char *rows)
{
    char *sql = mem_printf(mem, "CREATE TABLE %s (id INTEGER PRIMARY KEY, x TEXT, y INTEGER);", table);
    return rows == NULL ? sql : mem_printf(mem, "%sINSERT INTO %s VALUES %s;", sql, table, rows);
}

static void expect_told(struct rig *rig, const struct engine_differences_request *request, size_t stop_at, const char *expected)
{
    char *text;
    size_t len;
    struct told told = {.out = open_memstream(&text, &len), .stop_at = stop_at};
    if (!rig->driver->proof->differences(rig->engine, request, tell, &told, &rig->err))
        fail_msg("%s", rig->err.message);
    fclose(told.out);
    assert_string_equal(text, expected);
    free(text);
}

static const struct engine_differences_request by_id = {
    .before = {.name = "before"}, .after = {.name = "after"}, .columns = compared, .n_columns = 2, .key = key, .n_key = 1};

static void test_differences__are_exact(void **state)
{
    SCRATCH(tmp);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (size_t j = 0; j < COUNT_OF(difference_cases); j++) {
            struct rig rig;
            rig_make(&rig, &places[i], mem_printf(tmp, "%s%s", fill(tmp, "before", difference_cases[j].before),
                                                  fill(tmp, "after", difference_cases[j].after)));
            expect_told(&rig, &by_id, 0, difference_cases[j].seen);
            rig_end(&rig);
        }
    }
}

static void test_differences__stop_when_nobody_wants_more(void **state)
{
    SCRATCH(tmp);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct rig rig;
        rig_make(&rig, &places[i], mem_printf(tmp, "%s%s", fill(tmp, "before", "(1, 'a', 1), (2, 'a', 1), (3, 'a', 1)"), fill(tmp, "after", NULL)));
        expect_told(&rig, &by_id, 2, "missing id=1 | missing id=2 | ");
        expect_told(&rig, &by_id, 0, "missing id=1 | missing id=2 | missing id=3 | ");
        rig_end(&rig);
    }
}

static void test_differences__of_a_key_that_is_none(void **state)
{
    static const char *const by_y[] = {"y"};
    SCRATCH(tmp);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct rig rig;
        struct told told = {.out = fopen("/dev/null", "w")};
        struct engine_differences_request request = by_id;
        request.key = by_y;
        rig_make(&rig, &places[i], mem_printf(tmp, "%s%s", fill(tmp, "before", "(1, 'a', 1), (2, 'a', 1)"), fill(tmp, "after", "(1, 'a', 1)")));
        assert_false(rig.driver->proof->differences(rig.engine, &request, tell, &told, &rig.err));
        assert_int_equal(rig.err.code, ERROR_INPUT);
        assert_non_null(strstr(rig.err.message, "cannot be told by"));
        fclose(told.out);
        rig_end(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream__in_the_order_of_the_key),
        cmocka_unit_test(test_stream__left_early),
        cmocka_unit_test(test_stream__without_a_key),
        cmocka_unit_test(test_differences__are_exact),
        cmocka_unit_test(test_differences__stop_when_nobody_wants_more),
        cmocka_unit_test(test_differences__of_a_key_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
