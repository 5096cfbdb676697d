/*
 * Name table: open addressing over places in an array that keeps the order of creation.
 *
 * Both are cut into pages. Who writes owns its list of pages and the page alone, or makes it so by
 * a copy; the last who lets go frees. A removed item leaves a NULL in its place, so chains of slots
 * stay whole; growing packs them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/name_table.h"
#include "base/text.h"

#include <ctype.h>
#include <strings.h>
#include <xxhash.h>

enum { PAGE_ROOM = 64, FIRST_ROOM = 16, FREE_SLOT = 0 };

struct slot {
    uint32_t hash;
    uint32_t behind; // the item's place + 1, FREE_SLOT: none
};

struct place {
    struct name *item;
    struct slot slots[2]; // of the table's hash, twice the room of items
};

struct page {
    size_t n_users;
    struct place places[]; // PAGE_ROOM, or the room of a smaller table
};

struct name_table_pages {
    size_t n_users;
    size_t room;
    size_t n;
    struct page *list[];
};

bool name_equals(struct name a, struct name b, bool ignores_case)
{
    if (!a.name || !b.name || !a.schema != !b.schema)
        return false;
    if (ignores_case)
        return strcasecmp(a.name, b.name) == 0 &&
               (!a.schema || strcasecmp(a.schema, b.schema) == 0);
    return text_equal(a.name, b.name) && (a.schema == b.schema || text_equal(a.schema, b.schema));
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

static uint32_t name_hash(struct name name, bool ignores_case)
{
    uint64_t hash = name.schema ? text_hash(name.schema, 0, ignores_case) : 0;
    return (uint32_t)text_hash(name.name, hash, ignores_case);
}

// --- pages

static struct name_table_pages *pages_make(size_t room)
{
    size_t n = (room + PAGE_ROOM - 1) / PAGE_ROOM;
    size_t size =
        sizeof(struct page) + (room < PAGE_ROOM ? room : (size_t)PAGE_ROOM) * sizeof(struct place);
    struct name_table_pages *pages =
        mem_checked(talloc_size(NULL, sizeof(*pages) + n * sizeof(*pages->list)));
    *pages = (struct name_table_pages){.n_users = 1, .room = room, .n = n};
    for (size_t i = 0; i < n; i++) {
        pages->list[i] = mem_checked(talloc_zero_size(NULL, size));
        pages->list[i]->n_users = 1;
    }
    return pages;
}

static void pages_let_go(struct name_table_pages *pages)
{
    if (--pages->n_users > 0)
        return;
    for (size_t i = 0; i < pages->n; i++) {
        if (--pages->list[i]->n_users == 0)
            talloc_free(pages->list[i]);
    }
    talloc_free(pages);
}

static struct name_table_pages *pages_clone(struct name_table_pages *shared)
{
    struct name_table_pages *own =
        mem_checked(talloc_memdup(NULL, shared, talloc_get_size(shared)));
    for (size_t i = 0; i < own->n; i++)
        own->list[i]->n_users++;
    own->n_users = 1;
    shared->n_users--;
    return own;
}

static const struct place *place_at(const struct name_table_pages *pages, size_t place)
{
    return &pages->list[place / PAGE_ROOM]->places[place % PAGE_ROOM];
}

static const struct slot *slot_at(const struct name_table_pages *pages, size_t slot)
{
    return &place_at(pages, slot / 2)->slots[slot % 2];
}

// For writing, in pages of which the table is the only user.
static struct place *place_own(struct name_table_pages *pages, size_t place)
{
    struct page **page = &pages->list[place / PAGE_ROOM];
    if ((*page)->n_users > 1) {
        struct page *own = mem_checked(talloc_memdup(NULL, *page, talloc_get_size(*page)));
        (*page)->n_users--;
        own->n_users = 1;
        *page = own;
    }
    return &(*page)->places[place % PAGE_ROOM];
}

// --- tables

static struct name_table_pages *table_own(struct name_table *table)
{
    if ((*table->pages)->n_users > 1)
        *table->pages = pages_clone(*table->pages);
    return *table->pages;
}

static void item_write(struct name_table *table, size_t place, struct name *item)
{
    place_own(table_own(table), place)->item = item;
}

// The slot that holds `name`, or the free one at the end of its chain.
static size_t slot_find(const struct name_table *table, struct name name, uint32_t hash)
{
    const struct name_table_pages *pages = *table->pages;
    size_t last = pages->room * 2 - 1;
    for (size_t slot = hash & last;; slot = (slot + 1) & last) {
        const struct slot *at = slot_at(pages, slot);
        if (at->behind == FREE_SLOT)
            return slot;
        if (at->hash != hash)
            continue;
        const struct name *item = place_at(pages, at->behind - 1)->item;
        if (item && name_equals(*item, name, table->ignores_case))
            return slot;
    }
}

// The place of what has this name, n_items when nothing has.
static size_t place_find(const struct name_table *table, struct name name, uint32_t hash)
{
    if (table->n_items == 0)
        return 0;
    uint32_t behind = slot_at(*table->pages, slot_find(table, name, hash))->behind;
    return behind == FREE_SLOT ? table->n_items : behind - 1;
}

// There is room.
static void table_append(struct name_table *table, struct name *item, uint32_t hash)
{
    struct name_table_pages *pages = table_own(table);
    size_t slot = slot_find(table, *item, hash);
    place_own(pages, table->n_items)->item = item;
    table->n_items++;
    place_own(pages, slot / 2)->slots[slot % 2] =
        (struct slot){.hash = hash, .behind = (uint32_t)table->n_items};
}

static void table_grow(struct name_table *table)
{
    struct name_table_pages *old = *table->pages;
    size_t n = table->n_items, live = 0;
    for (size_t i = 0; i < n; i++)
        live += place_at(old, i)->item != NULL;
    *table->pages = pages_make(live * 2 > old->room ? old->room * 2 : old->room);
    table->n_items = 0;
    for (size_t i = 0; i < n; i++) {
        struct name *item = place_at(old, i)->item;
        if (item)
            table_append(table, item, name_hash(*item, table->ignores_case));
    }
    pages_let_go(old);
}

static int table_close(struct name_table_pages **pages)
{
    pages_let_go(*pages);
    return 0;
}

static void table_open(struct name_table *table, struct name_table_pages *pages)
{
    table->pages = mem_new(table->mem, struct name_table_pages *);
    *table->pages = pages;
    talloc_set_destructor(table->pages, table_close);
}

struct name_table name_table_make(TALLOC_CTX *mem, bool ignores_case)
{
    return (struct name_table){.mem = mem, .ignores_case = ignores_case};
}

struct name_table name_table_copy(TALLOC_CTX *mem, const struct name_table *table)
{
    struct name_table copy = *table;
    copy.mem = mem;
    if (table->pages) {
        (*table->pages)->n_users++;
        table_open(&copy, *table->pages);
    }
    return copy;
}

void *name_table_find(const struct name_table *table, struct name name)
{
    if (table->n_items == 0)
        return NULL;
    return name_table_at(table, place_find(table, name, name_hash(name, table->ignores_case)));
}

void name_table_put(struct name_table *table, void *item)
{
    struct name *name = item;
    uint32_t hash = name_hash(*name, table->ignores_case);
    size_t place = place_find(table, *name, hash);
    if (place < table->n_items) {
        item_write(table, place, name);
        return;
    }
    if (!table->pages)
        table_open(table, pages_make(FIRST_ROOM));
    else if (table->n_items == (*table->pages)->room)
        table_grow(table);
    table_append(table, name, hash);
}

void name_table_remove(struct name_table *table, struct name name)
{
    size_t place = place_find(table, name, name_hash(name, table->ignores_case));
    if (place < table->n_items)
        item_write(table, place, NULL);
}

void *name_table_at(const struct name_table *table, size_t place)
{
    return place < table->n_items ? place_at(*table->pages, place)->item : NULL;
}

size_t name_table_place(const struct name_table *table, const void *item)
{
    struct name name = *(const struct name *)item;
    return place_find(table, name, name_hash(name, table->ignores_case));
}

size_t name_table_next(const struct name_table *table, size_t place)
{
    while (place < table->n_items && !place_at(*table->pages, place)->item)
        place++;
    return place < table->n_items ? place : table->n_items;
}

size_t name_table_next_changed(const struct name_table *table, const struct name_table *other,
                               size_t place)
{
    while (place < table->n_items) {
        // A copy keeps the places of what it shares until it packs its table.
        bool has_there = place < other->n_items;
        size_t page = place / PAGE_ROOM;
        if (has_there && (*table->pages)->list[page] == (*other->pages)->list[page]) {
            place = (page + 1) * PAGE_ROOM;
            continue;
        }
        const struct name *item = name_table_at(table, place);
        if (item && item != name_table_at(other, place) && name_table_find(other, *item) != item)
            return place;
        place++;
    }
    return table->n_items;
}
