/*
 * Who points at a relation is found by its name, in every copy of a schema, and once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

#include "analysis/schema_edit.h"

enum { CHILDREN = 50 };

static struct schema *migrated(TALLOC_CTX *mem, const char *sql)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    predict_migrate(schema, sql, "one");
    return schema;
}

// Names in order of creation, each with a blank behind it.
static const char *linked(TALLOC_CTX *mem, const struct schema *schema, const char *name,
                          unsigned links)
{
    struct relation_list list = schema_linked(mem, schema, (struct name){NULL, name}, links);
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < list.n; i++)
        text = mem_printf(mem, "%s%s ", text, list.list[i]->name.name);
    return text;
}

static void test_schema_linked__by_kind(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = migrated(
        tmp,
        "CREATE TABLE a (id int PRIMARY KEY, parent int REFERENCES a);"
        "CREATE VIEW v AS SELECT id FROM a; CREATE TABLE child () INHERITS (a);"
        "CREATE TABLE r (a int REFERENCES a, again int REFERENCES a); CREATE TABLE other (id int);"
        "CREATE SEQUENCE s OWNED BY a.id;");
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_PARENT), "child ");
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_REFERENCE), "r "); // itself is none
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_READ), "v ");
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_REFERENCE | 1U << LINK_READ), "v r ");
    assert_non_null(strstr(linked(tmp, schema, "a", 1U << LINK_OWNER), "s "));
    assert_string_equal(linked(tmp, schema, "other", ~0U), "");
    assert_string_equal(linked(tmp, schema, "unheard_of", ~0U), "");
}

// A link is kept for all copies; who is not in this copy is not told of it.
static void test_schema_linked__copies(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = migrated(tmp, "CREATE TABLE a (id int PRIMARY KEY);"
                                          "CREATE TABLE gone (a int REFERENCES a);");
    struct schema *copy = schema_copy(tmp, schema);
    predict_migrate(copy, "DROP TABLE gone; CREATE TABLE late (a int REFERENCES a);", "two");
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_REFERENCE), "gone ");
    assert_string_equal(linked(tmp, copy, "a", 1U << LINK_REFERENCE), "late ");
}

static void test_schema_linked__once_each(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = migrated(tmp, "CREATE TABLE a (id int PRIMARY KEY);");
    char *expected = mem_strdup(tmp, "");
    for (int i = 0; i < CHILDREN; i++) {
        predict_migrate(schema, mem_printf(tmp, "CREATE TABLE c%d (a int REFERENCES a);", i), "m");
        expected = mem_printf(tmp, "%sc%d ", expected, i);
    }
    for (int i = 0; i < CHILDREN; i++)
        predict_migrate(
            schema, mem_printf(tmp, "ALTER TABLE c%d ADD FOREIGN KEY (a) REFERENCES a;", i), "m");
    assert_string_equal(linked(tmp, schema, "a", 1U << LINK_REFERENCE), expected);
}

static void test_schema_linked__renamed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema =
        migrated(tmp, "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE r (a int REFERENCES a);"
                      "CREATE VIEW v AS SELECT id FROM a; ALTER TABLE a RENAME TO b;"
                      "ALTER TABLE r RENAME TO q;");
    assert_string_equal(linked(tmp, schema, "b", 1U << LINK_REFERENCE), "q ");
    assert_string_equal(linked(tmp, schema, "b", 1U << LINK_READ), "v ");
}

static void test_schema_may_be_used(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema =
        migrated(tmp, "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE r (a int REFERENCES a);"
                      "CREATE TABLE read (id int); CREATE VIEW v AS SELECT id FROM read;");
    static const struct {
        const char *name;
        bool is_used;
    } relations[] = {{"a", true}, {"read", true}, {"r", false}, {"v", false}};
    for (size_t i = 0; i < COUNT_OF(relations); i++) {
        struct name name = {NULL, relations[i].name};
        if (schema_may_be_used(schema, schema_find(schema, name)) != relations[i].is_used)
            fail_msg("%s", relations[i].name);
    }
}

static void test_schema_may_have_constraint(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema =
        migrated(tmp, "CREATE TABLE a (id int CONSTRAINT positive CHECK (id > 0));"
                      "ALTER TABLE a ADD CONSTRAINT small CHECK (id < 9);");
    assert_true(schema_may_have_constraint(schema, "positive"));
    assert_true(schema_may_have_constraint(schema, "small"));
    assert_false(schema_may_have_constraint(schema, "large"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_linked__by_kind),
        cmocka_unit_test(test_schema_linked__copies),
        cmocka_unit_test(test_schema_linked__once_each),
        cmocka_unit_test(test_schema_linked__renamed),
        cmocka_unit_test(test_schema_may_be_used),
        cmocka_unit_test(test_schema_may_have_constraint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
