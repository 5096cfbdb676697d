/*
 * What a statement says, copied to where a schema keeps it: expressions, types, partitions,
 * triggers. The statement may be freed then.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static struct expression *keep_expression(struct schema *schema,
                                          const struct expression *expression)
{
    struct expression *copy = mem_new(schema->pool, struct expression);
    copy->text = mem_strdup(schema->pool, expression->text);
    copy->columns = schema_keep_list(schema, expression->columns, expression->n_columns);
    copy->n_columns = expression->n_columns;
    return copy;
}

struct type_name keep_type(struct schema *schema, struct type_name type)
{
    type.schema = mem_strdup(schema->pool, type.schema);
    type.name = mem_strdup(schema->pool, type.name);
    type.text = mem_strdup(schema->pool, type.text);
    return type;
}

struct index_column *keep_index_columns(struct schema *schema, const struct index_column *columns,
                                        size_t n)
{
    struct index_column *copy = mem_array(schema->pool, struct index_column, n + 1);
    for (size_t i = 0; i < n; i++) {
        copy[i] = columns[i];
        copy[i].column = mem_strdup(schema->pool, columns[i].column);
        copy[i].collation = mem_strdup(schema->pool, columns[i].collation);
        copy[i].opclass = mem_strdup(schema->pool, columns[i].opclass);
        if (columns[i].expression != NULL)
            copy[i].expression = keep_expression(schema, columns[i].expression);
    }
    return copy;
}

struct partition_key *schema_keep_key(struct schema *schema, const struct partition_key *key)
{
    struct partition_key *copy = mem_new(schema->pool, struct partition_key);
    *copy = *key;
    copy->columns = keep_index_columns(schema, key->columns, key->n_columns);
    return copy;
}

static struct partition_value *keep_values(struct schema *schema,
                                           const struct partition_value *values, size_t n)
{
    struct partition_value *copy = mem_array(schema->pool, struct partition_value, n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] =
            (struct partition_value){.limit = values[i].limit,
                                     .text = mem_strdup(schema->pool, values[i].text),
                                     .constant = mem_strdup(schema->pool, values[i].constant)};
    return copy;
}

struct partition_bound *schema_keep_bound(struct schema *schema,
                                          const struct partition_bound *bound)
{
    struct partition_bound *copy = mem_new(schema->pool, struct partition_bound);
    *copy = *bound;
    if (bound->values != NULL)
        copy->values = keep_values(schema, bound->values, bound->n_values);
    if (bound->to != NULL)
        copy->to = keep_values(schema, bound->to, bound->n_values);
    return copy;
}

struct signature *schema_keep_signature(struct schema *schema, const struct signature *signature)
{
    if (!signature)
        return NULL;
    struct signature *copy =
        mem_checked(talloc_memdup(schema->pool, signature, sizeof(*signature)));
    copy->returns = keep_type(schema, signature->returns);
    copy->parameters = mem_array(schema->pool, struct parameter, signature->n_parameters);
    for (size_t i = 0; i < signature->n_parameters; i++) {
        copy->parameters[i] = signature->parameters[i];
        copy->parameters[i].name = schema_keep_text(schema, signature->parameters[i].name);
        copy->parameters[i].type = keep_type(schema, signature->parameters[i].type);
    }
    return copy;
}

struct trigger_definition *schema_keep_trigger(struct schema *schema,
                                               const struct trigger_definition *trigger)
{
    struct trigger_definition *copy = mem_new(schema->pool, struct trigger_definition);
    *copy = *trigger;
    copy->columns = schema_keep_list(schema, trigger->columns, trigger->n_columns);
    copy->arguments = schema_keep_list(schema, trigger->arguments, trigger->n_arguments);
    copy->old_table = mem_strdup(schema->pool, trigger->old_table);
    copy->new_table = mem_strdup(schema->pool, trigger->new_table);
    if (trigger->condition != NULL)
        copy->condition = keep_expression(schema, trigger->condition);
    return copy;
}
