/*
 * Lock modes: names, and the table of conflicts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/effects.h"

// Source: PostgreSQL 15 manual, 13.3.1, table "Conflicting Lock Modes"; x = conflict.
static const char *const conflicts[LOCK_MODE_COUNT] = {
    "       x", // ACCESS SHARE
    "      xx", // ROW SHARE
    "    xxxx", // ROW EXCLUSIVE
    "   xxxxx", // SHARE UPDATE EXCLUSIVE
    "  xx xxx", // SHARE
    "  xxxxxx", // SHARE ROW EXCLUSIVE
    " xxxxxxx", // EXCLUSIVE
    "xxxxxxxx", // ACCESS EXCLUSIVE
};

static void test_lock_mode_conflicts__manual(void **state)
{
    (void)state;
    for (int a = 0; a < LOCK_MODE_COUNT; a++) {
        for (int b = 0; b < LOCK_MODE_COUNT; b++)
            assert_int_equal(lock_mode_conflicts((enum lock_mode)a, (enum lock_mode)b),
                             conflicts[a][b] == 'x');
    }
}

// A write takes ROW EXCLUSIVE, a read ACCESS SHARE: blocking is conflicting with those.
static void test_lock_mode_blocks__as_conflicts(void **state)
{
    (void)state;
    for (int m = 0; m < LOCK_MODE_COUNT; m++) {
        enum lock_mode mode = (enum lock_mode)m;
        assert_int_equal(lock_mode_blocks_writes(mode), lock_mode_conflicts(mode, LOCK_ROW_EXCLUSIVE));
        assert_int_equal(lock_mode_blocks_reads(mode), lock_mode_conflicts(mode, LOCK_ACCESS_SHARE));
    }
}

static void test_lock_mode_by_name__both_words(void **state)
{
    (void)state;
    for (int m = 0; m < LOCK_MODE_COUNT; m++) {
        enum lock_mode found = LOCK_MODE_COUNT;
        assert_true(lock_mode_by_name(lock_mode_name((enum lock_mode)m), &found));
        assert_int_equal(found, m);
        assert_true(lock_mode_by_name(lock_mode_sql((enum lock_mode)m), &found));
        assert_int_equal(found, m);
    }
    enum lock_mode untouched = LOCK_SHARE;
    assert_false(lock_mode_by_name("SHARED", &untouched));
    assert_int_equal(untouched, LOCK_SHARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_mode_conflicts__manual),
        cmocka_unit_test(test_lock_mode_blocks__as_conflicts),
        cmocka_unit_test(test_lock_mode_by_name__both_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
