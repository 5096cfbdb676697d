/*
 * What CREATE TABLE contradicts in its own text: columns named twice, two primary keys, keys,
 * checks and partition keys of columns that it does not have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/definition_refusal.h"

static bool has_column(const struct action *create, const char *name)
{
    for (size_t i = 0; i < create->n_columns; i++) {
        if (strcmp(create->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

static const char *no_column(const struct rule_place *place, const char *what, const char *column)
{
    return mem_printf(place->mem, "%s names column %s, which it does not have", what, column);
}

static const char *list_refusal(const struct rule_place *place, const struct action *create,
                                const char *what, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_column(create, columns[i]))
            return no_column(place, what, columns[i]);
    }
    return NULL;
}

// The table's name stands for the whole row.
static const char *expression_refusal(const struct rule_place *place, const struct action *create,
                                      const char *what, const struct expression *expression)
{
    if (expression == NULL || expression->n_relations > 0)
        return NULL;
    for (size_t i = 0; i < expression->n_columns; i++) {
        const char *column = expression->columns[i];
        if (!has_column(create, column) && strcmp(column, create->relation.name) != 0 &&
            strcmp(column, "*") != 0 && !column_is_system(column))
            return no_column(place, what, column);
    }
    return NULL;
}

static const char *constraint_refusal(const struct rule_place *place, const struct action *create,
                                      const struct constraint *constraint)
{
    switch ((int)constraint->kind) {
    case CONSTRAINT_CHECK: return expression_refusal(place, create, "a CHECK", constraint->check);
    case CONSTRAINT_PRIMARY_KEY:
    case CONSTRAINT_UNIQUE:
        return list_refusal(place, create, "a key", constraint->columns, constraint->n_columns);
    case CONSTRAINT_FOREIGN_KEY:
        return list_refusal(place, create, "a foreign key", constraint->columns,
                            constraint->n_columns);
    default: return NULL;
    }
}

static const char *constraints_refusal(const struct rule_place *place, const struct action *create,
                                       const struct constraint *constraints, size_t n)
{
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < n; i++)
        why = constraint_refusal(place, create, &constraints[i]);
    return why;
}

static const char *partition_key_refusal(const struct rule_place *place,
                                         const struct action *create)
{
    const struct partition_key *key = create->partition_key;
    const char *why = NULL;
    for (size_t i = 0; why == NULL && key != NULL && i < key->n_columns; i++) {
        const char *column = key->columns[i].column;
        why = column == NULL ? expression_refusal(place, create, "the partition key",
                                                  key->columns[i].expression)
                             : list_refusal(place, create, "the partition key", &column, 1);
    }
    return why;
}

static const char *unknown_column_refusal(const struct rule_place *place,
                                          const struct action *create)
{
    // Others bring columns of their own.
    if (create->n_columns == 0 || create->n_parents > 0 || create->other.name != NULL ||
        create->partition_of.name != NULL)
        return NULL;
    const char *why =
        constraints_refusal(place, create, create->constraints, create->n_constraints);
    for (size_t i = 0; why == NULL && i < create->n_columns; i++) {
        const struct column *column = &create->columns[i];
        why = constraints_refusal(place, create, column->constraints, column->n_constraints);
        if (why == NULL)
            why = expression_refusal(place, create, "a generated column", column->generated);
    }
    return why != NULL ? why : partition_key_refusal(place, create);
}

static size_t n_primary(const struct constraint *constraints, size_t n)
{
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++)
        n_found += constraints[i].kind == CONSTRAINT_PRIMARY_KEY;
    return n_found;
}

static const char *twice(const struct rule_place *place, const struct action *create)
{
    size_t n_keys = n_primary(create->constraints, create->n_constraints);
    for (size_t i = 0; i < create->n_columns; i++) {
        const struct column *column = &create->columns[i];
        n_keys += n_primary(column->constraints, column->n_constraints);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(create->columns[k].name, column->name) == 0)
                return mem_printf(place->mem, "column %s stands in it twice", column->name);
        }
    }
    return n_keys > 1 ? "it has two primary keys" : NULL;
}

const char *new_table_refusal(const struct rule_place *place, const struct action *create)
{
    const char *why = twice(place, create);
    return why != NULL ? why : unknown_column_refusal(place, create);
}
