/*
 * Verbs as steps: a flight has its steps done by the verbs that a person would type, each as a
 * process of its own. What one does is journaled by itself, under the flight's name and lease, and
 * ends with it: a verb whose flight is gone gets SIGTERM, and one of a flight that was taken over
 * is fenced before it acts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_VERB_H
#define FLIGHT_VERB_H

#include "base/json.h"
#include "base/wait.h"
#include "driver/store.h"

// Set in the environment of such a process.
#define VERB_FLIGHT "TMINUS_FLIGHT" // the flight's id: the name under which it journals
#define VERB_LEASE "TMINUS_LEASE"   // "EPOCH:NAME": what it journals is fenced by
#define VERB_LOCK "TMINUS_VERBS"    // path of a file that is locked while it lives
#define VERB_PILOT "TMINUS_PILOT"   // number of the process that flies

struct verb_caller {
    const char *program;     // path of tminus
    const char *flight;      // id
    const char *environment; // NULL: none is configured
    const char *config;      // path; NULL: none is used
    bool is_after_release;   // it flies the migrations that run after the release
    const struct store_fence *fence;
    const char *lock; // path of VERB_LOCK
    struct wait *wait;
    // Each line that it says while it runs, without "tminus: "; NULL: nobody listens.
    void (*hear)(void *context, const char *line);
    void *hear_context;
};

struct verb_answer {
    int status; // exit status (command/command.h)
    bool timed_out;
    json_t *document; // what it printed; NULL when that is no JSON; freed with `mem`
    const char *said; // the last thing that it said on stderr, one line; NULL
};

// Run "tminus ARGV…" with the caller's environment and JSON. ERROR_INTERRUPTED: a signal, or the
// tick; the process has ended then.
MUST_CHECK bool verb_run(TALLOC_CTX *mem, const struct verb_caller *caller, const char *const *argv,
                         int64_t timeout_ms, struct verb_answer *out, struct error *err);

// At the start of a verb: it ends with its flight.
void verb_follow_flight(void);
// Until the verbs of a process that is gone have ended too: one that is told to end may still see a
// command through. Called with the lease in hand, so that none of them begins anything new.
// ERROR_POLICY: one goes on.
MUST_CHECK bool verb_await_others(const char *lock, struct wait *wait, struct error *err);
// The lease that VERB_LEASE names; false: none.
bool verb_fence(TALLOC_CTX *mem, struct store_fence *out);

#endif
