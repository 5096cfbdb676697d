/*
 * Places: what rules ask about the statement that they judge and about what stands around it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "analysis/safe_form.h"
#include "base/text.h"

const char *place_name(const struct rule_place *place, struct name name)
{
    return schema_name_text(place->mem, place->before, name);
}

bool place_is_new(const struct rule_place *place, struct name name)
{
    const struct schema_relation *relation = schema_find(place->before, name);
    return relation != NULL && schema_is_new(place->before, relation);
}

bool name_may_equal(struct name a, struct name b)
{
    if (a.name == NULL || b.name == NULL || strcmp(a.name, b.name) != 0)
        return false;
    return a.schema == NULL || b.schema == NULL || strcmp(a.schema, b.schema) == 0;
}

bool name_is_system(struct name name)
{
    if (name.schema != NULL)
        return strcmp(name.schema, "pg_catalog") == 0 ||
               strcmp(name.schema, "information_schema") == 0;
    return name.name != NULL &&
           (text_starts_with(name.name, "pg_") || text_starts_with(name.name, "sqlite_"));
}

bool place_adds_column(const struct rule_place *place, struct name table, const char *column)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_ADD_COLUMN && name_may_equal(action->relation, table) &&
                strcmp(action->definition->name, column) == 0)
                return true;
        }
    }
    return false;
}

static const struct assignment *assignment_to(const struct query *query, struct name table,
                                              const char *column)
{
    if (query->verb != QUERY_UPDATE || !name_may_equal(query->target, table))
        return NULL;
    for (size_t i = 0; i < query->n_assignments; i++) {
        if (strcmp(query->assignments[i].column, column) == 0)
            return &query->assignments[i];
    }
    return NULL;
}

typedef bool update_check(const struct query *query, struct name table, const char *column);

static bool query_updates(const struct query *query, struct name table, const char *column)
{
    bool updates = assignment_to(query, table, column) != NULL;
    for (size_t i = 0; !updates && i < query->n_inner; i++)
        updates = assignment_to(query->inner[i], table, column) != NULL;
    return updates;
}

static bool query_fills(const struct query *query, struct name table, const char *column)
{
    const struct assignment *set = assignment_to(query, table, column);
    if (set == NULL || query->n_reads > 0 || query->join_condition != NULL ||
        set->value.n_relations > 0 || set->value.is_null)
        return false;
    const struct expression *where = query->where;
    return where == NULL || where->is_true ||
           (where->n_columns == 1 && strcmp(where->columns[0], column) == 0);
}

static bool any_query(const struct rule_place *place, struct name table, const char *column,
                      update_check *check)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_QUERY && action->query != NULL &&
                check(action->query, table, column))
                return true;
        }
    }
    return false;
}

bool place_updates(const struct rule_place *place, struct name table, const char *column)
{
    return any_query(place, table, column, query_updates);
}

bool place_fills(const struct rule_place *place, struct name table, const char *column)
{
    return any_query(place, table, column, query_fills);
}

static bool empties(const struct action *action, struct name table)
{
    if (action->kind == ACTION_TRUNCATE)
        return name_may_equal(action->relation, table);
    const struct query *query = action->kind == ACTION_QUERY ? action->query : NULL;
    return query != NULL && query->verb == QUERY_DELETE && name_may_equal(query->target, table) &&
           (query->where == NULL || query->where->is_true) && query->join_condition == NULL &&
           query->n_reads == 0;
}

// An earlier statement of this script removes every row of `table`.
static bool place_is_emptied(const struct rule_place *place, struct name table)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            if (empties(&statement->actions[j], table))
                return true;
        }
    }
    return false;
}

bool place_repeats(const struct rule_place *place, const struct action *action)
{
    for (const struct action *a = place->statement->actions; a < action; a++) {
        if (a->kind == action->kind && name_may_equal(a->relation, action->relation))
            return true;
    }
    return false;
}

const struct effects *place_effects(const struct rule_place *place)
{
    return place->effects[place->index];
}

bool place_rewrites(const struct rule_place *place, struct name table)
{
    const struct effects *effects = place_effects(place);
    return word_in(place_name(place, table), effects->rewrites, effects->n_rewrites);
}

bool place_scans(const struct rule_place *place, struct name table)
{
    const struct effects *effects = place_effects(place);
    return word_in(place_name(place, table), effects->scans, effects->n_scans);
}

enum severity place_weigh_loss(const struct rule_place *place, struct name table)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    return relation != NULL && relation->rows == 0 ? SEVERITY_WARN : SEVERITY_STOP;
}

bool relation_is_table(const struct schema_relation *relation)
{
    return relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED;
}

bool relation_has_key(const struct schema_relation *relation, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind != CONSTRAINT_PRIMARY_KEY && key->kind != CONSTRAINT_UNIQUE)
            continue;
        size_t n_in = 0;
        for (size_t j = 0; j < key->n_columns; j++)
            n_in += word_in(key->columns[j], columns, n);
        if (key->n_columns > 0 && n_in == key->n_columns)
            return true;
    }
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        size_t n_in = 0;
        for (size_t j = 0; j < index->n_columns; j++)
            n_in +=
                index->columns[j].column != NULL && word_in(index->columns[j].column, columns, n);
        if (index->is_unique && index->is_valid && index->predicate_text == NULL &&
            index->n_columns > 0 && n_in == index->n_columns)
            return true;
    }
    return false;
}

bool relation_proves_not_null(const struct schema_relation *relation, const char *column)
{
    const struct schema_column *known = schema_find_column(relation, column);
    if (known != NULL && known->is_not_null)
        return true;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->is_valid && constraint->proves_not_null != NULL &&
            strcmp(constraint->proves_not_null, column) == 0)
            return true;
    }
    return false;
}

const char *place_safe_form(const struct rule_place *place, const struct action *action)
{
    const struct safe_question question = {
        .schema = place->before, .statement = place->statement, .pg_version = place->pg_version};
    return safe_form_text(place->mem, &question, action);
}

void place_each_query(struct rule_place *place, rule_query_check *check)
{
    const struct statement *statement = place->statement;
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind != ACTION_QUERY || action->query == NULL)
            continue;
        check(place, action->query);
        for (size_t j = 0; j < action->query->n_inner; j++)
            check(place, action->query->inner[j]);
    }
}

void place_each_action(struct rule_place *place, rule_action_check *check)
{
    for (size_t i = 0; i < place->statement->n_actions; i++)
        check(place, &place->statement->actions[i]);
}

bool place_has_no_rows(const struct rule_place *place, struct name table)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    return place_is_new(place, table) || place_is_emptied(place, table) ||
           (relation != NULL && relation->rows == 0);
}

const char *words_join(TALLOC_CTX *mem, const char *const *words, size_t n)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i > 0 ? ", " : "", words[i]);
    return text;
}

bool place_columns_are_empty(const struct rule_place *place, struct name table,
                             const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct schema_relation *relation = schema_find(place->before, table);
        const struct schema_column *known =
            relation == NULL ? NULL : schema_find_column(relation, columns[i]);
        if (place_adds_column(place, table, columns[i]) && known != NULL && !known->has_default &&
            !place_updates(place, table, columns[i]))
            return true;
    }
    return false;
}
