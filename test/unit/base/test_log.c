/*
 * Log: what stands on stderr, by level; progress away from a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/log.h"
#include "tree.h"

// What `write` printed on stderr.
static char *logged(TALLOC_CTX *mem, void (*write)(void))
{
    struct error err = {0};
    struct tree *tree = tree_make(mem);
    char *path = tree_write(tree, "log", "");
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
    write();
    fflush(stderr);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
    char *text;
    size_t len;
    EXPECT_OK(file_read(mem, path, 10000, &text, &len, &err));
    return text;
}

static void write_all_levels(void)
{
    struct error err = {0};
    log_info("info %d", 1);
    log_warning("warning of \033[31m");
    error_set(&err, ERROR_INPUT, "a.sql: no such file");
    log_error(&err);
    error_hint(&err, "try another");
    log_error(&err);
}

#define WARNING_AND_ERRORS                                                                         \
    "tminus: warning: warning of ?[31m\n"                                                          \
    "tminus: a.sql: no such file\n"                                                                \
    "tminus: a.sql: no such file\n  hint: try another\n"

static void test_log__levels(void **state)
{
    (void)state;
    SCRATCH(tmp);
    log_set_level(LOG_QUIET);
    assert_string_equal(logged(tmp, write_all_levels), WARNING_AND_ERRORS);
    log_set_level(LOG_NORMAL);
    assert_string_equal(logged(tmp, write_all_levels), "tminus: info 1\n" WARNING_AND_ERRORS);
}

// As if the work had begun 10 s ago.
static void write_progress(void)
{
    struct log_progress progress;
    log_progress_start(&progress, "reading emails");
    log_progress_set(&progress, 10, 100); // too early
    progress.started_ms -= 10000;
    progress.printed_ms -= 10000;
    log_progress_set(&progress, 50000, 200000);
    log_progress_set(&progress, 50001, 200000); // too soon after the last
    log_progress_end(&progress);
}

static void test_log_progress__a_line_every_five_seconds(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = logged(tmp, write_progress);
    const char lead[] = "tminus: reading emails: 50,000 of 200,000 (25%), ";
    assert_memory_equal(text, lead, strlen(lead));
    assert_non_null(strstr(text, "/s, 30 s left\n"));
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
    log_set_progress(false);
    assert_string_equal(logged(tmp, write_progress), "");
    log_set_progress(true);
}

static void test_log_is_colored__not_into_a_file(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_false(log_is_colored(file));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__levels),
        cmocka_unit_test(test_log_progress__a_line_every_five_seconds),
        cmocka_unit_test(test_log_is_colored__not_into_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
