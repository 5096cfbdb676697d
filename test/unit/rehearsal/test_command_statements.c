/*
 * Statements of a server's log: which are told, which are somebody else's, and what is summed up.
 *
 * The entries are those that PostgreSQL 15 wrote with log_line_prefix '[%p] %d %a ', log_statement
 * all and log_duration on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"
#include "rehearsal/command_statements.h"

static const struct name records[] = {{"public", "alembic_version"}};

static char *told(TALLOC_CTX *mem, const char *text, struct measured_run *run, struct server_log *log)
{
    struct error err = {0};
    *run = (struct measured_run){0};
    *log = (struct server_log){.database = "copy_work"};
    server_log_add(mem, log, text);
    if (!command_statements_take(mem, log, "alembic", records, 1, run, &err))
        fail_msg("%s", err.message);
    char *lines = talloc_strdup(mem, "");
    for (size_t i = 0; i < run->n_statements; i++) {
        const struct measured_statement *one = &run->statements[i];
        lines = talloc_asprintf_append(lines, "%s %ld: %s%s%s\n", one->kind, (long)one->took_us, one->sql, one->n_remarks ? " -- " : "",
                                       one->n_remarks ? one->remarks[0] : "");
    }
    return lines;
}

static const struct {
    const char *name, *log, *told;
} cases[] = {
    {"a statement and its time",
     "[7] copy_work  LOG:  statement: ALTER TABLE t ADD a int\n[7] copy_work  LOG:  duration: 1.500 ms\n",
     "ALTER TABLE 1500: ALTER TABLE t ADD a int\n"},
    {"of the extended protocol",
     "[7] copy_work app LOG:  duration: 9.000 ms\n[7] copy_work app LOG:  duration: 9.000 ms\n"
     "[7] copy_work app LOG:  execute <unnamed>: UPDATE t SET a = $1\n[7] copy_work app DETAIL:  parameters: $1 = '1'\n"
     "[7] copy_work app LOG:  duration: 2.000 ms\n",
     "UPDATE 2000: UPDATE t SET a = $1\n"},
    {"of several lines", "[7] copy_work app LOG:  statement: CREATE TABLE u (\n\ta int,\n\t\tb int)\n[7] copy_work app LOG:  duration: 1.000 ms\n",
     "CREATE TABLE 1000: CREATE TABLE u (\na int,\n\tb int)\n"},
    {"two sessions at once",
     "[7] copy_work  LOG:  statement: DROP TABLE a\n[8] copy_work  LOG:  statement: DROP TABLE b\n"
     "[7] copy_work  LOG:  duration: 1.000 ms\n[8] copy_work  LOG:  duration: 2.000 ms\n",
     "DROP TABLE 1000: DROP TABLE a\nDROP TABLE 2000: DROP TABLE b\n"},
    {"what reads, sets and belongs to the tool",
     "[7] copy_work  LOG:  statement: BEGIN\n[7] copy_work  LOG:  statement: select pg_catalog.version()\n"
     "[7] copy_work  LOG:  statement: SHOW transaction_isolation\n[7] copy_work  LOG:  statement: SET client_encoding = 'UTF8'\n"
     "[7] copy_work  LOG:  statement: CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)\n"
     "[7] copy_work  LOG:  statement: INSERT INTO alembic_version VALUES ('a1')\n"
     "[7] copy_work  LOG:  statement: UPDATE public.alembic_version SET version_num = 'a2'\n[7] copy_work  LOG:  statement: COMMIT\n",
     ""},
    {"a read that writes", "[7] copy_work  LOG:  statement: WITH d AS (DELETE FROM t RETURNING id) SELECT count(*) FROM d\n[7] copy_work  LOG:  duration: 1.000 ms\n",
     "SELECT 1000: WITH d AS (DELETE FROM t RETURNING id) SELECT count(*) FROM d\n"},
    {"row by row",
     "[7] copy_work  LOG:  statement: UPDATE t SET a = 1 WHERE id = 1\n[7] copy_work  LOG:  duration: 1.000 ms\n"
     "[7] copy_work  LOG:  statement: UPDATE t SET a = 2 WHERE id = 2\n[7] copy_work  LOG:  duration: 1.000 ms\n"
     "[7] copy_work  LOG:  statement: UPDATE t SET a = 3 WHERE id = 3\n[7] copy_work  LOG:  duration: 1.000 ms\n"
     "[7] copy_work  LOG:  statement: UPDATE u SET a = 3\n[7] copy_work  LOG:  duration: 1.000 ms\n",
     "UPDATE 3000: UPDATE t SET a = 1 WHERE id = 1 -- and 2 more like it\nUPDATE 1000: UPDATE u SET a = 3\n"},
    {"what failed", "[7] copy_work  LOG:  statement: DROP TABLE nothing\n[7] copy_work  ERROR:  table \"nothing\" does not exist\n"
     "[7] copy_work  STATEMENT:  DROP TABLE nothing\n", ""},
    {"of other databases, and of tminus",
     "[7] copy_before app LOG:  statement: DROP TABLE a\n[8] copy_work tminus LOG:  statement: DROP TABLE b\n"
     "2026 no entry\n[9] postgres copy_work LOG:  statement: DROP TABLE c\n", ""},
    {"an application that is called like an entry", "[7] copy_work x LOG:  y LOG:  statement: DROP TABLE a\n", ""},
    {"not understood", "[7] copy_work  LOG:  statement: FROBNICATE t\n[7] copy_work  LOG:  duration: 1.000 ms\n", "FROBNICATE 1000: FROBNICATE t\n"},
};

static void test_command_statements_take__tells_what_changes_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct measured_run run;
        struct server_log log;
        const char *seen = told(tmp, cases[i].log, &run, &log);
        if (strcmp(seen, cases[i].told) != 0)
            fail_msg("%s:\n%s", cases[i].name, seen);
    }
}

static void test_command_statements_take__has_a_limit(void **state)
{
    SCRATCH(tmp);
    struct measured_run run;
    struct server_log log;
    char *text = talloc_strdup(tmp, "");
    (void)state;
    for (int i = 0; i < COMMAND_STATEMENTS_MAX + 5; i++)
        text = talloc_asprintf_append_buffer(text, "[7] copy_work  LOG:  statement: DROP TABLE t%d\n[7] copy_work  LOG:  duration: 1.000 ms\n", i);
    told(tmp, text, &run, &log);
    assert_int_equal(run.n_statements, COMMAND_STATEMENTS_MAX + 1);
    assert_string_equal(run.statements[COMMAND_STATEMENTS_MAX].sql, "5 statements more");
    assert_int_equal(run.statements[COMMAND_STATEMENTS_MAX].took_us, 5000);
    assert_int_equal(run.took_us, (COMMAND_STATEMENTS_MAX + 5) * 1000);
}

static void test_server_log_add__keeps_the_last_error(void **state)
{
    SCRATCH(tmp);
    struct measured_run run;
    struct server_log log;
    (void)state;
    told(tmp, "[7] copy_work  ERROR:  one\n[7] copy_work app ERROR:  two\n[7] other app ERROR:  three\n", &run, &log);
    assert_string_equal(log.last_error, "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_statements_take__tells_what_changes_something),
        cmocka_unit_test(test_command_statements_take__has_a_limit),
        cmocka_unit_test(test_server_log_add__keeps_the_last_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
