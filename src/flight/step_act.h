/*
 * Acts of the steps that tminus.yaml configures: a command, SQL, a wait, a message, a flag, a tag.
 *
 * What tells whether one is done is `read_back` where it has one. A command without one leaves no
 * trace that is known: what its flight journaled of it is all, and one that was begun and has no
 * result is unknown. What a flight did not begin it does not take back either.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_STEP_ACT_H
#define FLIGHT_STEP_ACT_H

#include "driver/flag.h"
#include "driver/notifier.h"
#include "driver/probe.h"
#include "flight/act.h"

struct step_request {
    const struct config *config;
    const struct config_environment *environment;
    const struct config_step *step;
    bool is_undo;
    const char *version;     // NULL: not known
    const char *slot;        // NULL: every one
    const char *flight;      // NULL: a person does it
    struct journal *journal; // to look what the flight did; NULL: a person, or none is there yet
    const struct probe_driver *const *probes;
    const struct engine_driver *const *engines;
    const struct flag_driver *const *flags;
    const struct notifier_driver *const *notifiers;
    struct wait *wait;
    void (*show)(void *context, const char *line); // of a command's output; NULL
    void *show_context;
};

// ERROR_USAGE: no such step, or one of a kind that is done by a verb of its own.
MUST_CHECK bool step_find(const struct config_environment *environment, const char *name,
                          const struct config_step **out, struct error *err);
// `request` must outlive it. ERROR_CONFIG: it cannot be done as it is configured, whatever the
// world is like; ERROR_POLICY: what it waits for does not hold.
MUST_CHECK bool step_act_make(TALLOC_CTX *mem, const struct step_request *request, struct act *out,
                              struct error *err);

#endif
