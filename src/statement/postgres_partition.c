/*
 * Partitions: what a table is partitioned by, and which rows a partition takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

static enum partition_strategy strategy_of(const char *word)
{
    return strcasecmp(word, "list") == 0    ? PARTITION_LIST
           : strcasecmp(word, "range") == 0 ? PARTITION_RANGE
           : strcasecmp(word, "hash") == 0  ? PARTITION_HASH
                                            : PARTITION_NONE;
}

static void element_read(struct reading *reading, const PartitionElem *element,
                         struct index_column *out)
{
    out->column = mem_strdup(reading->mem, element->name);
    out->collation = name_of_list(reading, element->collation).name;
    out->opclass = name_of_list(reading, element->opclass).name;
    if (element->expr == NULL)
        return;
    out->expression = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, element->expr, NULL, out->expression);
    out->expression->text = span_text(reading, list_expression_span(reading, location));
}

struct partition_key *partition_key_read(struct reading *reading, const PartitionSpec *spec)
{
    struct partition_key *key = mem_new(reading->mem, struct partition_key);
    key->strategy = strategy_of(spec->strategy);
    ListCell *cell;
    foreach (cell, spec->partParams)
        element_read(reading, lfirst(cell), mem_append(reading->mem, key->columns, key->n_columns));
    return key;
}

// The grammar gives MINVALUE and MAXVALUE as columns of that name.
static enum partition_limit limit_of(const struct expression *value)
{
    if (value->is_null)
        return LIMIT_NULL;
    if (value->n_columns == 1 && strcmp(value->columns[0], "minvalue") == 0)
        return LIMIT_MINVALUE;
    if (value->n_columns == 1 && strcmp(value->columns[0], "maxvalue") == 0)
        return LIMIT_MAXVALUE;
    return LIMIT_VALUE;
}

// The values of the first list in parentheses at or behind `*index`, which is behind it then.
static struct partition_value *values_read(struct reading *reading, const List *list, size_t *index)
{
    size_t n = (size_t)list_length(list);
    struct partition_value *values = mem_array(reading->mem, struct partition_value, n);
    size_t end = 0;
    for (size_t i = 0; i < n; i++) {
        struct expression value = {0};
        expression_read(reading, list_nth(list, (int)i), NULL, &value);
        struct span span = span_part(reading, *index, (int)i);
        end = span.end;
        values[i] = (struct partition_value){.limit = limit_of(&value),
                                             .text = span_text(reading, span),
                                             .constant = value.constant};
    }
    *index = token_index(reading, (int)(end - reading->base));
    return values;
}

struct partition_bound *partition_bound_read(struct reading *reading,
                                             const PartitionBoundSpec *spec)
{
    struct partition_bound *bound = mem_new(reading->mem, struct partition_bound);
    if (spec->is_default)
        return bound;
    size_t index = token_index(reading, spec->location);
    switch (spec->strategy) {
    case PARTITION_STRATEGY_LIST:
        bound->strategy = PARTITION_LIST;
        bound->n_values = (size_t)list_length(spec->listdatums);
        bound->values = values_read(reading, spec->listdatums, &index);
        break;
    case PARTITION_STRATEGY_RANGE:
        bound->strategy = PARTITION_RANGE;
        bound->n_values = (size_t)list_length(spec->lowerdatums);
        bound->values = values_read(reading, spec->lowerdatums, &index);
        if (list_length(spec->upperdatums) == list_length(spec->lowerdatums))
            bound->to = values_read(reading, spec->upperdatums, &index);
        break;
    default:
        bound->strategy = PARTITION_HASH;
        bound->modulus = spec->modulus;
        bound->remainder = spec->remainder;
        break;
    }
    return bound;
}
