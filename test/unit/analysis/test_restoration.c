/*
 * What a down leaves: each case of downs_measured.txt, in the words of down-does-not-restore.
 * Expected values: pg_dump -s of a PostgreSQL 15 (test/live/downs.t runs the same cases).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"
#include "base/file.h"

static const char said_before[] = "leaves another schema than before the up: ";

// "restores", "order" or the differences.
static const char *said_of(const struct assessment *assessment)
{
    const struct finding *finding = judged_find(assessment, "down-does-not-restore");
    if (finding == NULL)
        return "restores";
    if (finding->severity == SEVERITY_NOTE)
        return "order";
    assert_memory_equal(finding->message, said_before, strlen(said_before));
    return finding->message + strlen(said_before);
}

static size_t check_case(const char *before, char *line)
{
    SCRATCH(tmp);
    char *down = strstr(line, " down "), *arrow = strstr(line, " => ");
    if (down == NULL || arrow == NULL)
        fail_msg("no down or no => in: %s", line);
    *down = *arrow = '\0';
    const struct assessment *assessment =
        judged(tmp, &(struct judged_case){.before = before, .up = line + strlen("up "),
                                          .down = down + strlen(" down ")});
    const char *said = said_of(assessment);
    const char *expected = arrow + strlen(" => ");
    // Three are told, then how many more.
    bool is_same = strcmp(said, expected) == 0;
    if (!is_same)
        print_message("# %s\n#   down %s\n#   says     %s\n#   expected %s\n", line + strlen("up "),
                      down + strlen(" down "), said, expected);
    return is_same ? 0 : 1;
}

static void test_restoration__of_measured_downs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text;
    size_t len, n_cases = 0, n_wrong = 0;
    struct error err;
    const char *before = "";
    const char *path = mem_printf(tmp, "%s/test/unit/analysis/downs_measured.txt", getenv("SOURCE"));
    assert_true(file_read(tmp, path, SIZE_MAX, &text, &len, &err));
    for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n")) {
        if (strncmp(line, "before ", 7) == 0) {
            before = line + 7;
        } else if (strncmp(line, "up ", 3) == 0) {
            n_cases++;
            n_wrong += check_case(before, line);
        }
    }
    assert_true(n_cases >= 95);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restoration__of_measured_downs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
