/*
 * Value tallies: pairs of values and how often they came.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/value_tally.h"
#include "base/text.h"
#include "rehearsal/value_set.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define PAIRS_MAX 1024     // of one column
#define PAIRS_OF_ALL 32768 // of all columns of a table together
#define PAIRS_MIN 64       // of one column, however many there are
#define PINNED 32          // the first pairs, never left out: EFFECT_PAIRS and some more
#define CANDIDATES 64      // that are counted again
#define DISTINCT_OF_ALL 400000
#define DISTINCT_MAX 50000

static_assert(PINNED >= EFFECT_PAIRS, "what is shown when all pairs are rare");

struct tally_pair {
    XXH128_hash_t hash;
    char *before, *after; // as they are shown; NULL: NULL
    int64_t rows;
    size_t number; // in the order of coming
    bool is_used;
};

struct value_tally {
    struct tally_pair *pairs; // open addressing, a power of 2
    size_t n_places, n_used, n_max;
    size_t n_seen;
    bool has_left_out; // some pairs were
    bool is_recount;
    bool is_masked;
    int64_t changed, to_null, from_null;
    struct value_set *before, *after;
};

static size_t clamp(size_t value, size_t min, size_t max)
{
    return value < min ? min : value > max ? max : value;
}

struct value_tally *value_tally_make(TALLOC_CTX *mem, size_t n_columns, bool is_masked)
{
    struct value_tally *tally = mem_new(mem, struct value_tally);
    size_t n = n_columns == 0 ? 1 : n_columns;
    tally->is_masked = is_masked;
    tally->n_max = clamp(PAIRS_OF_ALL / n, PAIRS_MIN, PAIRS_MAX);
    for (tally->n_places = 1; tally->n_places < 2 * tally->n_max;)
        tally->n_places *= 2;
    tally->pairs = mem_array(tally, struct tally_pair, tally->n_places);
    tally->before = value_set_make(tally, clamp(DISTINCT_OF_ALL / n, 1, DISTINCT_MAX));
    tally->after = value_set_make(tally, clamp(DISTINCT_OF_ALL / n, 1, DISTINCT_MAX));
    return tally;
}

// --- values

static bool is_null(const struct engine_value *value)
{
    return value == NULL || value->is_null;
}

static XXH128_hash_t value_hash(const struct engine_value *value, uint64_t seed)
{
    if (is_null(value))
        return XXH3_128bits_withSeed("", 0, seed);
    return XXH3_128bits_withSeed(value->text, value->len, seed + 1 + (uint64_t)value->kind);
}

static XXH128_hash_t pair_hash(XXH128_hash_t before, const struct engine_value *after)
{
    XXH128_hash_t hash = value_hash(after, before.low64);
    hash.high64 ^= before.high64;
    return hash;
}

// Not in the middle of a UTF-8 character.
static char *shown(TALLOC_CTX *mem, const struct engine_value *value, bool is_quoted)
{
    SCRATCH(tmp);
    if (is_null(value))
        return NULL;
    size_t len = value->len;
    if (len > TALLY_SHOWN_BYTES_MAX)
        for (len = TALLY_SHOWN_BYTES_MAX; len > 0 && (value->text[len] & 0xc0) == 0x80;)
            len--;
    char *text = text_to_utf8(tmp, value->text, len);
    const char *quote = is_quoted && value->kind == VALUE_TEXT ? "'" : "";
    return mem_printf(mem, "%s%s%s%s", quote, text, len < value->len ? "…" : "", quote);
}

// --- places

static struct tally_pair *find(const struct value_tally *tally, XXH128_hash_t hash)
{
    size_t at = hash.low64 & (tally->n_places - 1);
    while (tally->pairs[at].is_used && !XXH128_isEqual(tally->pairs[at].hash, hash))
        at = (at + 1) & (tally->n_places - 1);
    return &tally->pairs[at];
}

static void keep(struct value_tally *tally, struct tally_pair *old, size_t n, int64_t least)
{
    memset(tally->pairs, 0, n * sizeof *old);
    tally->n_used = 0;
    for (size_t i = 0; i < n; i++) {
        if (!old[i].is_used)
            continue;
        bool is_pinned = old[i].number < PINNED;
        if (!is_pinned && old[i].rows <= least) {
            talloc_free(old[i].before);
            talloc_free(old[i].after);
            continue;
        }
        if (!is_pinned)
            old[i].rows -= least;
        *find(tally, old[i].hash) = old[i];
        tally->n_used++;
    }
}

// Every pair loses what the rarest has: the rows so left out are n_max times as many, so no more
// than one in n_max of all rows is lost by any pair.
static void leave_out(struct value_tally *tally)
{
    SCRATCH(tmp);
    size_t n = tally->n_places;
    struct tally_pair *old = mem_array(tmp, struct tally_pair, n);
    int64_t least = INT64_MAX;
    memcpy(old, tally->pairs, n * sizeof *old);
    for (size_t i = 0; i < n; i++)
        if (old[i].is_used && old[i].number >= PINNED && old[i].rows < least)
            least = old[i].rows;
    keep(tally, old, n, least);
    tally->has_left_out = true;
}

static void add_pair(struct value_tally *tally, XXH128_hash_t hash,
                     const struct engine_value *before, const struct engine_value *after)
{
    struct tally_pair *pair = find(tally, hash);
    if (pair->is_used) {
        pair->rows++;
        return;
    }
    if (tally->is_recount)
        return;
    if (tally->n_used == tally->n_max) {
        leave_out(tally);
        pair = find(tally, hash);
    }
    // Numbers and texts of SQLite that look alike.
    bool is_quoted = !is_null(before) && !is_null(after) && before->kind != after->kind &&
                     before->len == after->len &&
                     memcmp(before->text, after->text, before->len) == 0;
    *pair = (struct tally_pair){
        .hash = hash,
        .before = shown(tally, before, is_quoted),
        .after = shown(tally, after, is_quoted),
        .rows = 1,
        .number = tally->n_seen++,
        .is_used = true,
    };
    tally->n_used++;
}

void value_tally_add(struct value_tally *tally, const struct engine_value *before,
                     const struct engine_value *after)
{
    XXH128_hash_t hash = value_hash(before, 0);
    if (!tally->is_recount) {
        tally->changed++;
        tally->to_null += is_null(after);
        tally->from_null += is_null(before);
        value_set_add(tally->before, hash.low64);
        value_set_add(tally->after, value_hash(after, 0).low64);
    }
    if (!tally->is_masked)
        add_pair(tally, pair_hash(hash, after), before, after);
}

// --- the most frequent

static int by_rows(const void *a, const void *b)
{
    const struct tally_pair *const *x = a, *const *y = b;
    if ((*x)->rows != (*y)->rows)
        return (*x)->rows < (*y)->rows ? 1 : -1;
    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static struct tally_pair **sorted(TALLOC_CTX *mem, const struct value_tally *tally, size_t *n)
{
    struct tally_pair **list = mem_array(mem, struct tally_pair *, tally->n_used + 1);
    *n = 0;
    for (size_t i = 0; i < tally->n_places; i++)
        if (tally->pairs[i].is_used)
            list[(*n)++] = &tally->pairs[i];
    qsort(list, *n, sizeof *list, by_rows);
    return list;
}

bool value_tally_needs_recount(const struct value_tally *tally)
{
    SCRATCH(tmp);
    size_t n;
    if (!tally->has_left_out || tally->is_recount)
        return false;
    struct tally_pair **list = sorted(tmp, tally, &n);
    for (size_t i = 0; i < n && i < EFFECT_PAIRS; i++)
        if (list[i]->number >= PINNED && list[i]->rows > 1)
            return true;
    return false;
}

void value_tally_recount(struct value_tally *tally)
{
    SCRATCH(tmp);
    size_t n;
    struct tally_pair **list = sorted(tmp, tally, &n);
    struct tally_pair *kept = mem_array(tmp, struct tally_pair, tally->n_places);
    for (size_t i = 0; i < n && i < CANDIDATES; i++) {
        kept[i] = *list[i];
        kept[i].rows = 0;
    }
    memset(tally->pairs, 0, tally->n_places * sizeof *kept);
    tally->n_used = 0;
    for (size_t i = 0; i < n && i < CANDIDATES; i++, tally->n_used++)
        *find(tally, kept[i].hash) = kept[i];
    tally->is_recount = true;
}

void value_tally_end(TALLOC_CTX *mem, const struct value_tally *tally, struct column_effect *out)
{
    SCRATCH(tmp);
    size_t n;
    struct tally_pair **list = sorted(tmp, tally, &n);
    out->changed = tally->changed;
    out->to_null = tally->to_null;
    out->from_null = tally->from_null;
    out->distinct_before = value_set_count(tally->before);
    out->distinct_after = value_set_count(tally->after);
    out->is_masked = tally->is_masked;
    out->has_all_pairs = !tally->is_masked && !tally->has_left_out && n <= EFFECT_PAIRS;
    for (size_t i = 0; i < n && i < EFFECT_PAIRS; i++) {
        // Not counted from the start, and not again: how often it came is not known.
        if (tally->has_left_out && !tally->is_recount && list[i]->number >= PINNED)
            continue;
        *mem_append(mem, out->pairs, out->n_pairs) = (struct value_pair){
            .before = mem_strdup(mem, list[i]->before),
            .after = mem_strdup(mem, list[i]->after),
            .rows = list[i]->rows,
        };
    }
}
