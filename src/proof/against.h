/*
 * Against: the tables of one database beside those of another, or two tables of one, as they are
 * now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_AGAINST_H
#define PROOF_AGAINST_H

#include "change/config.h"
#include "proof/location.h"
#include <stdio.h>

// Two tables that should hold the same.
struct against_pair {
    const char *here, *there; // "orders", "sales.orders"
};

struct against_request {
    const struct target *here, *there; // the same one twice: two tables of one database
    const struct config *config;       // keys, ignored columns; NULL
    const struct against_pair *pairs;  // none: every table that either has
    size_t n_pairs;
};

struct against_table {
    struct name here, there; // name NULL: that side has no such table
    const char *unknown;     // why they could not be compared; NULL
    bool has_key; // false: rows were compared as a heap, and only that they differ is known
    struct location location; // of `here`, seen from `there`
};

struct against {
    const struct target *here, *there;
    enum verdict verdict;
    struct against_table *tables;
    size_t n_tables;
    int64_t took_ms;
};

// ERROR_INPUT: no such table, databases of two kinds, nothing to compare.
MUST_CHECK bool against_make(TALLOC_CTX *mem, const struct against_request *request,
                             struct against *out, struct error *err);
enum status against_status(const struct against_table *table);

void report_against_text(FILE *out, const struct against *against, bool is_colored);
// {"schema": "tminus/verify/1", "against": …, "tables": …}
void report_against_json(FILE *out, const struct against *against);

#endif
