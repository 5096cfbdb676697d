/*
 * Memory: growing arrays, copies, the scope-bound context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/memory.h"
#include "expect.h"

static void test_mem_append__grows_and_zeroes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    int64_t *numbers = NULL;
    size_t n = 0;
    for (int64_t i = 0; i < 1000; i++) {
        int64_t *number = mem_append(tmp, numbers, n);
        assert_int_equal(*number, 0);
        *number = i;
    }
    assert_int_equal(n, 1000);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
}

static void test_mem_append__after_mem_array(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *letters = mem_array(tmp, char, 2);
    size_t n = 2;
    *mem_append(tmp, letters, n) = 'x';
    assert_int_equal(n, 3);
    assert_int_equal(letters[2], 'x');
}

static void test_mem_strdup__null_stays_null(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_null(mem_strdup(tmp, NULL));
    assert_string_equal(mem_strdup(tmp, "a"), "a");
    assert_string_equal(mem_strndup(tmp, "abc", 2), "ab");
    assert_string_equal(mem_printf(tmp, "%d %s", 1, "b"), "1 b");
}

static int *live_object = NULL;

static int forget(int *object)
{
    assert_ptr_equal(object, live_object);
    live_object = NULL;
    return 0;
}

static void test_scratch__frees_at_the_end_of_the_scope(void **state)
{
    (void)state;
    {
        SCRATCH(tmp);
        live_object = mem_new(tmp, int);
        talloc_set_destructor(live_object, forget);
    }
    assert_null(live_object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mem_append__grows_and_zeroes),
        cmocka_unit_test(test_mem_append__after_mem_array),
        cmocka_unit_test(test_mem_strdup__null_stays_null),
        cmocka_unit_test(test_scratch__frees_at_the_end_of_the_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
