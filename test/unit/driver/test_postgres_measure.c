/*
 * Measuring runs on PostgreSQL: locks, files, scans, indexes, rows and remarks of each statement,
 * whatever settings, savepoints and schemas the migration works with.
 *
 * Expected values are what PostgreSQL 15 shows in pg_locks, pg_class and its messages.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/postgres.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE a (id int PRIMARY KEY, n int, s varchar(10));"                                   \
    "CREATE INDEX a_n ON a (n);"                                                                   \
    "CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);"                                  \
    "INSERT INTO a SELECT i, i, 'x' FROM generate_series(1, 500) i;"                               \
    "INSERT INTO b SELECT i, i FROM generate_series(1, 500) i;"

struct rig {
    struct database *database;
    struct engine *engine;
    struct engine_open_options options;
    struct engine_run result;
    struct error err;
    char told[8192];
    char remarks[8192];
    char notes[1024];
};

static struct rig *rig_make(const char *sql)
{
    struct database *database = postgres_database_make(SCHEMA);
    struct rig *rig = mem_new(database, struct rig);
    if (sql != NULL)
        postgres_execute(database->path, sql);
    rig->database = database;
    rig->options = (struct engine_open_options){
        .url = secret_make(database, database->path), .timeout_ms = 10000, .wait = wait_make(database)};
    if (!postgres_open(database, &rig->options, &rig->engine, &rig->err))
        fail_msg("%s", rig->err.message);
    return rig;
}

static void add(char *text, size_t room, const char *format, ...)
{
    va_list arguments;
    size_t len = strlen(text);
    va_start(arguments, format);
    vsnprintf(text + len, room - len, format, arguments);
    va_end(arguments);
}

#define TELL(...) add(rig->told, sizeof rig->told, __VA_ARGS__)

static const char *bare(const char *name)
{
    return strncmp(name, "public.", 7) == 0 ? name + 7 : name;
}

// "a:AccessExclusiveLock rewrites a scans a builds a a+1~2-3 | …"; ACCESS SHARE is left out.
static void take(void *context, const struct engine_measured *measured)
{
    struct rig *rig = context;
    for (size_t i = 0; i < measured->n_locks; i++) {
        if (strcmp(measured->locks[i].mode, "AccessShareLock") != 0)
            TELL("%s:%s ", bare(measured->locks[i].relation), measured->locks[i].mode);
    }
    for (size_t i = 0; i < measured->n_rewrites; i++)
        TELL("rewrites %s ", bare(measured->rewrites[i]));
    for (size_t i = 0; i < measured->n_scans; i++)
        TELL("scans %s ", bare(measured->scans[i]));
    for (size_t i = 0; i < measured->n_index_builds; i++)
        TELL("builds %s ", bare(measured->index_builds[i]));
    for (size_t i = 0; i < measured->n_written; i++)
        TELL("%s+%d~%d-%d ", measured->written[i].table.name, (int)measured->written[i].inserted,
             (int)measured->written[i].updated, (int)measured->written[i].deleted);
    TELL("| ");
    for (size_t i = 0; i < measured->n_remarks; i++)
        add(rig->remarks, sizeof rig->remarks, "%s\n", measured->remarks[i]);
    assert_true(measured->wal_bytes >= 0);
}

static void note(void *context, const char *text)
{
    struct rig *rig = context;
    add(rig->notes, sizeof rig->notes, "%s\n", text);
}

static bool measure(struct rig *rig, const char *text, bool in_transaction)
{
    const struct engine_run_request request = {
        .path = "2.sql", .text = text, .end = strlen(text), .in_transaction = in_transaction,
        .measured = take, .measured_context = rig, .note = note, .note_context = rig};
    rig->told[0] = rig->remarks[0] = rig->notes[0] = '\0';
    rig->err = (struct error){0};
    return postgres_run(rig->database, rig->engine, &request, &rig->result, &rig->err);
}

struct case_ {
    const char *label, *before, *text, *told;
    bool is_alone; // without a transaction
};

static const struct case_ cases[] = {
    {"a rewrite builds the indexes again", NULL, "ALTER TABLE a ALTER n TYPE bigint",
     "a:AccessExclusiveLock a_pkey:AccessExclusiveLock a_n:AccessExclusiveLock rewrites a scans a builds a | "},
    {"a wider varchar is free", NULL, "ALTER TABLE a ALTER s TYPE varchar(20)", "a:AccessExclusiveLock | "},
    {"a default is no rewrite", NULL, "ALTER TABLE a ADD z timestamptz DEFAULT now()", "a:AccessExclusiveLock | "},
    {"a volatile one is", NULL, "ALTER TABLE a ADD z float8 DEFAULT random()",
     "a:AccessExclusiveLock a_pkey:AccessExclusiveLock a_n:AccessExclusiveLock rewrites a scans a builds a | "},
    {"a check in a new column is verified", NULL, "ALTER TABLE a ADD z int CHECK (z > 0)", "a:AccessExclusiveLock scans a | "},
    {"proven not null", "ALTER TABLE a ADD CONSTRAINT c CHECK (n IS NOT NULL)", "ALTER TABLE a ALTER n SET NOT NULL",
     "a:AccessExclusiveLock | "},
    {"a foreign key reads both", NULL, "ALTER TABLE a ADD b_id int DEFAULT 1 REFERENCES b",
     "a:AccessExclusiveLock b:ShareRowExclusiveLock scans a scans b | "},
    {"dropping one locks the other", NULL, "ALTER TABLE b DROP COLUMN a_id", "a:AccessExclusiveLock b:AccessExclusiveLock | "},
    {"an index", NULL, "CREATE INDEX ON a (s)", "a:ShareLock scans a builds a | "},
    {"an index that is there", NULL, "CREATE INDEX IF NOT EXISTS a_n ON a (n)", "a:ShareLock | "},
    {"held already, and made stronger", NULL, "UPDATE a SET n = 0 WHERE id < 3; CREATE INDEX ON b (a_id); ALTER TABLE b ADD x int; ALTER TABLE b ADD y int",
     "a:RowExclusiveLock a+0~2-0 | b:ShareLock scans b builds b | b:AccessExclusiveLock | | "},
    {"TRUNCATE is no rewrite", NULL, "TRUNCATE b", "b:AccessExclusiveLock b_pkey:AccessExclusiveLock | "},
    {"nor within code", NULL, "DO $$ BEGIN EXECUTE 'TRUNCATE b'; END $$", "b:AccessExclusiveLock b_pkey:AccessExclusiveLock | "},
    {"code that alters", NULL, "DO $$ BEGIN EXECUTE 'ALTER TABLE a ALTER n TYPE bigint'; ALTER TABLE a ALTER n SET NOT NULL; END $$",
     "a:AccessExclusiveLock a_pkey:AccessExclusiveLock a_n:AccessExclusiveLock rewrites a scans a builds a | "},
    {"what a savepoint gives back", NULL, "SAVEPOINT s; ALTER TABLE a ALTER n TYPE bigint; ROLLBACK TO s; ALTER TABLE a ADD x int",
     "| a:AccessExclusiveLock a_pkey:AccessExclusiveLock a_n:AccessExclusiveLock rewrites a scans a builds a | | a:AccessExclusiveLock | "},
    {"another search_path, even a hostile one",
     "CREATE SCHEMA evil; CREATE FUNCTION evil.f(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT 1/0 > 0';"
     "CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.f); CREATE TABLE evil.pg_class (oid int)",
     "SET search_path = evil, public, pg_catalog; UPDATE public.a SET n = 1 WHERE id = 1; ALTER TABLE a ADD q int",
     "| a:RowExclusiveLock a+0~1-0 | a:AccessExclusiveLock | "},
    {"a file that sets what the server says", NULL, "SET client_min_messages = error; CREATE INDEX ON a (s)", "| a:ShareLock scans a builds a | "},
    {"isolation is set before anything is asked", NULL, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; LOCK TABLE b IN SHARE MODE; DELETE FROM b WHERE id = 1",
     "| b:ShareLock | b+0~0-1 | "},
    {"work that is deferred stands at the end",
     "CREATE TABLE log (n int); CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (1); RETURN NULL; END';"
     "CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON b DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION t()",
     "UPDATE b SET id = id + 1000 WHERE id < 4; SELECT 1", "b:RowExclusiveLock b+0~3-0 | | log:RowExclusiveLock log+3~0-0 | "},
    {"each alone", NULL, "UPDATE a SET n = 1 WHERE id = 1; UPDATE a SET n = 2 WHERE id = 1", "a:RowExclusiveLock a+0~1-0 | a:RowExclusiveLock a+0~1-0 | ", true},
    {"a block of its own in the file", NULL, "BEGIN; UPDATE a SET n = 1 WHERE id = 1; SAVEPOINT s; DELETE FROM b; ROLLBACK TO s; COMMIT; ALTER TABLE a ADD y int",
     "| a:RowExclusiveLock a+0~1-0 | | b:RowExclusiveLock b+0~0-500 | | | a:AccessExclusiveLock | ", true},
};

static void test_measure__statements(void **state)
{
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rig *rig = rig_make(cases[i].before);
        bool is_done = measure(rig, cases[i].text, !cases[i].is_alone);
        if (!is_done || strcmp(rig->told, cases[i].told) != 0) {
            print_message("# %s:\n# %s\n# %s\n", cases[i].label, is_done ? rig->told : rig->err.message, cases[i].told);
            n_wrong++;
        }
        talloc_free(rig->database);
    }
    assert_int_equal(n_wrong, 0);
}

static void test_measure__concurrent_work_is_watched(void **state)
{
    (void)state;
    struct rig *rig = rig_make("CREATE TABLE big AS SELECT i AS id, md5(i::text) AS s FROM generate_series(1, 300000) i");
    assert_true(measure(rig, "CREATE INDEX CONCURRENTLY big_s ON big (s)", false));
    assert_string_equal(rig->told, "big:ShareUpdateExclusiveLock scans big builds big | ");
    assert_non_null(strstr(rig->remarks, "building index: scanning table"));
    assert_true(measure(rig, "REINDEX INDEX CONCURRENTLY big_s", false));
    assert_non_null(strstr(rig->told, "big:ShareUpdateExclusiveLock "));
    assert_non_null(strstr(rig->told, "builds big "));
    assert_true(measure(rig, "VACUUM FULL big", false));
    assert_non_null(strstr(rig->told, "big:AccessExclusiveLock "));
    assert_non_null(strstr(rig->told, "rewrites big "));
    talloc_free(rig->database);
}

// A procedure that commits cannot be asked in between; its rows are the server's own count.
static void test_measure__procedure_that_commits(void **state)
{
    (void)state;
    struct rig *rig = rig_make("CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN UPDATE a SET n = 0 WHERE id < 11; COMMIT; DELETE FROM b WHERE id < 6; END'");
    assert_true(measure(rig, "UPDATE a SET n = 0 WHERE id = 500; CALL p()", false));
    assert_non_null(strstr(rig->told, "a+0~1-0 | "));
    assert_non_null(strstr(rig->told, "a+0~10-0 b+0~0-5 "));
    talloc_free(rig->database);
}

static void test_measure__remarks_are_no_notes(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    assert_true(measure(rig, "ALTER TABLE a ALTER n TYPE bigint; DROP TABLE IF EXISTS nothing", true));
    assert_non_null(strstr(rig->remarks, "rewriting table \"a\"\n"));
    assert_non_null(strstr(rig->remarks, "building index \"a_n\" on table \"a\" serially\n"));
    assert_string_equal(rig->notes, "2.sql:1: NOTICE: table \"nothing\" does not exist, skipping\n");
    talloc_free(rig->database);
}

// What is deferred fails at its statement, where the file runs without a transaction.
static void test_measure__failures_keep_their_place(void **state)
{
    (void)state;
    struct rig *rig = rig_make("ALTER TABLE b ALTER CONSTRAINT b_a_id_fkey DEFERRABLE INITIALLY DEFERRED");
    assert_false(measure(rig, "UPDATE a SET n = 1 WHERE id = 1;\nUPDATE b SET a_id = 9999", false));
    assert_non_null(strstr(rig->err.message, "2.sql:2:1: insert or update on table \"b\" violates foreign key constraint"));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    assert_non_null(strstr(rig->err.hint, "1 of its statements stay applied"));
    assert_false(measure(rig, "COPY a FROM stdin;\n1\t2\tx\n\\.\n", true));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    assert_false(measure(rig, "SAVEPOINT s", false)); // as without measuring
    talloc_free(rig->database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure__statements),
        cmocka_unit_test(test_measure__concurrent_work_is_watched),
        cmocka_unit_test(test_measure__procedure_that_commits),
        cmocka_unit_test(test_measure__remarks_are_no_notes),
        cmocka_unit_test(test_measure__failures_keep_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
