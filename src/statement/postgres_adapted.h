/*
 * A text that the grammar refuses, written over with what it knows. Include postgres_tree.h first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_ADAPTED_H
#define STATEMENT_POSTGRES_ADAPTED_H

#include "statement/postgres_reading.h"

struct adapted_not_null {
    size_t offset; // of its CONSTRAINT, in the text
    bool is_not_valid;
};

struct adapted {
    char *text;              // as long as the original
    unsigned needs_version;  // 0: only placeholders were in it
    const char *placeholder; // the first; NULL: none
    bool *is_virtual;        // of each generated column
    size_t n_generated;
    struct adapted_not_null *not_nulls;
    size_t n_not_nulls;
    size_t n_set_expressions;
};

// false: there is nothing in it to write over.
bool adapted_make(TALLOC_CTX *mem, const char *text, size_t len, struct adapted *out);
// Put back into the statement what the written-over text could not say.
void adapted_restore(const struct adapted *adapted, const struct reading *reading);
// A form of a newer version that is not followed; NULL: it is none.
const char *adapted_version_reason(const char *text, size_t len);

#endif
