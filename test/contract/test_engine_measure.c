/*
 * What every engine tells of a run that is measured, and that measuring changes nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"

struct engine_place {
    const struct engine_driver *driver;
    struct database *(*make)(const char *sql);
};

static const struct engine_place places[] = {
    {&engine_sqlite, database_make},
    {&engine_postgres, postgres_database_make},
};

#define SCHEMA                                                                                     \
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL);"                    \
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents (id), "   \
    "  note TEXT);"                                                                                \
    "CREATE INDEX children_by_note ON children (note);"                                            \
    "INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c');"                                     \
    "INSERT INTO children VALUES (1, 1, 'x'), (2, 2, NULL);"

struct rig {
    const struct engine_driver *driver;
    struct database *database;
    struct engine *engine;
    struct error err;
    char told[8192]; // a line a statement
};

static void rig_make(struct rig *rig, const struct engine_place *place)
{
    *rig = (struct rig){.driver = place->driver, .database = place->make(SCHEMA)};
    const struct engine_open_options options = {.url = secret_make(rig->database, rig->database->path), .timeout_ms = 3000};
    if (!rig->driver->session->open(rig->database, &options, &rig->engine, &rig->err))
        fail_msg("%s", rig->err.message);
}

static void add(struct rig *rig, const char *format, ...)
{
    va_list arguments;
    size_t len = strlen(rig->told);
    va_start(arguments, format);
    vsnprintf(rig->told + len, sizeof rig->told - len, format, arguments);
    va_end(arguments);
}

// Relations are told without a schema, so that engines compare.
static const char *bare(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

// Locks of reading are left out: what is read to write is the engine's own matter.
static void take(void *context, const struct engine_measured *measured)
{
    struct rig *rig = context;
    add(rig, "%zu-%zu", measured->start, measured->end);
    assert_true(measured->took_us >= 0);
    for (size_t i = 0; i < measured->n_locks; i++) {
        if (strcmp(measured->locks[i].mode, "AccessShareLock") != 0 && strstr(measured->locks[i].relation, "_by_") == NULL)
            add(rig, " %s:%s", bare(measured->locks[i].relation), measured->locks[i].mode);
    }
    for (size_t i = 0; i < measured->n_rewrites; i++)
        add(rig, " rewrites %s", bare(measured->rewrites[i]));
    for (size_t i = 0; i < measured->n_index_builds; i++)
        add(rig, " builds %s", bare(measured->index_builds[i]));
    for (size_t i = 0; i < measured->n_written; i++) {
        const struct engine_written *written = &measured->written[i];
        add(rig, " %s+%d~%d-%d", written->table.name, (int)written->inserted, (int)written->updated, (int)written->deleted);
    }
    add(rig, "\n");
}

static bool run(struct rig *rig, struct engine_run_request request)
{
    struct engine_run result;
    request.path = "1.sql";
    request.end = strlen(request.text);
    rig->told[0] = '\0';
    rig->err = (struct error){0};
    return rig->driver->session->run(rig->database, rig->engine, &request, &result, &rig->err);
}

static bool measure(struct rig *rig, const char *text, bool in_transaction)
{
    return run(rig, (struct engine_run_request){.text = text, .in_transaction = in_transaction, .measured = take, .measured_context = rig});
}

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    (void)names;
    (void)n;
    snprintf(context, 64, "%s", values[0].is_null ? "(null)" : values[0].text);
    return true;
}

static void expect_first(struct rig *rig, const char *sql, const char *expected)
{
    char first[64] = "no row";
    if (!rig->driver->session->query(rig->engine, sql, see, first, &rig->err))
        fail_msg("%s: %s", sql, rig->err.message);
    assert_string_equal(first, expected);
}

// --- the tests: each gets a fresh rig

static void test_measure__counts_rows_of_each_statement(struct rig *rig)
{
    static const char text[] = "-- two on a line\n"
                               "INSERT INTO parents VALUES (4, 'd'), (5, 'e'); DELETE FROM children;\n"
                               "UPDATE parents SET name = 'z' WHERE id > 3;";
    static const char told[] = "17-62 parents:RowExclusiveLock parents+2~0-0\n"
                               "64-84 children:RowExclusiveLock children+0~0-2\n"
                               "86-128 parents+0~2-0\n";
    static const char told_sqlite[] = "17-62 parents:RowExclusiveLock parents+2~0-0\n"
                                      "64-84 children:RowExclusiveLock children+0~0-2\n"
                                      "86-128 parents:RowExclusiveLock parents+0~2-0\n";
    assert_true(measure(rig, text, true));
    // SQLite's lock is the database's; PostgreSQL's is held already.
    assert_string_equal(rig->told, rig->driver == &engine_sqlite ? told_sqlite : told);
}

static void test_measure__sees_what_a_trigger_writes(struct rig *rig)
{
    bool is_sqlite = rig->driver == &engine_sqlite;
    assert_true(run(rig, (struct engine_run_request){
        .in_transaction = true,
        .text = is_sqlite ? "CREATE TRIGGER follow AFTER UPDATE ON parents BEGIN INSERT INTO children (parent_id) VALUES (new.id); END"
                          : "CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO children (id, parent_id) VALUES (new.id + 10, new.id); RETURN new; END';"
                            "CREATE TRIGGER follow AFTER UPDATE ON parents FOR EACH ROW EXECUTE FUNCTION follow();"}));
    assert_true(measure(rig, "UPDATE parents SET name = 'y'", false));
    assert_non_null(strstr(rig->told, " children+3~0-0"));
    assert_non_null(strstr(rig->told, " parents+0~3-0"));
}

static void test_measure__tells_work_on_whole_tables(struct rig *rig)
{
    assert_true(measure(rig, "CREATE INDEX parents_by_name ON parents (name)", false));
    assert_non_null(strstr(rig->told, " builds parents"));
    assert_true(measure(rig, "ALTER TABLE children ADD COLUMN size INT", true));
    assert_string_equal(rig->told, "0-40 children:AccessExclusiveLock\n");
    assert_true(measure(rig, "VACUUM", false) && strlen(rig->told) > 0);
    expect_first(rig, "SELECT count(*) FROM children", "2");
}

// A table that the run itself makes is nobody else's.
static void test_measure__leaves_new_tables_out(struct rig *rig)
{
    assert_true(measure(rig, "CREATE TABLE news (id INT); INSERT INTO news VALUES (1); CREATE INDEX n ON news (id); DROP TABLE news", true));
    assert_string_equal(rig->told, "0-26\n28-55\n57-84\n86-101\n");
}

static void test_measure__tells_what_ran_before_a_failure(struct rig *rig)
{
    assert_false(measure(rig, "DELETE FROM children WHERE id = 1; SELECT nothing FROM nowhere; DELETE FROM parents", true));
    assert_string_equal(rig->told, "0-33 children:RowExclusiveLock children+0~0-1\n");
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    expect_first(rig, "SELECT count(*) FROM children", "2");
}

static void test_measure__ends_at_the_deadline(struct rig *rig)
{
    static const char sqlite[] = "DELETE FROM children;\nINSERT INTO children (note) WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r WHERE n < 0";
    static const char postgres[] = "DELETE FROM children;\nSELECT pg_sleep(3600)";
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        assert_false(run(rig, (struct engine_run_request){
            .text = rig->driver == &engine_sqlite ? sqlite : postgres,
            .in_transaction = true,
            .deadline_ms = 300,
            .measured = in_transaction ? take : NULL,
            .measured_context = rig}));
        assert_int_equal(rig->err.code, ERROR_UNREACHABLE);
        assert_non_null(strstr(rig->err.message, "1.sql:2:1: the run is not over within 300 ms, in: "));
        expect_first(rig, "SELECT count(*) FROM children", "2");
    }
}

// --- with and without

static const char *const migrations[] = {
    "ALTER TABLE parents ADD COLUMN age INT DEFAULT 3; UPDATE parents SET age = id; CREATE INDEX a ON parents (age)",
    "ALTER TABLE children RENAME COLUMN note TO remark; ALTER TABLE children RENAME TO kids",
    "CREATE TABLE copy (id INT, note TEXT); INSERT INTO copy SELECT id, note FROM children; DROP TABLE children; ALTER TABLE copy RENAME TO children",
    "SAVEPOINT s; DELETE FROM children; ROLLBACK TO s; INSERT INTO children VALUES (7, NULL, 'r'); RELEASE s",
    "CREATE VIEW v AS SELECT name FROM parents; INSERT INTO children (id, note) SELECT 50, name FROM v WHERE name = 'a'; DROP VIEW v",
    "DROP INDEX children_by_note; ALTER TABLE children DROP COLUMN note; DELETE FROM children WHERE id = 1; DELETE FROM parents WHERE id = 3",
};

static char *state_after(TALLOC_CTX *mem, const struct engine_place *place, const char *text, bool is_measured)
{
    static const char *const sums[] = {"SELECT count(*) FROM parents", "SELECT sum(id) FROM parents"};
    struct rig rig;
    char digest[65];
    rig_make(&rig, place);
    const struct engine_run_request request = {
        .text = text, .in_transaction = true, .measured = is_measured ? take : NULL, .measured_context = &rig};
    if (!run(&rig, request))
        fail_msg("%s: %s", text, rig.err.message);
    assert_int_equal(rig.told[0] != '\0', is_measured);
    assert_true(rig.driver->catalog->digest(rig.engine, digest, &rig.err));
    char *state = mem_strdup(mem, digest);
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        char first[64] = "";
        assert_true(rig.driver->session->query(rig.engine, sums[i], see, first, &rig.err));
        state = mem_printf(mem, "%s %s", state, first);
    }
    char first[64] = "none";
    const char *rest = strstr(text, "TO kids") ? "SELECT sum(id) FROM kids" : "SELECT sum(id) FROM children";
    assert_true(rig.driver->session->query(rig.engine, rest, see, first, &rig.err));
    talloc_free(rig.database);
    return mem_printf(mem, "%s %s", state, first);
}

static void test_measure__changes_nothing(struct rig *rig)
{
    SCRATCH(tmp);
    const struct engine_place *place = rig->driver == places[0].driver ? &places[0] : &places[1];
    for (size_t i = 0; i < COUNT_OF(migrations); i++)
        assert_string_equal(state_after(tmp, place, migrations[i], true), state_after(tmp, place, migrations[i], false));
}

#define ON_EACH(test)                                                                              \
    static void test##_on_each(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < COUNT_OF(places); i++) {                                            \
            struct rig rig;                                                                        \
            rig_make(&rig, &places[i]);                                                            \
            test(&rig);                                                                            \
            talloc_free(rig.database);                                                             \
        }                                                                                          \
    }

ON_EACH(test_measure__counts_rows_of_each_statement)
ON_EACH(test_measure__sees_what_a_trigger_writes)
ON_EACH(test_measure__tells_work_on_whole_tables)
ON_EACH(test_measure__leaves_new_tables_out)
ON_EACH(test_measure__tells_what_ran_before_a_failure)
ON_EACH(test_measure__ends_at_the_deadline)
ON_EACH(test_measure__changes_nothing)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure__counts_rows_of_each_statement_on_each),
        cmocka_unit_test(test_measure__sees_what_a_trigger_writes_on_each),
        cmocka_unit_test(test_measure__tells_work_on_whole_tables_on_each),
        cmocka_unit_test(test_measure__leaves_new_tables_out_on_each),
        cmocka_unit_test(test_measure__tells_what_ran_before_a_failure_on_each),
        cmocka_unit_test(test_measure__ends_at_the_deadline_on_each),
        cmocka_unit_test(test_measure__changes_nothing_on_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
