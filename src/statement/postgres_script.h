/*
 * One script being read: what postgres_reader.c and the readers of code in statements share.
 * Include postgres_tree.h first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_SCRIPT_H
#define STATEMENT_POSTGRES_SCRIPT_H

#include "statement/postgres_reading.h"

struct script_reading {
    struct script *script;
    const struct script_source *source;
    struct reader_cursor cursor; // at the statement at hand
    struct reader_cursor inner;  // within it; goes back to `cursor` when what is read does
    MemoryContext memory;        // libpg_query's
    int depth;                   // of code in code
};

void parsed_free(PgQueryInternalParsetreeAndError *parsed);
// `range` and `offset` are in the file.
void not_understood_add(struct script_reading *s, struct reader_range range, size_t offset,
                        const char *reason);

// --- postgres_inner.c

// The code of a DO block: its statements are added behind it.
void inner_read(struct script_reading *s, size_t index);
// When all are added: statements with code get their `inner`.
void inner_link(struct script *script);

#endif
