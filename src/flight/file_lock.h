/*
 * File locks: only one tminus of this machine at a time runs a single verb on an environment.
 *
 * A locked file in the state folder. The lock goes with the process, however it ends, so there is
 * no stale lock to clean up; who holds it stands in the file for the message. A flight, which
 * outlives its processes and may go on elsewhere, holds a lease instead (journal/lease.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_FILE_LOCK_H
#define FLIGHT_FILE_LOCK_H

#include "base/error.h"
#include "base/memory.h"
#include "base/wait.h"

struct file_lock; // given back when its memory is freed

// ERROR_POLICY: another process holds it (named). ERROR_SYSTEM: the file cannot be made.
MUST_CHECK bool file_lock_take(TALLOC_CTX *mem, const char *path, struct file_lock **out,
                               struct error *err);

// The same, waiting at most `patience_ms` for who holds it: what a killed tminus had begun ends
// within seconds.
MUST_CHECK bool file_lock_await(TALLOC_CTX *mem, const char *path, int64_t patience_ms,
                                struct wait *wait, struct file_lock **out, struct error *err);
// Is it free, or becomes so in that time? It changes nothing; ERROR_POLICY names who holds it.
MUST_CHECK bool file_lock_await_free(const char *path, int64_t patience_ms, struct wait *wait,
                                     struct error *err);

#endif
