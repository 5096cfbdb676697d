/*
 * What held between two tables: every value has its partner, a total is the sum of its parts.
 *
 * Which columns refer to which table is told by foreign keys, and where there are none by names:
 * order_id is the key of orders, where every value of it has a partner.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "change/inflection.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"

#define SUPPORT_MIN 3
#define PAIRS_MAX 60

struct reference {
    const struct mined_table *child, *parent;
    const struct mined_column *column, *key;
};

// --- which columns refer to which

static bool by_constraint(const struct mining *mining, const struct mined_table *child,
                          const struct mined_column *column, struct reference *out)
{
    for (size_t i = 0; i < child->schema->n_constraints; i++) {
        const struct schema_constraint *constraint = &child->schema->constraints[i];
        if (constraint->kind != CONSTRAINT_FOREIGN_KEY || constraint->n_columns != 1 ||
            constraint->n_referenced != 1 || strcmp(constraint->columns[0], column->before) != 0)
            continue;
        const struct mined_table *parent =
            mined_tables_find(&mining->tables, constraint->references);
        const struct mined_column *key =
            parent == NULL ? NULL : mined_column_find(parent, constraint->referenced[0]);
        *out = (struct reference){child, parent, column, key};
        return key != NULL;
    }
    return false;
}

static bool by_name(const struct mining *mining, const struct mined_table *child,
                    const struct mined_column *column, struct reference *out)
{
    SCRATCH(tmp);
    size_t len = strlen(column->before);
    if (len < 4 || strcmp(column->before + len - 3, "_id") != 0)
        return false;
    const char *stem = mem_strndup(tmp, column->before, len - 3);
    const char *plural = inflection_plural(tmp, stem);
    for (size_t i = 0; i < mining->tables.n; i++) {
        const struct mined_table *parent = &mining->tables.list[i];
        const struct mined_column *key = mined_table_key(parent);
        if (key == NULL ||
            (strcmp(parent->before.name, stem) != 0 && strcmp(parent->before.name, plural) != 0))
            continue;
        *out = (struct reference){child, parent, column, key};
        return true;
    }
    return false;
}

// --- every value has its partner

static char *orphans_sql(TALLOC_CTX *mem, const struct reference *reference, bool is_after,
                         const char *what)
{
    const struct mined_table *child = reference->child, *parent = reference->parent;
    const char *column =
        sql_name(mem, is_after ? reference->column->after : reference->column->before);
    return mem_printf(
        mem,
        "SELECT %s FROM %s c WHERE c.%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s p "
        "WHERE p.%s = c.%s)",
        what, sql_relation(mem, is_after ? child->after : child->before), column,
        sql_relation(mem, is_after ? parent->after : parent->before),
        sql_name(mem, is_after ? reference->key->after : reference->key->before), column);
}

static bool has_values(const struct mining *mining, const struct reference *reference, bool *out,
                       struct error *err)
{
    SCRATCH(tmp);
    int64_t values;
    bool is_known;
    TRY(mining_ask(mining, mining->request->before,
                   mem_printf(tmp, "SELECT count(%s) FROM %s",
                              sql_name(tmp, reference->column->before),
                              sql_relation(tmp, reference->child->before)),
                   &values, 1, &is_known, err));
    *out = is_known && values >= SUPPORT_MIN;
    return true;
}

static bool mine_inclusion(const struct mining *mining, const struct reference *reference,
                           struct error *err)
{
    TALLOC_CTX *mem = mining->mem;
    int64_t before, after;
    bool is_known, has;
    const char *samples;

    TRY(has_values(mining, reference, &has, err));
    if (!has)
        return true;
    TRY(mining_ask(mining, mining->request->before, orphans_sql(mem, reference, false, "count(*)"),
                   &before, 1, &is_known, err));
    if (!is_known || before > 0)
        return true;
    TRY(mining_ask(mining, mining->request->after, orphans_sql(mem, reference, true, "count(*)"),
                   &after, 1, &is_known, err));
    if (!is_known || after == 0)
        return true;
    const char *column = sql_name(mem, reference->column->after);
    TRY(mining_samples(
        mining, mem,
        mem_printf(mem, "%s ORDER BY 1 LIMIT 5",
                   orphans_sql(mem, reference, true, mem_printf(mem, "DISTINCT c.%s", column))),
        &samples, err));
    mining_add(mining, "mined-inclusion", SEVERITY_WARN,
               mem_printf(mem, "%s.%s always had its row in %s; now %s row%s none: %s",
                          reference->child->shown, reference->column->after,
                          reference->parent->shown, quantity_count(mem, after),
                          after == 1 ? " has" : "s have", samples),
               "look which rows lost their partner, or approve it in the effects file",
               mem_printf(mem, "%s.%s/%s", reference->child->shown, reference->column->after,
                          reference->parent->shown));
    return true;
}

// --- a total is the sum of its parts

static char *sums_sql(TALLOC_CTX *mem, const struct reference *reference,
                      const struct mined_column *total, const struct mined_column *part,
                      bool is_after)
{
    const struct mined_table *child = reference->child, *parent = reference->parent;
    const char *column =
        sql_name(mem, is_after ? reference->column->after : reference->column->before);
    const char *t = sql_name(mem, is_after ? total->after : total->before);
    return mem_printf(mem,
                      "SELECT count(x.s), sum(CASE WHEN p.%s = coalesce(x.s, 0) THEN 0 ELSE 1 END) "
                      "FROM %s p LEFT JOIN (SELECT %s k, sum(%s) s FROM %s GROUP BY %s) x ON x.k = "
                      "p.%s WHERE p.%s IS NOT NULL",
                      t, sql_relation(mem, is_after ? parent->after : parent->before), column,
                      sql_name(mem, is_after ? part->after : part->before),
                      sql_relation(mem, is_after ? child->after : child->before), column,
                      sql_name(mem, is_after ? reference->key->after : reference->key->before), t);
}

static bool mine_sum(const struct mining *mining, const struct reference *reference,
                     const struct mined_column *total, const struct mined_column *part,
                     struct error *err)
{
    TALLOC_CTX *mem = mining->mem;
    int64_t before[2], after[2];
    bool is_known;

    TRY(mining_ask(mining, mining->request->before, sums_sql(mem, reference, total, part, false),
                   before, 2, &is_known, err));
    if (!is_known || before[0] < SUPPORT_MIN || before[1] > 0)
        return true;
    TRY(mining_ask(mining, mining->request->after, sums_sql(mem, reference, total, part, true),
                   after, 2, &is_known, err));
    if (!is_known || after[1] == 0)
        return true;
    mining_add(mining, "mined-sum", SEVERITY_WARN,
               mem_printf(mem, "%s.%s always was the sum of %s.%s; now it is not in %s row%s",
                          reference->parent->shown, total->after, reference->child->shown,
                          part->after, quantity_count(mem, after[1]), after[1] == 1 ? "" : "s"),
               "look which parts were lost or doubled, or approve it in the effects file",
               mem_printf(mem, "%s.%s/%s.%s", reference->parent->shown, total->after,
                          reference->child->shown, part->after));
    return true;
}

static bool may_add_up(const struct mined_column *column, const struct mined_table *table)
{
    return mined_column_is_number(column) && column != mined_table_key(table) &&
           !mined_column_is_keylike(column);
}

static bool mine_sums(const struct mining *mining, const struct reference *reference,
                      struct error *err)
{
    for (size_t t = 0; t < reference->parent->n_columns; t++) {
        const struct mined_column *total = &reference->parent->columns[t];
        for (size_t p = 0; p < reference->child->n_columns; p++) {
            const struct mined_column *part = &reference->child->columns[p];
            if (may_add_up(total, reference->parent) && may_add_up(part, reference->child) &&
                part != reference->column && (total->is_touched || part->is_touched))
                TRY(mine_sum(mining, reference, total, part, err));
        }
    }
    return true;
}

static bool is_within_reach(const struct reference *reference)
{
    return reference->column->is_touched || reference->child->has_other_rows ||
           reference->parent->has_other_rows || reference->key->is_touched ||
           mined_table_is_touched(reference->parent) || mined_table_is_touched(reference->child);
}

bool mine_relations(const struct mining *mining, struct error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < mining->tables.n; i++) {
        const struct mined_table *child = &mining->tables.list[i];
        for (size_t c = 0; c < child->n_columns; c++) {
            struct reference reference;
            if (!by_constraint(mining, child, &child->columns[c], &reference) &&
                !by_name(mining, child, &child->columns[c], &reference))
                continue;
            if (!is_within_reach(&reference))
                continue;
            if (n++ == PAIRS_MAX)
                return true;
            TRY(mine_inclusion(mining, &reference, err));
            TRY(mine_sums(mining, &reference, err));
        }
    }
    return true;
}
