/*
 * The contract of driver/store.h, run on every implementation: events.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/skip.h"
#include "../support/store_rig.h"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define WRITERS 4
#define WRITES 25

static void append(struct store_rig *rig, int n)
{
    for (int i = 0; i < n; i++)
        if (!store_rig_append(rig, NULL))
            fail_msg("%s", rig->err.message);
}

static bool count_rows(void *context, const struct store_row *row)
{
    int64_t *expected = context;
    assert_int_equal(row->sequence, ++*expected);
    assert_string_equal(row->line, "{\"text\":\"ü\\n'\"}");
    return row->sequence < 4;
}

static void check_append(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct store_row last;

    assert_true(rig->driver->last(tmp, rig->store, &last, &rig->err));
    assert_int_equal(last.sequence, 0);
    assert_string_equal(last.hash, "");
    append(rig, 3);
    assert_int_equal(rig->made_last, 2);
    assert_true(rig->driver->last(tmp, rig->store, &last, &rig->err));
    assert_int_equal(last.sequence, 3);
    assert_string_equal(last.hash, mem_printf(tmp, "%d-3", (int)getpid()));
    assert_string_equal(last.line, "{\"text\":\"ü\\n'\"}");
}

// What `make` refuses leaves nothing behind, and the lock is free.
static void check_refused(struct store_rig *rig)
{
    rig->refuses = true;
    assert_false(store_rig_append(rig, NULL));
    assert_string_equal(rig->err.message, "refused");
    rig->refuses = false;
    append(rig, 1);
    assert_int_equal(rig->made_last, 3);
}

static void check_read(struct store_rig *rig)
{
    int64_t seen = 0;
    append(rig, 2);
    assert_true(rig->driver->read(rig->store, NULL, 1, count_rows, &seen, &rig->err));
    assert_int_equal(seen, 4);
    seen = 2;
    assert_true(rig->driver->read(rig->store, NULL, 3, count_rows, &seen, &rig->err));
    assert_int_equal(seen, 4);
}

static bool ask_within(void *context, const struct store_row *row)
{
    struct store_rig *rig = context;
    assert_int_equal(store_rig_last(rig), 6);
    return row->sequence < 2;
}

static void check_reopen(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct store *again;
    struct store_row last;

    assert_true(store_rig_open_as(tmp, rig, rig->location, true, &again));
    assert_true(rig->driver->last(tmp, again, &last, &rig->err));
    assert_int_equal(last.sequence, 6);
}

static void test_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        check_append(rig);
        check_refused(rig);
        check_read(rig);
        assert_true(rig->driver->read(rig->store, NULL, INT64_MIN, ask_within, rig, &rig->err));
        check_reopen(rig);
    }
}

static bool next_row(void *context, const struct store_row *row)
{
    int64_t *seen = context;
    assert_int_equal(row->sequence, ++*seen);
    return true;
}

// More than one page of what is read at once.
static void test_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        store_rig_execute(rig,
                          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 513)"
                          " INSERT INTO event SELECT i, 'line', 'hash' FROM n",
                          "INSERT INTO tminus_store.event SELECT 'shop/production', i, 'line', 'hash'"
                          " FROM generate_series(1, 513) i");
        int64_t seen = 0;
        assert_true(rig->driver->read(rig->store, NULL, 1, next_row, &seen, &rig->err));
        assert_int_equal(seen, 513);
    }
}

// --- journals of other machines

static void check_imported(struct store_rig *rig, const char *head, int64_t n)
{
    int64_t seen = 0;
    assert_true(rig->driver->read(rig->store, head, 1, next_row, &seen, &rig->err));
    assert_int_equal(seen, n);
}

// With the event, or not at all; apart from ours.
static void test_import(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        struct store_row rows[250];
        for (int k = 0; k < 250; k++)
            rows[k] = (struct store_row){.sequence = k + 1, .line = "{\"it's\":\"\\\\\"}", .hash = "x"};
        const struct store_import import = {.head = "abc", .rows = rows, .n = 250};
        const struct store_append append_both = {.make = store_rig_row, .context = rig, .import = &import};
        rig->refuses = true;
        assert_false(rig->driver->append(rig->store, &append_both, &rig->err));
        check_imported(rig, "abc", 0);
        rig->refuses = false;
        assert_true(rig->driver->append(rig->store, &append_both, &rig->err));
        check_imported(rig, "abc", 250);
        check_imported(rig, "ab", 0);
        assert_int_equal(store_rig_last(rig), 1);
        // Twice the same rows: refused whole.
        assert_false(rig->driver->append(rig->store, &append_both, &rig->err));
        assert_int_equal(store_rig_last(rig), 1);
    }
}

// What an earlier version left is taken over with its events.
static void test_upgrade(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        append(rig, 2);
        TALLOC_FREE(rig->store);
        store_rig_execute(rig, "DROP TABLE imported; DROP TABLE lease; PRAGMA user_version = 1",
                          "DROP TABLE tminus_store.imported; UPDATE tminus_store.version SET version = 1");
        assert_true(store_rig_open(rig, rig, &rig->store));
        append(rig, 1);
        assert_int_equal(store_rig_last(rig), 3);
        check_imported(rig, "abc", 0);
    }
}

// A server that has lost what this process wrote: its chain must not go on as if nothing were.
static void test_went_back(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct store_rig *rig = store_rig_make(tmp, &store_postgres);
    append(rig, 3);
    postgres_execute(rig->location, "DELETE FROM tminus_store.event WHERE sequence = 3");
    assert_false(store_rig_append(rig, NULL));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    assert_non_null(strstr(rig->err.message, "event 3, which this process wrote, is not there any more"));
    assert_int_equal(store_rig_last(rig), 2);
    TALLOC_FREE(rig->store);
    assert_true(store_rig_open(rig, rig, &rig->store));
    append(rig, 1); // whoever comes new takes it as it is; a noted head finds the cut
}

// --- several processes

static bool open_and_append(struct store_rig *rig)
{
    if (!store_rig_open(NULL, rig, &rig->store))
        return false;
    for (int i = 0; i < WRITES; i++)
        if (!store_rig_append(rig, NULL))
            return false;
    return true;
}

// First runs at once make one store; no sequence is given twice, none is left out.
static void test_processes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_place(tmp, store_drivers[i]);
        assert_int_equal(store_rig_processes(rig, WRITERS, open_and_append), WRITERS);
        assert_true(store_rig_open(rig, rig, &rig->store));
        int64_t seen = 0;
        assert_true(rig->driver->read(rig->store, NULL, INT64_MIN, next_row, &seen, &rig->err));
        assert_int_equal(seen, (int64_t)WRITERS * WRITES);
    }
}

// --- what cannot be opened

static void check_open_fails(struct store_rig *rig, const char *location, bool must_exist, enum error_code code,
                             const char *message)
{
    SCRATCH(tmp);
    struct store *store;
    assert_false(store_rig_open_as(tmp, rig, location, must_exist, &store));
    if (strstr(rig->err.message, message) == NULL)
        fail_msg("'%s' has no '%s'", rig->err.message, message);
    assert_int_equal(rig->err.code, code);
}

// Looking at what is not there does not make it.
static void test_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_place(tmp, store_drivers[i]);
        check_open_fails(rig, rig->location, true, ERROR_INPUT, "there is no journal");
        check_open_fails(rig, rig->location, true, ERROR_INPUT, "there is no journal");
    }
}

static void test_newer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        store_rig_execute(rig, "PRAGMA user_version = 99", "UPDATE tminus_store.version SET version = 99");
        check_open_fails(rig, rig->location, false, ERROR_INPUT, "written by a newer tminus (format 99");
    }
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        append(rig, 3);
        TALLOC_FREE(rig->store);
        if (store_rig_is_file(rig)) {
            int fd = open(rig->location, O_WRONLY);
            assert_int_equal(pwrite(fd, "damaged", 7, 100), 7);
            close(fd);
        } else {
            postgres_execute(rig->location, "DROP TABLE tminus_store.event");
        }
        check_open_fails(rig, rig->location, false, ERROR_INPUT, "damaged: ");
    }
}

static void test_other_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_place(tmp, store_drivers[i]);
        store_rig_execute(rig, "CREATE TABLE event (id)", "CREATE SCHEMA tminus_store");
        check_open_fails(rig, rig->location, false, ERROR_INPUT,
                         store_rig_is_file(rig) ? "not a journal of tminus" : "lacks a table of tminus");
    }
}

// A role that may only connect; a file that may only be read.
static void test_read_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        struct store_rig *rig = store_rig_make(tmp, store_drivers[i]);
        append(rig, 2);
        if (store_rig_is_file(rig)) {
            assert_int_equal(chmod(rig->location, 0444), 0);
            assert_int_equal(chmod(rig->database->folder, 0755), 0);
            bool is_root = geteuid() == 0; // who writes whatever he likes
            assert_true(!is_root || seteuid(65534) == 0);
            check_open_fails(rig, rig->location, false, ERROR_SYSTEM, "cannot be opened for writing");
            assert_true(!is_root || seteuid(0) == 0);
            assert_int_equal(chmod(rig->location, 0600), 0);
        } else {
            const char *role = mem_printf(tmp, "%s_reader", rig->database->folder);
            const char *super = postgres_url(tmp, "postgres", rig->database->folder);
            postgres_execute(super, mem_printf(tmp, "CREATE ROLE %s LOGIN", role));
            check_open_fails(rig, postgres_url(tmp, role, rig->database->folder), false, ERROR_DATABASE,
                             "permission denied for schema tminus_store");
            postgres_execute(super, mem_printf(tmp, "DROP ROLE %s", role));
        }
        append(rig, 1);
        assert_int_equal(store_rig_last(rig), 3);
    }
}

// --- a full disk

static bool make_large(void *context, const struct store_row *last, struct store_row *row, struct error *err)
{
    static char line[300000], hash[32];
    (void)context;
    (void)err;
    for (size_t i = 0; i + 1 < sizeof line; i++) // that cannot be made smaller
        line[i] = (char)('a' + random() % 26);
    snprintf(hash, sizeof hash, "%lld", (long long)last->sequence);
    *row = (struct store_row){.sequence = last->sequence + 1, .line = line, .hash = hash};
    return true;
}

static int64_t fill(struct store_rig *rig)
{
    const struct store_append large = {.make = make_large, .context = rig};
    int64_t n = 0;
    while (n < 200 && rig->driver->append(rig->store, &large, &rig->err))
        n++;
    assert_in_range(n, 1, 199);
    return n;
}

// One error that says so, what was there is still there, and it goes on when there is room again.
static void check_full(struct store_rig *rig, enum error_code code, const char *message)
{
    int64_t n = fill(rig);
    if (strstr(rig->err.message, message) == NULL)
        fail_msg("'%s' has no '%s'", rig->err.message, message);
    assert_int_equal(rig->err.code, code);
    assert_int_equal(store_rig_last(rig), n);
}

static void test_disk_full__file(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct store_rig *rig = store_rig_place(tmp, &store_sqlite);
    if (mount("tmpfs", rig->database->folder, "tmpfs", 0, "size=2m") != 0)
        SKIP("a small disk cannot be mounted here");
    assert_true(store_rig_open(rig, rig, &rig->store));
    check_full(rig, ERROR_SYSTEM, "disk is full");
    assert_int_equal(mount("tmpfs", rig->database->folder, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    int64_t n = store_rig_last(rig);
    append(rig, 1);
    assert_int_equal(store_rig_last(rig), n + 1);
    TALLOC_FREE(rig->store);
    assert_int_equal(umount(rig->database->folder), 0);
}

// The limit of a process instead of a disk: ulimit -f.
static void test_disk_full__limit(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct store_rig *rig = store_rig_make(tmp, &store_sqlite);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 2000000, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    check_full(rig, ERROR_SYSTEM, "");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    append(rig, 1);
}

// A tablespace on a small disk; the server's own folder has room.
static void test_disk_full__server(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct store_rig *rig = store_rig_place(tmp, &store_postgres);
    const char *super = postgres_url(tmp, "postgres", "postgres");
    const char *name = mem_strdup(tmp, rig->database->folder);
    char folder[] = "/var/tmp/tminus-space-XXXXXX";
    assert_non_null(mkdtemp(folder));
    if (mount("tmpfs", folder, "tmpfs", 0, "size=24m") != 0) {
        rmdir(folder);
        SKIP("a small disk cannot be mounted here");
    }
    const char *const give[] = {"chown", "postgres", folder, NULL};
    struct process_result result;
    assert_true(process_run(tmp, &(struct process_options){.argv = give}, &result, &rig->err));
    postgres_execute(super, mem_printf(tmp, "CREATE TABLESPACE %s LOCATION '%s'", name, folder));
    postgres_execute(super, mem_printf(tmp, "ALTER DATABASE %s SET TABLESPACE %s", name, name));
    assert_true(store_rig_open(rig, rig, &rig->store));
    check_full(rig, ERROR_UNREACHABLE, "No space left on device");
    TALLOC_FREE(rig->store);
    TALLOC_FREE(rig->database);
    postgres_execute(super, mem_printf(tmp, "DROP TABLESPACE %s", name));
    assert_int_equal(umount(folder), 0);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_went_back),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_other_tables),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_disk_full__file),
        cmocka_unit_test(test_disk_full__limit),
        cmocka_unit_test(test_disk_full__server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
