/*
 * Tables within reach of a change.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/mined_table.h"
#include "base/text.h"
#include <ctype.h>

static const struct trace_table *traced(const struct mined_request *request, struct name before)
{
    return request->trace == NULL ? NULL : trace_find_before(request->trace, before);
}

static const struct table_effect *effect_of(TALLOC_CTX *mem, const struct measured_effects *effects,
                                            struct name before)
{
    const char *whole = mem_printf(mem, "%s.%s", before.schema ? before.schema : "", before.name);
    for (size_t i = 0; i < effects->n_tables; i++) {
        const char *name = effects->tables[i].before;
        if (name != NULL && (strcmp(name, before.name) == 0 || strcmp(name, whole) == 0))
            return &effects->tables[i];
    }
    return NULL;
}

static bool is_touched(const struct table_effect *effect, const char *before)
{
    if (effect == NULL)
        return false;
    if (effect->unknown != NULL || effect->added.rows > 0 || effect->removed.rows > 0)
        return true;
    for (size_t i = 0; i < effect->n_columns; i++)
        if (effect->columns[i].before != NULL && strcmp(effect->columns[i].before, before) == 0)
            return true;
    return false;
}

static const char *name_after(const struct trace_table *table, const char *before)
{
    const struct trace_column *column = table == NULL ? NULL : trace_column_before(table, before);
    return column == NULL ? before : column->after;
}

static bool has_column(const struct schema_relation *relation, const char *column)
{
    for (size_t i = 0; i < relation->n_columns; i++)
        if (strcmp(relation->columns[i].name, column) == 0)
            return true;
    return false;
}

static void gather_columns(TALLOC_CTX *mem, const struct table_effect *effect,
                           const struct trace_table *trace, const struct schema_relation *after,
                           struct mined_table *table)
{
    for (size_t i = 0; i < table->schema->n_columns; i++) {
        const struct schema_column *column = &table->schema->columns[i];
        const char *now = name_after(trace, column->name);
        if (now == NULL || !has_column(after, now))
            continue;
        *mem_append(mem, table->columns, table->n_columns) =
            (struct mined_column){.before = column->name,
                                  .after = now,
                                  .schema = column,
                                  .is_touched = is_touched(effect, column->name)};
    }
}

void mined_tables_gather(TALLOC_CTX *mem, const struct mined_request *request,
                         struct mined_tables *out)
{
    *out = (struct mined_tables){0};
    for (const struct schema_relation *relation = schema_next(request->schema_before, NULL);
         relation != NULL; relation = schema_next(request->schema_before, relation)) {
        const struct trace_table *trace = traced(request, relation->name);
        struct name now = trace == NULL ? relation->name : trace->after;
        const struct schema_relation *after =
            now.name == NULL ? NULL : schema_find(request->schema_after, now);
        if (relation->is_temporary || relation->is_partition || after == NULL ||
            (relation->kind != RELATION_TABLE && relation->kind != RELATION_PARTITIONED))
            continue;
        const struct table_effect *effect = effect_of(mem, request->effects, relation->name);
        struct mined_table *table = mem_append(mem, out->list, out->n);
        *table = (struct mined_table){
            .before = relation->name,
            .after = now,
            .schema = relation,
            .shown = effect != NULL ? effect->table : mem_strdup(mem, now.name),
            .has_other_rows =
                effect != NULL &&
                (effect->unknown != NULL || effect->added.rows > 0 || effect->removed.rows > 0),
            .rows_before = effect != NULL ? effect->rows_before : -1,
        };
        gather_columns(mem, effect, trace, after, table);
    }
}

const struct mined_table *mined_tables_find(const struct mined_tables *tables, struct name before)
{
    for (size_t i = 0; i < tables->n; i++)
        if (trace_is_same_name(tables->list[i].before, before))
            return &tables->list[i];
    return NULL;
}

const struct mined_column *mined_column_find(const struct mined_table *table, const char *before)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].before, before) == 0)
            return &table->columns[i];
    return NULL;
}

const struct mined_column *mined_table_key(const struct mined_table *table)
{
    for (size_t i = 0; i < table->schema->n_constraints; i++) {
        const struct schema_constraint *constraint = &table->schema->constraints[i];
        if (constraint->kind == CONSTRAINT_PRIMARY_KEY && constraint->n_columns == 1)
            return mined_column_find(table, constraint->columns[0]);
    }
    return NULL;
}

bool mined_table_is_touched(const struct mined_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].is_touched)
            return true;
    return false;
}

// --- what a column is, by its type and its name

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; name != NULL && i < n; i++)
        if (strcasecmp(name, list[i]) == 0)
            return true;
    return false;
}

bool mined_column_is_number(const struct mined_column *column)
{
    static const char *const types[] = {
        "int2",    "int4",     "int8",   "smallserial", "serial",  "bigserial",
        "numeric", "float4",   "float8", "money",       "integer", "int",
        "bigint",  "smallint", "real",   "double",      "decimal", "double precision"};
    const struct type_name *type = &column->schema->type;
    return !type->is_array && is_one_of(type->name, types, COUNT_OF(types));
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcasecmp(name + n - m, end) == 0;
}

bool mined_column_is_moment(const struct mined_column *column)
{
    static const char *const types[] = {"date", "timestamp", "timestamptz", "datetime"};
    static const char *const ends[] = {"_at", "_on", "_date", "_time"};
    const struct type_name *type = &column->schema->type;
    if (type->is_array)
        return false;
    if (is_one_of(type->name, types, COUNT_OF(types)))
        return true;
    // SQLite keeps them as text or numbers; the name tells.
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (ends_with(column->before, ends[i]))
            return true;
    return false;
}

bool mined_column_is_keylike(const struct mined_column *column)
{
    static const char *const words[] = {
        "id",  "uuid",      "guid",        "code",    "key",   "slug",   "email",
        "sku", "isbn",      "username",    "login",   "token", "handle", "number",
        "ref", "reference", "external_id", "address", "phone", "iban",   "vin"};
    static const char *const ends[] = {"_uuid", "_code",  "_key",    "_slug", "_email",
                                       "_sku",  "_token", "_number", "_no",   "_ref"};
    if (is_one_of(column->before, words, COUNT_OF(words)))
        return true;
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (ends_with(column->before, ends[i]))
            return true;
    return false;
}
