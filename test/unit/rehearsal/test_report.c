/*
 * Words of a rehearsal's report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "rehearsal/rehearsal_report.h"

// The words of the JSON that other programs read; design: ROLLBACK classes.
static void test_classes_have_their_words(void **state)
{
    (void)state;
    assert_string_equal(rehearsal_class_name(CLASS_ROUND_TRIP), "round_trip");
    assert_string_equal(rehearsal_class_name(CLASS_UNDO_LOG), "undo_log");
    assert_string_equal(rehearsal_class_name(CLASS_DUAL_WRITE), "dual_write");
    assert_string_equal(rehearsal_class_name(CLASS_BACKUP), "backup");
    assert_string_equal(rehearsal_class_name(CLASS_PARTIAL), "partial");
    assert_string_equal(rehearsal_class_name(CLASS_IRREVERSIBLE), "irreversible");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_have_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
