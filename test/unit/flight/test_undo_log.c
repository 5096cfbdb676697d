/*
 * Undo logs are found by version and text, without the journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/undo_log.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SHA "52ffe7e895e443c985f1cd4a9e59d7c33b85207c445c8995ff39897ba77944b3"

static void test_undo_log_id(void **state)
{
    SCRATCH(tmp);
    (void)state;
    // The first digits of SHA-256 of "1", by sha256sum.
    assert_string_equal(undo_log_id(tmp, "1", SHA), "1_6b86b273_52ffe7e895e4");
    const char *odd = undo_log_id(tmp, "20240131-000001 'ä; a long name of one", SHA);
    assert_true(strlen(odd) <= UNDO_ID_MAX);
    assert_int_equal(strspn(odd, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(odd));
    assert_string_not_equal(undo_log_id(tmp, "1.0", SHA), undo_log_id(tmp, "1-0", SHA));
}

static void test_undo_logs_find_open(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct engine_undo_log list[] = {
        {.id = undo_log_id(tmp, "1", "000000000000"), .is_ended = true},
        {.id = undo_log_id(tmp, "1", SHA), .is_ended = true, .is_rolled_back = true},
        {.id = undo_log_id(tmp, "2", SHA), .is_ended = true, .is_rolled_back = true},
    };
    const struct undo_logs logs = {list, 3};
    assert_ptr_equal(undo_logs_find_open(&logs, "1"), &list[0]);
    assert_null(undo_logs_find_open(&logs, "11"));
    assert_null(undo_logs_find_open(&logs, "2"));
    assert_null(undo_logs_find_open(&logs, "3"));
    assert_ptr_equal(undo_logs_find(&logs, list[2].id), &list[2]);
    assert_null(undo_logs_find(&logs, "rehearsal_1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo_log_id),
        cmocka_unit_test(test_undo_logs_find_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
