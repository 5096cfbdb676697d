/*
 * Children: they run, they end when told, and they go when their parent is killed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "../../support/skip.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char output[] = "/tmp/tminus-child-XXXXXX";

static int make_output(void **state)
{
    (void)state;
    int fd = mkstemp(output);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int remove_output(void **state)
{
    (void)state;
    return unlink(output);
}

static struct child *start(TALLOC_CTX *mem, const char *script, const struct child_user *user)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct child_options options = {.argv = argv, .user = user, .output = output, .end_signal = SIGTERM};
    struct child *child;
    struct error err = {0};
    if (!child_start(mem, &options, &child, &err))
        fail_msg("%s", err.message);
    return child;
}

static const char *printed(TALLOC_CTX *mem)
{
    char *text;
    size_t len;
    struct error err;
    assert_true(file_read(mem, output, 4096, &text, &len, &err));
    return text;
}

// Until the output holds `text`: the child has come so far.
static void await_printed(const char *text)
{
    for (int64_t end_ms = clock_monotonic_ms() + 20000; clock_monotonic_ms() < end_ms;) {
        SCRATCH(tmp);
        if (strstr(printed(tmp), text) != NULL)
            return;
        usleep(10000);
    }
    fail_msg("'%s' was never printed", text);
}

static void test_child_end__sends_its_signal_and_waits(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct child *child = start(tmp, "trap 'echo ended; exit 0' TERM; echo ready; while :; do sleep 0.1; done", NULL);
    await_printed("ready");
    assert_true(child_is_running(child));
    child_end(child, 10000);
    assert_false(child_is_running(child));
    assert_non_null(strstr(printed(tmp), "ended"));
}

static void test_child_end__kills_who_does_not_obey(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct child *child = start(tmp, "trap '' TERM; echo stubborn; while :; do sleep 0.1; done", NULL);
    await_printed("stubborn");
    child_end(child, 100);
    assert_false(child_is_running(child));
}

static void test_child_start__runs_as_another_user(void **state)
{
    SCRATCH(tmp);
    (void)state;
    if (geteuid() != 0)
        SKIP("another user needs root");
    const struct child_user user = {.uid = 12345, .gid = 23456};
    start(tmp, "echo as $(id -u):$(id -g):$(id -G)", &user);
    await_printed("as 12345:23456:23456");
}

static void test_child_start__ends_when_its_parent_is_killed(void **state)
{
    (void)state;
    pid_t parent = fork();
    if (parent == 0) {
        start(NULL, "trap 'echo followed; exit 0' TERM; echo orphan; while :; do sleep 0.1; done", NULL);
        for (;;)
            pause();
    }
    await_printed("orphan");
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    await_printed("followed");
}

static void run_confined(bool is_confined, const char *script)
{
    SCRATCH(tmp);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct child_options options = {.argv = argv,
                                          .output = output,
                                          .end_signal = SIGTERM,
                                          .no_connections = is_confined,
                                          .no_programs = is_confined};
    struct child *child;
    struct error err = {0};
    assert_true(child_start(tmp, &options, &child, &err));
    if (child_unconfined(child) != NULL)
        SKIP("this system confines no child");
    while (child_is_running(child))
        usleep(10000);
}

static void run_in_folder(const char *folder, const char *script)
{
    SCRATCH(tmp);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct child_options options = {
        .argv = argv, .output = output, .end_signal = SIGTERM, .only_folder = folder};
    struct child *child;
    struct error err = {0};
    assert_true(child_start(tmp, &options, &child, &err));
    if (child_unconfined(child) != NULL)
        SKIP("this system keeps no child to a folder");
    while (child_is_running(child))
        usleep(10000);
}

static void test_child_start__keeps_to_its_folder(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char folder[] = "/tmp/tminus-child-XXXXXX", elsewhere[] = "/tmp/tminus-child-XXXXXX";
    assert_true(mkdtemp(folder) != NULL && mkdtemp(elsewhere) != NULL);
    const char *in = mem_printf(tmp, "%s/in", folder), *out = mem_printf(tmp, "%s/out", elsewhere);
    run_in_folder(folder, mem_printf(tmp, "echo a >%s; echo a >%s; echo a >/dev/null; echo ended", in, out));
    await_printed("ended");
    assert_int_equal(access(in, F_OK), 0);
    assert_int_equal(access(out, F_OK), -1);
    run_in_folder(NULL, mem_printf(tmp, "echo a >%s; rm %s; echo free again", out, in));
    await_printed("free again");
    assert_int_equal(access(out, F_OK), 0);
    unlink(out);
    rmdir(folder);
    rmdir(elsewhere);
}

static void test_child_start__runs_no_program_when_confined(void **state)
{
    (void)state;
    run_confined(false, "/bin/echo free ran");
    await_printed("free ran");
    run_confined(true, "/bin/echo confined ran; echo it ended with $?");
    await_printed("it ended with 126"); // found, and not to be run: POSIX, sh, Exit Status
    SCRATCH(tmp);
    assert_null(strstr(printed(tmp), "confined ran\n"));
}

static void test_child_start__says_what_it_cannot_start(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const char *const argv[] = {"/no/such/program", NULL};
    const struct child_options options = {.argv = argv, .output = output, .end_signal = SIGTERM};
    struct child *child;
    struct error err = {0};
    assert_false(child_start(tmp, &options, &child, &err));
    assert_string_equal(err.message,
                        "/no/such/program: cannot be started: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_end__sends_its_signal_and_waits),
        cmocka_unit_test(test_child_end__kills_who_does_not_obey),
        cmocka_unit_test(test_child_start__runs_as_another_user),
        cmocka_unit_test(test_child_start__ends_when_its_parent_is_killed),
        cmocka_unit_test(test_child_start__keeps_to_its_folder),
        cmocka_unit_test(test_child_start__runs_no_program_when_confined),
        cmocka_unit_test(test_child_start__says_what_it_cannot_start),
    };
    return cmocka_run_group_tests(tests, make_output, remove_output);
}
