/*
 * The real world of a flight: this machine's clock, our own verbs as steps, people.
 *
 * While something runs, the lease is renewed and people's wishes are looked for: who asks to abort
 * ends the step that runs, and what became of it is read back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_WORLD_H
#define FLIGHT_WORLD_H

#include "driver/notifier.h"
#include "flight/flying.h"
#include "flight/step_kind.h"
#include "journal/lease.h"

#define FLIGHT_LEASE_MS ((int64_t)30 * 1000) // time to live

struct world_options {
    struct flight_reader *reader;
    struct journal *journal;
    struct lease *lease;
    struct verb_caller caller;
    int64_t since_ms; // when the flight entered its state: it is not earlier now
    // By whose channels people are called; environment NULL: nobody is.
    const struct config *config;
    const struct config_environment *environment;
    const struct notifier_driver *const *notifiers;
    // What others built upon the flight, in words; NULL: nothing. As rollback asks it.
    bool (*since)(TALLOC_CTX *mem, void *context, const char **out, struct error *err);
    void *since_context;
    // For the screen: something happened; time passed, ten times a second.
    void (*tell)(void *screen, const struct flight *flight);
    void (*pass)(void *screen);
    void *screen;
};

// `options` and what it points to must outlive it.
struct flight_world *world_make(TALLOC_CTX *mem, const struct world_options *options);

#endif
