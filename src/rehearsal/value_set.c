/*
 * Value sets: hashes of values by open addressing; what passes the limit is given up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/value_set.h"

#define PLACES_AT_FIRST 64

struct value_set {
    uint64_t *places; // 0: free
    size_t n_places, n, n_max;
    bool is_full;
};

struct value_set *value_set_make(TALLOC_CTX *mem, size_t n_max)
{
    struct value_set *set = mem_new(mem, struct value_set);
    set->n_max = n_max;
    set->n_places = PLACES_AT_FIRST;
    set->places = mem_array(set, uint64_t, set->n_places);
    return set;
}

static bool put(uint64_t *places, size_t n_places, uint64_t hash)
{
    size_t at = hash & (n_places - 1);
    while (places[at] != 0 && places[at] != hash)
        at = (at + 1) & (n_places - 1);
    bool is_new = places[at] == 0;
    places[at] = hash;
    return is_new;
}

static void grow(struct value_set *set)
{
    size_t n_places = set->n_places * 2;
    uint64_t *places = mem_array(set, uint64_t, n_places);
    for (size_t i = 0; i < set->n_places; i++)
        if (set->places[i] != 0)
            put(places, n_places, set->places[i]);
    talloc_free(set->places);
    set->places = places;
    set->n_places = n_places;
}

void value_set_add(struct value_set *set, uint64_t hash)
{
    if (set->is_full)
        return;
    set->n += put(set->places, set->n_places, hash == 0 ? 1 : hash);
    if (set->n > set->n_max) {
        set->is_full = true;
        TALLOC_FREE(set->places);
    } else if (set->n * 2 > set->n_places) {
        grow(set);
    }
}

int64_t value_set_count(const struct value_set *set)
{
    return set->is_full ? -1 : (int64_t)set->n;
}
