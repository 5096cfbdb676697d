/*
 * Memory: growing arrays, copies, the scope-bound context, packed contexts.
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

// --- packed: the same functions, and nothing of one piece shows in another

struct owner {
    int number;
};

static void test_mem_pack__texts_stay_as_they_are(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct owner *owner = mem_new(tmp, struct owner);
    char *texts[500];
    mem_pack(owner);
    for (size_t i = 0; i < 500; i++) // of any length up to beyond a block
        texts[i] = mem_printf(owner, "%zu:%*s", i, (int)(i * i / 8), "");
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(strtoul(texts[i], NULL, 10), i);
        assert_int_equal(strlen(strchr(texts[i], ':') + 1), i * i / 8);
    }
    assert_null(mem_strdup(owner, NULL));
    assert_string_equal(mem_strdup(owner, ""), "");
    assert_string_equal(mem_strndup(owner, "abc", 2), "ab");
    assert_string_equal(mem_strndup(owner, "a", 2), "a");
    assert_int_equal(owner->number, 0);
}

static void test_mem_pack__arrays_grow_beside_others(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct owner *owner = mem_new(tmp, struct owner);
    int64_t *alone = NULL, *one = NULL, *other = NULL;
    size_t n_alone = 0, n_one = 0, n_other = 0;
    mem_pack(owner);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(*mem_append(owner, alone, n_alone), 0);
        alone[i] = i;
    }
    for (int64_t i = 0; i < 1000; i++) {
        int64_t *added = mem_append(owner, one, n_one);
        assert_int_equal(*added, 0);
        *added = i;
        added = mem_append(owner, other, n_other);
        assert_int_equal(*added, 0);
        *added = -i;
        mem_strdup(owner, "odd"); // what comes next is aligned all the same
    }
    for (int64_t i = 0; i < 1000; i++)
        assert_true(alone[i] == i && one[i] == i && other[i] == -i);
    assert_int_equal((uintptr_t)one % _Alignof(int64_t), 0);
}

static void test_mem_pack__append_after_mem_array(void **state)
{
    (void)state;
    SCRATCH_PACKED(tmp);
    char *letters = mem_array(tmp, char, 2);
    size_t n = 2;
    assert_int_equal(letters[1], '\0');
    *mem_append(tmp, letters, n) = 'x';
    assert_int_equal(letters[2], 'x');
}

// More owners than there are packs: the rest is talloc's, and what was freed makes room.
static void test_mem_pack__any_number(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct owner *owners[40];
    char *texts[40];
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 40; i++) {
            owners[i] = mem_new(tmp, struct owner);
            mem_pack(owners[i]);
            texts[i] = mem_printf(owners[i], "%zu.%zu", round, i);
        }
        for (size_t i = 0; i < 40; i++) {
            assert_string_equal(texts[i], mem_printf(owners[i], "%zu.%zu", round, i));
            talloc_free(owners[i]);
        }
    }
}

static void nested(size_t depth)
{
    SCRATCH_PACKED(tmp);
    char *text = mem_printf(tmp, "%zu", depth);
    size_t n = 0, *numbers = NULL;
    *mem_append(tmp, numbers, n) = depth;
    if (depth > 0)
        nested(depth - 1);
    assert_int_equal(strtoul(text, NULL, 10), depth);
    assert_int_equal(numbers[0], depth);
}

static void test_scratch_packed__is_each_scope_s_own(void **state)
{
    (void)state;
    nested(40);
    nested(40);
}

static void test_scratch_packed__frees_at_the_end_of_the_scope(void **state)
{
    (void)state;
    {
        SCRATCH_PACKED(tmp);
        mem_strdup(tmp, "a");
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
        cmocka_unit_test(test_mem_pack__texts_stay_as_they_are),
        cmocka_unit_test(test_mem_pack__arrays_grow_beside_others),
        cmocka_unit_test(test_mem_pack__append_after_mem_array),
        cmocka_unit_test(test_mem_pack__any_number),
        cmocka_unit_test(test_scratch_packed__is_each_scope_s_own),
        cmocka_unit_test(test_scratch_packed__frees_at_the_end_of_the_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
