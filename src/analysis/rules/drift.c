/*
 * Rules on definitions: IF NOT EXISTS that passes over another definition, NOT VALID that stays.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

// serial is an integer with a sequence.
static const char *stored_type(const struct type_name *type)
{
    static const char *const pairs[][2] = {
        {"serial", "int4"}, {"bigserial", "int8"}, {"smallserial", "int2"}};
    for (size_t i = 0; type->name != NULL && i < COUNT_OF(pairs); i++) {
        if (strcmp(type->name, pairs[i][0]) == 0)
            return pairs[i][1];
    }
    return type->name;
}

static bool is_same_type(const struct type_name *a, const struct type_name *b)
{
    if (a->name == NULL || b->name == NULL)
        return true;
    bool is_plain = a->n_mods == b->n_mods && a->is_array == b->is_array;
    for (size_t i = 0; is_plain && i < a->n_mods; i++)
        is_plain = a->mods[i] == b->mods[i];
    return is_plain && strcmp(stored_type(a), stored_type(b)) == 0;
}

// How the column that is there differs from the one that is asked for; NULL: not at all.
static const char *column_difference(TALLOC_CTX *mem, const struct schema_column *is,
                                     const struct column *asked)
{
    if (!is_same_type(&is->type, &asked->type))
        return mem_printf(mem, "column %s is %s, not %s", is->name, is->type.text,
                          asked->type.text);
    if (is->is_not_null != asked->is_not_null && !asked->is_identity &&
        strcmp(stored_type(&asked->type), asked->type.name) == 0)
        return mem_printf(mem, "column %s is %s", is->name,
                          is->is_not_null ? "NOT NULL there" : "not NOT NULL there");
    return NULL;
}

static const char *table_difference(const struct rule_place *place,
                                    const struct schema_relation *is, const struct action *action)
{
    for (size_t i = 0; i < action->n_columns; i++) {
        const struct column *asked = &action->columns[i];
        const struct schema_column *column = schema_find_column(is, asked->name);
        if (column == NULL)
            return mem_printf(place->mem, "it has no column %s", asked->name);
        // NOT NULL also comes from a table's key.
        if (!is_same_type(&column->type, &asked->type))
            return column_difference(place->mem, column, asked);
    }
    for (size_t i = 0; action->n_columns > 0 && i < is->n_columns; i++) {
        bool is_asked = false;
        for (size_t k = 0; k < action->n_columns; k++)
            is_asked = is_asked || strcmp(action->columns[k].name, is->columns[i].name) == 0;
        if (!is_asked)
            return mem_printf(place->mem, "it has a column %s", is->columns[i].name);
    }
    return NULL;
}

static const char *index_difference(const struct rule_place *place,
                                    const struct schema_relation *table,
                                    const struct schema_index *is, const struct action *action)
{
    const struct index_definition *asked = action->index;
    if (!name_may_equal(table->name, action->relation))
        return mem_printf(place->mem, "it is of %s", place_name(place, table->name));
    if (is->is_unique != asked->is_unique)
        return is->is_unique ? "it is UNIQUE there" : "it is not UNIQUE there";
    bool is_same = is->n_columns == asked->n_columns &&
                   (is->predicate_text == NULL) == (asked->predicate == NULL);
    for (size_t i = 0; is_same && i < is->n_columns; i++)
        is_same = is_same_text(is->columns[i].column, asked->columns[i].column) &&
                  (is->columns[i].column == NULL) == (asked->columns[i].column == NULL);
    return is_same ? NULL : "its columns or predicate are others";
}

static bool may_compare(const struct schema_relation *relation)
{
    return relation != NULL && relation->kind == RELATION_TABLE && relation->n_columns > 0;
}

static void create_table(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *is = schema_find(place->before, action->relation);
    if (!action->if_exists || !may_compare(is) || action->n_parents > 0 ||
        action->partition_of.name != NULL)
        return;
    const char *difference = table_difference(place, is, action);
    if (difference != NULL)
        rule_report(place, "IF NOT EXISTS leaves %s as it is, and %s",
                    place_name(place, action->relation), difference);
}

static void add_column(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_column *is = !action->if_exists || table == NULL
                                         ? NULL
                                         : schema_find_column(table, action->definition->name);
    const char *difference =
        is == NULL ? NULL : column_difference(place->mem, is, action->definition);
    if (difference != NULL)
        rule_report(place, "IF NOT EXISTS leaves %s as it is, and %s",
                    place_name(place, action->relation), difference);
}

static void create_index(struct rule_place *place, const struct action *action)
{
    struct schema_index *is;
    if (!action->if_exists || action->index->name == NULL)
        return;
    struct name name = {schema_resolve(place->before, action->relation).schema,
                        action->index->name};
    const struct schema_relation *table = schema_find_index(place->before, name, &is);
    const char *difference = table == NULL ? NULL : index_difference(place, table, is, action);
    if (difference != NULL)
        rule_report(place, "IF NOT EXISTS leaves index %s as it is, and %s",
                    place_name(place, name), difference);
}

static void hides_drift(struct rule_place *place, const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_TABLE: create_table(place, action); break;
    case ACTION_ADD_COLUMN: add_column(place, action); break;
    case ACTION_CREATE_INDEX: create_index(place, action); break;
    default: break;
    }
}

static void check_if_not_exists_hides_drift(struct rule_place *place)
{
    place_each_action(place, hides_drift);
}

// --- rows

const struct rule rule_if_not_exists_hides_drift = {
    .id = "if-not-exists-hides-drift",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "IF NOT EXISTS of what is there with another definition",
    .why = "It succeeds and changes nothing: databases that count as equal differ.",
    .safe_form = "alter what is there to what it should be",
    .source =
        "PostgreSQL 15 manual, CREATE TABLE: no guarantee that the existing relation is anything "
        "like the one that would have been created",
    .kinds = {ACTION_CREATE_TABLE, ACTION_ADD_COLUMN, ACTION_CREATE_INDEX},
    .check = check_if_not_exists_hides_drift,
};
