/*
 * Objects of a schema: what comes in pieces and in any order, and what differs between two readings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/schema_objects.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct piece {
    const char *name;
    uint64_t hash;
};

static struct schema_objects made(TALLOC_CTX *mem, const struct piece *pieces, size_t n)
{
    struct schema_objects objects = {0};
    for (size_t i = 0; i < n; i++)
        schema_objects_add(mem, &objects, pieces[i].name, pieces[i].hash);
    schema_objects_end(&objects);
    return objects;
}

#define MADE(mem, ...)                                                                             \
    made(mem, (const struct piece[]){__VA_ARGS__},                                                 \
         sizeof((const struct piece[]){__VA_ARGS__}) / sizeof(struct piece))

static void test_compare__names_what_differs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_objects before = MADE(tmp, {"kept", 1}, {"gone", 2}, {"changed", 3}, {"a", 0});
    struct schema_objects after = MADE(tmp, {"a", 0}, {"new", 5}, {"changed", 4}, {"kept", 1});
    struct schema_differences differences;
    schema_objects_compare(tmp, &before, &after, &differences);
    assert_int_equal(differences.n, 3);
    assert_string_equal(differences.list[0].name, "changed");
    assert_true(differences.list[0].before != differences.list[0].after);
    assert_string_equal(differences.list[1].name, "gone");
    assert_int_equal(differences.list[1].after, 0);
    assert_string_equal(differences.list[2].name, "new");
    assert_int_equal(differences.list[2].before, 0);
    assert_non_null(schema_differences_find(&differences, "gone"));
    assert_null(schema_differences_find(&differences, "kept"));
    assert_true(schema_objects_hash(&before, "a") != 0);
    assert_int_equal(schema_objects_hash(&before, "new"), 0);
}

static void test_end__pieces_of_one_name(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_objects whole = MADE(tmp, {"t", 1}, {"u", 9}, {"t", 2});
    struct schema_objects turned = MADE(tmp, {"t", 2}, {"u", 9}, {"t", 1});
    struct schema_objects apart = MADE(tmp, {"t", 1}, {"t", 2}, {"u", 9}, {"s", 4});
    struct schema_objects other = MADE(tmp, {"t", 1}, {"u", 9}, {"t", 3});
    assert_int_equal(whole.n, 2);
    assert_int_equal(schema_objects_hash(&whole, "t"), schema_objects_hash(&turned, "t"));
    assert_int_equal(schema_objects_hash(&whole, "t"), schema_objects_hash(&apart, "t"));
    assert_true(schema_objects_hash(&whole, "t") != schema_objects_hash(&other, "t"));
}

static void test_compare__with_nothing(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_objects none = {0}, one = MADE(tmp, {"t", 1});
    struct schema_differences differences;
    schema_objects_end(&none);
    schema_objects_compare(tmp, &none, &none, &differences);
    assert_int_equal(differences.n, 0);
    assert_null(schema_differences_find(&differences, "t"));
    schema_objects_compare(tmp, &none, &one, &differences);
    assert_int_equal(differences.n, 1);
    assert_int_equal(schema_objects_hash(&none, "t"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare__names_what_differs),
        cmocka_unit_test(test_end__pieces_of_one_name),
        cmocka_unit_test(test_compare__with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
