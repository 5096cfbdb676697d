/*
 * Leases: one at a time, named when held, free again when given back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/lease.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

static void test_lease_take__second_is_refused(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char folder[] = "/tmp/tminus-lease-XXXXXX";
    struct lease *first;
    struct lease *second = NULL;
    struct error err = {0};
    assert_non_null(mkdtemp(folder));
    const char *path = mem_printf(tmp, "%s/lock", folder);
    assert_true(lease_take(tmp, path, &first, &err));
    assert_false(lease_take(tmp, path, &second, &err));
    assert_int_equal(err.code, ERROR_POLICY);
    assert_non_null(strstr(err.message, mem_printf(tmp, "process %ld since ", (long)getpid())));
    assert_null(second);
    talloc_free(first);
    assert_true(lease_take(tmp, path, &second, &err));
    unlink(path);
    rmdir(folder);
}

static void test_lease_take__no_folder(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct lease *lease;
    struct error err = {0};
    assert_false(lease_take(tmp, "/no/such/folder/lock", &lease, &err));
    assert_int_equal(err.code, ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lease_take__second_is_refused),
        cmocka_unit_test(test_lease_take__no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
