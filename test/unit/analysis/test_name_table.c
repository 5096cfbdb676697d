/*
 * Name table: a copy and its original are changed without the other seeing it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/name_table.h"
#include "expect.h"

#define NAMES 1000 // several pages

static struct name *named(TALLOC_CTX *mem, int number)
{
    struct name *name = mem_new(mem, struct name);
    *name = (struct name){.schema = "public", .name = mem_printf(mem, "t%d", number)};
    return name;
}

static void test_name_table_copy__changed_apart(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct name_table table = name_table_make(tmp, false);
    struct name *names[NAMES];
    for (int i = 0; i < NAMES; i++) {
        names[i] = named(tmp, i);
        name_table_put(&table, names[i]);
    }
    TALLOC_CTX *other = mem_new(tmp, char);
    struct name_table copy = name_table_copy(other, &table);
    assert_int_equal(name_table_next_changed(&copy, &table, 0), copy.n_items);

    name_table_remove(&copy, *names[500]);
    struct name *instead = named(tmp, 700);
    name_table_put(&copy, instead);
    struct name *added = named(tmp, NAMES);
    name_table_put(&copy, added);
    assert_null(name_table_find(&copy, *names[500]));
    assert_ptr_equal(name_table_find(&table, *names[500]), names[500]);
    assert_ptr_equal(name_table_find(&copy, *names[700]), instead);
    assert_ptr_equal(name_table_find(&table, *names[700]), names[700]);
    assert_ptr_equal(name_table_find(&copy, *added), added);
    assert_null(name_table_find(&table, *added));
    assert_int_equal(name_table_next_changed(&copy, &table, 0), 700);
    assert_int_equal(name_table_next_changed(&copy, &table, 701), NAMES);
    assert_int_equal(name_table_next_changed(&table, &copy, 0), 500);

    name_table_put(&table, named(tmp, -1)); // the original is written while it is shared
    assert_null(name_table_find(&copy, (struct name){"public", "t-1"}));
    talloc_free(other);
    for (int i = 0; i < NAMES; i++)
        assert_ptr_equal(name_table_find(&table, *names[i]), names[i]);
}

static void test_name_table_copy__of_an_empty_one(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct name_table table = name_table_make(tmp, true);
    struct name_table copy = name_table_copy(tmp, &table);
    struct name *name = named(tmp, 1);
    name_table_remove(&copy, *name);
    assert_int_equal(name_table_place(&copy, name), 0);
    name_table_put(&copy, name);
    assert_ptr_equal(name_table_find(&copy, (struct name){"PUBLIC", "T1"}), name);
    assert_null(name_table_find(&table, *name));
    assert_int_equal(name_table_next(&table, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_table_copy__changed_apart),
        cmocka_unit_test(test_name_table_copy__of_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
