/*
 * Fingerprints of matched tables: a partitioned one is told by those of its partitions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/table_prints.h"
#include "base/text.h"
#include "proof/trace.h"

#define PARTITION_LEVELS_MAX 64

const struct engine_fingerprint *table_prints_find(const struct table_prints *prints,
                                                   const struct schema_relation *table)
{
    const struct table_fingerprint *found = fingerprints_find(prints->prints, table->name);
    return found == NULL ? NULL : found->print;
}

const struct engine_column_print *table_prints_column(const struct engine_fingerprint *print,
                                                      const char *column)
{
    for (size_t i = 0; print != NULL && column != NULL && i < print->n_columns; i++)
        if (text_equal_nocase(print->columns[i].column, column))
            return &print->columns[i];
    return NULL;
}

bool table_prints_is_same_column(const struct engine_column_print *before,
                                 const struct engine_column_print *after)
{
    return before != NULL && after != NULL && before->unknown == NULL && after->unknown == NULL &&
           strcmp(before->type, after->type) == 0 &&
           memcmp(before->sum.bytes, after->sum.bytes, sizeof before->sum.bytes) == 0;
}

static bool is_same_print(const struct engine_fingerprint *before,
                          const struct engine_fingerprint *after)
{
    if (before == NULL || after == NULL || strcmp(before->method, after->method) != 0 ||
        before->rows != after->rows || before->n_columns != after->n_columns ||
        before->n_key != after->n_key || before->has_key != after->has_key ||
        memcmp(before->sum.bytes, after->sum.bytes, sizeof before->sum.bytes) != 0)
        return false;
    for (size_t i = 0; i < before->n_columns; i++)
        if (before->columns[i].unknown != NULL || after->columns[i].unknown != NULL ||
            strcmp(before->columns[i].column, after->columns[i].column) != 0 ||
            strcmp(before->columns[i].type, after->columns[i].type) != 0)
            return false;
    return true;
}

// --- partitions

static bool is_below(const struct schema *schema, const struct schema_relation *relation,
                     struct name root)
{
    for (int i = 0; i < PARTITION_LEVELS_MAX && relation != NULL && relation->is_partition &&
                    relation->n_parents > 0;
         i++) {
        if (trace_is_same_name(relation->parents[0], root))
            return true;
        relation = schema_find(schema, relation->parents[0]);
    }
    return false;
}

// The partitions of `root` that hold rows, one after the other; NULL: first.
static const struct schema_relation *next_part(const struct schema *schema,
                                               const struct schema_relation *root,
                                               const struct schema_relation *previous)
{
    const struct schema_relation *relation = schema_next(schema, previous);
    while (relation != NULL &&
           !(relation->kind == RELATION_TABLE && is_below(schema, relation, root->name)))
        relation = schema_next(schema, relation);
    return relation;
}

int64_t table_prints_rows(const struct table_prints *prints, const struct schema_relation *table)
{
    const struct engine_fingerprint *print;
    int64_t rows = 0;
    if (table->kind == RELATION_TABLE) {
        print = table_prints_find(prints, table);
        return print == NULL ? -1 : print->rows;
    }
    for (const struct schema_relation *part = next_part(prints->schema, table, NULL); part != NULL;
         part = next_part(prints->schema, table, part)) {
        print = table_prints_find(prints, part);
        if (print == NULL)
            return -1;
        rows += print->rows;
    }
    return rows;
}

static bool are_parts_equal(const struct table_prints *before, const struct schema_relation *old,
                            const struct table_prints *after, const struct schema_relation *new)
{
    size_t n_before = 0, n_after = 0;
    for (const struct schema_relation *part = next_part(before->schema, old, NULL); part != NULL;
         part = next_part(before->schema, old, part), n_before++) {
        const struct schema_relation *now = schema_find(after->schema, part->name);
        if (now == NULL || !is_below(after->schema, now, new->name) ||
            !is_same_print(table_prints_find(before, part), table_prints_find(after, now)))
            return false;
    }
    for (const struct schema_relation *part = next_part(after->schema, new, NULL); part != NULL;
         part = next_part(after->schema, new, part))
        n_after++;
    return n_before == n_after;
}

bool table_prints_are_equal(const struct table_prints *before, const struct schema_relation *old,
                            const struct table_prints *after, const struct schema_relation *new)
{
    if (old->kind == RELATION_PARTITIONED && new->kind == RELATION_PARTITIONED)
        return are_parts_equal(before, old, after, new);
    return old->kind == RELATION_TABLE &&
           new->kind == RELATION_TABLE &&is_same_print(table_prints_find(before, old),
                                                       table_prints_find(after, new));
}
