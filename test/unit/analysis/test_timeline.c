/*
 * Timeline and session: which transaction a statement is in, which locks it already holds, what
 * work follows, which timeouts hold. What SET, SET LOCAL, RESET, COMMIT and ROLLBACK do to a
 * setting was tried on PostgreSQL 15.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define TABLES "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"

static const struct timeline *timeline_of(TALLOC_CTX *mem, const char *up, bool without_transaction)
{
    const struct judged_case c = {
        .before = TABLES, .up = up, .without_transaction = without_transaction};
    return judged(mem, &c)->scripts[0].timeline;
}

static const char *const modes[] = {"AS", "RS", "RX", "SUE", "S", "SRE", "X", "AX"};

// "0+3 a:AX@1 b:S@2 rewrites b@2 | …": a transaction, its locks, its work.
static char *timeline_line(TALLOC_CTX *mem, const struct timeline *timeline)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < timeline->n_transactions; i++) {
        const struct timeline_transaction *t = &timeline->transactions[i];
        text = mem_printf(mem, "%s%s%zu+%zu%s", text, i > 0 ? " | " : "", t->first, t->n,
                          t->is_rolled_back ? " undone" : "");
        for (size_t k = t->first_lock; k < t->first_lock + t->n_locks; k++) {
            const struct timeline_lock *lock = &timeline->locks[k];
            if (strstr(lock->relation, "pkey") == NULL)
                text = mem_printf(mem, "%s %s:%s@%zu", text, lock->relation + 7, modes[lock->mode],
                                  lock->statement);
            if (lock->freed_by != SIZE_MAX)
                text = mem_printf(mem, "%s-%zu", text, lock->freed_by);
        }
        for (size_t k = t->first_work; k < t->first_work + t->n_works; k++) {
            const struct timeline_work *work = &timeline->works[k];
            text = mem_printf(mem, "%s %s %s@%zu", text, timeline_work_verb(work->kind),
                              work->relation + 7, work->statement);
        }
    }
    return text;
}

struct timeline_case {
    const char *up;
    bool without_transaction;
    const char *expected;
};

static const struct timeline_case timelines[] = {
    {"ALTER TABLE a ADD COLUMN n int; ALTER TABLE b ADD CHECK (id > 0);", false,
     "0+2 a:AX@0 b:AX@1 scans b@1"},
    {"ALTER TABLE a ADD COLUMN n int; ALTER TABLE b ADD CHECK (id > 0);", true,
     "0+1 a:AX@0 | 1+1 b:AX@1 scans b@1"},
    // The same lock again is not taken again; a stronger one is.
    {"CREATE INDEX i ON a (id); UPDATE a SET id = 1; ALTER TABLE a ADD n int; UPDATE a SET id = 2;",
     false,
     "0+4 a:S@0 a:AX@2 builds an index on a@0 scans a@1 changes rows of a@1 scans a@3"
     " changes rows of a@3"},
    {"BEGIN; ALTER TABLE a ADD n int; COMMIT; ALTER TABLE a ADD m int;", true,
     "0+3 a:AX@1 | 3+1 a:AX@3"},
    {"BEGIN; ALTER TABLE a ADD n int; ROLLBACK; ALTER TABLE a ADD m int;", true,
     "0+3 undone a:AX@1 | 3+1 a:AX@3"},
    // ROLLBACK TO gives back what came since, and what a released savepoint had. Source: pg_locks of
    // PostgreSQL 15 behind each.
    {"SAVEPOINT s; ALTER TABLE a ADD n int; SAVEPOINT t; ALTER TABLE b ADD n int; RELEASE t;"
     "ROLLBACK TO s; ALTER TABLE b ADD m int;",
     false, "0+7 a:AX@1-5 b:AX@3-5 b:AX@6"},
    {"LOCK TABLE a IN SHARE MODE; SAVEPOINT s; LOCK TABLE a; ROLLBACK TO s; LOCK TABLE a;", false,
     "0+5 a:S@0 a:AX@2-3 a:AX@4"},
    {"SAVEPOINT s; ALTER TABLE a ADD n int; ROLLBACK TO nosuch;", false, "0+3 a:AX@1"},
    // COMMIT ends the tool's transaction.
    {"ALTER TABLE a ADD n int; COMMIT; CREATE INDEX CONCURRENTLY i ON a (id);", false,
     "0+2 a:AX@0 | 2+1 a:SUE@2 builds an index on a@2"},
    {"CREATE TABLE c AS SELECT * FROM a; INSERT INTO b VALUES (1);", false,
     "0+2 b:RX@1 changes rows of c@0 changes rows of b@1"},
};

static void test_timeline__transactions_locks_and_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(timelines); i++) {
        SCRATCH(tmp);
        const struct timeline_case *c = &timelines[i];
        const struct timeline *timeline = timeline_of(tmp, c->up, c->without_transaction);
        char *line = timeline_line(tmp, timeline);
        if (strcmp(line, c->expected) != 0)
            fail_msg("%s\n  is  %s\n  not %s", c->up, line, c->expected);
    }
}

struct session_case {
    const char *up;
    bool without_transaction;
    int64_t lock_ms; // at the end of the script
};

static const struct session_case sessions[] = {
    {"SELECT 1;", false, -1},
    {"SET lock_timeout = '2s';", false, 2000},
    {"SET lock_timeout TO 1500;", false, 1500},
    {"SET lock_timeout = 0;", false, 0},
    {"SET SESSION lock_timeout = '1.5 min';", false, 90000},
    {"SET LOCAL lock_timeout = '2s';", false, 2000},
    {"SET LOCAL lock_timeout = '2s';", true, -1}, // a warning, and nothing
    {"SET lock_timeout = '2s'; RESET lock_timeout;", false, -1},
    {"SET lock_timeout = '2s'; RESET ALL;", false, -1},
    {"SET lock_timeout = '2s'; SET lock_timeout TO DEFAULT;", false, -1},
    {"BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT;", true, -1},
    {"BEGIN; SET lock_timeout = '1s'; SET LOCAL lock_timeout = '2s'; COMMIT;", true, 1000},
    {"BEGIN; SET LOCAL lock_timeout = '2s'; SET lock_timeout = '4s';", true, 4000},
    {"SET lock_timeout = '1s'; BEGIN; SET lock_timeout = '2s'; ROLLBACK;", true, 1000},
    {"SELECT set_config('lock_timeout', '7s', false);", false, 7000},
    {"SELECT pg_catalog.set_config('lock_timeout', '7s', true);", false, 7000},
    {"SELECT set_config('lock_timeout', '7s', true);", true, -1},
    {"SELECT set_config('search_path', '', false);", false, -1},
    {"ALTER ROLE migrator SET lock_timeout = '2s';", false, -1}, // of the next session
    {"ALTER DATABASE shop SET lock_timeout = '2s';", false, -1},
};

static void test_session__lock_timeout(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sessions); i++) {
        SCRATCH(tmp);
        const struct session_case *c = &sessions[i];
        int64_t ms = timeline_of(tmp, c->up, c->without_transaction)->session.now.lock.ms;
        if (ms != c->lock_ms)
            fail_msg("%s gives %lld", c->up, (long long)ms);
    }
}

static void test_session__each_timeout_and_where(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct session_timeouts *session =
        &timeline_of(tmp,
                     "SET statement_timeout = '5min'; SET LOCAL transaction_timeout = '1h';"
                     "SET idle_in_transaction_session_timeout = 10;",
                     false)
             ->session.now;
    assert_int_equal(session->statement.ms, 300000);
    assert_int_equal(session->statement.set_at, 0);
    assert_false(session->statement.is_local);
    assert_int_equal(session->transaction.ms, 3600000);
    assert_int_equal(session->transaction.set_at, 1);
    assert_true(session->transaction.is_local);
    assert_int_equal(session->idle_in_transaction.ms, 10);
    assert_int_equal(session->lock.ms, SESSION_NOT_SET);
}

// Tried with SET and SHOW lock_timeout on PostgreSQL 15.
static void test_session_timeout_read__units(void **state)
{
    (void)state;
    assert_int_equal(session_timeout_read("1500"), 1500);
    assert_int_equal(session_timeout_read("500ms"), 500);
    assert_int_equal(session_timeout_read("1.5 s"), 1500);
    assert_int_equal(session_timeout_read("1.5min"), 90000);
    assert_int_equal(session_timeout_read("500us"), 0);
    assert_int_equal(session_timeout_read(" 2s "), 2000);
    assert_int_equal(session_timeout_read("1d"), 86400000);
    assert_int_equal(session_timeout_read("2 S"), SESSION_NOT_SET);
    assert_int_equal(session_timeout_read("soon"), SESSION_NOT_SET);
    assert_int_equal(session_timeout_read("-1"), SESSION_NOT_SET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeline__transactions_locks_and_work),
        cmocka_unit_test(test_session__lock_timeout),
        cmocka_unit_test(test_session__each_timeout_and_where),
        cmocka_unit_test(test_session_timeout_read__units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
