/*
 * What a flight is bound to: the database and the bytes of the migrations that it began with.
 *
 * Both stand in its first event. A verb that runs as its step compares them with what is there by
 * then, before it does anything: an address may lead elsewhere, and a file may have been edited
 * behind the gates.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BINDING_H
#define FLIGHT_BINDING_H

#include "base/json.h"
#include "change/change.h"
#include "driver/engine.h"
#include "journal/journal.h"

struct binding {
    const char *flight;
    const char *engine; // of its database; NULL: an older tminus began it, and noted none
    // `system` NULL: it had no id of its own, and got none since
    const char *system, *database, *text;
    const json_t *migrations; // NULL: none were noted
};

// As they stand in the plan: the database, and [{version, path, up, down}] of the pending ones.
json_t *binding_target_json(const struct engine_identity *identity);
json_t *binding_migrations_json(const struct change *pending);

// What the flight called `flight` is bound to. An id that the database got by the flight's own
// first migration is its own too.
MUST_CHECK bool binding_read(TALLOC_CTX *mem, struct journal *journal, const char *flight,
                             struct binding *out, struct error *err);

// ERROR_IDENTITY: it is another database.
MUST_CHECK bool binding_check_target(const struct binding *binding,
                                     const struct engine_identity *identity, struct error *err);
// Was this event about the flight's database, as far as it says?
bool binding_is_about(const struct binding *binding, const json_t *data);

// ERROR_POLICY: a migration of the flight is gone, or another one than it began with.
MUST_CHECK bool binding_check_change(const struct binding *binding, const struct change *change,
                                     struct error *err);
// ERROR_POLICY: the flight does not have it.
MUST_CHECK bool binding_check_has(const struct binding *binding, const struct migration *migration,
                                  struct error *err);

#endif
