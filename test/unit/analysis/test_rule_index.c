/*
 * The index of rules: a statement gets the rules that look at its kinds of action, in the order of
 * the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule_index.h"
#include "judged.h"

static struct statement of_kinds(struct action *actions, size_t n)
{
    return (struct statement){.actions = actions, .n_actions = n};
}

static size_t place_of(const char *id)
{
    for (size_t i = 0; i < rule_count; i++) {
        if (strcmp(rule_table[i]->id, id) == 0)
            return i;
    }
    fail_msg("no rule '%s'", id);
    return 0;
}

static bool chooses(const struct rule_index *index, const struct statement *statement, bool is_down,
                    const char *id)
{
    struct rule_set set = rule_index_choose(index, statement, is_down);
    return rule_set_has(&set, place_of(id));
}

static void test_rule_index_choose__kinds(void **state)
{
    (void)state;
    struct rule_index index;
    struct action actions[] = {{.kind = ACTION_DROP_COLUMN}, {.kind = ACTION_ALTER_TYPE}};
    struct statement both = of_kinds(actions, 2), drop = of_kinds(actions, 1), none = of_kinds(NULL, 0);
    rule_index_make(&index, DIALECT_POSTGRES);
    assert_true(chooses(&index, &both, false, "drop-column"));
    assert_true(chooses(&index, &both, false, "type-narrowing"));
    assert_true(chooses(&index, &drop, false, "drop-column"));
    assert_false(chooses(&index, &drop, false, "type-narrowing"));
    assert_false(chooses(&index, &none, false, "drop-column"));
    // Without kinds: of every statement.
    assert_true(chooses(&index, &none, false, "identifier-truncated"));
}

static void test_rule_index_choose__downs_and_dialects(void **state)
{
    (void)state;
    struct rule_index index;
    struct action drop = {.kind = ACTION_DROP_COLUMN};
    struct statement statement = of_kinds(&drop, 1);
    rule_index_make(&index, DIALECT_POSTGRES);
    assert_false(chooses(&index, &statement, true, "drop-column"));
    assert_true(chooses(&index, &statement, true, "depends-on-column"));
    rule_index_make(&index, DIALECT_SQLITE);
    assert_true(chooses(&index, &statement, false, "drop-column"));
    assert_false(chooses(&index, &statement, false, "depends-on-column")); // PostgreSQL's alone
}

static void test_rule_index_choose_for_script__any_statement(void **state)
{
    (void)state;
    struct rule_index index;
    struct action drop = {.kind = ACTION_DROP}, add = {.kind = ACTION_ADD_COLUMN};
    struct statement statements[] = {of_kinds(&add, 1), of_kinds(&drop, 1)};
    struct script script = {.statements = statements, .n_statements = 2};
    rule_index_make(&index, DIALECT_POSTGRES);
    struct rule_set set = rule_index_choose_for_script(&index, &script, false);
    assert_true(rule_set_has(&set, place_of("drop-in-use")));
    script.n_statements = 1;
    set = rule_index_choose_for_script(&index, &script, false);
    assert_false(rule_set_has(&set, place_of("drop-in-use")));
}

static void test_rule_set_next__order(void **state)
{
    (void)state;
    struct rule_index index;
    rule_index_make(&index, DIALECT_POSTGRES);
    size_t at = 0, n = 0, expected = 0;
    const struct rule *rule;
    while ((rule = rule_set_next(&index.all, &at)) != NULL) {
        assert_ptr_equal(rule, rule_table[at - 1]);
        n++;
    }
    for (size_t i = 0; i < rule_count; i++)
        expected += (rule_table[i]->dialects & 1U << DIALECT_POSTGRES) != 0;
    assert_int_equal(n, expected);
    struct rule_set last = {0};
    last.words[(rule_count - 1) / 64] = UINT64_C(1) << ((rule_count - 1) % 64);
    at = 0;
    assert_ptr_equal(rule_set_next(&last, &at), rule_table[rule_count - 1]);
    assert_null(rule_set_next(&last, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_index_choose__kinds),
        cmocka_unit_test(test_rule_index_choose__downs_and_dialects),
        cmocka_unit_test(test_rule_index_choose_for_script__any_statement),
        cmocka_unit_test(test_rule_set_next__order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
