/*
 * Processes: input, both outputs, status, deadline of the whole group, limits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "expect.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_kept; // run by a keeper

static int keep(void **state)
{
    (void)state;
    is_kept = true;
    return 0;
}

static struct process_result run_ok(TALLOC_CTX *mem, const struct process_options *options)
{
    struct error err = {0};
    struct process_result result;
    struct process_options chosen = *options;
    chosen.ends_with_us = is_kept;
    EXPECT_OK(process_run(mem, &chosen, &result, &err));
    return result;
}

static struct process_result run_shell(TALLOC_CTX *mem, const char *script,
                                       struct process_options options)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    options.argv = argv;
    return run_ok(mem, &options);
}

static void test_process_run__outputs_and_status(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct process_result result =
        run_shell(tmp, "echo out; echo err >&2; exit 7", (struct process_options){0});
    assert_int_equal(result.status, 7);
    assert_string_equal(result.output, "out\n");
    assert_int_equal(result.output_len, 4);
    assert_string_equal(result.errors, "err\n");
    assert_false(result.timed_out);
    assert_false(result.was_cut);
    result = run_shell(tmp, "kill -9 $$", (struct process_options){0});
    assert_int_equal(result.status, 128 + SIGKILL);
}

// More than any pipe holds, in both directions at once.
static void test_process_run__large_input_comes_back(void **state)
{
    (void)state;
    SCRATCH(tmp);
    size_t len = 3 * 1000 * 1000;
    char *input = mem_array(tmp, char, len + 1);
    memset(input, 'x', len);
    static const char *const argv[] = {"cat", NULL};
    struct process_result result =
        run_ok(tmp, &(struct process_options){.argv = argv, .input = input, .input_len = len});
    assert_int_equal(result.status, 0);
    assert_int_equal(result.output_len, len);
    assert_memory_equal(result.output, input, len);
}

static void test_process_run__input_that_nobody_reads(void **state)
{
    (void)state;
    SCRATCH(tmp);
    size_t len = 1000 * 1000;
    char *input = mem_array(tmp, char, len + 1);
    memset(input, 'x', len);
    static const char *const argv[] = {"true", NULL};
    struct process_result result =
        run_ok(tmp, &(struct process_options){.argv = argv, .input = input, .input_len = len});
    assert_int_equal(result.status, 0);
}

static void test_process_run__folder_and_environment(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_int_equal(setenv("TMINUS_TEST_A", "old", 1), 0);
    static const char *const environment[] = {"TMINUS_TEST_A=new", "TMINUS_TEST_B=b", NULL};
    struct process_result result =
        run_shell(tmp, "pwd; env | grep '^TMINUS_TEST_[AB]=' | sort; cat",
                  (struct process_options){.folder = "/usr", .environment = environment});
    assert_string_equal(result.output, "/usr\nTMINUS_TEST_A=new\nTMINUS_TEST_B=b\n");
}

static void test_process_run__cannot_start(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct process_result result = {.status = 77};
    static const char *const missing[] = {"tminus-no-such-command", NULL};
    static const char *const folder[] = {"/usr", NULL};
    static const char *const good[] = {"true", NULL};
    EXPECT_ERROR(process_run(tmp,
                             &(struct process_options){.argv = missing, .ends_with_us = is_kept},
                             &result, &err),
                 ERROR_INPUT, "tminus-no-such-command: command not found");
    EXPECT_ERROR(process_run(tmp,
                             &(struct process_options){.argv = folder, .ends_with_us = is_kept},
                             &result, &err),
                 ERROR_INPUT, "/usr: cannot be started: Permission denied");
    EXPECT_ERROR(process_run(tmp,
                             &(struct process_options){
                                 .argv = good, .folder = "/no/such", .ends_with_us = is_kept},
                             &result, &err),
                 ERROR_INPUT,
                 "true: cannot be started in folder '/no/such': No such file or directory");
    assert_int_equal(result.status, 77);
}

// Gone, or a zombie that nobody has reaped yet.
static bool is_alive(long pid)
{
    SCRATCH(tmp);
    struct error err = {0};
    char *text;
    size_t len;
    if (!file_read(tmp, mem_printf(tmp, "/proc/%ld/stat", pid), 10000, &text, &len, &err))
        return false;
    return strstr(text, ") Z ") == NULL;
}

// The child of the command ignores SIGTERM and must go too.
static void test_process_run__deadline_ends_the_group(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct process_result result =
        run_shell(tmp, "trap '' TERM; sleep 60 & echo $!; wait; sleep 60",
                  (struct process_options){.timeout_ms = 200});
    assert_true(result.timed_out);
    assert_int_equal(result.status, 128 + SIGKILL);
    assert_in_range(result.took_ms, 2200, 5000);
    long pid = strtol(result.output, NULL, 10);
    assert_true(pid > 1);
    for (int i = 0; i < 50 && is_alive(pid); i++)
        usleep(20 * 1000);
    assert_false(is_alive(pid));
}

static void test_process_run__output_is_cut(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct process_result result = run_shell(tmp, "head -c 1000000 /dev/zero | tr '\\0' x",
                                             (struct process_options){.output_max = 1000});
    assert_int_equal(result.status, 0);
    assert_true(result.was_cut);
    assert_int_equal(result.output_len, 1000);
    assert_int_equal(strlen(result.output), 1000);
}

// A server that the command leaves behind holds the pipe; it is neither waited for nor ended.
static void test_process_run__what_is_left_behind(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct process_result result =
        run_shell(tmp, "sleep 30 & echo $!", (struct process_options){0});
    assert_int_equal(result.status, 0);
    assert_true(result.took_ms < 5000);
    pid_t pid = (pid_t)strtol(result.output, NULL, 10);
    assert_int_equal(kill(pid, SIGTERM), 0);
}

struct written {
    char text[2][64];
    size_t len[2];
};

static void take(void *context, bool is_errors, const char *bytes, size_t len)
{
    struct written *written = context;
    assert_true(written->len[is_errors] + len < sizeof(written->text[0]));
    memcpy(written->text[is_errors] + written->len[is_errors], bytes, len);
    written->len[is_errors] += len;
}

// All of it is told as it comes, whatever is kept.
static void test_process_run__output_as_it_comes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct written written = {0};
    struct process_result result = run_shell(
        tmp, "echo one; echo two >&2; echo three",
        (struct process_options){.output_max = 2, .write = take, .write_context = &written});
    assert_string_equal(written.text[0], "one\nthree\n");
    assert_string_equal(written.text[1], "two\n");
    assert_string_equal(result.output, "on");
}

static void test_process_run__environment_of_its_own(void **state)
{
    (void)state;
    SCRATCH(tmp);
    setenv("TMINUS_TEST_OURS", "1", 1);
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "ONE=1", NULL};
    struct process_result result = run_shell(
        tmp, "env | grep -e ONE -e TMINUS_TEST",
        (struct process_options){.environment = environment, .is_environment_whole = true});
    assert_string_equal(result.output, "ONE=1\n");
}

static bool refuse(void *context)
{
    (void)context;
    return false;
}

static void test_process_run__tick_cancels(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct process_result result;
    struct wait *wait = wait_make(tmp);
    wait_on_tick(wait, refuse, NULL);
    static const char *const argv[] = {"sleep", "60", NULL};
    int64_t started_ms = clock_monotonic_ms();
    EXPECT_ERROR(
        process_run(tmp,
                    &(struct process_options){.argv = argv, .ends_with_us = is_kept, .wait = wait},
                    &result, &err),
        ERROR_INTERRUPTED, "cancelled");
    assert_true(clock_monotonic_ms() - started_ms < 2000);
}

// Killed without a word, with a command that does not listen and a lock that it must not outlive.
static void test_process_run__ends_with_us(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char path[] = "/tmp/tminus-lock-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC), ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t ours = fork();
    if (ours == 0) {
        struct error err;
        struct process_result result;
        const char *const argv[] = {
            "sh", "-c", mem_printf(tmp, "trap '' TERM; sleep 60 & echo $! $$ >%s; wait", path),
            NULL};
        int lock = open(path, O_RDWR | O_CLOEXEC);
        (void)!write(ends[1], flock(lock, LOCK_EX) == 0 ? "y" : "n", 1);
        (void)!process_run(tmp, &(struct process_options){.argv = argv, .ends_with_us = true},
                           &result, &err);
        _exit(1);
    }
    char said = 'n', text[64] = "";
    assert_int_equal(read(ends[0], &said, 1), 1);
    assert_int_equal(said, 'y');
    for (int i = 0; i < 200 && strchr(text, '\n') == NULL; i++, usleep(20 * 1000))
        (void)!pread(fd, text, sizeof text - 1, 0);
    char *second;
    long child = strtol(text, &second, 10), shell = strtol(second, NULL, 10);
    assert_true(is_alive(child) && is_alive(shell));
    kill(ours, SIGKILL);
    waitpid(ours, NULL, 0);
    assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0); // it is still at work
    int64_t started_ms = clock_monotonic_ms();
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_in_range(clock_monotonic_ms() - started_ms, 1000, 10000);
    for (int i = 0; i < 50 && (is_alive(child) || is_alive(shell)); i++)
        usleep(20 * 1000);
    assert_false(is_alive(child) || is_alive(shell));
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_run__outputs_and_status),
        cmocka_unit_test(test_process_run__large_input_comes_back),
        cmocka_unit_test(test_process_run__input_that_nobody_reads),
        cmocka_unit_test(test_process_run__folder_and_environment),
        cmocka_unit_test(test_process_run__cannot_start),
        cmocka_unit_test(test_process_run__deadline_ends_the_group),
        cmocka_unit_test(test_process_run__output_is_cut),
        cmocka_unit_test(test_process_run__what_is_left_behind),
        cmocka_unit_test(test_process_run__output_as_it_comes),
        cmocka_unit_test(test_process_run__environment_of_its_own),
        cmocka_unit_test(test_process_run__tick_cancels),
        cmocka_unit_test(test_process_run__ends_with_us),
        cmocka_unit_test_setup(test_process_run__outputs_and_status, keep),
        cmocka_unit_test_setup(test_process_run__large_input_comes_back, keep),
        cmocka_unit_test_setup(test_process_run__input_that_nobody_reads, keep),
        cmocka_unit_test_setup(test_process_run__folder_and_environment, keep),
        cmocka_unit_test_setup(test_process_run__cannot_start, keep),
        cmocka_unit_test_setup(test_process_run__deadline_ends_the_group, keep),
        cmocka_unit_test_setup(test_process_run__output_is_cut, keep),
        cmocka_unit_test_setup(test_process_run__what_is_left_behind, keep),
        cmocka_unit_test_setup(test_process_run__output_as_it_comes, keep),
        cmocka_unit_test_setup(test_process_run__environment_of_its_own, keep),
        cmocka_unit_test_setup(test_process_run__tick_cancels, keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
