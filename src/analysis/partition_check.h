/*
 * Bounds of a partition as the CHECK that proves them to the server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_PARTITION_CHECK_H
#define ANALYSIS_PARTITION_CHECK_H

#include "base/memory.h"
#include "statement/statement.h"

// True of every row that is within the bounds (or, for the default partition, outside of them), and
// the server finds that it implies them. NULL: keys of several columns, expressions, hashes, NULL.
const char *partition_check_text(TALLOC_CTX *mem, const struct partition_key *key,
                                 const struct partition_bound *bound, bool is_inside);

#endif
