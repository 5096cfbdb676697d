/*
 * File locks: one at a time, named when held, free again when given back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/file_lock.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

static void test_file_lock_take__second_is_refused(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char folder[] = "/tmp/tminus-lock-XXXXXX";
    struct file_lock *first;
    struct file_lock *second = NULL;
    struct error err = {0};
    assert_non_null(mkdtemp(folder));
    const char *path = mem_printf(tmp, "%s/lock", folder);
    assert_true(file_lock_take(tmp, path, &first, &err));
    assert_false(file_lock_take(tmp, path, &second, &err));
    assert_int_equal(err.code, ERROR_POLICY);
    assert_non_null(strstr(err.message, mem_printf(tmp, "process %ld since ", (long)getpid())));
    assert_null(second);
    talloc_free(first);
    assert_true(file_lock_take(tmp, path, &second, &err));
    unlink(path);
    rmdir(folder);
}

static void test_file_lock_take__no_folder(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct file_lock *lock;
    struct error err = {0};
    assert_false(file_lock_take(tmp, "/no/such/folder/lock", &lock, &err));
    assert_int_equal(err.code, ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_lock_take__second_is_refused),
        cmocka_unit_test(test_file_lock_take__no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
