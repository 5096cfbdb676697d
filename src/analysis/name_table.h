/*
 * Name table: finds things by schema and name, and is copied at once.
 *
 * Items are pointers to structs whose first member is a `struct name`; the table does not own them.
 * Copies share everything until one is written to, and then all but the pages that change: a replay
 * copies a schema of 40,000 names several times a migration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_NAME_TABLE_H
#define ANALYSIS_NAME_TABLE_H

#include "base/memory.h"
#include "statement/statement.h"
#include <stdint.h>

struct name_table_pages;

struct name_table {
    TALLOC_CTX *mem;
    struct name_table_pages **pages; // shared with copies; NULL: nothing was put in yet
    size_t n_items;                  // places in order of creation, removed ones too
    bool ignores_case;
};

struct name_table name_table_make(TALLOC_CTX *mem, bool ignores_case);
struct name_table name_table_copy(TALLOC_CTX *mem, const struct name_table *table);
void *name_table_find(const struct name_table *table, struct name name); // NULL: none
// Add an item, or put it in the place of the one of that name.
void name_table_put(struct name_table *table, void *item);
void name_table_remove(struct name_table *table, struct name name);
// NULL: it was removed, or `place` is behind the last.
void *name_table_at(const struct name_table *table, size_t place);
// The place of an item, n_items when it is not in the table.
size_t name_table_place(const struct name_table *table, const void *item);
// From `place` on, the first where something is; n_items: none.
size_t name_table_next(const struct name_table *table, size_t place);
// The same, but where `other`, a copy of one origin, has something else.
size_t name_table_next_changed(const struct name_table *table, const struct name_table *other,
                               size_t place);

bool name_equals(struct name a, struct name b, bool ignores_case);

#endif
