/*
 * Process marks: ours lives, a child's dies with it, and another boot or space is not judged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/error.h"
#include "base/process_mark.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char *with_part(TALLOC_CTX *mem, const char *mark, int part, const char *text)
{
    char *out = mem_strdup(mem, "");
    for (int i = 0; i < 4; i++) {
        int len = (int)strcspn(mark, "/");
        out = i == part ? mem_printf(mem, "%s%s%s", out, i ? "/" : "", text)
                        : mem_printf(mem, "%s%s%.*s", out, i ? "/" : "", len, mark);
        mark += len + (mark[len] == '/');
    }
    return out;
}

static void test_process_mark__ours(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *mark = process_mark(tmp);
    assert_int_equal(strtol(mark, NULL, 10), getpid());
    assert_string_equal(mark, process_mark(tmp));
    assert_int_equal(process_mark_life(mark), PROCESS_LIVES);
    // A number that another process had before.
    assert_int_equal(process_mark_life(with_part(tmp, mark, 1, "1")), PROCESS_DEAD);
    assert_int_equal(process_mark_life(with_part(tmp, mark, 2, "another")), PROCESS_OTHER_BOOT);
    assert_int_equal(process_mark_life(with_part(tmp, mark, 3, "1")), PROCESS_UNKNOWN);
}

static void test_process_mark__child(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char mark[200] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char *ours = process_mark(NULL);
        if (write(ends[1], ours, strlen(ours)) > 0)
            pause();
        _exit(0);
    }
    assert_true(read(ends[0], mark, sizeof mark - 1) > 0);
    assert_int_equal(process_mark_life(mark), PROCESS_LIVES);
    kill(child, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(process_mark_life(mark), PROCESS_DEAD); // it is there, but ended
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(process_mark_life(mark), PROCESS_DEAD);
    close(ends[0]);
    close(ends[1]);
}

static void test_process_mark__no_mark(void **state)
{
    (void)state;
    static const char *const marks[] = {"", "1", "1/2/3", "a/2/b/3", "1/2/b/3x", "0/1/b/1"};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        assert_int_equal(process_mark_life(marks[i]), PROCESS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_mark__ours),
        cmocka_unit_test(test_process_mark__child),
        cmocka_unit_test(test_process_mark__no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
