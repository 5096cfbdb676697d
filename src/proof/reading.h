/*
 * What the text of some migrations says on a database of the schema that they find: judged, with
 * what must hold, and where each table is afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_READING_H
#define PROOF_READING_H

#include "analysis/assessment.h"
#include "proof/invariant.h"
#include "proof/target.h"
#include "proof/trace.h"

struct reading {
    struct assessment *assessment;
    struct schema *schema; // before them
    struct invariants invariants;
    struct trace *trace;
};

struct reading_request {
    const struct target *target; // that they would run on now
    const struct change *change; // whose migrations they are
    struct migration *migrations;
    size_t n_migrations;
    const struct config *config;
};

MUST_CHECK bool reading_make(TALLOC_CTX *mem, const struct reading_request *request,
                             struct reading *out, struct error *err);

#endif
