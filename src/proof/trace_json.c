/*
 * Traces as JSON: how they stand in a baseline, which outlives the migrations' texts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/trace.h"

static json_t *name_to_json(struct name name)
{
    if (name.name == NULL)
        return json_null();
    json_t *array = json_array();
    json_array_append_new(array, json_text(name.schema));
    json_array_append_new(array, json_text(name.name));
    return array;
}

static json_t *rows_to_json(const struct trace_rows *rows)
{
    if (rows->cause == NULL)
        return json_null();
    json_t *object = json_object();
    json_put_text(object, "cause", rows->cause);
    json_put_text(object, "where", rows->where);
    json_put_bool(object, "countable", rows->is_countable);
    return object;
}

static json_t *column_to_json(const struct trace_column *column)
{
    json_t *object = json_object();
    json_put_text(object, "before", column->before);
    json_put_text(object, "after", column->after);
    json_put(object, "written", rows_to_json(&column->written));
    json_put_text(object, "dropped", column->dropped);
    return object;
}

static json_t *table_to_json(const struct trace_table *table)
{
    json_t *object = json_object();

    json_put(object, "before", name_to_json(table->before));
    json_put(object, "after", name_to_json(table->after));
    json_t *key = json_put_array(object, "key");
    for (size_t i = 0; i < table->n_key; i++)
        json_array_append_new(key, json_text(table->key[i]));
    json_t *columns = json_put_array(object, "columns");
    for (size_t i = 0; i < table->n_columns; i++)
        json_array_append_new(columns, column_to_json(table->columns[i]));
    json_put(object, "removed", rows_to_json(&table->removed));
    json_put_text(object, "added", table->added);
    json_put_text(object, "indirect", table->indirect);
    json_put_text(object, "dropped", table->dropped);
    json_put_text(object, "rebuilt", table->rebuilt);
    json_put_bool(object, "rewritten", table->is_rewritten);
    return object;
}

json_t *trace_to_json(const struct trace *trace)
{
    json_t *tables = json_array();
    for (size_t i = 0; i < trace->n_tables; i++)
        json_array_append_new(tables, table_to_json(trace->tables[i]));
    return tables;
}

// --- reading

static const char *text_member(TALLOC_CTX *mem, const json_t *object, const char *name)
{
    return mem_strdup(mem, json_get_text(object, name));
}

static struct name name_from_json(TALLOC_CTX *mem, const json_t *json)
{
    if (!json_is_array(json))
        return (struct name){0};
    return (struct name){
        .schema = mem_strdup(mem, json_string_value(json_array_get(json, 0))),
        .name = mem_strdup(mem, json_string_value(json_array_get(json, 1))),
    };
}

static struct trace_rows rows_from_json(TALLOC_CTX *mem, const json_t *json)
{
    return (struct trace_rows){
        .cause = text_member(mem, json, "cause"),
        .where = text_member(mem, json, "where"),
        .is_countable = json_is_true(json_object_get(json, "countable")),
    };
}

static struct trace_table *table_from_json(TALLOC_CTX *mem, const json_t *json)
{
    struct trace_table *table = mem_new(mem, struct trace_table);
    const json_t *key = json_object_get(json, "key");
    const json_t *columns = json_object_get(json, "columns");

    table->before = name_from_json(table, json_object_get(json, "before"));
    table->after = name_from_json(table, json_object_get(json, "after"));
    for (size_t i = 0; i < json_array_size(key); i++)
        *mem_append(table, table->key, table->n_key) =
            mem_strdup(table, json_string_value(json_array_get(key, i)));
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *from = json_array_get(columns, i);
        struct trace_column *column = mem_new(table, struct trace_column);
        column->before = text_member(column, from, "before");
        column->after = text_member(column, from, "after");
        column->written = rows_from_json(column, json_object_get(from, "written"));
        column->dropped = text_member(column, from, "dropped");
        *mem_append(table, table->columns, table->n_columns) = column;
    }
    table->removed = rows_from_json(table, json_object_get(json, "removed"));
    table->added = text_member(table, json, "added");
    table->indirect = text_member(table, json, "indirect");
    table->dropped = text_member(table, json, "dropped");
    table->rebuilt = text_member(table, json, "rebuilt");
    table->is_rewritten = json_is_true(json_object_get(json, "rewritten"));
    return table;
}

bool trace_from_json(TALLOC_CTX *mem, const json_t *json, struct trace **out, struct error *err)
{
    if (!json_is_array(json))
        return error_set(err, ERROR_BASELINE, "the baseline's trace is not a list");
    struct trace *trace = mem_new(mem, struct trace);
    for (size_t i = 0; i < json_array_size(json); i++)
        *mem_append(trace, trace->tables, trace->n_tables) =
            table_from_json(trace, json_array_get(json, i));
    *out = trace;
    return true;
}
