/*
 * What held of the columns of one table: no value twice, no NULL, one moment never before another.
 *
 * All of it is asked at once: one pass over the table on either side.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"
#include <inttypes.h>

#define CANDIDATES_MAX 60
#define SUPPORT_MIN 3 // rows that show it: fewer are chance

enum candidate_kind { CANDIDATE_NOT_NULL, CANDIDATE_UNIQUE, CANDIDATE_ORDER };

struct candidate {
    enum candidate_kind kind;
    const struct mined_column *column, *other;
};

struct candidates {
    struct candidate list[CANDIDATES_MAX];
    size_t n;
};

static void add(struct candidates *candidates, struct candidate candidate)
{
    if (candidates->n < CANDIDATES_MAX)
        candidates->list[candidates->n++] = candidate;
}

// What the schema of before holds by itself is asked too: the change may take that away.
static bool is_unique_by_schema(const struct mined_table *table, const struct mined_column *column)
{
    for (size_t i = 0; i < table->schema->n_constraints; i++) {
        const struct schema_constraint *constraint = &table->schema->constraints[i];
        if ((constraint->kind == CONSTRAINT_UNIQUE || constraint->kind == CONSTRAINT_PRIMARY_KEY) &&
            constraint->n_columns == 1 && strcmp(constraint->columns[0], column->before) == 0)
            return true;
    }
    return false;
}

static bool is_order(const struct mined_column *a, const struct mined_column *b)
{
    return mined_column_is_moment(a) && mined_column_is_moment(b) &&
           strcmp(a->schema->type.name ? a->schema->type.name : "",
                  b->schema->type.name ? b->schema->type.name : "") == 0;
}

static void gather(const struct mined_table *table, struct candidates *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct mined_column *column = &table->columns[i];
        if (column->is_touched)
            add(out, (struct candidate){CANDIDATE_NOT_NULL, column, NULL});
        if (column->is_touched &&
            (mined_column_is_keylike(column) || is_unique_by_schema(table, column)))
            add(out, (struct candidate){CANDIDATE_UNIQUE, column, NULL});
    }
    for (size_t a = 0; a < table->n_columns; a++)
        for (size_t b = 0; b < table->n_columns; b++)
            if (a != b && is_order(&table->columns[a], &table->columns[b]) &&
                (table->columns[a].is_touched || table->columns[b].is_touched))
                add(out,
                    (struct candidate){CANDIDATE_ORDER, &table->columns[a], &table->columns[b]});
}

// Two numbers each: rows that show it, and rows against it.
static char *candidate_sql(TALLOC_CTX *mem, const struct candidate *candidate, bool is_after)
{
    const char *column =
        sql_name(mem, is_after ? candidate->column->after : candidate->column->before);
    const char *other =
        candidate->other == NULL
            ? NULL
            : sql_name(mem, is_after ? candidate->other->after : candidate->other->before);
    switch (candidate->kind) {
    case CANDIDATE_NOT_NULL:
        return mem_printf(mem, "count(%s), count(*) - count(%s)", column, column);
    case CANDIDATE_UNIQUE:
        return mem_printf(mem, "count(DISTINCT %s), count(%s) - count(DISTINCT %s)", column, column,
                          column);
    case CANDIDATE_ORDER:
        return mem_printf(mem,
                          "sum(CASE WHEN %s < %s THEN 1 ELSE 0 END), "
                          "sum(CASE WHEN %s > %s THEN 1 ELSE 0 END)",
                          column, other, column, other);
    }
    bug("candidate %d", (int)candidate->kind);
}

static bool ask(const struct mining *mining, const struct mined_table *table,
                const struct candidates *candidates, bool is_after, int64_t *numbers,
                bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    const struct target *target = is_after ? mining->request->after : mining->request->before;
    char *sql = mem_strdup(tmp, "SELECT ");
    for (size_t i = 0; i < candidates->n; i++)
        sql = mem_printf(tmp, "%s%s%s", sql, i == 0 ? "" : ", ",
                         candidate_sql(tmp, &candidates->list[i], is_after));
    sql = mem_printf(tmp, "%s FROM %s", sql,
                     sql_relation(tmp, is_after ? table->after : table->before));
    return mining_ask(mining, target, sql, numbers, 2 * candidates->n, is_known, err);
}

// --- what no longer holds

static const char *key_of(TALLOC_CTX *mem, const struct mined_table *table)
{
    const struct mined_column *key = mined_table_key(table);
    return key == NULL ? NULL : sql_name(mem, key->after);
}

static bool samples_of(const struct mining *mining, const struct mined_table *table,
                       const struct candidate *candidate, const char **out, struct error *err)
{
    TALLOC_CTX *mem = mining->mem;
    const char *relation = sql_relation(mem, table->after);
    const char *column = sql_name(mem, candidate->column->after);
    const char *key = key_of(mem, table);
    bool is_masked = target_is_masked(mining->request->after, candidate->column->after);

    *out = "";
    if (candidate->kind == CANDIDATE_UNIQUE)
        return is_masked ||
               mining_samples(
                   mining, mem,
                   mem_printf(mem,
                              "SELECT %s FROM %s WHERE %s IS NOT NULL GROUP BY %s HAVING "
                              "count(*) > 1 ORDER BY 1 LIMIT 5",
                              column, relation, column, column),
                   out, err);
    if (key == NULL)
        return true;
    const char *where =
        candidate->kind == CANDIDATE_NOT_NULL
            ? mem_printf(mem, "%s IS NULL", column)
            : mem_printf(mem, "%s > %s", column, sql_name(mem, candidate->other->after));
    return mining_samples(
        mining, mem,
        mem_printf(mem, "SELECT %s FROM %s WHERE %s ORDER BY 1 LIMIT 5", key, relation, where), out,
        err);
}

static bool report(const struct mining *mining, const struct mined_table *table,
                   const struct candidate *candidate, int64_t against, struct error *err)
{
    TALLOC_CTX *mem = mining->mem;
    const char *place = mem_printf(mem, "%s.%s", table->shown, candidate->column->after);
    const char *count = quantity_count(mem, against);
    const char *samples;

    TRY(samples_of(mining, table, candidate, &samples, err));
    const char *which = *samples == '\0' ? "" : mem_printf(mem, ": %s", samples);
    switch (candidate->kind) {
    case CANDIDATE_NOT_NULL:
        mining_add(mining, "mined-not-null", SEVERITY_WARN,
                   mem_printf(mem, "%s never was NULL; now it is in %s row%s%s", place, count,
                              against == 1 ? "" : "s", which),
                   "look where these rows lose their value, or approve it in the effects file",
                   place);
        return true;
    case CANDIDATE_UNIQUE:
        mining_add(mining, "mined-unique", SEVERITY_WARN,
                   mem_printf(mem,
                              "%s never had a value twice; now %s row%s one that another has%s",
                              place, count, against == 1 ? " has" : "s have", which),
                   "look which rows were written twice, or approve it in the effects file", place);
        return true;
    case CANDIDATE_ORDER:
        mining_add(mining, "mined-order", SEVERITY_WARN,
                   mem_printf(mem, "%s never was after %s; now it is in %s row%s%s", place,
                              candidate->other->after, count, against == 1 ? "" : "s", which),
                   "look what moved one of the two, or approve it in the effects file",
                   mem_printf(mem, "%s < %s", place, candidate->other->after));
        return true;
    }
    bug("candidate %d", (int)candidate->kind);
}

bool mine_columns(const struct mining *mining, const struct mined_table *table, struct error *err)
{
    struct candidates candidates = {.n = 0};
    int64_t before[2 * CANDIDATES_MAX], after[2 * CANDIDATES_MAX];
    bool is_known;

    gather(table, &candidates);
    if (candidates.n == 0)
        return true;
    TRY(ask(mining, table, &candidates, false, before, &is_known, err));
    if (!is_known)
        return true;
    TRY(ask(mining, table, &candidates, true, after, &is_known, err));
    for (size_t i = 0; is_known && i < candidates.n; i++) {
        bool held = before[2 * i] >= SUPPORT_MIN && before[2 * i + 1] == 0;
        if (held && after[2 * i + 1] > 0)
            TRY(report(mining, table, &candidates.list[i], after[2 * i + 1], err));
    }
    return true;
}
