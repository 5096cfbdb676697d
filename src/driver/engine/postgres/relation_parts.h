/*
 * Parts of a relation that several connections read at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_RELATION_PARTS_H
#define DRIVER_ENGINE_POSTGRES_RELATION_PARTS_H

#include "driver/engine/postgres/relation.h"

#define PARTS_BYTES_MIN (8 * 1024 * 1024) // smaller ones are read by one connection

// One condition for each part; every row satisfies exactly one. A single NULL: it is not split.
struct relation_parts {
    const char **conditions;
    size_t n;
};

// Into at most `n` parts of about one size.
MUST_CHECK bool relation_parts_make(TALLOC_CTX *mem, struct engine *engine,
                                    const struct relation *relation, size_t n,
                                    struct relation_parts *out, struct error *err);

#endif
