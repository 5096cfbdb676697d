/*
 * Waiting: readiness, deadlines, ticks, signals, and sources that come and go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/wait.h"
#include "expect.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct reader {
    struct wait_source *source;
    struct wait_source *other; // freed when this one is called
    char letter;
    bool done;
};

static void read_letter(void *context, int fd, short events)
{
    struct reader *reader = context;
    assert_true((events & POLLIN) != 0);
    assert_int_equal(read(fd, &reader->letter, 1), 1);
    TALLOC_FREE(reader->other);
    TALLOC_FREE(reader->source);
    reader->done = true;
}

static void test_wait_until__a_source_is_ready(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct wait *wait = wait_make(tmp);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct reader reader = {0};
    reader.source = wait_add(wait, fds[0], POLLIN, read_letter, &reader);
    assert_int_equal(write(fds[1], "x", 1), 1);
    EXPECT_OK(wait_until(wait, &reader.done, clock_monotonic_ms() + 5000, &err));
    assert_int_equal(reader.letter, 'x');
    close(fds[0]);
    close(fds[1]);
}

// Both are ready; the one that is called first frees the other, which must not be called.
static void test_wait_until__a_freed_source_is_not_called(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct wait *wait = wait_make(tmp);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct reader first = {0};
    struct reader second = {0};
    first.source = wait_add(wait, fds[0], POLLIN, read_letter, &first);
    second.source = wait_add(wait, fds[0], POLLIN, read_letter, &second);
    second.other = first.source; // the last added is called first
    assert_int_equal(write(fds[1], "x", 1), 1);
    EXPECT_OK(wait_until(wait, &second.done, clock_monotonic_ms() + 5000, &err));
    assert_false(first.done);
    close(fds[0]);
    close(fds[1]);
}

static void test_wait_until__deadline(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct wait *wait = wait_make(tmp);
    bool done = false;
    int64_t started_ms = clock_monotonic_ms();
    EXPECT_ERROR(wait_until(wait, &done, started_ms + 150, &err), ERROR_UNREACHABLE,
                 "no answer in time");
    assert_in_range(clock_monotonic_ms() - started_ms, 150, 1500);
    assert_false(wait_out(wait, &done, clock_monotonic_ms() + 10));
    done = true;
    EXPECT_OK(wait_until(wait, &done, started_ms, &err)); // done counts more than late
}

static bool count_ticks(void *context)
{
    int *left = context;
    return --*left > 0;
}

static void test_wait_until__tick_cancels(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct wait *wait = wait_make(tmp);
    bool done = false;
    int left = 3;
    wait_on_tick(wait, count_ticks, &left);
    int64_t started_ms = clock_monotonic_ms();
    EXPECT_ERROR(wait_until(wait, &done, 0, &err), ERROR_INTERRUPTED, "cancelled");
    assert_int_equal(left, 0);
    assert_in_range(clock_monotonic_ms() - started_ms, 100, 1500);
}

// What the child tells: 1 when the wait was ended by the signal, as main would see it.
static int wait_in_child(bool has_wait)
{
    SCRATCH(tmp);
    struct error err = {0};
    bool done = false;
    wait_catch_signals();
    if (!has_wait) {
        pause();
        return 0;
    }
    struct wait *wait = wait_make(tmp);
    bool has_ended = wait_until(wait, &done, clock_monotonic_ms() + 5000, &err);
    return !has_ended && err.code == ERROR_INTERRUPTED &&
           strcmp(err.message, "interrupted by SIGTERM") == 0 && wait_signal() == SIGTERM;
}

static int status_of_child(bool has_wait)
{
    pid_t child = fork();
    if (child == 0)
        _exit(wait_in_child(has_wait));
    usleep(200 * 1000);
    assert_int_equal(kill(child, SIGTERM), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_wait_until__signal(void **state)
{
    (void)state;
    assert_int_equal(status_of_child(/* has_wait= */ true), 1);
}

static void test_signal__ends_at_once_when_nothing_waits(void **state)
{
    (void)state;
    assert_int_equal(status_of_child(/* has_wait= */ false), 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait_until__a_source_is_ready),
        cmocka_unit_test(test_wait_until__a_freed_source_is_not_called),
        cmocka_unit_test(test_wait_until__deadline),
        cmocka_unit_test(test_wait_until__tick_cancels),
        cmocka_unit_test(test_wait_until__signal),
        cmocka_unit_test(test_signal__ends_at_once_when_nothing_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
