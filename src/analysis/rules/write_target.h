/*
 * What a write names, columns and the target of ON CONFLICT, held against its table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_WRITE_TARGET_H
#define ANALYSIS_RULES_WRITE_TARGET_H

#include "analysis/rules/rules.h"

// Why the write is refused, of a table that is known and not in doubt; NULL: it is not.
const char *write_target_refusal(TALLOC_CTX *mem, const struct query *query,
                                 const struct schema_relation *table);

#endif
