/*
 * docs/safety-rules.md: all 134 hazards stand there once, with a rule that exists, a verb that
 * decides them, or "none" and why.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule.h"
#include "base/file.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the four above.
#include <cmocka.h>

static const struct family {
    char letter;
    size_t n;
} families[] = {{'A', 30}, {'R', 14}, {'S', 14}, {'D', 18}, {'F', 18}, {'B', 16}, {'T', 13}, {'O', 11}};

static const char *const verbs[] = {"assess", "plan", "migrate", "verify", "baseline", "explain"};

static char *page_read(TALLOC_CTX *mem)
{
    struct error err;
    char *text;
    size_t len;
    const char *path = mem_printf(mem, "%s/docs/safety-rules.md", getenv("SOURCE"));
    if (!file_read(mem, path, FILE_SIZE_MAX, &text, &len, &err))
        fail_msg("%s", err.message);
    return text;
}

// The line "| NUMBER | …" of the page; NULL: there is none.
static char *row_find(TALLOC_CTX *mem, const char *page, char letter, size_t number)
{
    const char *start = strstr(page, mem_printf(mem, "\n| %c%zu |", letter, number));
    return start == NULL ? NULL : mem_strndup(mem, start + 1, strcspn(start + 1, "\n"));
}

// The third cell, trimmed.
static char *decision_of(TALLOC_CTX *mem, const char *row)
{
    const char *at = row;
    for (size_t i = 0; i < 3; i++)
        at = strchr(at, '|') + 1;
    size_t len = strcspn(at, "|");
    while (len > 0 && isspace((unsigned char)*at)) {
        at++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)at[len - 1]))
        len--;
    return mem_strndup(mem, at, len);
}

static void check_links(TALLOC_CTX *mem, const char *row)
{
    for (const char *at = strstr(row, "(rules/"); at != NULL; at = strstr(at + 1, "(rules/")) {
        const char *id = at + strlen("(rules/");
        char *name = mem_strndup(mem, id, strcspn(id, ".)"));
        if (rule_find(name) == NULL)
            fail_msg("no rule is called '%s': %s", name, row);
    }
}

static bool names_verb(const char *decision)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        const char *at = strstr(decision, verbs[i]);
        if (at != NULL && at > decision && at[-1] == '`')
            return true;
    }
    return false;
}

// The last cell says something.
static bool has_remark(const char *row)
{
    const char *end = strrchr(row, '|');
    while (end > row && isspace((unsigned char)end[-1]))
        end--;
    return end > row && end[-1] != '|';
}

static void test_safety_rules__each_number_is_decided(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *page = page_read(tmp);
    size_t n = 0, n_open = 0;
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        for (size_t k = 1; k <= families[i].n; k++, n++) {
            char *row = row_find(tmp, page, families[i].letter, k);
            if (row == NULL)
                fail_msg("%c%zu is not there", families[i].letter, k);
            check_links(tmp, row);
            const char *decision = decision_of(tmp, row);
            bool is_admitted = strcmp(decision, "none") == 0 && has_remark(row);
            if (strstr(decision, "(rules/") != NULL || names_verb(decision) || is_admitted)
                continue;
            print_message("# %c%zu: neither a rule nor a verb: %s\n", families[i].letter, k,
                          decision);
            n_open++;
        }
        assert_null(row_find(tmp, page, families[i].letter, families[i].n + 1));
    }
    assert_int_equal(n, 134);
    assert_int_equal(n_open, 0);
}

static void test_safety_rules__each_number_stands_once(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *page = page_read(tmp);
    size_t n = 0;
    for (const char *at = strstr(page, "\n| "); at != NULL; at = strstr(at + 1, "\n| "))
        n += isupper((unsigned char)at[3]) && isdigit((unsigned char)at[4]);
    assert_int_equal(n, 134);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safety_rules__each_number_is_decided),
        cmocka_unit_test(test_safety_rules__each_number_stands_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
