/*
 * Restoration: constraints and indexes, by what they mean and then by their names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration_comparison.h"
#include "base/text.h"

static bool same_words_or_none(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    return n_a == 0 || n_b == 0 || same_words(a, n_a, b, n_b);
}

static bool same_constraint(const struct comparison *comparison, const struct schema_constraint *a,
                            const struct schema_constraint *b)
{
    return a->kind == b->kind && same_words(a->columns, a->n_columns, b->columns, b->n_columns) &&
           same_text(a->references.schema, b->references.schema) &&
           same_text(a->references.name, b->references.name) &&
           same_words_or_none(a->referenced, a->n_referenced, b->referenced, b->n_referenced) &&
           same_sql(comparison, a->check_text, b->check_text) &&
           same_text(a->on_delete, b->on_delete) && same_text(a->on_update, b->on_update) &&
           same_words(a->operators, a->n_operators, b->operators, b->n_operators) &&
           a->is_match_full == b->is_match_full && a->is_no_inherit == b->is_no_inherit &&
           a->is_deferrable == b->is_deferrable && a->is_deferred == b->is_deferred &&
           a->is_valid == b->is_valid;
}

static const char *constraint_words(const struct comparison *comparison,
                                    const struct schema_constraint *constraint)
{
    static const char *const kinds[] = {"CHECK",  "NOT NULL",    "primary key",
                                        "UNIQUE", "foreign key", "EXCLUDE"};
    const char *kind = kinds[constraint->kind];
    return constraint->name == NULL
               ? kind
               : mem_printf(comparison->mem, "%s '%s'", kind, constraint->name);
}

// Another constraint of the same meaning, which has none of the same name beside it.
static const struct schema_constraint *renamed_constraint(const struct comparison *comparison,
                                                          const struct schema_relation *target,
                                                          const struct schema_relation *actual,
                                                          const struct schema_constraint *was)
{
    for (size_t i = 0; i < actual->n_constraints; i++) {
        const struct schema_constraint *is = &actual->constraints[i];
        if (same_constraint(comparison, was, is) &&
            schema_find_constraint(target, is->name) == NULL)
            return is;
    }
    return NULL;
}

void compare_constraints(struct comparison *comparison, const char *table,
                         const struct schema_relation *target, const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_constraints; i++) {
        const struct schema_constraint *was = &target->constraints[i];
        const struct schema_constraint *is = schema_find_constraint(actual, was->name);
        if (is != NULL && same_constraint(comparison, was, is))
            continue;
        is = is == NULL ? renamed_constraint(comparison, target, actual, was) : NULL;
        if (is != NULL && is->name != NULL && was->name != NULL)
            differs(comparison, "%s of %s is called '%s' now", constraint_words(comparison, was),
                    table, is->name);
        else if (is == NULL)
            differs(comparison, "%s of %s is missing or another one",
                    constraint_words(comparison, was), table);
    }
    for (size_t i = 0; i < actual->n_constraints; i++) {
        const struct schema_constraint *is = &actual->constraints[i];
        if (schema_find_constraint(target, is->name) == NULL &&
            renamed_constraint(comparison, actual, target, is) == NULL)
            differs(comparison, "%s of %s was not there", constraint_words(comparison, is), table);
    }
}

static bool same_index_column(const struct comparison *comparison, const struct index_column *a,
                              const struct index_column *b)
{
    if (!same_text(a->column, b->column) || (a->expression == NULL) != (b->expression == NULL) ||
        a->is_descending != b->is_descending || a->has_nulls_first != b->has_nulls_first ||
        !same_text(a->opclass, b->opclass) || !same_text(a->collation, b->collation))
        return false;
    return a->expression == NULL || same_sql(comparison, a->expression->text, b->expression->text);
}

static bool same_index(const struct comparison *comparison, const struct schema_index *a,
                       const struct schema_index *b)
{
    bool same = a->n_columns == b->n_columns && a->is_unique == b->is_unique &&
                a->is_primary == b->is_primary && same_text(a->method, b->method) &&
                a->nulls_not_distinct == b->nulls_not_distinct &&
                same_words(a->includes, a->n_includes, b->includes, b->n_includes) &&
                same_sql(comparison, a->predicate_text, b->predicate_text);
    for (size_t i = 0; same && i < a->n_columns; i++)
        same = same_index_column(comparison, &a->columns[i], &b->columns[i]);
    return same;
}

static const struct schema_index *find_index(const struct schema_relation *relation,
                                             const char *name)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (text_equal(relation->indexes[i].name, name))
            return &relation->indexes[i];
    }
    return NULL;
}

static const struct schema_index *renamed_index(const struct comparison *comparison,
                                                const struct schema_relation *target,
                                                const struct schema_relation *actual,
                                                const struct schema_index *was)
{
    for (size_t i = 0; i < actual->n_indexes; i++) {
        const struct schema_index *is = &actual->indexes[i];
        if (same_index(comparison, was, is) && find_index(target, is->name) == NULL)
            return is;
    }
    return NULL;
}

// What the index of a constraint is, its constraint tells.
static bool is_of_constraint(const struct schema_relation *relation, const char *index)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (same_text(relation->constraints[i].index, index))
            return true;
    }
    return false;
}

void compare_indexes(struct comparison *comparison, const char *table,
                     const struct schema_relation *target, const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_indexes; i++) {
        const struct schema_index *was = &target->indexes[i];
        const struct schema_index *is = find_index(actual, was->name);
        if (is != NULL && same_index(comparison, was, is))
            continue;
        is = is == NULL ? renamed_index(comparison, target, actual, was) : NULL;
        if (is != NULL && !is_of_constraint(actual, is->name))
            differs(comparison, "index '%s' of %s is called '%s' now", was->name, table, is->name);
        else if (is == NULL)
            differs(comparison, "index '%s' of %s is missing or another one", was->name, table);
    }
    for (size_t i = 0; i < actual->n_indexes; i++) {
        const struct schema_index *is = &actual->indexes[i];
        if (find_index(target, is->name) == NULL &&
            renamed_index(comparison, actual, target, is) == NULL)
            differs(comparison, "index '%s' of %s was not there", is->name, table);
    }
}
