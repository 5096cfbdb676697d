/*
 * What a schema and its copy do not share is found without looking at all they have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TABLES = 100 };

static struct name table_name(TALLOC_CTX *mem, int i)
{
    return (struct name){"public", mem_printf(mem, "t%d", i)};
}

static void change_table(struct schema *schema, struct name table, enum action_kind kind)
{
    struct column column = {.name = "extra", .type = {.name = "text"}};
    struct action action = {.kind = kind, .object = OBJECT_TABLE, .relation = table,
                            .definition = &column};
    struct statement statement = {.actions = &action, .n_actions = 1};
    schema_apply(schema, &statement);
}

static struct schema *origin(TALLOC_CTX *mem)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    for (int i = 0; i < TABLES; i++)
        schema_add(schema, table_name(mem, i), RELATION_TABLE);
    schema_begin_migration(schema, "m");
    return schema;
}

// Names in order, with blanks.
static const char *changed(TALLOC_CTX *mem, const struct schema *schema, const struct schema *other)
{
    char *text = mem_strdup(mem, "");
    for (const struct schema_relation *r = schema_next_changed(schema, other, NULL); r;
         r = schema_next_changed(schema, other, r))
        text = mem_printf(mem, "%s%s ", text, r->name.name);
    return text;
}

static void test_schema_next_changed__only_what_changed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = origin(tmp);
    struct schema *copy = schema_copy(tmp, schema);
    assert_string_equal(changed(tmp, schema, copy), "");
    change_table(copy, table_name(tmp, 7), ACTION_ADD_COLUMN);
    change_table(schema, table_name(tmp, 42), ACTION_ADD_COLUMN);
    assert_string_equal(changed(tmp, schema, copy), "t7 t42 ");
    assert_string_equal(changed(tmp, copy, schema), "t7 t42 ");
    change_table(copy, table_name(tmp, 99), ACTION_DROP);
    assert_string_equal(changed(tmp, schema, copy), "t7 t42 t99 ");
    assert_string_equal(changed(tmp, copy, schema), "t7 t42 ");
}

// A table of names that grows is packed: the places of what is shared are others then.
static void test_schema_next_changed__after_packing(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = origin(tmp);
    struct schema *copy = schema_copy(tmp, schema);
    change_table(copy, table_name(tmp, 0), ACTION_DROP);
    for (int i = TABLES; i < 3 * TABLES; i++)
        change_table(copy, table_name(tmp, i), ACTION_CREATE_TABLE);
    assert_string_equal(changed(tmp, schema, copy), "t0 ");
    const char *added = changed(tmp, copy, schema);
    assert_ptr_equal(strstr(added, "t100 t101 "), added);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_next_changed__only_what_changed),
        cmocka_unit_test(test_schema_next_changed__after_packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
