/*
 * What a rollback of a flight would do: by which methods, what it loses, and what allows it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_ROLLBACK_PLAN_H
#define COMMAND_ROLLBACK_PLAN_H

#include "command/act_approval.h"
#include "command/flight_work.h"

struct rollback_request {
    unsigned methods; // of enum back_method; 0: what the evidence allows
    const char *to;   // version; NULL: what ran before, as the flight knows it
};

struct rollback_plan {
    unsigned methods;
    const char *to;
    bool is_unchanged;        // nothing of it is on the target: it is only aborted
    const struct step **back; // the steps, in their order
    size_t n_back;
    const char *undo;       // of the migrations, as it would be run now; NULL: as at the launch
    const char *loses;      // a sentence
    const char *note;       // what a person should know besides; NULL
    const char *allowed_by; // evidence or a person, in words; NULL: nothing
    const char *refused;    // why it may not be; NULL: it may
    const char *hint;       // what to do then; NULL
    const char *blocked;    // what its first step would find in its way; NULL: nothing
    struct act act;         // what a second person signs
};

// ERROR_POLICY: what it loses is lost for good, and nobody else signed for that; of a `go` that
// sends a flight back.
MUST_CHECK bool rollback_check_accepted(TALLOC_CTX *mem, const struct flight_work *work,
                                        struct error *err);
MUST_CHECK bool rollback_plan_make(TALLOC_CTX *mem, const struct flight_work *work,
                                   const struct rollback_request *request,
                                   struct rollback_plan *out, struct error *err);

// --- rollback_since.c
// What came after the flight and would be lost or broken, in words; NULL: nothing.
MUST_CHECK bool rollback_since(TALLOC_CTX *mem, const struct flight_work *work, const char **out,
                               struct error *err);

#endif
