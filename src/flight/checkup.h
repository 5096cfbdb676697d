/*
 * Checkups: what a flight is asked at its verification and at each point of its watch.
 *
 * The data beside the flight's own baseline; and where it released something, whether that still
 * answers. The first check that fails is told, with the command that shows all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_CHECKUP_H
#define FLIGHT_CHECKUP_H

#include "flight/flying.h"
#include "flight/step_kind.h"

struct checkup {
    const struct step_context *steps;
    const struct flight *flight;
    bool as_before;   // is everything as in the baseline, as after a rollback?
    int64_t ready_ms; // how long a release may take until it answers
};

// Data, and where the flight released something that is not being taken back, the release: the
// worse of both. Rows that nobody can attribute, and another release that somebody deployed since,
// make no NO-GO: a person decides.
MUST_CHECK bool checkup_all(TALLOC_CTX *mem, const struct checkup *checkup,
                            struct flight_answer *out, struct error *err);

// What a verification says against it: the first check that failed, or is not known, in words;
// NULL: nothing.
char *checkup_reason(TALLOC_CTX *mem, const json_t *document);
// Does its verdict rest on rows alone of which nobody can tell who wrote them?
bool checkup_is_unattributable(const json_t *document);

#endif
