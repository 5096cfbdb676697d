/*
 * The schema of a database as it is, into what an assessment starts from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_KNOWN_SCHEMA_H
#define PROOF_KNOWN_SCHEMA_H

#include "analysis/assessment.h"
#include "proof/target.h"

// Sets the dialect and version too.
MUST_CHECK bool known_schema_read(TALLOC_CTX *mem, const struct target *target,
                                  struct assessment_options *options, struct error *err);

#endif
