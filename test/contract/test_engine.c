/*
 * What every engine must do, whatever the database: one suite, run on each row of `engines`.
 *
 * The SQL here is what all of them understand. What only one can do is tested in test/unit/driver.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"

// How a test gets a database of an engine: made empty, changed from outside the driver.
struct engine_place {
    const struct engine_driver *driver;
    struct database *(*make)(const char *sql);
    void (*execute)(const char *path, const char *sql); // by the engine's own means
};

static const struct engine_place places[] = {
    {&engine_sqlite, database_make, database_execute},
    {&engine_postgres, postgres_database_make, postgres_execute},
};

#define SCHEMA                                                                                     \
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL);"                    \
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents (id), "   \
    "  note TEXT, CHECK (note <> 'bad'));"                                                         \
    "CREATE INDEX children_by_note ON children (note);"                                            \
    "CREATE TABLE record (version TEXT);"                                                          \
    "INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c');"                                     \
    "INSERT INTO children VALUES (1, 1, 'x'), (2, 2, NULL);"

struct rig {
    const struct engine_place *place;
    const struct engine_driver *driver;
    struct database *database;
    struct engine *reader, *writer;
    struct error err;
};

static struct engine *open_engine(struct rig *rig, bool read_only)
{
    struct engine *engine = NULL;
    const struct engine_open_options options = {
        .url = secret_make(rig->database, rig->database->path), .read_only = read_only, .timeout_ms = 3000};
    if (!rig->driver->session->open(rig->database, &options, &engine, &rig->err))
        fail_msg("%s", rig->err.message);
    return engine;
}

static void rig_make(struct rig *rig, const struct engine_place *place)
{
    *rig = (struct rig){.place = place, .driver = place->driver, .database = place->make(SCHEMA)};
    rig->reader = open_engine(rig, true);
    rig->writer = open_engine(rig, false);
}

struct seen {
    size_t rows;
    char first[64];
};

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    struct seen *seen = context;
    (void)names;
    (void)n;
    seen->rows++;
    snprintf(seen->first, sizeof seen->first, "%s", values[0].is_null ? "(null)" : values[0].text);
    return true;
}

static void expect_first(struct rig *rig, const char *sql, const char *expected)
{
    struct seen seen = {0};
    if (!rig->driver->session->query(rig->reader, sql, see, &seen, &rig->err))
        fail_msg("%s: %s", sql, rig->err.message);
    assert_string_equal(seen.first, expected);
}

static bool run(struct rig *rig, const char *text, bool in_transaction)
{
    const struct engine_run_request request = {.path = "1.sql", .text = text, .end = strlen(text),
                                               .in_transaction = in_transaction,
                                               .last = "INSERT INTO record VALUES ('1')"};
    struct engine_run result;
    return rig->driver->session->run(rig->database, rig->writer, &request, &result, &rig->err);
}

// --- the tests: each gets a fresh rig

static void test_table__is_complete(struct rig *rig)
{
    assert_non_null(rig->driver->name);
    assert_non_null(rig->driver->url_schemes[0]);
    assert_non_null(rig->driver->session);
    assert_non_null(rig->driver->catalog);
    assert_non_null(rig->driver->proof);
    assert_non_null(rig->driver->undo);
}

static void test_identity__says_which_database(struct rig *rig)
{
    struct engine_identity identity;
    assert_true(rig->driver->session->identity(rig->database, rig->reader, &identity, &rig->err));
    assert_string_equal(identity.engine, rig->driver->name);
    assert_non_null(identity.database);
    assert_non_null(identity.version);
    assert_non_null(identity.text);
}

static void test_query__reads(struct rig *rig)
{
    expect_first(rig, "SELECT count(*) FROM parents", "3");
    expect_first(rig, "SELECT note FROM children WHERE id = 2", "(null)");
    expect_first(rig, "VALUES (42)", "42");
}

static void test_query__refuses_what_does_not_only_read(struct rig *rig)
{
    static const char *const statements[] = {
        "DELETE FROM children", "SELECT 1; SELECT 2", "DROP TABLE record", "CREATE TABLE t (a int)",
        "BEGIN", "UPDATE parents SET name = 'z' RETURNING id", "", "SELEC 1", "SELECT * FROM nowhere",
    };
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        struct seen seen = {0};
        if (rig->driver->session->query(rig->reader, statements[i], see, &seen, &rig->err))
            fail_msg("'%s' was not refused", statements[i]);
        assert_int_equal(rig->err.code, ERROR_UNKNOWN);
        assert_int_equal(seen.rows, 0);
    }
    expect_first(rig, "SELECT count(*) FROM children", "2");
}

static void test_snapshot__is_one_instant_or_keeps_writers_out(struct rig *rig)
{
    assert_true(rig->driver->session->snapshot_begin(rig->reader, &rig->err));
    expect_first(rig, "SELECT count(*) FROM parents", "3");
    bool has_written = run(rig, "DELETE FROM parents WHERE id = 3", true);
    expect_first(rig, "SELECT count(*) FROM parents", "3");
    assert_true(rig->driver->session->snapshot_end(rig->reader, &rig->err));
    expect_first(rig, "SELECT count(*) FROM parents", has_written ? "2" : "3");
}

// Where a snapshot has a name, another program sees by it what was there when it began.
static void test_snapshot_name__is_the_same_instant(struct rig *rig)
{
    char *name;
    if (rig->driver->session->snapshot_name == NULL)
        return;
    assert_false(rig->driver->session->snapshot_name(rig->database, rig->reader, &name, &rig->err));
    assert_true(rig->driver->session->snapshot_begin(rig->reader, &rig->err));
    assert_true(rig->driver->session->snapshot_name(rig->database, rig->reader, &name, &rig->err));
    assert_true(run(rig, "DELETE FROM children; DELETE FROM parents", true));
    rig->place->execute(rig->database->path,
                        mem_printf(rig->database,
                                   "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '%s';"
                                   "SELECT 1 / count(*) FROM parents;"
                                   "COMMIT",
                                   name));
    assert_true(rig->driver->session->snapshot_end(rig->reader, &rig->err));
    assert_false(rig->driver->session->snapshot_name(rig->database, rig->reader, &name, &rig->err));
}

static void test_run__commits_with_its_record(struct rig *rig)
{
    assert_true(run(rig, "ALTER TABLE parents ADD COLUMN age INT; UPDATE parents SET age = 7;", true));
    expect_first(rig, "SELECT sum(age) FROM parents", "21");
    expect_first(rig, "SELECT version FROM record", "1");
}

static void test_run__takes_back(struct rig *rig)
{
    char before[65];
    char after[65];
    assert_true(rig->driver->catalog->digest(rig->reader, before, &rig->err));
    assert_false(run(rig, "ALTER TABLE parents ADD COLUMN age INT;\nUPDATE parents SET name = NULL;", true));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    assert_non_null(strstr(rig->err.message, "1.sql:2:1: "));
    assert_true(rig->driver->catalog->digest(rig->reader, after, &rig->err));
    assert_string_equal(before, after);
    expect_first(rig, "SELECT count(*) FROM record", "0");
}

static void test_run__says_partial(struct rig *rig)
{
    assert_false(run(rig, "DELETE FROM children WHERE id = 1;\nUPDATE parents SET name = NULL;", false));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    assert_non_null(strstr(rig->err.message, "1.sql:2:1: "));
    expect_first(rig, "SELECT count(*) FROM children", "1");
}

static void test_catalog__knows_the_schema(struct rig *rig)
{
    struct schema *schema;
    assert_true(rig->driver->catalog->read(rig->database, rig->reader, &schema, &rig->err));
    const struct schema_relation *parents = schema_find(schema, (struct name){.name = "parents"});
    const struct schema_relation *children = schema_find(schema, (struct name){.name = "children"});
    struct schema_index *index = NULL;
    assert_true(schema_is_complete(schema));
    assert_int_equal(parents->n_columns, 2);
    assert_true(parents->columns[1].is_not_null);
    assert_int_equal(parents->constraints[0].kind, CONSTRAINT_PRIMARY_KEY);
    assert_non_null(schema_find_index(schema, (struct name){.name = "children_by_note"}, &index));
    size_t n_keys = 0;
    size_t n_checks = 0;
    for (size_t i = 0; i < children->n_constraints; i++) {
        n_checks += children->constraints[i].kind == CONSTRAINT_CHECK;
        if (children->constraints[i].kind != CONSTRAINT_FOREIGN_KEY)
            continue;
        n_keys++;
        assert_string_equal(children->constraints[i].references.name, "parents");
        assert_string_equal(children->constraints[i].referenced[0], "id");
    }
    assert_int_equal(n_keys, 1);
    assert_int_equal(n_checks, 1);
    assert_null(schema_find(schema, (struct name){.name = "nowhere"}));
}

static void test_digest__of_the_schema_alone(struct rig *rig)
{
    char digests[3][65];
    assert_true(rig->driver->catalog->digest(rig->reader, digests[0], &rig->err));
    rig->place->execute(rig->database->path, "DELETE FROM children");
    assert_true(rig->driver->catalog->digest(rig->reader, digests[1], &rig->err));
    rig->place->execute(rig->database->path, "CREATE TABLE more (a INT)");
    assert_true(rig->driver->catalog->digest(rig->reader, digests[2], &rig->err));
    assert_string_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[0], digests[2]);
}

static void test_objects__name_what_changed(struct rig *rig)
{
    SCRATCH(tmp);
    struct schema_objects before, after;
    struct schema_differences differences;
    char digest[65], same[65];
    assert_true(rig->driver->catalog->digest(rig->reader, digest, &rig->err));
    assert_true(rig->driver->catalog->objects(tmp, rig->reader, same, &before, &rig->err));
    assert_string_equal(digest, same);
    rig->place->execute(rig->database->path, "ALTER TABLE parents ADD COLUMN age INT");
    rig->place->execute(rig->database->path, "CREATE TABLE more (a INT)");
    assert_true(rig->driver->catalog->objects(tmp, rig->reader, same, &after, &rig->err));
    assert_string_not_equal(digest, same);
    schema_objects_compare(tmp, &before, &after, &differences);
    assert_int_equal(differences.n, 2);
    assert_non_null(strstr(differences.list[0].name, "more"));
    assert_int_equal(differences.list[0].before.hash, 0);
    assert_non_null(strstr(differences.list[1].name, "parents"));
}

static void test_objects__tell_the_order_of_columns(struct rig *rig)
{
    SCRATCH(tmp);
    struct schema_objects objects[3];
    struct schema_differences differences;
    const char *const made[] = {"CREATE TABLE turned (a INT, b TEXT NOT NULL, c NUMERIC(4, 2), CHECK (a > 1))",
                                "CREATE TABLE turned (a INT, c NUMERIC(4, 2), b TEXT NOT NULL, CHECK (a > 1))",
                                "CREATE TABLE turned (a INT, c NUMERIC(4, 2), b TEXT, CHECK (a > 1))"};
    char digest[65];
    for (size_t i = 0; i < 3; i++) {
        rig->place->execute(rig->database->path, made[i]);
        assert_true(rig->driver->catalog->objects(tmp, rig->reader, digest, &objects[i], &rig->err));
        rig->place->execute(rig->database->path, "DROP TABLE turned");
    }
    schema_objects_compare(tmp, &objects[0], &objects[1], &differences);
    assert_int_equal(differences.n, 1);
    assert_true(schema_object_is_reordered(&differences.list[0].before, &differences.list[0].after));
    schema_objects_compare(tmp, &objects[0], &objects[2], &differences);
    assert_int_equal(differences.n, 1);
    assert_false(schema_object_is_reordered(&differences.list[0].before, &differences.list[0].after));
}

static void test_fingerprint__sees_a_swap(struct rig *rig)
{
    const struct engine_fingerprint_request request = {.table = {.name = "parents"}};
    struct engine_fingerprint *before;
    struct engine_fingerprint *after;
    assert_true(rig->driver->proof->fingerprint(rig->database, rig->reader, &request, &before, &rig->err));
    rig->place->execute(rig->database->path,
                        "UPDATE parents SET name = CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE name END");
    assert_true(rig->driver->proof->fingerprint(rig->database, rig->reader, &request, &after, &rig->err));
    assert_int_equal(before->rows, 3);
    assert_true(before->has_key);
    assert_memory_not_equal(&before->sum, &after->sum, sizeof before->sum);
    assert_memory_equal(&before->columns[0].sum, &after->columns[0].sum, sizeof before->sum);
    assert_memory_not_equal(&before->columns[1].sum, &after->columns[1].sum, sizeof before->sum);
}

// --- attempts

static struct engine_attempt attempt(struct rig *rig, const char *sql, const struct engine_value *values, size_t n)
{
    const struct engine_attempt_request request = {.sql = sql, .values = values, .n_values = n};
    struct engine_attempt made;
    if (!rig->driver->session->attempt(rig->database, rig->writer, &request, &made, &rig->err))
        fail_msg("%s: %s", sql, rig->err.message);
    return made;
}

static void test_attempt__is_taken_back(struct rig *rig)
{
    struct engine_attempt made = attempt(rig, "DELETE FROM children", NULL, 0);
    assert_true(made.is_prepared && made.is_done);
    assert_null(made.reason);
    expect_first(rig, "SELECT count(*) FROM children", "2");
    made = attempt(rig, "SELECT id FROM parents WHERE id > 1", NULL, 0);
    assert_int_equal(made.rows, 2);
}

static void test_attempt__says_what_does_not_fit(struct rig *rig)
{
    struct engine_attempt made = attempt(rig, "SELECT nickname FROM parents", NULL, 0);
    assert_false(made.is_prepared);
    assert_non_null(strstr(made.reason, "nickname"));
    made = attempt(rig, "INSERT INTO parents (id) VALUES (9)", NULL, 0);
    assert_true(made.is_prepared);
    assert_false(made.is_done);
    assert_non_null(made.reason);
    // After a refusal the next one runs.
    made = attempt(rig, "INSERT INTO parents (id, name) VALUES (9, 'i')", NULL, 0);
    assert_true(made.is_done);
    expect_first(rig, "SELECT count(*) FROM parents", "3");
}

static void test_attempt__takes_values(struct rig *rig)
{
    const struct engine_value values[] = {{.kind = VALUE_INTEGER, .text = "7", .len = 1}, {.kind = VALUE_TEXT, .text = "it's", .len = 4}};
    const char *sql = "INSERT INTO parents (id, name) VALUES ($1, $2)";
    struct engine_attempt made = attempt(rig, sql, NULL, 0);
    assert_true(made.is_prepared);
    assert_false(made.is_done);
    assert_int_equal(made.n_parameters, 2);
    assert_non_null(made.parameter_types[1]);
    made = attempt(rig, sql, values, 2);
    assert_true(made.is_done);
    expect_first(rig, "SELECT count(*) FROM parents", "3");
}

// A program's own transaction words end nothing of ours.
static void test_attempt__is_not_committed(struct rig *rig)
{
    struct engine_attempt made = attempt(rig, "COMMIT", NULL, 0);
    assert_false(made.is_done);
    assert_non_null(made.reason);
    expect_first(rig, "SELECT count(*) FROM parents", "3");
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

ON_EACH(test_table__is_complete)
ON_EACH(test_identity__says_which_database)
ON_EACH(test_query__reads)
ON_EACH(test_query__refuses_what_does_not_only_read)
ON_EACH(test_snapshot__is_one_instant_or_keeps_writers_out)
ON_EACH(test_snapshot_name__is_the_same_instant)
ON_EACH(test_run__commits_with_its_record)
ON_EACH(test_run__takes_back)
ON_EACH(test_run__says_partial)
ON_EACH(test_catalog__knows_the_schema)
ON_EACH(test_digest__of_the_schema_alone)
ON_EACH(test_objects__name_what_changed)
ON_EACH(test_objects__tell_the_order_of_columns)
ON_EACH(test_fingerprint__sees_a_swap)
ON_EACH(test_attempt__is_taken_back)
ON_EACH(test_attempt__says_what_does_not_fit)
ON_EACH(test_attempt__takes_values)
ON_EACH(test_attempt__is_not_committed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__is_complete_on_each),
        cmocka_unit_test(test_identity__says_which_database_on_each),
        cmocka_unit_test(test_query__reads_on_each),
        cmocka_unit_test(test_query__refuses_what_does_not_only_read_on_each),
        cmocka_unit_test(test_snapshot__is_one_instant_or_keeps_writers_out_on_each),
        cmocka_unit_test(test_snapshot_name__is_the_same_instant_on_each),
        cmocka_unit_test(test_run__commits_with_its_record_on_each),
        cmocka_unit_test(test_run__takes_back_on_each),
        cmocka_unit_test(test_run__says_partial_on_each),
        cmocka_unit_test(test_catalog__knows_the_schema_on_each),
        cmocka_unit_test(test_digest__of_the_schema_alone_on_each),
        cmocka_unit_test(test_objects__name_what_changed_on_each),
        cmocka_unit_test(test_objects__tell_the_order_of_columns_on_each),
        cmocka_unit_test(test_fingerprint__sees_a_swap_on_each),
        cmocka_unit_test(test_attempt__is_taken_back_on_each),
        cmocka_unit_test(test_attempt__says_what_does_not_fit_on_each),
        cmocka_unit_test(test_attempt__takes_values_on_each),
        cmocka_unit_test(test_attempt__is_not_committed_on_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
