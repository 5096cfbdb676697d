/*
 * Name table: open addressing over places in an array that keeps the order of creation.
 *
 * A removed item leaves a NULL in its place, so chains of slots stay whole; growing packs them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/name_table.h"

#include <ctype.h>
#include <strings.h>
#include <xxhash.h>

enum { FIRST_ROOM = 16, FREE_SLOT = -1 };

bool name_equals(struct name a, struct name b, bool ignores_case)
{
    int (*compare)(const char *, const char *) = ignores_case ? strcasecmp : strcmp;
    if (!a.name || !b.name || !a.schema != !b.schema)
        return false;
    return compare(a.name, b.name) == 0 && (!a.schema || compare(a.schema, b.schema) == 0);
}

static uint64_t text_hash(const char *text, uint64_t seed, bool ignores_case)
{
    if (!ignores_case)
        return XXH3_64bits_withSeed(text, strlen(text), seed);
    uint64_t hash = seed + 14695981039346656037u;
    for (; *text; text++)
        hash = (hash ^ (uint64_t)tolower((unsigned char)*text)) * 1099511628211u; // FNV-1a
    return hash;
}

static size_t slot_of(const struct name_table *table, struct name name)
{
    uint64_t hash = name.schema ? text_hash(name.schema, 0, table->ignores_case) : 0;
    return text_hash(name.name, hash, table->ignores_case) & (table->room * 2 - 1);
}

// The slot that holds `name`, or the free one at the end of its chain.
static size_t slot_find(const struct name_table *table, struct name name)
{
    size_t slot = slot_of(table, name);
    for (;; slot = (slot + 1) & (table->room * 2 - 1)) {
        if (table->slots[slot] == FREE_SLOT)
            return slot;
        const struct name *item = table->items[table->slots[slot]];
        if (item && name_equals(*item, name, table->ignores_case))
            return slot;
    }
}

static void table_allocate(TALLOC_CTX *mem, struct name_table *table, size_t room)
{
    table->room = room;
    table->items = mem_array(mem, struct name *, room);
    table->slots = mem_array(mem, int32_t, room * 2);
    memset(table->slots, 0xff, room * 2 * sizeof(*table->slots)); // FREE_SLOT everywhere
}

static void table_append(struct name_table *table, struct name *item)
{
    table->slots[slot_find(table, *item)] = (int32_t)table->n_items;
    table->items[table->n_items++] = item;
}

static void table_grow(TALLOC_CTX *mem, struct name_table *table)
{
    struct name_table old = *table;
    size_t live = 0;
    for (size_t i = 0; i < old.n_items; i++)
        live += old.items[i] != NULL;
    table_allocate(mem, table, live * 2 > old.room ? old.room * 2 : old.room);
    table->n_items = 0;
    for (size_t i = 0; i < old.n_items; i++) {
        if (old.items[i])
            table_append(table, old.items[i]);
    }
    talloc_free(old.items);
    talloc_free(old.slots);
}

struct name_table name_table_make(TALLOC_CTX *mem, bool ignores_case)
{
    struct name_table table = {.ignores_case = ignores_case};
    table_allocate(mem, &table, FIRST_ROOM);
    return table;
}

struct name_table name_table_copy(TALLOC_CTX *mem, const struct name_table *table)
{
    struct name_table copy = *table;
    copy.items = mem_checked(talloc_memdup(mem, table->items, table->room * sizeof(*copy.items)));
    copy.slots =
        mem_checked(talloc_memdup(mem, table->slots, table->room * 2 * sizeof(*copy.slots)));
    return copy;
}

void *name_table_find(const struct name_table *table, struct name name)
{
    int32_t place = table->slots[slot_find(table, name)];
    return place == FREE_SLOT ? NULL : table->items[place];
}

void name_table_put(TALLOC_CTX *mem, struct name_table *table, void *item)
{
    struct name *name = item;
    int32_t place = table->slots[slot_find(table, *name)];
    if (place != FREE_SLOT) {
        table->items[place] = name;
        return;
    }
    if (table->n_items == table->room)
        table_grow(mem, table);
    table_append(table, name);
}

void name_table_remove(struct name_table *table, struct name name)
{
    int32_t place = table->slots[slot_find(table, name)];
    if (place != FREE_SLOT)
        table->items[place] = NULL;
}

size_t name_table_place(const struct name_table *table, const void *item)
{
    int32_t place = table->slots[slot_find(table, *(const struct name *)item)];
    return place == FREE_SLOT ? table->n_items : (size_t)place;
}
