/*
 * Waiting: the one poll loop of the program.
 *
 * Everything that takes time is a descriptor that becomes ready (a socket, a pipe, a pidfd) or a
 * moment that comes. Code that needs an answer at once calls `wait_until`, which turns the loop
 * until its own condition holds; other descriptors are served meanwhile.
 *
 * Once `wait_catch_signals` was called, SIGINT and SIGTERM end every wait with ERROR_INTERRUPTED.
 * While no `struct wait` exists nothing has to be ended in order, so a signal ends the program at
 * once (130, 143); so does a second signal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include "base/error.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

struct wait;
struct wait_source;

// Called when `fd` is ready; `events` are poll's (POLLIN, POLLOUT, POLLHUP, POLLERR).
typedef void wait_ready(void *context, int fd, short events);
// Called at least every 100 ms of a wait; false cancels it (ERROR_INTERRUPTED).
typedef bool wait_tick(void *context);

struct wait *wait_make(TALLOC_CTX *mem);
void wait_catch_signals(void); // once, in main
int wait_signal(void);         // the signal that was caught, or 0
// Called before a signal ends the program at once, from its handler: it may call only what signal
// handlers may. NULL: nothing.
void wait_before_exit(void (*restore)(void));
void wait_on_tick(struct wait *wait, wait_tick *tick, void *context);

// Watch `fd` until the source is freed (talloc_free). The loop never closes `fd`.
struct wait_source *wait_add(struct wait *wait, int fd, short events, wait_ready *ready,
                             void *context);

// Turn the loop until `*done` or until `deadline_ms` (monotonic; 0: none).
// Fails with ERROR_UNREACHABLE at the deadline, ERROR_INTERRUPTED by signal or tick.
MUST_CHECK bool wait_until(struct wait *wait, const bool *done, int64_t deadline_ms,
                           struct error *err);

// Turn the loop for so long. Fails with ERROR_INTERRUPTED alone.
MUST_CHECK bool wait_pause(struct wait *wait, int64_t ms, struct error *err);

// `wait_until` without heed of signals and ticks, for an ending that must be seen through; true when
// `*done` held before the deadline.
MUST_CHECK bool wait_out(struct wait *wait, const bool *done, int64_t deadline_ms);

#endif
