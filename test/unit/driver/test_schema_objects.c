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
#include <string.h>

struct piece {
    const char *name;
    uint64_t hash;
    uint64_t unordered; // 0: as hash
};

static uint64_t hash_of(const struct schema_objects *objects, const char *name)
{
    const struct schema_object *object = schema_objects_find(objects, name);
    return object == NULL ? 0 : object->hash;
}

static struct schema_objects made(TALLOC_CTX *mem, const struct piece *pieces, size_t n)
{
    struct schema_objects objects = {0};
    for (size_t i = 0; i < n; i++)
        schema_objects_add(mem, &objects, pieces[i].name, pieces[i].hash,
                           pieces[i].unordered == 0 ? pieces[i].hash : pieces[i].unordered);
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
    assert_true(differences.list[0].before.hash != differences.list[0].after.hash);
    assert_string_equal(differences.list[1].name, "gone");
    assert_int_equal(differences.list[1].after.hash, 0);
    assert_string_equal(differences.list[2].name, "new");
    assert_int_equal(differences.list[2].before.hash, 0);
    assert_non_null(schema_differences_find(&differences, "gone"));
    assert_null(schema_differences_find(&differences, "kept"));
    assert_true(hash_of(&before, "a") != 0);
    assert_int_equal(hash_of(&before, "new"), 0);
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
    assert_int_equal(hash_of(&whole, "t"), hash_of(&turned, "t"));
    assert_int_equal(hash_of(&whole, "t"), hash_of(&apart, "t"));
    assert_true(hash_of(&whole, "t") != hash_of(&other, "t"));
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
    assert_int_equal(hash_of(&none, "t"), 0);
}

static void test_compare__order_of_columns(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_objects before = MADE(tmp, {"t", 1, 7}, {"t", 2, 8}, {"u", 3});
    struct schema_objects turned = MADE(tmp, {"t", 3, 8}, {"t", 4, 7}, {"u", 3});
    struct schema_objects other = MADE(tmp, {"t", 3, 8}, {"t", 4, 6}, {"u", 5});
    struct schema_differences differences;
    schema_objects_compare(tmp, &before, &turned, &differences);
    assert_int_equal(differences.n, 1);
    assert_true(schema_object_is_reordered(&differences.list[0].before, &differences.list[0].after));
    schema_objects_compare(tmp, &before, &other, &differences);
    assert_int_equal(differences.n, 2);
    for (size_t i = 0; i < differences.n; i++)
        assert_false(
            schema_object_is_reordered(&differences.list[i].before, &differences.list[i].after));
}

// What a record of before keeps has no second hash: then the order is not known, and it differs.
static void test_text__kept_and_read(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_objects objects = MADE(tmp, {"t", 1, 7}, {"u", 3});
    const struct schema_object *t = schema_objects_find(&objects, "t");
    struct schema_object read = schema_object_read("t", schema_object_text(tmp, t));
    assert_true(read.hash == t->hash && read.unordered == t->unordered);
    assert_null(strchr(schema_object_text(tmp, schema_objects_find(&objects, "u")), '/'));
    struct schema_object old = schema_object_read("t", "00000000000000ff");
    assert_int_equal(old.hash, 255);
    assert_false(schema_object_is_reordered(&old, t));
    assert_false(schema_object_is_reordered(t, &old));
    assert_int_equal(schema_object_read("t", NULL).hash, 0);
    assert_null(schema_object_text(tmp, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare__names_what_differs),
        cmocka_unit_test(test_end__pieces_of_one_name),
        cmocka_unit_test(test_compare__with_nothing),
        cmocka_unit_test(test_compare__order_of_columns),
        cmocka_unit_test(test_text__kept_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
