/*
 * Quantities as people write them: durations, shares, sizes, counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "base/error.h"
#include "base/memory.h"
#include <stdint.h>

// "90s" "5m" "1h" "7d" "200ms"; a number without unit is refused. Never negative.
MUST_CHECK bool quantity_read_duration(const char *text, int64_t *ms, struct error *err);
// "1%" "0.1%" → 0.01, 0.001. Without the sign it is refused.
MUST_CHECK bool quantity_read_share(const char *text, double *share, struct error *err);
// "64MB" "2GB" "512" (bytes); powers of 1024.
MUST_CHECK bool quantity_read_size(const char *text, int64_t *bytes, struct error *err);
MUST_CHECK bool quantity_read_integer(const char *text, int64_t *value, struct error *err);

char *quantity_duration(TALLOC_CTX *mem, int64_t ms); // "1.2 s" "3 min 20 s"
char *quantity_count(TALLOC_CTX *mem, int64_t count); // "200,000"
char *quantity_size(TALLOC_CTX *mem, int64_t bytes);  // "1.4 GB"

#endif
