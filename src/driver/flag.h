/*
 * Flags: a switch of a running program, kept somewhere outside: what it is, and setting it.
 *
 * What a service answers to a set is not believed: whoever sets a flag reads it again.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_FLAG_H
#define DRIVER_FLAG_H

#include "change/config.h"
#include "driver/engine.h"

enum flag_value { FLAG_OFF, FLAG_ON, FLAG_UNKNOWN };

struct flag_answer {
    enum flag_value value;
    const char *text; // what was read: "enabled is true"; of FLAG_UNKNOWN why it is not known
};

struct flag_request {
    const struct config_flag *flag;
    const char *folder;       // that relative paths start in
    const struct secret *url; // of the database, for sql; NULL
    bool allow_superuser;
    const struct engine_driver *const *engines;
    struct wait *wait;
};

struct flag_driver {
    const char *name; // "file"
    // Fails on an interruption, and for a flag that cannot be asked for whatever the world is like.
    bool (*read)(TALLOC_CTX *mem, const struct flag_request *request, struct flag_answer *out,
                 struct error *err);
    // `*why`: it was refused, or failed; stays NULL else. NULL: flight/ sets it itself, because it
    // runs a command of the user's or changes a database.
    bool (*set)(TALLOC_CTX *mem, const struct flag_request *request, bool is_on, const char **why,
                struct error *err);
};

extern const struct flag_driver flag_command;
extern const struct flag_driver flag_file;
extern const struct flag_driver flag_flagsmith;
extern const struct flag_driver flag_launchdarkly;
extern const struct flag_driver flag_sql;
extern const struct flag_driver flag_unleash;

// The driver for the flag's kind. `drivers` is main.c's NULL-terminated table.
const struct flag_driver *flag_driver_for(const struct flag_driver *const *drivers,
                                          const struct config_flag *flag);
// Its value, with that driver; what is said of it without what is secret.
MUST_CHECK bool flag_ask(TALLOC_CTX *mem, const struct flag_driver *const *drivers,
                         const struct flag_request *request, struct flag_answer *out,
                         struct error *err);
// "on" "true" "1" "enabled" "yes", their opposites, in any case and with blanks around.
enum flag_value flag_value_read(const char *text);
const char *flag_value_name(enum flag_value value); // "on"

#endif
