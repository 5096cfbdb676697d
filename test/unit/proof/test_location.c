/*
 * Location: the rows in which two tables differ, in one database and across two, on real databases.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "proof/location.h"

struct rig {
    struct database *databases[2]; // the second one NULL: one database
    struct target targets[2];
};

static void open_target(struct rig *rig, size_t i)
{
    struct database *database = rig->databases[i];
    const struct engine_open_options options = {
        .url = secret_make(database, database->path), .read_only = true, .timeout_ms = 60000};
    rig->targets[i] = (struct target){.driver = &engine_postgres};
    if (!engine_postgres.session->open(database, &options, &rig->targets[i].engine, &database->err) ||
        !engine_postgres.session->identity(database, rig->targets[i].engine, &rig->targets[i].identity, &database->err))
        fail_msg("%s", database->err.message);
}

static struct rig rig_make(const char *one, const char *other)
{
    struct rig rig = {.databases = {postgres_database_make(one), other ? postgres_database_make(other) : NULL}};
    open_target(&rig, 0);
    if (other != NULL)
        open_target(&rig, 1);
    return rig;
}

static void rig_end(struct rig *rig)
{
    for (size_t i = 0; i < 2; i++) {
        if (rig->databases[i] == NULL)
            continue;
        talloc_free(rig->targets[i].engine);
        talloc_free(rig->databases[i]);
    }
}

static struct location_request request_of(struct rig *rig)
{
    bool is_one = rig->databases[1] == NULL;
    return (struct location_request){
        .before = {&rig->targets[0], {"public", is_one ? "before" : "t"}},
        .after = {&rig->targets[is_one ? 0 : 1], {"public", is_one ? "after" : "t"}},
    };
}

static void write_rows(FILE *out, const char *what, const struct located_rows *rows)
{
    if (rows->rows == 0)
        return;
    fprintf(out, "%s %lld", what, (long long)rows->rows);
    for (size_t i = 0; i < rows->n_samples; i++)
        fprintf(out, "%s%s", i ? " " : ": ", rows->samples[i]);
    fputs("; ", out);
}

// One line: "missing 1: id=2; extra …; changed …; x 1: id=3; ".
static char *location_text(TALLOC_CTX *mem, const struct location *location)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    write_rows(out, "missing", &location->missing);
    write_rows(out, "extra", &location->extra);
    write_rows(out, "changed", &location->changed);
    for (size_t i = 0; i < location->n_columns; i++) {
        write_rows(out, location->columns[i].column, &location->columns[i].changed);
        if (location->columns[i].unknown != NULL)
            fprintf(out, "%s unknown: %s; ", location->columns[i].column, location->columns[i].unknown);
    }
    for (size_t i = 0; i < location->n_only_before; i++)
        fprintf(out, "only before: %s; ", location->only_before[i]);
    for (size_t i = 0; i < location->n_only_after; i++)
        fprintf(out, "only after: %s; ", location->only_after[i]);
    fclose(out);
    char *line = mem_strdup(mem, text);
    free(text);
    return line;
}

static void expect_found(struct rig *rig, const struct location_request *request, const char *expected)
{
    SCRATCH(tmp);
    struct location location;
    struct error err = {0};
    if (!location_find(tmp, request, &location, &err))
        fail_msg("%s", err.message);
    assert_string_equal(location_text(tmp, &location), expected);
    assert_int_equal(location.is_equal, expected[0] == '\0' || strncmp(expected, "only", 4) == 0);
    assert_int_equal(location.rows_before == -1, rig->databases[1] == NULL);
}

static void expect_failure(const struct location_request *request, enum error_code code, const char *message)
{
    SCRATCH(tmp);
    struct location location;
    struct error err = {0};
    assert_false(location_find(tmp, request, &location, &err));
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, code);
}

// --- pairs of tables, in one database and in two

static const struct {
    const char *name, *columns, *before, *after, *found;
} pairs[] = {
    {"equal", "id int PRIMARY KEY, x text, y text", "(1, 'a', 'b'), (2, NULL, '')", "(2, NULL, ''), (1, 'a', 'b')", ""},
    {"each kind", "id int PRIMARY KEY, x text, y text", "(1, 'a', 'b'), (2, 'a', 'b'), (3, 'a', 'b')",
     "(1, 'a', 'b'), (3, 'A', NULL), (4, 'a', 'b')", "missing 1: id=2; extra 1: id=4; changed 1: id=3; x 1: id=3; y 1: id=3; "},
    {"an empty one", "id int PRIMARY KEY", "(-5), (3)", NULL, "missing 2: id=-5 id=3; "},
    {"empty before", "id int PRIMARY KEY", NULL, "(-5), (3)", "extra 2: id=-5 id=3; "},
    {"both empty", "id int PRIMARY KEY", NULL, NULL, ""},
    {"exact values", "id int PRIMARY KEY, a numeric, b float8, c interval, d int[], e json",
     "(1, 1.0, 0, '1 mon', '{1,2}', '{}'), (2, 1, 0, '1 mon', '{1,2}', '{}')",
     "(1, 1.00, '-0', '30 days', '{{1,2}}', '{ }'), (2, 1, 0, '1 mon', '{1,2}', '{}')",
     "changed 1: id=1; a 1: id=1; b 1: id=1; c 1: id=1; d 1: id=1; e 1: id=1; "},
    {"NULL and ''", "id int PRIMARY KEY, x text", "(1, NULL)", "(1, '')", "changed 1: id=1; x 1: id=1; "},
    {"keys of two columns", "a text, b text, x int, PRIMARY KEY (b, a)", "('x0', 'y', 1), ('x', 'y0', 1), ('', 'z', 1)",
     "('x', '0y', 1), ('x', 'y0', 2), ('', 'z', 1)",
     "missing 1: b='y', a='x0'; extra 1: b='0y', a='x'; changed 1: b='y0', a='x'; x 1: b='y0', a='x'; "},
    {"keys that are bytes", "id bytea PRIMARY KEY, x int", "('\\x00', 1), ('\\x0000', 1), ('\\x01', 1)",
     "('\\x', 1), ('\\x0000', 2), ('\\x00', 1)", "missing 1: id=x'01'; extra 1: id=x''; changed 1: id=x'0000'; x 1: id=x'0000'; "},
    {"keys that are times", "id timestamptz PRIMARY KEY, x int", "('-infinity', 1), ('1999-01-01 00:00Z', 1), ('2026-01-01 00:00Z', 1), ('infinity', 1)",
     "('-infinity', 1), ('2026-01-01 00:00Z', 2), ('infinity', 1)",
     "missing 1: id='1999-01-01 00:00:00+00'; changed 1: id='2026-01-01 00:00:00+00'; x 1: id='2026-01-01 00:00:00+00'; "},
    {"keys that are UUIDs", "id uuid PRIMARY KEY", "('ffffffff-89ab-cdef-0123-456789abcdef'), ('01234567-89ab-cdef-0123-456789abcdef')",
     "('ffffffff-89ab-cdef-0123-456789abcdef'), ('81234567-89ab-cdef-0123-456789abcdef')",
     "missing 1: id='01234567-89ab-cdef-0123-456789abcdef'; extra 1: id='81234567-89ab-cdef-0123-456789abcdef'; "},
    {"keys that are numbers", "id numeric PRIMARY KEY, x int", "(-1.5, 1), (2, 1), (10, 1), ('NaN', 1)", "(10, 2), (2, 1), (-1.5, 1), (30, 1)",
     "missing 1: id=NaN; extra 1: id=30; changed 1: id=10; x 1: id=10; "},
    {"large numbers", "id bigint PRIMARY KEY", "(-9223372036854775808), (9007199254740993), (9223372036854775807)",
     "(9007199254740992), (9223372036854775807), (-9223372036854775808)",
     "missing 1: id=9007199254740993; extra 1: id=9007199254740992; "},
    {"keys of char(n)", "id char(4) PRIMARY KEY, x int", "('a', 1), ('ab', 1)", "('ab', 1), ('a', 2)", "changed 1: id='a'; x 1: id='a'; "},
};


static char *table_sql(TALLOC_CTX *mem, const char *table, const char *columns, const char *rows)
{
    char *sql = mem_printf(mem, "CREATE TABLE %s (%s);", table, columns);
    return rows == NULL ? sql : mem_printf(mem, "%sINSERT INTO %s VALUES %s;", sql, table, rows);
}

static void test_location__in_one_database(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct rig rig = rig_make("SELECT 1", NULL);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        postgres_execute(rig.databases[0]->path, "SET client_min_messages = warning; DROP TABLE IF EXISTS before, after");
        postgres_execute(rig.databases[0]->path, table_sql(tmp, "before", pairs[i].columns, pairs[i].before));
        postgres_execute(rig.databases[0]->path, table_sql(tmp, "after", pairs[i].columns, pairs[i].after));
        print_message("# %s\n", pairs[i].name);
        struct location_request request = request_of(&rig);
        expect_found(&rig, &request, pairs[i].found);
    }
    rig_end(&rig);
}

static void test_location__across_two_databases(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct rig rig = rig_make("SELECT 1", "SELECT 1");
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        for (size_t j = 0; j < 2; j++) {
            postgres_execute(rig.databases[j]->path, "SET client_min_messages = warning; DROP TABLE IF EXISTS t");
            postgres_execute(rig.databases[j]->path, table_sql(tmp, "t", pairs[i].columns, j ? pairs[i].after : pairs[i].before));
        }
        print_message("# %s\n", pairs[i].name);
        struct location_request request = request_of(&rig);
        expect_found(&rig, &request, pairs[i].found);
    }
    rig_end(&rig);
}

// Columns of two types, columns of one side alone, a key that is none.
static void test_location__what_cannot_be_compared(void **state)
{
    static const char *const by_x[] = {"x"};
    static const char *const by_nix[] = {"nix"};
    (void)state;
    struct rig rig = rig_make("CREATE TABLE t (id int PRIMARY KEY, x int, y varchar(5), gone int); INSERT INTO t VALUES (1, 1, 'a', 1), (2, 1, 'b', 1);"
                              "CREATE TABLE loose (a int); CREATE TABLE turned (id bigint PRIMARY KEY)",
                              "CREATE TABLE t (id int PRIMARY KEY, x bigint, y varchar(9), new int); INSERT INTO t VALUES (1, 1, 'a', 1), (2, 1, 'c', 1);"
                              "CREATE TABLE turned (id int PRIMARY KEY)");
    struct location_request request = request_of(&rig);
    expect_found(&rig, &request, "changed 1: id=2; x unknown: integer before, bigint after; y 1: id=2; only before: gone; only after: new; ");
    request.key = by_x;
    request.n_key = 1;
    expect_failure(&request, ERROR_INPUT, "rows cannot be matched by 'x': integer before, bigint after");
    request.key = by_nix;
    request.before.table.name = "loose";
    SCRATCH(tmp);
    expect_failure(&request, ERROR_UNKNOWN,
                   mem_printf(tmp, "%s: table 'public.loose' has no column 'nix' for its key", rig.targets[0].identity.text));
    request.n_key = 0;
    expect_failure(&request, ERROR_INPUT, "table 'loose' has no key to match rows by");
    request.before.table.name = request.after.table.name = "turned";
    expect_failure(&request, ERROR_INPUT, "rows cannot be matched by 'id': bigint before, integer after");
    request.before.table.name = "nowhere";
    expect_failure(&request, ERROR_UNKNOWN, mem_printf(tmp, "%s: no such table: 'public.nowhere'", rig.targets[0].identity.text));
    rig_end(&rig);
}

// A key that is not unique would give wrong partners.
static void test_location__a_key_that_is_not_unique(void **state)
{
    static const char *const by_x[] = {"x"};
    (void)state;
    SCRATCH(tmp);
    static const char rows[] = "CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 7), (2, 7), (3, 8);"
                               "CREATE TABLE before AS TABLE t; CREATE TABLE after AS TABLE t";
    struct rig rig = rig_make(rows, rows);
    struct location_request request = request_of(&rig);
    request.key = by_x;
    request.n_key = 1;
    expect_failure(&request, ERROR_INPUT,
                   mem_printf(tmp, "%s: public.t: its rows cannot be told by their key: x=7 stands in more than one",
                              rig.targets[0].identity.text));
    request.after.target = request.before.target;
    request.before.table.name = "before";
    request.after.table.name = "after";
    expect_failure(&request, ERROR_INPUT, "public.before: its rows cannot be told by (\"x\"): a value stands in more than one");
    postgres_execute(rig.databases[0]->path, "UPDATE before SET x = id; UPDATE after SET x = NULLIF(id, 3)");
    expect_failure(&request, ERROR_INPUT, "public.after: its rows cannot be told by (\"x\"): a value is NULL");
    // The connection is as it was.
    postgres_execute(rig.databases[0]->path, "UPDATE after SET x = id");
    struct location location;
    assert_true(location_find(tmp, &request, &location, &rig.databases[0]->err));
    assert_true(location.is_equal);
    rig_end(&rig);
}

// What is masked is told by a hash: still the same row in every report.
static void test_location__masked_keys(void **state)
{
    static const char *const masked[] = {"id"};
    (void)state;
    SCRATCH(tmp);
    struct rig rig = rig_make("CREATE TABLE before (id text PRIMARY KEY); INSERT INTO before VALUES ('secret'); CREATE TABLE after (id text PRIMARY KEY)", NULL);
    target_mask(tmp, &rig.targets[0], masked, 1);
    struct location_request request = request_of(&rig);
    struct location location;
    assert_true(location_find(tmp, &request, &location, &rig.databases[0]->err));
    assert_int_equal(location.missing.rows, 1);
    assert_int_equal(strncmp(location.missing.samples[0], "id=****", 7), 0);
    assert_null(strstr(location.missing.samples[0], "secret"));
    rig_end(&rig);
}

// Files of SQLite: values have types of their own, texts are told by their bytes.
#define SQLITE_ROWS_BEFORE "(1, 1, 'a'), (2, 1.0, 'a'), (3, '1', 'a'), (4, 0.0, 'a'), (5, NULL, 'a'), (6, x'61', 'a'), (7, 7, 'a')"
#define SQLITE_ROWS_AFTER "(1, 1.0, 'a'), (2, '1.0', 'a'), (3, '1', 'A'), (4, -0.0, 'a'), (5, '', 'a'), (6, 'a', 'a'), (8, 8, 'a')"
#define SQLITE_TABLE(name) "CREATE TABLE " name " (id INTEGER PRIMARY KEY, x, y TEXT COLLATE NOCASE);"
#define SQLITE_FOUND                                                                               \
    "missing 1: id=7; extra 1: id=8; changed 6: id=1 id=2 id=3 id=4 id=5 id=6; "                    \
    "x 5: id=1 id=2 id=4 id=5 id=6; y 1: id=3; "

static void open_file(struct database *database, struct target *target)
{
    database_open(database, true);
    *target = (struct target){.driver = &engine_sqlite, .engine = database->engine};
    assert_true(engine_sqlite.session->identity(database, database->engine, &target->identity, &database->err));
}

static void test_location__of_sqlite(void **state)
{
    (void)state;
    struct rig rig = {.databases = {
        database_make(SQLITE_TABLE("t") "INSERT INTO t VALUES " SQLITE_ROWS_BEFORE ";" SQLITE_TABLE("before") SQLITE_TABLE("after")
                      "INSERT INTO before SELECT * FROM t; INSERT INTO after VALUES " SQLITE_ROWS_AFTER),
        database_make(SQLITE_TABLE("t") "INSERT INTO t VALUES " SQLITE_ROWS_AFTER)}};
    open_file(rig.databases[0], &rig.targets[0]);
    open_file(rig.databases[1], &rig.targets[1]);
    struct location_request request = {.before = {&rig.targets[0], {NULL, "t"}}, .after = {&rig.targets[1], {NULL, "t"}}};
    expect_found(&rig, &request, SQLITE_FOUND);
    struct database *other = rig.databases[1];
    rig.databases[1] = NULL;
    request = (struct location_request){.before = {&rig.targets[0], {NULL, "before"}}, .after = {&rig.targets[0], {NULL, "after"}}};
    expect_found(&rig, &request, SQLITE_FOUND);
    talloc_free(other);
    talloc_free(rig.databases[0]);
}

static void test_location__of_two_engines(void **state)
{
    (void)state;
    const struct target sqlite = {.driver = &engine_sqlite};
    const struct target postgres = {.driver = &engine_postgres};
    const struct location_request request = {.before = {&sqlite, {NULL, "t"}}, .after = {&postgres, {NULL, "t"}}};
    expect_failure(&request, ERROR_INPUT, "sqlite and postgres cannot be compared: their values have other forms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_location__in_one_database),
        cmocka_unit_test(test_location__across_two_databases),
        cmocka_unit_test(test_location__what_cannot_be_compared),
        cmocka_unit_test(test_location__a_key_that_is_not_unique),
        cmocka_unit_test(test_location__masked_keys),
        cmocka_unit_test(test_location__of_sqlite),
        cmocka_unit_test(test_location__of_two_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
