/*
 * Sequences that are behind the rows whose keys they give: sooner or later an INSERT meets a row
 * that is there. So after a copy without setval, a setval, a RESTART, another default.
 *
 * Only where the change moved the sequence, the rows or what ties them, and it was not so before.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"
#include <stdlib.h>

// So many INSERTs from now are soon, where neither the sequence nor its tie is new.
#define SOON "1000"

// A column whose default or identity takes from a sequence, in a unique index. Sequences that go
// down or in circles are left out.
#define SQL_TIES                                                                                   \
    "SELECT n.nspname, c.relname, a.attname, sn.nspname, s.relname,"                               \
    "  coalesce(pg_catalog.pg_sequence_last_value(s.oid)::text, ''), q.seqincrement::text"         \
    " FROM (SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number"           \
    "    FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass"            \
    "    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'i'"                   \
    "    AND d.refobjsubid > 0"                                                                    \
    "  UNION SELECT d.refobjid, f.adrelid, f.adnum FROM pg_catalog.pg_attrdef f"                   \
    "    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass"             \
    "    AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass) AS tie"           \
    " JOIN pg_catalog.pg_sequence q ON q.seqrelid = tie.sequence"                                  \
    " JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid"                                            \
    " JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace"                                  \
    " JOIN pg_catalog.pg_class c ON c.oid = tie.relation"                                          \
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"                                    \
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = tie.number"              \
    " WHERE q.seqincrement > 0 AND NOT q.seqcycle AND c.relkind IN ('r', 'p')"                     \
    "  AND NOT c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_index i"                     \
    "    WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey))"                \
    " ORDER BY 1, 2, 3"

struct tie {
    struct name table;
    const char *column;
    struct name sequence;
    const char *last, *increment;
};

struct ties {
    TALLOC_CTX *mem;
    struct tie *list;
    size_t n;
};

static bool take_tie(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct ties *ties = context;
    const char *texts[7];
    (void)names;
    for (size_t i = 0; i < COUNT_OF(texts) && i < n; i++)
        texts[i] = mem_strdup(ties->mem, values[i].is_null ? "" : values[i].text);
    *mem_append(ties->mem, ties->list, ties->n) =
        (struct tie){.table = {.schema = texts[0], .name = texts[1]},
                     .column = texts[2],
                     .sequence = {.schema = texts[3], .name = texts[4]},
                     .last = texts[5],
                     .increment = texts[6]};
    return true;
}

static bool names_equal(struct name a, struct name b)
{
    return strcmp(a.schema, b.schema) == 0 && strcmp(a.name, b.name) == 0;
}

static const struct tie *find_tie(const struct ties *ties, const struct tie *other)
{
    for (size_t i = 0; i < ties->n; i++)
        if (names_equal(ties->list[i].table, other->table) &&
            strcmp(ties->list[i].column, other->column) == 0)
            return &ties->list[i];
    return NULL;
}

static bool has_other_rows(const struct mining *mining, const struct tie *tie)
{
    SCRATCH(tmp);
    const struct measured_effects *effects = mining->request->effects;
    const char *name = mem_printf(tmp, "%s.%s", tie->table.schema, tie->table.name);
    for (size_t i = 0; i < effects->n_tables; i++)
        if (strcmp(effects->tables[i].table, name) == 0)
            return true;
    return false;
}

// --- behind?

enum { NEXT, LARGEST, N_SOON, N_NUMBERS };

static bool is_behind(const struct mining *mining, const struct target *target,
                      const struct tie *tie, int64_t *numbers, bool *out, struct error *err)
{
    SCRATCH(tmp);
    bool is_known;
    const char *column = sql_name(tmp, tie->column);
    const char *table = sql_relation(tmp, tie->table);
    TRY(mining_ask(mining, target,
                   mem_printf(tmp,
                              "SELECT s.given, t.largest, (SELECT pg_catalog.count(*) FROM %s AS r "
                              "WHERE r.%s >= s.given AND r.%s < s.given + " SOON ") FROM "
                              "(SELECT last_value + CASE WHEN is_called THEN %s ELSE 0 END AS "
                              "given FROM %s) AS s, (SELECT pg_catalog.max(%s) AS largest "
                              "FROM %s) AS t WHERE t.largest >= s.given",
                              table, column, column, tie->increment,
                              sql_relation(tmp, tie->sequence), column, table),
                   numbers, N_NUMBERS, &is_known, err));
    *out = is_known && numbers[NEXT] != 0;
    return true;
}

static void report(const struct mining *mining, const char *when, const struct tie *tie,
                   const int64_t *numbers, bool is_soon)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = mining->mem;
    const char *sequence = sql_relation(tmp, tie->sequence);
    const char *shown = sql_shown(tmp, tie->table);
    mining_add(mining, "mined-sequence", is_soon ? SEVERITY_WARN : SEVERITY_NOTE,
               mem_printf(mem,
                          "%sthe sequence of %s.%s is behind its rows: it gives %s next, and rows "
                          "go up to %s: an INSERT meets one that is there",
                          when, shown, tie->column, quantity_count(tmp, numbers[NEXT]),
                          quantity_count(tmp, numbers[LARGEST])),
               mem_printf(mem, "SELECT setval('%s', (SELECT max(%s) FROM %s))", sequence,
                          sql_name(tmp, tie->column), sql_relation(tmp, tie->table)),
               mem_printf(mem, "%s%s.%s", when, shown, tie->column));
}

static bool mine_tie(const struct mining *mining, const char *when, const struct tie *tie,
                     const struct tie *before, struct error *err)
{
    int64_t numbers[N_NUMBERS], earlier[N_NUMBERS];
    bool is_behind_now, was_behind = false;
    bool is_moved = before == NULL || !names_equal(before->sequence, tie->sequence) ||
                    strcmp(before->last, tie->last) != 0;

    if (!is_moved && !has_other_rows(mining, tie))
        return true;
    TRY(is_behind(mining, mining->request->after, tie, numbers, &is_behind_now, err));
    if (!is_behind_now)
        return true;
    if (before != NULL)
        TRY(is_behind(mining, mining->request->before, before, earlier, &was_behind, err));
    if (!was_behind)
        report(mining, when, tie, numbers, is_moved || numbers[N_SOON] > 0);
    return true;
}

static bool read_ties(const struct target *target, struct ties *ties, struct error *err)
{
    return target->driver->session->query(target->engine, SQL_TIES, take_tie, ties, err);
}

bool mine_sequences(const struct mining *mining, const char *when, struct error *err)
{
    SCRATCH(tmp);
    struct ties before = {.mem = tmp}, after = {.mem = tmp};
    if (mining->request->after->driver->dialect == DIALECT_SQLITE)
        return true; // its keys begin behind the largest
    TRY(read_ties(mining->request->before, &before, err));
    TRY(read_ties(mining->request->after, &after, err));
    for (size_t i = 0; i < after.n; i++)
        TRY(mine_tie(mining, when, &after.list[i], find_tie(&before, &after.list[i]), err));
    return true;
}
