/*
 * The inside of a rehearsal: what its stages hand on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_REHEARSING_H
#define REHEARSAL_REHEARSING_H

#include "proof/fingerprints.h"
#include "proof/reading.h"
#include "rehearsal/effects_find.h"
#include "rehearsal/rehearsal.h"
#include "rehearsal/release.h"

struct rehearsing {
    TALLOC_CTX *mem; // the report's
    const struct rehearsal_request *request;
    struct rehearsal_report *report;
    struct copies *copies;
    struct reading reading; // of the whole change
    struct new_rows new_rows;
    int64_t phase_begun_ms;
};

// From now on time is spent on `phase` (NULL: on nothing).
void rehearsing_phase(struct rehearsing *rehearsing, const char *phase);
void rehearsing_note(struct rehearsing *rehearsing, const char *text);
// What `n` migrations say on a database of this schema.
MUST_CHECK bool rehearsing_read(const struct rehearsing *rehearsing, const struct target *target,
                                struct migration *migrations, size_t n, struct reading *out,
                                struct error *err);
// Compare two of the copies; `trace` NULL: by name.
MUST_CHECK bool rehearsing_compare(struct rehearsing *rehearsing, const struct target *before,
                                   const struct target *after, const struct trace *trace,
                                   bool is_only_new_rows, struct measured_effects *out,
                                   struct error *err);

// --- rehearsal_command.c: the project's own tool makes the change (rehearsal.runner: command)
bool rehearsing_is_command(const struct rehearsing *rehearsing);
MUST_CHECK bool rehearse_command(struct rehearsing *rehearsing, bool is_down,
                                 struct measured_run *run, struct error *err);
MUST_CHECK bool rehearse_command_up(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_up.c: the ups, and what they did
MUST_CHECK bool rehearse_ups(struct rehearsing *rehearsing, struct error *err);
// The same ups again, after the downs; without effects.
MUST_CHECK bool rehearse_ups_again(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_estimate.c: how long the ups take at the target's size
MUST_CHECK bool rehearse_estimates(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_proof.c: what must hold before and after
MUST_CHECK bool rehearse_baseline(struct rehearsing *rehearsing, const char *path,
                                  struct error *err);
MUST_CHECK bool rehearse_invariants(struct rehearsing *rehearsing, const char *baseline,
                                    struct error *err);
MUST_CHECK bool rehearse_releases(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_back.c: the downs, what is left, the ups again
MUST_CHECK bool rehearse_back(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_undo.c: what the undo log brings back
MUST_CHECK bool rehearse_undo(struct rehearsing *rehearsing, struct error *err);

// --- rehearsal_answer.c: the class of the way back
void rehearse_answer(struct rehearsing *rehearsing);

#endif
