/*
 * Acts: one effect on the world outside the database, with its intent and its result in the
 * journal.
 *
 * What is there is looked at first; what is done already is not done again. Behind the act it is
 * looked at once more, and what is seen decides: a command's own word is not believed alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_ACT_H
#define FLIGHT_ACT_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "journal/journal.h"

enum act_state {
    ACT_DONE,    // all of it is there
    ACT_PENDING, // nothing of it is there
    ACT_PARTLY,  // some of it: a person is needed
    ACT_UNKNOWN, // nobody can say
    ACT_REFUSED, // it may not be done, and was not
    ACT_STATE_COUNT
};

struct act_seen {
    enum act_state state;
    const char *why;  // one sentence
    json_t *evidence; // what was read; NULL: nothing
};

struct act {
    const char *started, *done, *failed; // names of events
    json_t *data;                        // of each of them; borrowed
    bool needs_certainty;                // what is unknown before is left alone
    void *context;
    // Look, and change nothing. `has_acted`: it may wait for what takes effect later.
    bool (*look)(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err);
    // Do it. `*why`: that it failed, by its own word; stays NULL else.
    bool (*act)(TALLOC_CTX *mem, void *context, const char **why, struct error *err);
};

struct act_report {
    enum act_state state;
    bool was_there;  // it was done before, and nothing was done now
    bool has_acted;  // false: dry run, refused, or done before
    bool has_failed; // the act itself said so
    const char *why;
    json_t *evidence; // freed with the memory
    int64_t took_ms;
};

// `journal` NULL: a dry run, which only looks. Fails on an interruption: the journal then has the
// intent alone, and the next look says what became of it.
MUST_CHECK bool act_run(TALLOC_CTX *mem, const struct act *act, struct journal *journal,
                        struct act_report *out, struct error *err);

const char *act_state_name(enum act_state state); // "done"
// As design and manual have them: done 0, refused 1, unknown 3, failed without a trace 4, partly 5.
int act_exit_status(const struct act_report *report);

#endif
