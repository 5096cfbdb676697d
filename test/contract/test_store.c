/*
 * The contract of driver/store.h, run on every implementation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/store.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

static const struct store_driver *const drivers[] = {&store_sqlite};

struct fixture {
    const struct store_driver *driver;
    char *location;
    struct store *store;
    struct error err;
    int64_t made_last; // sequence that the last `make` was given
    bool refuses;
};

static bool make_row(void *context, const struct store_row *last, struct store_row *row,
                     struct error *err)
{
    struct fixture *fixture = context;

    fixture->made_last = last->sequence;
    if (fixture->refuses)
        return error_set(err, ERROR_INPUT, "refused");
    row->sequence = last->sequence + 1;
    row->line = "{\"text\":\"ü\\n\"}";
    row->hash = last->sequence == 0 ? "first" : "later";
    return true;
}

static struct fixture *open_store(TALLOC_CTX *mem, const struct store_driver *driver)
{
    struct fixture *fixture = mem_new(mem, struct fixture);
    char folder[] = "/tmp/tminus-store-XXXXXX";

    assert_non_null(mkdtemp(folder));
    fixture->driver = driver;
    fixture->location = mem_printf(fixture, "%s/store", folder);
    assert_true(driver->open(fixture, fixture->location, &fixture->store, &fixture->err));
    return fixture;
}

static void append(struct fixture *fixture, int n)
{
    for (int i = 0; i < n; i++)
        assert_true(fixture->driver->append(fixture->store, make_row, fixture, &fixture->err));
}

static bool count_rows(void *context, const struct store_row *row)
{
    int64_t *expected = context;
    assert_int_equal(row->sequence, ++*expected);
    assert_string_equal(row->line, "{\"text\":\"ü\\n\"}");
    return row->sequence < 4;
}

static void check_append(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store_row last;

    assert_true(fixture->driver->last(tmp, fixture->store, &last, &fixture->err));
    assert_int_equal(last.sequence, 0);
    assert_string_equal(last.hash, "");
    append(fixture, 3);
    assert_int_equal(fixture->made_last, 2);
    assert_true(fixture->driver->last(tmp, fixture->store, &last, &fixture->err));
    assert_int_equal(last.sequence, 3);
    assert_string_equal(last.hash, "later");
}

// What `make` refuses leaves nothing behind, and the lock is free.
static void check_refused(struct fixture *fixture)
{
    fixture->refuses = true;
    assert_false(fixture->driver->append(fixture->store, make_row, fixture, &fixture->err));
    assert_string_equal(fixture->err.message, "refused");
    fixture->refuses = false;
    append(fixture, 1);
    assert_int_equal(fixture->made_last, 3);
}

static void check_read(struct fixture *fixture)
{
    int64_t seen = 0;
    append(fixture, 2);
    assert_true(fixture->driver->read(fixture->store, 1, count_rows, &seen, &fixture->err));
    assert_int_equal(seen, 4);
    seen = 2;
    assert_true(fixture->driver->read(fixture->store, 3, count_rows, &seen, &fixture->err));
    assert_int_equal(seen, 4);
}

static void check_reopen(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store *again;
    struct store_row last;

    assert_true(fixture->driver->open(tmp, fixture->location, &again, &fixture->err));
    assert_true(fixture->driver->last(tmp, again, &last, &fixture->err));
    assert_int_equal(last.sequence, 6);
}

static void test_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        SCRATCH(tmp);
        struct fixture *fixture = open_store(tmp, drivers[i]);
        check_append(fixture);
        check_refused(fixture);
        check_read(fixture);
        check_reopen(fixture);
        unlink(fixture->location);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_contract)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
