/*
 * Waiting: the poll loop.
 *
 * Invariants:
 *  1. A callback may add and free sources, its own too, and may turn the loop again: ready sources
 *     are remembered by number and looked up before each call.
 *  2. No poll lasts longer than TICK_EVERY_MS, so a signal that arrives just before it is seen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/wait.h"
#include "base/clock.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define TICK_EVERY_MS 100

struct wait {
    struct wait_source *sources; // linked, last added first
    uint64_t n_added;
    wait_tick *tick;
    void *tick_context;
    int64_t ticked_ms;
};

struct wait_source {
    struct wait *wait; // NULL once the loop is gone
    struct wait_source *next;
    uint64_t number;
    int fd;
    short events;
    wait_ready *ready;
    void *context;
};

// Set by the signal handler, which can reach nothing else.
static volatile sig_atomic_t caught_signal = 0;
static volatile sig_atomic_t n_waits = 0;
static void (*volatile before_exit)(void) = NULL;

static void handle_signal(int number)
{
    if (n_waits == 0 || caught_signal != 0) {
        if (before_exit != NULL)
            before_exit();
        _exit(128 + number);
    }
    caught_signal = number;
}

void wait_catch_signals(void)
{
    struct sigaction action = {.sa_handler = handle_signal}; // no SA_RESTART: poll shall end
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
        bug("signals cannot be caught");
    // A write beyond the limit on file sizes is to fail as one on a full disk does.
    signal(SIGXFSZ, SIG_IGN);
}

int wait_signal(void)
{
    return caught_signal;
}

void wait_before_exit(void (*restore)(void))
{
    before_exit = restore;
}

static int forget_wait(struct wait *wait)
{
    for (struct wait_source *source = wait->sources; source != NULL; source = source->next)
        source->wait = NULL;
    n_waits--;
    return 0;
}

struct wait *wait_make(TALLOC_CTX *mem)
{
    struct wait *wait = mem_new(mem, struct wait);
    n_waits++;
    talloc_set_destructor(wait, forget_wait);
    return wait;
}

void wait_on_tick(struct wait *wait, wait_tick *tick, void *context)
{
    wait->tick = tick;
    wait->tick_context = context;
}

static int forget_source(struct wait_source *source)
{
    if (source->wait == NULL)
        return 0;
    struct wait_source **link = &source->wait->sources;
    while (*link != source)
        link = &(*link)->next;
    *link = source->next;
    return 0;
}

struct wait_source *wait_add(struct wait *wait, int fd, short events, wait_ready *ready,
                             void *context)
{
    struct wait_source *source = mem_new(wait, struct wait_source);
    *source = (struct wait_source){.wait = wait,
                                   .next = wait->sources,
                                   .number = ++wait->n_added,
                                   .fd = fd,
                                   .events = events,
                                   .ready = ready,
                                   .context = context};
    wait->sources = source;
    talloc_set_destructor(source, forget_source);
    return source;
}

static struct wait_source *find_source(struct wait *wait, uint64_t number)
{
    struct wait_source *source = wait->sources;
    while (source != NULL && source->number != number)
        source = source->next;
    return source;
}

// One poll of at most `timeout_ms`, then the callbacks of what is ready.
static void turn(struct wait *wait, int64_t timeout_ms)
{
    SCRATCH(tmp);
    struct pollfd *polled = NULL;
    uint64_t *numbers = NULL;
    size_t n = 0;
    for (struct wait_source *source = wait->sources; source != NULL; source = source->next) {
        size_t n_numbers = n;
        *mem_append(tmp, numbers, n_numbers) = source->number;
        *mem_append(tmp, polled, n) = (struct pollfd){.fd = source->fd, .events = source->events};
    }
    int n_ready = poll(polled, n, (int)timeout_ms);
    if (n_ready < 0 && errno != EINTR)
        bug("poll: %s", strerror(errno));
    for (size_t i = 0; n_ready > 0 && i < n; i++) {
        struct wait_source *source = find_source(wait, numbers[i]);
        if (source != NULL && polled[i].revents != 0)
            source->ready(source->context, source->fd, polled[i].revents);
    }
}

// Signals, and the tick when one is due.
static bool check(struct wait *wait, struct error *err)
{
    if (caught_signal != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted by %s",
                         caught_signal == SIGTERM ? "SIGTERM" : "SIGINT");
    int64_t now_ms = clock_monotonic_ms();
    if (wait->tick == NULL || now_ms - wait->ticked_ms < TICK_EVERY_MS / 2)
        return true;
    wait->ticked_ms = now_ms;
    if (!wait->tick(wait->tick_context))
        return error_set(err, ERROR_INTERRUPTED, "cancelled");
    return true;
}

// Milliseconds that the next poll may last; negative when the deadline has passed.
static int64_t time_left(int64_t deadline_ms)
{
    if (deadline_ms == 0)
        return TICK_EVERY_MS;
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    return left_ms < TICK_EVERY_MS ? left_ms : TICK_EVERY_MS;
}

bool wait_until(struct wait *wait, const bool *done, int64_t deadline_ms, struct error *err)
{
    while (!*done) {
        TRY(check(wait, err));
        int64_t left_ms = time_left(deadline_ms);
        if (left_ms < 0)
            return error_set(err, ERROR_UNREACHABLE, "no answer in time");
        turn(wait, left_ms);
    }
    return true;
}

bool wait_pause(struct wait *wait, int64_t ms, struct error *err)
{
    bool never = false;
    struct error cause = {0};
    if (wait_until(wait, &never, clock_monotonic_ms() + ms, &cause) ||
        cause.code == ERROR_UNREACHABLE) // the time is over
        return true;
    *err = cause;
    return false;
}

bool wait_out(struct wait *wait, const bool *done, int64_t deadline_ms)
{
    int64_t left_ms;
    while (!*done && (left_ms = time_left(deadline_ms)) >= 0)
        turn(wait, left_ms);
    return *done;
}
