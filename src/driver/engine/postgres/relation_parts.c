/*
 * Parts of a relation that several connections read at once: ranges of pages.
 *
 * A range of ctid is read by a TID range scan, which touches no other page. Of a partitioned table
 * each part has the same range of pages of every partition, asked through the parent, because a
 * role may be allowed to read the parent alone; the bounds are chosen by the pages of all of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/relation_parts.h"
#include <inttypes.h>
#include <stdlib.h>

// Tables of other access methods may have no ranges.
static const char pages_sql[] =
    "WITH RECURSIVE part(oid) AS (SELECT $1::pg_catalog.oid UNION SELECT i.inhrelid"
    "  FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid) "
    "SELECT pg_catalog.pg_relation_size(c.oid)"
    "  / pg_catalog.current_setting('block_size')::pg_catalog.int8,"
    " a.amname = 'heap', pg_catalog.current_setting('block_size') "
    "FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid "
    "JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.relkind IN ('r', 'm')";

struct pages {
    int64_t *of; // each table
    size_t n;
    int64_t total, most;
    int64_t bytes; // of all
    bool has_ranges;
};

static bool pages_read(TALLOC_CTX *mem, struct engine *engine, const struct relation *relation,
                       struct pages *out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    const char *oid = mem_printf(tmp, "%u", relation->oid);
    TRY(connection_ask(tmp, engine->connection, pages_sql, &oid, 1, &result, err));
    *out = (struct pages){.n = (size_t)PQntuples(result), .has_ranges = true};
    out->of = mem_array(mem, int64_t, out->n);
    for (int i = 0; i < PQntuples(result); i++) {
        int64_t pages = strtoll(PQgetvalue(result, i, 0), NULL, 10);
        out->of[i] = pages;
        out->total += pages;
        out->most = pages > out->most ? pages : out->most;
        out->bytes += pages * strtoll(PQgetvalue(result, i, 2), NULL, 10);
        out->has_ranges &= PQgetvalue(result, i, 1)[0] == 't';
    }
    return true;
}

static int64_t pages_below(const struct pages *pages, int64_t bound)
{
    int64_t sum = 0;
    for (size_t i = 0; i < pages->n; i++)
        sum += pages->of[i] < bound ? pages->of[i] : bound;
    return sum;
}

// The least page below which at least `wanted` pages of all tables lie.
static int64_t bound_of(const struct pages *pages, int64_t wanted)
{
    int64_t low = 0;
    int64_t high = pages->most;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (pages_below(pages, middle) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static const char *condition(TALLOC_CTX *mem, int64_t from, int64_t to, bool is_first, bool is_last)
{
    if (is_first)
        return mem_printf(mem, "ctid < '(%" PRId64 ",0)'::pg_catalog.tid", to);
    // The last one has no end: what was added meanwhile is no row of the snapshot, but costs
    // nothing.
    if (is_last)
        return mem_printf(mem, "ctid >= '(%" PRId64 ",0)'::pg_catalog.tid", from);
    return mem_printf(mem,
                      "ctid >= '(%" PRId64 ",0)'::pg_catalog.tid AND ctid < '(%" PRId64
                      ",0)'::pg_catalog.tid",
                      from, to);
}

bool relation_parts_make(TALLOC_CTX *mem, struct engine *engine, const struct relation *relation,
                         size_t n, struct relation_parts *out, struct error *err)
{
    SCRATCH(tmp);
    struct pages pages = {0};
    if (n > 1 && relation->rows == ROWS_STORED && relation->shows_system)
        TRY(pages_read(tmp, engine, relation, &pages, err));
    bool is_split = n > 1 && pages.has_ranges && pages.bytes >= PARTS_BYTES_MIN;
    out->n = is_split ? n : 1;
    out->conditions = mem_array(mem, const char *, out->n);
    int64_t from = 0;
    for (size_t i = 0; i < out->n && is_split; i++) {
        int64_t to = bound_of(&pages, pages.total * (int64_t)(i + 1) / (int64_t)n);
        out->conditions[i] = condition(mem, from, to, i == 0, i + 1 == n);
        from = to;
    }
    return true;
}
