/*
 * New columns that the change fills in nearly every row: which rows did it leave out, and do they
 * have anything in common? And copies whose columns changed places.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"
#include <inttypes.h>

#define SUPPORT_MIN 20  // filled rows: of fewer a share says nothing
#define LEFT_OUT_MAX 10 // one row in so many: more are meant
#define KINDS_MAX 12
#define OTHERS_MAX 30

struct filling {
    const struct mining *mining;
    const struct mined_table *table;
    const char *relation, *column; // as SQL writes them
};

// --- what explains it

// Numbers that must be 0, each of which explains the rows by the other column: NULL there too, or
// values of few kinds that are all filled or all left out.
static char *explanation_sql(TALLOC_CTX *mem, const struct filling *filling,
                             const struct mined_column *other)
{
    const char *name = sql_name(mem, other->after);
    return mem_printf(mem,
                      "SELECT (SELECT count(*) FROM %s WHERE %s IS NULL AND %s IS NOT NULL), "
                      "(SELECT CASE WHEN count(*) > %d THEN 1 ELSE sum(k) END FROM (SELECT CASE "
                      "WHEN count(%s) IN (0, count(*)) THEN 0 ELSE 1 END AS k FROM %s GROUP BY %s) "
                      "AS kinds)",
                      filling->relation, filling->column, name, KINDS_MAX, filling->column,
                      filling->relation, name);
}

// All of them on one side of a limit: only of what is measured, an id is a limit of anything.
static char *limit_sql(TALLOC_CTX *mem, const struct filling *filling,
                       const struct mined_column *other)
{
    const char *name = sql_name(mem, other->after);
    return mem_printf(
        mem,
        "SELECT CASE WHEN max(CASE WHEN %s IS NULL THEN %s END) < min(CASE WHEN %s IS "
        "NOT NULL THEN %s END) OR min(CASE WHEN %s IS NULL THEN %s END) > max(CASE "
        "WHEN %s IS NOT NULL THEN %s END) THEN 0 ELSE 1 END FROM %s",
        filling->column, name, filling->column, name, filling->column, name, filling->column, name,
        filling->relation);
}

static bool is_measured(const struct mined_column *column)
{
    size_t len = strlen(column->before);
    bool is_id = len > 2 && strcmp(column->before + len - 3, "_id") == 0;
    return (mined_column_is_number(column) || mined_column_is_moment(column)) && !is_id &&
           !mined_column_is_keylike(column);
}

static bool explains(const struct filling *filling, const struct mined_column *other, bool *out,
                     struct error *err)
{
    SCRATCH(tmp);
    const struct target *after = filling->mining->request->after;
    int64_t numbers[2], beyond;
    bool is_known;

    TRY(mining_ask(filling->mining, after, explanation_sql(tmp, filling, other), numbers, 2,
                   &is_known, err));
    *out = is_known && (numbers[0] == 0 || numbers[1] == 0);
    if (*out || !is_measured(other))
        return true;
    TRY(mining_ask(filling->mining, after, limit_sql(tmp, filling, other), &beyond, 1, &is_known,
                   err));
    *out = is_known && beyond == 0;
    return true;
}

static bool is_explained(const struct filling *filling, bool *out, struct error *err)
{
    *out = false;
    for (size_t i = 0; i < filling->table->n_columns && i < OTHERS_MAX && !*out; i++)
        TRY(explains(filling, &filling->table->columns[i], out, err));
    return true;
}

// --- what is left out

static const char *key_of(TALLOC_CTX *mem, const struct mined_table *table)
{
    const struct mined_column *key = mined_table_key(table);
    return key == NULL ? NULL : sql_name(mem, key->after);
}

static bool report_left_out(const struct filling *filling, const char *column, int64_t n_left,
                            int64_t n_filled, struct error *err)
{
    const struct mining *mining = filling->mining;
    TALLOC_CTX *mem = mining->mem;
    const char *key = key_of(mem, filling->table), *samples = "";
    const char *place = mem_printf(mem, "%s.%s", filling->table->shown, column);

    if (key != NULL)
        TRY(mining_samples(mining, mem,
                           mem_printf(mem, "SELECT %s FROM %s WHERE %s IS NULL ORDER BY 1 LIMIT 5",
                                      key, filling->relation, filling->column),
                           &samples, err));
    mining_add(mining, "mined-filled", SEVERITY_WARN,
               mem_printf(mem,
                          "%s is new and filled in %s rows, but NULL in %s, which nothing tells "
                          "from the others%s%s",
                          place, quantity_count(mem, n_filled), quantity_count(mem, n_left),
                          *samples != '\0' ? ": " : "", samples),
               "look for a range, a batch or a join that leaves them out, or approve it in the "
               "effects file",
               place);
    return true;
}

// --- text joined with NULL

// Where one part is NULL and the other is not, the whole is NULL; everywhere else it has both in
// it. Rows of the first kind, and rows against it.
static char *joined_sql(TALLOC_CTX *mem, const struct filling *filling,
                        const struct mined_column *part, const struct mined_column *other)
{
    const char *whole = filling->column, *p = sql_name(mem, part->after),
               *o = sql_name(mem, other->after);
    return mem_printf(
        mem,
        "SELECT count(CASE WHEN %s IS NULL AND %s IS NULL AND %s IS NOT NULL THEN 1 END), "
        "count(CASE WHEN %s IS NULL AND %s IS NOT NULL AND %s IS NOT NULL THEN 1 WHEN %s IS NOT "
        "NULL AND (%s IS NULL OR NOT (%s LIKE '%%' || %s || '%%' AND %s LIKE '%%' || %s || '%%')) "
        "THEN 1 END) FROM %s",
        whole, p, o, whole, p, o, whole, p, whole, p, whole, o, filling->relation);
}

static bool mine_joined_with(const struct filling *filling, const struct mined_column *part,
                             const struct mined_column *other, const char *column, bool *is_told,
                             struct error *err)
{
    SCRATCH(tmp);
    const struct mining *mining = filling->mining;
    TALLOC_CTX *mem = mining->mem;
    int64_t numbers[2];
    bool is_known;

    TRY(mining_ask(mining, mining->request->after, joined_sql(tmp, filling, part, other), numbers,
                   2, &is_known, err));
    if (!is_known || numbers[0] == 0 || numbers[1] > 0)
        return true;
    *is_told = true;
    mining_add(mining, "mined-joined", SEVERITY_WARN,
               mem_printf(mem,
                          "%s.%s is %s and %s joined, and NULL in %s rows that have no %s: text "
                          "joined with NULL is NULL",
                          filling->table->shown, column, part->after, other->after,
                          quantity_count(mem, numbers[0]), part->after),
               mem_printf(mem, "join coalesce(%s, '')", part->after),
               mem_printf(mem, "%s.%s", filling->table->shown, column));
    return true;
}

static bool may_be_part(const struct mined_column *column)
{
    return !mined_column_is_number(column) && !mined_column_is_moment(column) &&
           !column->schema->type.is_array;
}

static bool mine_joined(const struct filling *filling, const char *column, bool *is_told,
                        struct error *err)
{
    const struct mined_table *table = filling->table;
    size_t n = 0;
    *is_told = false;
    for (size_t p = 0; p < table->n_columns; p++)
        for (size_t o = 0; o < table->n_columns && !*is_told && n < OTHERS_MAX; o++) {
            const struct mined_column *part = &table->columns[p], *other = &table->columns[o];
            if (p == o || part->schema->is_not_null || !may_be_part(part) || !may_be_part(other))
                continue;
            n++;
            TRY(mine_joined_with(filling, part, other, column, is_told, err));
        }
    return true;
}

static bool is_new(const struct mined_table *table, const struct schema_column *column)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].after, column->name) == 0)
            return false;
    return !column->is_not_null && !column->is_generated;
}

static bool mine_new_column(const struct mining *mining, const struct mined_table *table,
                            const struct schema_column *column, struct error *err)
{
    SCRATCH(tmp);
    const struct filling filling = {mining, table, sql_relation(tmp, table->after),
                                    sql_name(tmp, column->name)};
    int64_t numbers[2];
    bool is_known, explained, is_told;

    TRY(mining_ask(mining, mining->request->after,
                   mem_printf(tmp, "SELECT count(%s), count(*) - count(%s) FROM %s", filling.column,
                              filling.column, filling.relation),
                   numbers, 2, &is_known, err));
    if (!is_known || numbers[0] == 0 || numbers[1] == 0)
        return true;
    TRY(mine_joined(&filling, column->name, &is_told, err));
    if (is_told || numbers[0] < SUPPORT_MIN || numbers[1] > numbers[0] / LEFT_OUT_MAX)
        return true;
    TRY(is_explained(&filling, &explained, err));
    return explained || report_left_out(&filling, column->name, numbers[1], numbers[0], err);
}

bool mine_filled(const struct mining *mining, const struct mined_table *table, struct error *err)
{
    const struct schema_relation *after = schema_find(mining->request->schema_after, table->after);
    for (size_t i = 0; after != NULL && i < after->n_columns; i++)
        if (is_new(table, &after->columns[i]))
            TRY(mine_new_column(mining, table, &after->columns[i], err));
    return true;
}

// --- columns that changed places

static bool has_column_before(const struct trace_table *table, const char *name)
{
    return trace_column_before(table, name) != NULL;
}

static void compare_names(const struct mining *mining, const struct trace_copy *copy, size_t i)
{
    TALLOC_CTX *mem = mining->mem;
    const struct trace_column *to = copy->to_columns[i], *from = copy->from_columns[i];
    if (to == NULL || from == NULL || to->after == NULL || from->before == NULL ||
        strcmp(to->after, from->before) == 0 || !has_column_before(copy->from, to->after) ||
        trace_column_now(copy->to, from->before) == NULL)
        return;
    const char *name = copy->from->before.name;
    mining_add(mining, "mined-names", SEVERITY_WARN,
               mem_printf(mem, "%s: %s.%s is filled from %s, although %s has a column %s too",
                          copy->cause, copy->to->after.name, to->after, from->before, name,
                          to->after),
               "name the columns on both sides: INSERT INTO … (a, b) SELECT a, b; or approve it in "
               "the effects file",
               mem_printf(mem, "%s.%s", copy->to->after.name, to->after));
}

void mine_names(const struct mining *mining)
{
    const struct trace *trace = mining->request->trace;
    for (size_t i = 0; trace != NULL && i < trace->n_copies; i++)
        for (size_t c = 0; c < trace->copies[i].n_columns; c++)
            if (trace->copies[i].from != NULL && trace->copies[i].to != NULL &&
                trace->copies[i].to->after.name != NULL &&
                trace->copies[i].from->before.name != NULL)
                compare_names(mining, &trace->copies[i], c);
}
