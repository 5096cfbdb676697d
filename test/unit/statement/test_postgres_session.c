/*
 * PostgreSQL: transactions, settings, locks, maintenance, procedures.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_transactions(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"BEGIN ISOLATION LEVEL SERIALIZABLE; START TRANSACTION; COMMIT; END; ROLLBACK; ABORT; "
         "SAVEPOINT a; RELEASE a; ROLLBACK TO a",
         "BEGIN: begin\n"
         "START TRANSACTION: begin\n"
         "COMMIT: commit\n"
         "COMMIT: commit\n"
         "ROLLBACK: rollback\n"
         "ROLLBACK: rollback\n"
         "SAVEPOINT: savepoint member=a\n"
         "RELEASE SAVEPOINT: savepoint member=a option=release\n"
         "ROLLBACK TO SAVEPOINT: savepoint member=a option=rollback to"},
        {"PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x'; ROLLBACK PREPARED 'x'",
         "PREPARE TRANSACTION: commit option=prepare\n"
         "COMMIT PREPARED: other\nROLLBACK PREPARED: other"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_settings(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SET search_path = a, \"B\", 'c'", "SET: set variable member=search_path option=a, B, c"},
        {"SET lock_timeout TO 5", "SET: set variable member=lock_timeout option=5"},
        {"SET LOCAL statement_timeout = '2s'",
         "SET: set variable member=statement_timeout option=2s local"},
        {"SET x.y TO DEFAULT", "SET: set variable member=x.y"},
        {"RESET x", "RESET: set variable member=x"},
        {"RESET ALL", "RESET: set variable member=ALL"},
        {"SET TIME ZONE 'UTC'", "SET: set variable member=timezone option=UTC"},
        {"SET TIME ZONE INTERVAL '1' HOUR", "SET: set variable member=timezone option=1"},
        {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY",
         "SET: set variable member=TRANSACTION "
         "option=transaction_isolation,transaction_read_only"},
        {"SET SESSION AUTHORIZATION joe",
         "SET: set variable member=session_authorization option=joe"},
        {"SET NAMES 'utf8'", "SET: set variable member=client_encoding option=utf8"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_locks_and_maintenance(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"LOCK TABLE a, ONLY s.b IN SHARE MODE NOWAIT",
         "LOCK TABLE: lock table table a option=ShareLock nowait; lock table table s.b "
         "option=ShareLock only nowait"},
        {"LOCK a", "LOCK TABLE: lock table table a option=AccessExclusiveLock"},
        {"LOCK a IN ACCESS SHARE MODE; LOCK a IN ROW SHARE MODE; LOCK a IN ROW EXCLUSIVE MODE; "
         "LOCK a IN SHARE UPDATE EXCLUSIVE MODE; LOCK a IN SHARE ROW EXCLUSIVE MODE; LOCK a IN "
         "EXCLUSIVE MODE",
         "LOCK TABLE: lock table table a option=AccessShareLock\n"
         "LOCK TABLE: lock table table a option=RowShareLock\n"
         "LOCK TABLE: lock table table a option=RowExclusiveLock\n"
         "LOCK TABLE: lock table table a option=ShareUpdateExclusiveLock\n"
         "LOCK TABLE: lock table table a option=ShareRowExclusiveLock\n"
         "LOCK TABLE: lock table table a option=ExclusiveLock"},
        {"VACUUM FULL a, b",
         "VACUUM: vacuum table a option=full full; vacuum table b option=full full"},
        {"VACUUM", "VACUUM: vacuum"},
        {"VACUUM (FULL false, ANALYZE) a", "VACUUM: vacuum table a option=full,analyze"},
        {"ANALYZE a (b), c", "ANALYZE: analyze table a; analyze table c"},
        {"CLUSTER a USING i", "CLUSTER: cluster table a member=i"},
        {"CLUSTER", "CLUSTER: cluster"},
        {"REINDEX INDEX CONCURRENTLY s.i", "REINDEX: reindex index s.i concurrently"},
        {"REINDEX (CONCURRENTLY off) TABLE t", "REINDEX: reindex table t"},
        {"REINDEX SCHEMA s", "REINDEX: reindex schema s"},
        {"REINDEX DATABASE d", "REINDEX: reindex database d"},
        {"REINDEX SYSTEM d", "REINDEX: reindex database d"},
        {"TRUNCATE a, ONLY s.b RESTART IDENTITY CASCADE",
         "TRUNCATE: truncate table a cascade restart-identity; truncate table s.b cascade only "
         "restart-identity"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_procedures(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DO $$ BEGIN END $$", "DO: do language=plpgsql body= BEGIN END "},
        {"DO LANGUAGE plpython3u 'x'", "DO: do option=its code is in plpython3u language=plpython3u body=x"},
        {"CALL s.p(1)", "CALL: call procedure s.p"},
        {"PREPARE a AS DELETE FROM t", "PREPARE: execute member=a option=prepare <delete t>"},
        {"EXECUTE a(1); DEALLOCATE a; DEALLOCATE ALL",
         "EXECUTE: execute member=a option=execute\n"
         "DEALLOCATE: execute member=a option=deallocate\nDEALLOCATE: execute option=deallocate"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// EXPLAIN ANALYZE runs the statement.
static void test_explain(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"EXPLAIN SELECT 1", "EXPLAIN: query option=EXPLAIN <select out «1» literal=1>"},
        {"EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN: query option=EXPLAIN ANALYZE <delete t>"},
        {"EXPLAIN (ANALYZE false) UPDATE t SET a = 1",
         "EXPLAIN: query option=EXPLAIN <update t set=a «1» literal=1>"},
        {"EXPLAIN (ANALYZE on) CREATE TABLE a AS SELECT 1",
         "EXPLAIN: create table as table a option=EXPLAIN ANALYZE <select out «1» literal=1>"},
        {"EXPLAIN EXECUTE x", "EXPLAIN: other option=EXPLAIN"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_copies_and_cursors(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"COPY s.t (a, b) FROM '/x' WHERE a > 1",
         "COPY: query <copy s.t columns a b where «a > 1» reads a>"},
        {"COPY t FROM PROGRAM 'ls'", "COPY: query <copy t program>"},
        {"COPY t TO STDOUT", "COPY: query <copy reads t to>"},
        {"COPY (SELECT a FROM x) TO '/y'", "COPY: query <copy reads x out «a» reads a as=a to>"},
        {"COPY (DELETE FROM t RETURNING a) TO STDOUT", "COPY: query <delete t returning to>"},
        {"DECLARE c CURSOR FOR SELECT a FROM t",
         "DECLARE CURSOR: query member=c <select reads t out «a» reads a as=a>"},
        {"FETCH c; MOVE c; CLOSE c", "FETCH: other member=c\nMOVE: other member=c\nCLOSE: other"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_locks_and_maintenance),
        cmocka_unit_test(test_procedures),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_copies_and_cursors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
