/*
 * The inside of a configured step's act, for the files that make the kinds of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_STEPPING_H
#define FLIGHT_STEPPING_H

#include "flight/step_act.h"
#include "journal/events.h"

// What the journal has of a step's act, of this flight.
struct step_history {
    bool was_begun, was_done, was_failed; // the last time
    bool was_made;                        // of an undo: what it takes back was begun
};

struct stepping {
    const struct step_request *request;
    struct act inner; // of the kind
    struct step_history history;
    bool has_run, has_failed; // now
    json_t *data;
    bool has_changed_schema; // seen, not only said
    const char *undone;      // why nothing of it is there although it was run; NULL
    const char *system;      // of sql: the database's
    const char *text;        // of sql: its file
    size_t len;
};

// --- step_command.c: commands, traffic and waits
MUST_CHECK bool stepping_command(TALLOC_CTX *mem, struct stepping *stepping, struct error *err);
void stepping_wait(struct stepping *stepping);
// By read_back where there is one, else by what is known of having done it.
MUST_CHECK bool stepping_look(TALLOC_CTX *mem, struct stepping *stepping, bool has_acted,
                              struct act_seen *out, struct error *err);
// --- step_sql.c
// The schema of the step's database, as a digest.
MUST_CHECK bool stepping_schema(const struct stepping *stepping, char digest[65],
                                struct error *err);
MUST_CHECK bool stepping_sql(TALLOC_CTX *mem, struct stepping *stepping, struct error *err);

#endif
