/*
 * Spot check: see spot_check.h.
 *
 * The rows are the first at or behind ten points of the key's range, which the seed decides: ten
 * look-ups in the index, whatever the size of the table. Sorting by random() reads all of it. Where
 * the key is no single whole number, they are the first ten by key, and it says so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/spot_check.h"
#include "base/text.h"
#include "proof/sql.h"

#define COLUMNS_MAX 8
#define POINTS 10000 // the range is cut into so many parts

struct columns {
    const char *list[COLUMNS_MAX];
    size_t n;
};

static bool is_masked(const struct making *making, const char *column)
{
    const struct config *config = making->facts->config;

    for (size_t i = 0; i < config->n_tables; i++)
        for (size_t j = 0; j < config->tables[i].n_mask; j++)
            if (strcmp(config->tables[i].mask[j], column) == 0)
                return true;
    return false;
}

static void add_column(const struct making *making, struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->n; i++)
        if (strcmp(columns->list[i], name) == 0)
            return;
    if (columns->n < COLUMNS_MAX && !is_masked(making, name))
        columns->list[columns->n++] = name;
}

static bool is_written(const struct trace_column *column)
{
    return column->after != NULL && (column->before == NULL || column->written.cause != NULL);
}

static bool writes_column(const struct trace_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (is_written(table->columns[i]))
            return true;
    return false;
}

static const struct trace_table *written_table(const struct making *making)
{
    const struct trace *trace = making->facts->trace;

    for (size_t i = 0; i < trace->n_tables; i++)
        if (trace->tables[i]->after.name != NULL && trace->tables[i]->before.name != NULL &&
            writes_column(trace->tables[i]))
            return trace->tables[i];
    for (size_t i = 0; i < trace->n_copies; i++)
        if (trace->copies[i].to != NULL && trace->copies[i].to->after.name != NULL)
            return trace->copies[i].to;
    return NULL;
}

// The column's name afterwards; NULL: it is gone.
static const char *name_after(const struct trace_table *table, const char *before)
{
    const struct trace_column *column = trace_column_before(table, before);
    return column == NULL ? NULL : column->after;
}

struct sourcing {
    const struct making *making;
    const struct trace_table *table;
    struct columns *columns;
};

static void add_read(const struct sourcing *sourcing, const struct expression *expression)
{
    for (size_t i = 0; expression != NULL && i < expression->n_columns; i++) {
        const char *after = name_after(sourcing->table, expression->columns[i]);
        if (after != NULL)
            add_column(sourcing->making, sourcing->columns, after);
    }
}

// What an UPDATE reads for what it writes stands beside it.
static void add_sources(void *context, const struct query *query)
{
    const struct sourcing *sourcing = context;

    if (query->verb != QUERY_UPDATE || sourcing->table->before.name == NULL ||
        strcmp(query->target.name, sourcing->table->before.name) != 0)
        return;
    for (size_t i = 0; i < query->n_assignments; i++)
        add_read(sourcing, &query->assignments[i].value);
    add_read(sourcing, query->where);
    add_read(sourcing, query->join_condition);
}

static void add_written(const struct making *making, const struct trace_table *table,
                        struct columns *columns)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (is_written(table->columns[i]))
            add_column(making, columns, table->columns[i]->after);
}

static const char *key_after(const struct trace_table *table)
{
    if (table->n_key == 1)
        return name_after(table, table->key[0]);
    return NULL;
}

static bool is_whole_number(const struct making *making, const struct trace_table *table)
{
    static const char *const types[] = {"int2",   "int4",   "int8",      "integer", "int",
                                        "bigint", "serial", "bigserial", "smallint"};
    SCRATCH(tmp);
    const struct schema_relation *relation =
        table->before.name == NULL ? NULL : schema_find(making->facts->schema, table->before);
    const struct schema_column *column =
        relation == NULL || table->n_key != 1 ? NULL : schema_find_column(relation, table->key[0]);

    if (column == NULL || column->type.name == NULL)
        return false;
    const char *type = text_lower(tmp, column->type.name);
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static uint32_t first_digits(const char *hex)
{
    SCRATCH(tmp);
    return (uint32_t)strtoul(mem_strndup(tmp, hex, 8), NULL, 16);
}

// From the migrations' own bytes: the same change is looked at in the same places.
static uint32_t seed_of(const struct plan *plan)
{
    uint32_t seed = 0;

    for (size_t i = 0; i < plan->n_migrations; i++)
        if (plan->migrations[i].sha256 != NULL)
            seed ^= first_digits(plan->migrations[i].sha256);
    return seed == 0 ? 1 : seed;
}

// Marsaglia's xorshift: what matters is only that the points are spread and repeatable.
static uint32_t next_point(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % POINTS;
}

static char *points_sql(TALLOC_CTX *mem, uint32_t seed)
{
    char *text = mem_strdup(mem, "");

    for (size_t i = 0; i < SPOT_CHECK_ROWS; i++)
        text =
            mem_printf(mem, "%sSELECT %u%s", i == 0 ? "" : mem_printf(mem, "%s UNION ALL ", text),
                       next_point(&seed), i == 0 ? " AS point" : "");
    return text;
}

static char *select_sql(const struct making *making, const struct trace_table *table,
                        const struct columns *columns, const char *key, uint32_t seed)
{
    SCRATCH(tmp);
    const char *from = sql_relation(tmp, table->after);
    const char *list = sql_list(tmp, NULL, columns->list, columns->n, ", ");

    if (key == NULL)
        return mem_printf(making->mem, "SELECT %s FROM %s LIMIT %d", list, from, SPOT_CHECK_ROWS);
    const char *id = sql_name(tmp, key);
    if (seed == 0)
        return mem_printf(making->mem, "SELECT %s FROM %s ORDER BY %s LIMIT %d", list, from, id,
                          SPOT_CHECK_ROWS);
    return mem_printf(making->mem,
                      "SELECT %s FROM %s WHERE %s IN (SELECT (SELECT t.%s FROM %s t WHERE t.%s >= "
                      "ends.low + (ends.high - ends.low) * points.point / %d ORDER BY t.%s LIMIT "
                      "1) FROM (SELECT min(%s) AS low, max(%s) AS high FROM %s) ends, (%s) points) "
                      "ORDER BY %s",
                      list, from, id, id, from, id, POINTS, id, id, id, from, points_sql(tmp, seed),
                      id);
}

bool spot_check_make(const struct making *making, struct spot_check *out)
{
    const struct trace_table *table = written_table(making);
    struct columns columns = {.n = 0};
    struct sourcing sourcing = {making, table, &columns};

    if (table == NULL)
        return false;
    const char *key = key_after(table);
    if (key != NULL)
        add_column(making, &columns, key);
    making_each_write(making, add_sources, &sourcing);
    add_written(making, table, &columns);
    if (columns.n == 0)
        return false;
    uint32_t seed = is_whole_number(making, table) ? seed_of(making->plan) : 0;
    *out = (struct spot_check){
        .table = sql_shown(making->mem, table->after),
        .sql = select_sql(making, table, &columns, key, seed),
        .how = key == NULL ? "rows as they come: the table has no key"
               : seed == 0
                   ? mem_printf(making->mem, "the first by %s", key)
                   : mem_printf(making->mem, "chosen by seed %u over the range of %s", seed, key),
        .expected = "each new value is the one that the old value asks for",
    };
    return true;
}
