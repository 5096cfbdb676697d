/*
 * Is the database still the flight's own? Asked by the verbs that move a flight, before they say
 * so, and by those that run as its steps, before they act.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_FLIGHT_BINDING_H
#define COMMAND_FLIGHT_BINDING_H

#include "command/flight_work.h"
#include "flight/binding.h"

// What the flight is bound to whose step this process is; `*out` NULL: it is none's.
MUST_CHECK bool flight_binding_find(TALLOC_CTX *mem, const struct program *program,
                                    const struct database_choice *choice,
                                    const struct binding **out, struct error *err);
// Of such a step, with the database that it opened. ERROR_IDENTITY: another one than the flight's.
MUST_CHECK bool flight_binding_check(const struct program *program,
                                     const struct database_choice *choice,
                                     const struct engine_identity *identity, struct error *err);
// The same for one that opens none itself. One that does not answer is no other one.
MUST_CHECK bool flight_binding_look(const struct program *program,
                                    const struct database_choice *choice, struct error *err);
// Before `verb` moves the flight of `work`. ERROR_POLICY: it would act on another database.
MUST_CHECK bool flight_binding_check_work(const struct flight_work *work, const char *verb,
                                          struct error *err);

#endif
