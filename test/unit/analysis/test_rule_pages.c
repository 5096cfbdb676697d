/*
 * Every rule has its page docs/rules/ID.md, every page its rule; a page says what the row says, and
 * its examples do what it says: the first fires, the second stays silent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "judged.h"
#include "rule_page.h"
#include <ctype.h>

static bool example_fires(const struct rule *rule, const char *page, const char *which)
{
    SCRATCH(tmp);
    const char *flags = "";
    char *sql = page_block(tmp, page, which, &flags);
    char *up = page_block(tmp, page, mem_printf(tmp, "up %s", which), NULL);
    assert_non_null(sql);
    struct judged_case c = {
        .before = page_block(tmp, page, "before", NULL),
        .up = up != NULL ? up : sql,
        .down = up != NULL ? sql : NULL,
        .without_transaction = strstr(flags, "no-transaction") != NULL,
        .has_style = rule->is_optional,
        .is_complete = strstr(flags, "complete") != NULL,
        .dialect =
            (rule->dialects & (1U << DIALECT_POSTGRES)) != 0 ? DIALECT_POSTGRES : DIALECT_SQLITE,
    };
    return judged_find(judged(tmp, &c), rule->id) != NULL;
}

static bool has_examples(const char *page)
{
    return strstr(page, "```sql bad") != NULL;
}

static void test_pages__first_example_fires(void **state)
{
    (void)state;
    size_t n_silent = 0;
    for (size_t i = 0; i < rule_count; i++) {
        SCRATCH(tmp);
        const char *page = page_read(tmp, rule_table[i]->id);
        if (!has_examples(page) || example_fires(rule_table[i], page, "bad"))
            continue;
        print_message("# %s: its example does not fire\n", rule_table[i]->id);
        n_silent++;
    }
    assert_int_equal(n_silent, 0);
}

static void test_pages__second_example_is_silent(void **state)
{
    (void)state;
    size_t n_firing = 0;
    for (size_t i = 0; i < rule_count; i++) {
        SCRATCH(tmp);
        const char *page = page_read(tmp, rule_table[i]->id);
        if (!has_examples(page) || !example_fires(rule_table[i], page, "good"))
            continue;
        print_message("# %s: its safe form fires\n", rule_table[i]->id);
        n_firing++;
    }
    assert_int_equal(n_firing, 0);
}

static void test_pages__say_what_the_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        SCRATCH(tmp);
        const struct rule *rule = rule_table[i];
        const char *page = page_read(tmp, rule->id);
        // The page begins its sentence with a capital letter.
        const char *const texts[] = {rule->summary + 1, rule->why, rule->safe_form, rule->source,
                                     severity_name(rule->severity)};
        for (size_t j = 0; j < COUNT_OF(texts); j++) {
            if (strstr(page, texts[j]) == NULL)
                fail_msg("docs/rules/%s.md does not say: %s", rule->id, texts[j]);
        }
    }
}

static void test_pages__each_has_a_rule(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err;
    char **paths;
    size_t n;
    assert_true(
        file_walk(tmp, mem_printf(tmp, "%s/docs/rules", getenv("SOURCE")), &paths, &n, &err));
    assert_int_equal(n, rule_count);
    for (size_t i = 0; i < n; i++) {
        const char *name = file_base(paths[i]);
        assert_true(text_ends_with(name, ".md"));
        assert_non_null(rule_find(mem_strndup(tmp, name, strlen(name) - 3)));
    }
}

static void test_rule_table__ids_are_kebab_case_and_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        for (const char *c = rule_table[i]->id; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
        assert_ptr_equal(rule_find(rule_table[i]->id), rule_table[i]);
    }
    assert_null(rule_find("no-such-rule"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages__first_example_fires),
        cmocka_unit_test(test_pages__second_example_is_silent),
        cmocka_unit_test(test_pages__say_what_the_row_says),
        cmocka_unit_test(test_pages__each_has_a_rule),
        cmocka_unit_test(test_rule_table__ids_are_kebab_case_and_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
