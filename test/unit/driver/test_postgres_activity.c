/*
 * What goes on in a server: transactions, prepared ones, slots, waiting, and what a role may see.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_catalog.h"
#include "base/text.h"

struct rig {
    struct catalog_fixture *fixture;
    struct engine_activity *list;
    size_t n;
};

static void rig_read(struct rig *rig)
{
    struct database *database = rig->fixture->database;
    if (!postgres_catalog_activity(database, database->engine, &rig->list, &rig->n, &database->err))
        fail_msg("%s", database->err.message);
}

// The first of a kind whose `who` begins like this.
static const struct engine_activity *find(const struct rig *rig, const char *kind, const char *who)
{
    for (size_t i = 0; i < rig->n; i++) {
        if (strcmp(rig->list[i].kind, kind) == 0 && text_starts_with(rig->list[i].who, who))
            return &rig->list[i];
    }
    return NULL;
}

static PGconn *session(struct rig *rig, const char *sql)
{
    SCRATCH(tmp);
    PGconn *other = PQconnectdb(mem_printf(tmp, "%s?application_name=other", rig->fixture->database->path));
    PQclear(PQexec(other, sql));
    return other;
}

static void test_activity__transaction_with_its_locks(void **state)
{
    (void)state;
    struct rig rig = {.fixture = catalog_fixture_make("CREATE TABLE \"odd\nname\" (a int)")};
    rig_read(&rig);
    assert_null(find(&rig, "transaction", "other"));
    PGconn *other = session(&rig, "BEGIN; LOCK TABLE \"odd\nname\"; SELECT 'secret word'");
    rig_read(&rig);
    const struct engine_activity *found = find(&rig, "transaction", "other, deployer, process ");
    assert_non_null(found);
    assert_string_equal(found->state, "idle in transaction");
    assert_true(found->age_ms >= 0 && found->age_ms < 60000);
    assert_int_equal(found->n_locks, 1);
    assert_string_equal(found->locks[0].relation, "public.odd\nname");
    assert_string_equal(found->locks[0].mode, "AccessExclusiveLock");
    assert_null(strstr(found->text, "secret"));
    PQfinish(other);
    talloc_free(rig.fixture->database);
}

static void test_activity__waiting(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig = {.fixture = catalog_fixture_make("CREATE TABLE t (a int)")};
    PGconn *holder = session(&rig, "BEGIN; LOCK TABLE t");
    PGconn *waiter = session(&rig, "SET application_name = 'waiter'");
    PQsendQuery(waiter, "SELECT * FROM t");
    const struct engine_activity *found = NULL;
    for (int i = 0; found == NULL && i < 200; i++) {
        usleep(20000);
        rig_read(&rig);
        found = find(&rig, "waiting", "waiter");
    }
    assert_non_null(found);
    assert_non_null(strstr(found->text, mem_printf(tmp, "behind process %d", PQbackendPID(holder))));
    assert_string_equal(found->locks[0].relation, "public.t");
    assert_string_equal(found->locks[0].mode, "AccessShareLock");
    assert_ptr_equal(found, &rig.list[0]); // worst first
    PQfinish(holder);
    PQfinish(waiter);
    talloc_free(rig.fixture->database);
}

static void test_activity__prepared_and_slot(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig = {.fixture = catalog_fixture_make("CREATE TABLE t (a int)")};
    const char *folder = rig.fixture->database->folder; // names that are ours on the server
    const char *super = postgres_url(tmp, "postgres", folder);
    PQfinish(session(&rig, mem_printf(tmp, "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '%s'", folder)));
    postgres_execute(super, mem_printf(tmp, "SELECT pg_create_physical_replication_slot('%s', true)", folder));
    rig_read(&rig);
    const struct engine_activity *prepared = find(&rig, "prepared", folder);
    const struct engine_activity *slot = find(&rig, "slot", folder);
    postgres_execute(super, mem_printf(tmp, "SELECT pg_drop_replication_slot('%s')", folder));
    postgres_execute(super, mem_printf(tmp, "ROLLBACK PREPARED '%s'", folder));
    assert_non_null(prepared);
    assert_string_equal(prepared->locks[0].relation, "public.t");
    assert_string_equal(prepared->locks[0].mode, "RowExclusiveLock");
    assert_non_null(slot);
    assert_string_equal(slot->state, "not active");
    assert_true(slot->bytes >= 0);
    talloc_free(rig.fixture->database);
}

static void test_activity__of_a_plain_role(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig = {.fixture = catalog_fixture_make("CREATE TABLE t (a int)")};
    struct database *database = rig.fixture->database;
    const char *super = postgres_url(tmp, "postgres", "postgres");
    PGconn *other = session(&rig, "BEGIN; LOCK TABLE t");
    rig_read(&rig);
    assert_null(find(&rig, "unknown", "")); // deployer has pg_monitor
    assert_non_null(find(&rig, "connections", ""));
    postgres_execute(super, mem_printf(tmp, "CREATE ROLE blind_%s LOGIN", database->folder));
    database->path = mem_strdup(database, postgres_url(tmp, mem_printf(tmp, "blind_%s", database->folder), database->folder));
    catalog_fixture_open(rig.fixture);
    rig_read(&rig);
    const struct engine_activity *unknown = find(&rig, "unknown", "");
    assert_non_null(unknown);
    assert_string_equal(unknown->text, mem_printf(tmp, "what others do cannot be seen: insufficient privilege: "
                                                       "GRANT pg_monitor TO blind_%s", database->folder));
    assert_null(find(&rig, "transaction", "other"));
    PQfinish(other);
    TALLOC_FREE(database->engine);
    postgres_execute(super, mem_printf(tmp, "DROP ROLE blind_%s", database->folder));
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activity__transaction_with_its_locks),
        cmocka_unit_test(test_activity__waiting),
        cmocka_unit_test(test_activity__prepared_and_slot),
        cmocka_unit_test(test_activity__of_a_plain_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
