/*
 * Name table: finds things by schema and name, and is copied by two memcpy.
 *
 * Items are pointers to structs whose first member is a `struct name`; the table does not own them.
 * uthash would need an entry a table and item, so that a copy of a schema would cost a rebuild.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_NAME_TABLE_H
#define ANALYSIS_NAME_TABLE_H

#include "base/memory.h"
#include "statement/statement.h"
#include <stdint.h>

struct name_table {
    struct name **items; // in order of creation; NULL where one was removed
    size_t n_items;
    size_t room;
    int32_t *slots; // places in items, -1: free; twice the room
    bool ignores_case;
};

struct name_table name_table_make(TALLOC_CTX *mem, bool ignores_case);
struct name_table name_table_copy(TALLOC_CTX *mem, const struct name_table *table);
void *name_table_find(const struct name_table *table, struct name name); // NULL: none
// Add an item, or put it in the place of the one of that name.
void name_table_put(TALLOC_CTX *mem, struct name_table *table, void *item);
void name_table_remove(struct name_table *table, struct name name);
// The place of an item in `items`, n_items when it is not in the table.
size_t name_table_place(const struct name_table *table, const void *item);

bool name_equals(struct name a, struct name b, bool ignores_case);

#endif
