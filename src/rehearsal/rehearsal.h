/*
 * Rehearsal: a change on a copy, from the copy's making to the answer whether it can be undone.
 *
 * copies → ups (measured) → effects → invariants → mined → old release → new release's rows → downs
 * → what is left → ups again. It changes nothing but what it made.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_REHEARSAL_H
#define REHEARSAL_REHEARSAL_H

#include "rehearsal/copies.h"
#include "rehearsal/rehearsal_report.h"

struct rehearsal_request {
    struct copies_request copies;
    const struct change *change; // what is pending
    const struct config *config;
    const struct config_environment *environment; // NULL: none is configured
    const char *service, *environment_name;
    bool has_undo_log; // migrate keeps before-images
};

MUST_CHECK bool rehearsal_make(TALLOC_CTX *mem, const struct rehearsal_request *request,
                               struct rehearsal_report **out, struct error *err);

// The verdict by what the report holds; again, after findings were added or taken back.
void rehearsal_judge(struct rehearsal_report *report);

#endif
