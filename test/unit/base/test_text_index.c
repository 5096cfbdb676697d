/*
 * Text index: the place that a text was given first is the one that is found.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text_index.h"
#include "expect.h"

static void test_text_index__many(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct text_index *index = text_index_make(tmp);
    assert_true(text_index_find(index, "a") == TEXT_INDEX_NONE);
    for (size_t i = 0; i < 1000; i++) {
        SCRATCH(name);
        assert_int_equal(text_index_add(index, mem_printf(name, "n%zu", i * 7 % 1000), i), i);
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(text_index_find(index, mem_printf(tmp, "n%zu", i * 7 % 1000)), i);
    assert_int_equal(text_index_add(index, "n7", 5000), 1);
    assert_int_equal(text_index_find(index, "n7"), 1);
    assert_true(text_index_find(index, "n1000") == TEXT_INDEX_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_index__many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
