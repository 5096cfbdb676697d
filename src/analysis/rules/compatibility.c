/*
 * Rules on compatibility: the release that still runs meets the new schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"

// A later statement gives the old name back: a view, or another table that takes its place.
static bool name_comes_back(const struct rule_place *place, struct name old)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            bool is_made =
                (action->kind == ACTION_CREATE_VIEW || action->kind == ACTION_CREATE_TABLE) &&
                name_may_equal(action->relation, old);
            bool is_taken = action->kind == ACTION_RENAME && action->new_name != NULL &&
                            strcmp(action->new_name, old.name) == 0;
            if (is_made || is_taken)
                return true;
        }
    }
    return false;
}

// An earlier statement took the name away: this table takes the place of another.
static bool name_is_free(const struct rule_place *place, const char *name)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            bool takes_away = action->kind == ACTION_DROP || action->kind == ACTION_RENAME;
            if (takes_away && action->relation.name != NULL &&
                strcmp(action->relation.name, name) == 0)
                return true;
        }
    }
    return false;
}

static void rename_table(struct rule_place *place, const struct action *action)
{
    bool is_table = action->object == OBJECT_TABLE || action->object == OBJECT_VIEW ||
                    action->object == OBJECT_MATERIALIZED_VIEW;
    if (action->kind != ACTION_RENAME || !is_table || place_is_new(place, action->relation) ||
        name_is_free(place, action->new_name))
        return;
    if (name_comes_back(place, action->relation)) {
        if (!place->in_transaction)
            rule_report_as(place, SEVERITY_NOTE,
                           "BEGIN before the rename, COMMIT when the name is there again",
                           "between two transactions nobody finds %s",
                           place_name(place, action->relation));
        return;
    }
    rule_report(place, "the release that still runs knows %s, not %s",
                place_name(place, action->relation), action->new_name);
}

static void check_rename_table(struct rule_place *place)
{
    place_each_action(place, rename_table);
}

static bool column_comes_back(const struct rule_place *place, const struct action *rename)
{
    for (size_t i = place->index; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action == rename || !name_may_equal(action->relation, rename->relation))
                continue;
            if (action->kind == ACTION_RENAME_COLUMN &&
                strcmp(action->new_name, rename->column) == 0)
                return true;
            if (action->kind == ACTION_ADD_COLUMN &&
                strcmp(action->definition->name, rename->column) == 0)
                return true;
        }
    }
    return false;
}

static void rename_column(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_RENAME_COLUMN || action->column == NULL ||
        place_is_new(place, action->relation) ||
        place_adds_column(place, action->relation, action->column) ||
        column_comes_back(place, action))
        return;
    rule_report(place, "the release that still runs knows %s.%s, not %s",
                place_name(place, action->relation), action->column, action->new_name);
}

static void check_rename_column(struct rule_place *place)
{
    place_each_action(place, rename_column);
}

static void required_column(struct rule_place *place, const struct action *action)
{
    if (action->relation.name == NULL || place_is_new(place, action->relation))
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    const struct schema_column *column = relation == NULL || action->column == NULL
                                             ? NULL
                                             : schema_find_column(relation, action->column);
    if (column == NULL)
        return;
    if (action->kind == ACTION_SET_NOT_NULL && !column->is_not_null && !column->has_default &&
        !column->is_identity && !column->is_generated)
        rule_report(place,
                    "an INSERT of the running release that leaves %s.%s out fails from now on",
                    place_name(place, action->relation), action->column);
    if (action->kind == ACTION_DROP_DEFAULT && column->is_not_null && column->has_default)
        rule_report(place,
                    "an INSERT of the running release that relied on the default of %s.%s fails",
                    place_name(place, action->relation), action->column);
}

static void check_required_column(struct rule_place *place)
{
    place_each_action(place, required_column);
}

static const char *constraint_text(const struct constraint *constraint)
{
    switch (constraint->kind) {
    case CONSTRAINT_CHECK: return "CHECK";
    case CONSTRAINT_UNIQUE: return "UNIQUE";
    case CONSTRAINT_FOREIGN_KEY: return "FOREIGN KEY";
    case CONSTRAINT_EXCLUDE: return "EXCLUDE";
    case CONSTRAINT_NOT_NULL:
    case CONSTRAINT_PRIMARY_KEY: return NULL;
    }
    bug("constraint kind %d", (int)constraint->kind);
}

static void new_constraint(struct rule_place *place, const struct action *action)
{
    if (action->relation.name == NULL || place_is_new(place, action->relation))
        return;
    if (action->kind == ACTION_CREATE_INDEX && action->index->is_unique)
        rule_report(place, "a second row that the running release writes to %s fails from now on",
                    place_name(place, action->relation));
    if (action->kind != ACTION_ADD_CONSTRAINT || constraint_text(action->constraint) == NULL ||
        action->constraint->using_index != NULL)
        return;
    rule_report(place, "a write of the running release to %s that breaks the %s fails from now on",
                place_name(place, action->relation), constraint_text(action->constraint));
}

static void check_new_constraint_breaks_old_writers(struct rule_place *place)
{
    place_each_action(place, new_constraint);
}

// --- functions that would be left with a name that is gone

// The function of a trigger that stays, and that names `word`.
static const struct schema_function *function_with(const struct rule_place *place,
                                                   const struct schema_trigger *trigger,
                                                   const char *word)
{
    if (trigger->function == NULL)
        return NULL;
    const struct schema_function *function =
        schema_find_function(place->after, (struct name){.name = trigger->function});
    bool names =
        function != NULL && function->body != NULL && text_has_word_nocase(function->body, word);
    return names ? function : NULL;
}

static void report_users(struct rule_place *place, const char *table)
{
    for (const struct schema_relation *r = schema_next(place->after, NULL); r != NULL;
         r = schema_next(place->after, r)) {
        for (size_t i = 0; i < r->n_triggers; i++) {
            if (function_with(place, &r->triggers[i], table) == NULL)
                continue;
            rule_report(place, "trigger '%s' of %s still runs %s(), which names %s",
                        r->triggers[i].name, place_name(place, r->name), r->triggers[i].function,
                        table);
            return;
        }
    }
}

static void check_drop_in_use(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            const struct action *action = &place->statement->actions[j];
            if (action->kind == ACTION_DROP && action->object == OBJECT_TABLE &&
                schema_find(place->after, action->relation) == NULL)
                report_users(place, action->relation.name);
        }
    }
}

// --- rows

const struct rule rule_rename_table = {
    .id = "rename-table",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "RENAME of a table or view that the running release knows by its old name",
    .why = "Until the new release serves everywhere, every query of the old one fails.",
    .safe_form = "rename and create a view with the old name in the same transaction, or "
                 "expand and contract",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_RENAME},
    .check = check_rename_table,
};

const struct rule rule_rename_column = {
    .id = "rename-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "RENAME COLUMN of a column that the running release knows by its old name",
    .why = "Until the new release serves everywhere, every query of the old one that names "
           "it fails.",
    .safe_form = "add the new column, write both, move readers, drop the old one",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_RENAME_COLUMN},
    .check = check_rename_column,
};

const struct rule rule_required_column = {
    .id = "required-column",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a column that the running release may leave out becomes required",
    .why = "INSERTs of the release that still runs fail from now on.",
    .safe_form = "keep a DEFAULT until the old release is gone",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_SET_NOT_NULL, ACTION_DROP_DEFAULT},
    .check = check_required_column,
};

const struct rule rule_new_constraint_breaks_old_writers = {
    .id = "new-constraint-breaks-old-writers",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES | SQLITE,
    .summary = "a constraint added while the old release still writes",
    .why = "It holds for new rows at once, even NOT VALID: what the old release writes may "
           "fail.",
    .safe_form = "deploy the code that keeps to it first",
    .source = "PostgreSQL 15 manual, ALTER TABLE, ADD table_constraint",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_CREATE_INDEX},
    .check = check_new_constraint_breaks_old_writers,
};

const struct rule rule_drop_in_use = {
    .id = "drop-in-use",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .summary = "DROP TABLE of a table that the function of a remaining trigger names",
    .why = "PostgreSQL does not look into functions: the drop succeeds, and the next write "
           "fires a function that fails.",
    .safe_form = "replace the function or drop the trigger in the same migration",
    .source = "PostgreSQL 15 manual, Dependency Tracking",
    .kinds = {ACTION_DROP},
    .check_migration = check_drop_in_use,
};
