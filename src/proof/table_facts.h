/*
 * Facts of one table for a baseline: columns' NULLs, least, greatest and sum, which have few
 * values, the greatest age, how many rows the migration's predicates name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TABLE_FACTS_H
#define PROOF_TABLE_FACTS_H

#include "proof/baseline.h"

// Fill the columns of `table` (without fingerprints) from the trace's table and the schema.
MUST_CHECK bool table_facts_read(TALLOC_CTX *mem, const struct baseline_request *request,
                                 const struct trace_table *traced,
                                 const struct schema_relation *relation,
                                 struct baseline_table *table, struct error *err);

#endif
