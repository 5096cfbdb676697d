/*
 * What an engine's catalog puts into a schema besides relations: types, functions,
 * the search path of the database, and what could not be read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

void schema_set_live(struct schema *schema)
{
    schema->is_live = true;
    schema->is_complete = true;
}

bool schema_is_live(const struct schema *schema)
{
    return schema->is_live;
}

const char *schema_keep_text(struct schema *schema, const char *text)
{
    return mem_strdup(schema->pool, text);
}

TALLOC_CTX *schema_memory(const struct schema *schema)
{
    return schema->pool;
}

struct schema_type *schema_add_type(struct schema *schema, struct name name,
                                    enum object_kind object)
{
    struct schema_type *type = mem_new(schema->pool, struct schema_type);
    type->name = schema_keep_name(schema, name);
    type->object = object;
    name_table_put(&schema->types, type);
    return type;
}

struct schema_function *schema_add_function(struct schema *schema, struct name name)
{
    struct schema_function *function = mem_new(schema->pool, struct schema_function);
    function->name = schema_keep_name(schema, name);
    name_table_put(&schema->functions, function);
    return function;
}

void schema_add_gap(struct schema *schema, const char *text)
{
    // A new list: copies of the schema may have the old one.
    const char **gaps = mem_array(schema->pool, const char *, schema->n_gaps + 1);
    if (schema->n_gaps > 0)
        memcpy(gaps, schema->gaps, schema->n_gaps * sizeof(*gaps));
    gaps[schema->n_gaps++] = mem_strdup(schema->pool, text);
    schema->gaps = gaps;
}

void schema_set_path(struct schema *schema, const char *const *path, size_t n)
{
    size_t kept = n < COUNT_OF(schema->usual_path) ? n : COUNT_OF(schema->usual_path);
    if (kept == 0)
        return; // a path without any schema that exists: what is created goes nowhere
    for (size_t i = 0; i < kept; i++)
        schema->usual_path[i] = mem_strdup(schema->pool, path[i]);
    schema->n_usual_path = kept;
    schema_reset_path(schema);
}

const char *const *schema_gaps(const struct schema *schema, size_t *n)
{
    *n = schema->n_gaps;
    return schema->gaps;
}
