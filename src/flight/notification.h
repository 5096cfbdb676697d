/*
 * Notifications: a message to every channel of an environment, and what each said to it.
 *
 * A channel that does not take it stops nothing: the others get it, and who asked is told. Nobody
 * can look later whether a message came, so one whose result is not known is sent again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_NOTIFICATION_H
#define FLIGHT_NOTIFICATION_H

#include "driver/notifier.h"
#include "flight/act.h"
#include "journal/journal.h"

#define NOTIFICATION_TEXT_MAX ((size_t)4000) // bytes; more than that no messenger shows

struct notification {
    const struct config *config;
    const struct config_environment *environment;
    const char *text; // for people
    json_t *detail;   // members beside it, for programs: {flight, state}; borrowed; NULL
    // Its head goes with the message, text's last line: a tail that is cut off later contradicts
    // what people were sent. NULL: no journal is open yet.
    struct journal *journal;
    const struct notifier_driver *const *drivers;
    struct wait *wait;
};

struct notification_report {
    size_t n_channels, n_delivered;
    const char *why; // all took it, or what the others say
    json_t *answers; // [{channel, delivered, text, attempts}]; freed with the memory
};

// Send {text, at, service, environment, journal, …detail} to all channels. Fails on an
// interruption, and when the journal cannot be read.
MUST_CHECK bool notification_send(TALLOC_CTX *mem, const struct notification *notification,
                                  struct notification_report *out, struct error *err);

// The same as an act, which journals it: done when every channel took it, partly when some did.
// ERROR_CONFIG: there are no channels. ERROR_USAGE: no text, or too much.
MUST_CHECK bool notification_act(TALLOC_CTX *mem, const struct notification *notification,
                                 struct act *out, struct error *err);

#endif
