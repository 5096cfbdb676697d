/*
 * Rules on what exists: a statement names something that is not there, or makes what is there.
 *
 * Only what the schema surely knows counts: a table whose columns nobody told has any column.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/server_object.h"

struct fit {
    TALLOC_CTX *mem;
    const struct schema *schema;
    const struct statement *statement;
    size_t index; // of the action
};

static const char *absent(const struct fit *fit, const char *what, struct name name)
{
    return mem_printf(fit->mem, "%s '%s' does not exist", what,
                      schema_name_text(fit->mem, fit->schema, name));
}

static const char *present(const struct fit *fit, const char *what, struct name name)
{
    return mem_printf(fit->mem, "%s '%s' already exists", what,
                      schema_name_text(fit->mem, fit->schema, name));
}

// An earlier action of the same statement adds it, or renames another to it.
static bool statement_makes_column(const struct fit *fit, const char *column)
{
    for (size_t i = 0; i < fit->index; i++) {
        const struct action *action = &fit->statement->actions[i];
        if (action->kind == ACTION_ADD_COLUMN && strcmp(action->definition->name, column) == 0)
            return true;
    }
    return false;
}

static bool statement_drops_column(const struct fit *fit, const char *column)
{
    for (size_t i = 0; i < fit->index; i++) {
        const struct action *action = &fit->statement->actions[i];
        if (action->kind == ACTION_DROP_COLUMN && strcmp(action->column, column) == 0)
            return true;
    }
    return false;
}

static const char *fit_column(const struct fit *fit, const struct schema_relation *relation,
                              const char *column)
{
    if (column == NULL || relation == NULL || !relation_tells_columns(relation) ||
        schema_find_column(relation, column) != NULL || statement_makes_column(fit, column))
        return NULL;
    return mem_printf(fit->mem, "column '%s' of '%s' does not exist", column,
                      schema_name_text(fit->mem, fit->schema, relation->name));
}

static const char *fit_relation(const struct fit *fit, struct name name)
{
    if (name.name == NULL || name_is_system(name) || schema_find(fit->schema, name) != NULL)
        return NULL;
    struct schema_index *index;
    if (schema_find_index(fit->schema, name, &index) != NULL)
        return NULL;
    return absent(fit, "relation", name);
}

static const char *fit_query(const struct fit *fit, const struct query *query)
{
    const char *mismatch = fit_relation(fit, query->target);
    for (size_t i = 0; mismatch == NULL && i < query->n_reads; i++)
        mismatch = fit_relation(fit, query->reads[i]);
    const struct schema_relation *target =
        query->target.name == NULL ? NULL : schema_find(fit->schema, query->target);
    for (size_t i = 0; mismatch == NULL && target != NULL && i < query->n_columns; i++)
        mismatch = fit_column(fit, target, query->columns[i]);
    for (size_t i = 0; mismatch == NULL && target != NULL && i < query->n_assignments; i++)
        mismatch = fit_column(fit, target, query->assignments[i].column);
    for (size_t i = 0; mismatch == NULL && i < query->n_inner; i++) {
        for (size_t j = 0; mismatch == NULL && j < query->inner[i]->n_reads; j++)
            mismatch = fit_relation(fit, query->inner[i]->reads[j]);
    }
    return mismatch;
}

static bool statement_drops_constraint(const struct fit *fit, const char *name)
{
    for (size_t i = 0; i < fit->statement->n_actions; i++) {
        const struct action *action = &fit->statement->actions[i];
        if (action->kind == ACTION_DROP_CONSTRAINT && strcmp(action->member, name) == 0)
            return true;
    }
    return false;
}

static const char *fit_constraint(const struct fit *fit, const struct action *action)
{
    const struct constraint *constraint = action->constraint;
    const struct schema_relation *relation = schema_find(fit->schema, action->relation);
    const char *mismatch = NULL;
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        mismatch = fit_relation(fit, constraint->references);
    for (size_t i = 0; mismatch == NULL && i < constraint->n_columns; i++)
        mismatch = fit_column(fit, relation, constraint->columns[i]);
    if (mismatch == NULL && relation != NULL && constraint->name != NULL &&
        schema_find_constraint(relation, constraint->name) != NULL &&
        !statement_drops_constraint(fit, constraint->name))
        return mem_printf(fit->mem, "constraint '%s' of '%s' already exists", constraint->name,
                          schema_name_text(fit->mem, fit->schema, action->relation));
    return mismatch;
}

static const char *fit_index(const struct fit *fit, const struct action *action)
{
    const struct index_definition *index = action->index;
    const char *mismatch = fit_relation(fit, action->relation);
    const struct schema_relation *table = schema_find(fit->schema, action->relation);
    for (size_t i = 0; mismatch == NULL && i < index->n_columns; i++)
        mismatch = fit_column(fit, table, index->columns[i].column);
    if (mismatch != NULL || index->name == NULL || action->if_exists || table == NULL)
        return mismatch;
    struct name name = {.schema = table->name.schema, .name = index->name};
    struct schema_index *known;
    bool is_taken = schema_find_index(fit->schema, name, &known) != NULL;
    return is_taken ? present(fit, "index", name) : NULL;
}

static bool has_trigger(const struct schema_relation *relation, const char *trigger)
{
    for (size_t i = 0; i < relation->n_triggers; i++) {
        if (strcmp(relation->triggers[i].name, trigger) == 0)
            return true;
    }
    return false;
}

static const char *fit_trigger(const struct fit *fit, const struct action *action)
{
    const char *mismatch = action->if_exists ? NULL : fit_relation(fit, action->relation);
    const struct schema_relation *relation = schema_find(fit->schema, action->relation);
    if (mismatch != NULL || relation == NULL || action->member == NULL)
        return mismatch;
    bool exists = has_trigger(relation, action->member);
    struct name function = {action->new_name, action->option};
    if (action->kind == ACTION_CREATE_TRIGGER && exists && !action->or_replace)
        return mem_printf(fit->mem, "trigger '%s' of '%s' already exists", action->member,
                          schema_name_text(fit->mem, fit->schema, action->relation));
    if (action->kind == ACTION_CREATE_TRIGGER && trigger_function_is_missing(fit->schema, function))
        return absent(fit, "function", function);
    if (action->kind == ACTION_DROP_TRIGGER && !exists && !action->if_exists)
        return mem_printf(fit->mem, "trigger '%s' of '%s' does not exist", action->member,
                          schema_name_text(fit->mem, fit->schema, action->relation));
    return NULL;
}

static const char *fit_drop(const struct fit *fit, const struct action *action)
{
    struct schema_index *index;
    if (action->if_exists)
        return NULL;
    switch ((int)action->object) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE:
        return schema_find(fit->schema, action->relation) != NULL
                   ? NULL
                   : absent(fit, object_kind_name(action->object), action->relation);
    case OBJECT_INDEX:
        return schema_find_index(fit->schema, action->relation, &index) != NULL
                   ? NULL
                   : absent(fit, "index", action->relation);
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
        return schema_find_function(fit->schema, action->relation) != NULL
                   ? NULL
                   : absent(fit, object_kind_name(action->object), action->relation);
    case OBJECT_TYPE:
    case OBJECT_DOMAIN:
        return schema_find_type(fit->schema, action->relation) != NULL
                   ? NULL
                   : absent(fit, object_kind_name(action->object), action->relation);
    default: return NULL;
    }
}

// A function that is a trigger's takes no arguments: one more of that name is the same one.
static bool is_trigger_function(const struct schema *schema, struct name name)
{
    for (const struct schema_relation *r = schema_next(schema, NULL); r != NULL;
         r = schema_next(schema, r)) {
        for (size_t i = 0; i < r->n_triggers; i++) {
            if (r->triggers[i].function != NULL && strcmp(r->triggers[i].function, name.name) == 0)
                return true;
        }
    }
    return false;
}

// INHERITS, LIKE, PARTITION OF.
static const char *fit_parents(const struct fit *fit, const struct action *action)
{
    const char *mismatch = fit_relation(fit, action->partition_of);
    for (size_t i = 0; mismatch == NULL && i < action->n_parents; i++) {
        if (schema_find_type(fit->schema, action->parents[i]) == NULL)
            mismatch = fit_relation(fit, action->parents[i]);
    }
    return mismatch;
}

static const char *fit_create(const struct fit *fit, const struct action *action)
{
    if (action->if_exists || action->or_replace || action->relation.name == NULL ||
        action->is_temporary)
        return NULL;
    switch ((int)action->kind) {
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_TABLE_AS:
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_SEQUENCE:
        return schema_find(fit->schema, action->relation) == NULL
                   ? fit_parents(fit, action)
                   : present(fit, "relation", action->relation);
    case ACTION_CREATE_TYPE:
        return schema_find_type(fit->schema, action->relation) == NULL
                   ? NULL
                   : present(fit, "type", action->relation);
    case ACTION_CREATE_FUNCTION:
        return schema_find_function(fit->schema, action->relation) == NULL ||
                       action->signature == NULL || action->signature->n_parameters > 0 ||
                       !is_trigger_function(fit->schema, action->relation)
                   ? NULL
                   : present(fit, "function", action->relation);
    default: return NULL;
    }
}

static const char *fit_add_column(const struct fit *fit, const struct action *action)
{
    const struct schema_relation *relation = schema_find(fit->schema, action->relation);
    if (relation == NULL)
        return action->if_exists ? NULL : fit_relation(fit, action->relation);
    const char *column = action->definition->name;
    if (action->if_exists || schema_find_column(relation, column) == NULL ||
        statement_drops_column(fit, column))
        return NULL;
    return mem_printf(fit->mem, "column '%s' of '%s' already exists", column,
                      schema_name_text(fit->mem, fit->schema, action->relation));
}

static const char *fit_member(const struct fit *fit, const struct action *action)
{
    if (action->if_exists)
        return NULL;
    const char *mismatch = fit_relation(fit, action->relation);
    return mismatch != NULL
               ? mismatch
               : fit_column(fit, schema_find(fit->schema, action->relation), action->column);
}

static const char *fit_rename_column(const struct fit *fit, const struct action *action)
{
    const char *mismatch = fit_member(fit, action);
    const struct schema_relation *relation = schema_find(fit->schema, action->relation);
    if (mismatch != NULL || relation == NULL || !relation_is_table(relation) ||
        schema_find_column(relation, action->new_name) == NULL)
        return mismatch;
    return mem_printf(fit->mem, "column '%s' of '%s' already exists", action->new_name,
                      schema_name_text(fit->mem, fit->schema, relation->name));
}

static bool statement_adds_constraint(const struct fit *fit, const char *name)
{
    for (size_t i = 0; i < fit->index; i++) {
        const struct action *action = &fit->statement->actions[i];
        if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->name != NULL &&
            strcmp(action->constraint->name, name) == 0)
            return true;
    }
    return false;
}

// Of a constraint that is dropped or validated.
static const char *fit_own_constraint(const struct fit *fit, const struct action *action)
{
    const struct schema_relation *relation = schema_find(fit->schema, action->relation);
    if (action->if_exists || action->member == NULL || relation == NULL ||
        !relation_tells_columns(relation) ||
        schema_find_constraint(relation, action->member) != NULL ||
        statement_adds_constraint(fit, action->member))
        return fit_member(fit, action);
    return mem_printf(fit->mem, "constraint '%s' of '%s' does not exist", action->member,
                      schema_name_text(fit->mem, fit->schema, relation->name));
}

static const char *fit_type(const struct fit *fit, const struct type_name *type)
{
    bool is_missing = fit->statement->placeholder == NULL && type_is_missing(fit->schema, type);
    return is_missing ? absent(fit, "type", (struct name){type->schema, type->name}) : NULL;
}

// Of the columns that a statement makes, or gives another type.
static const char *fit_types(const struct fit *fit, const struct action *action)
{
    const char *mismatch = action->definition == NULL || action->if_exists
                               ? NULL
                               : fit_type(fit, &action->definition->type);
    bool is_made = !action->if_exists || schema_find(fit->schema, action->relation) == NULL;
    for (size_t i = 0; is_made && mismatch == NULL && i < action->n_columns; i++)
        mismatch = fit_type(fit, &action->columns[i].type);
    return mismatch;
}

static const char *fit_action(const struct fit *fit, const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_QUERY: return action->query == NULL ? NULL : fit_query(fit, action->query);
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_TABLE_AS:
    case ACTION_CREATE_SEQUENCE:
    case ACTION_CREATE_TYPE:
    case ACTION_CREATE_FUNCTION: return fit_create(fit, action);
    case ACTION_ADD_COLUMN: return fit_add_column(fit, action);
    case ACTION_ADD_CONSTRAINT: return fit_constraint(fit, action);
    case ACTION_RENAME_COLUMN: return fit_rename_column(fit, action);
    case ACTION_DROP_CONSTRAINT:
    case ACTION_VALIDATE_CONSTRAINT: return fit_own_constraint(fit, action);
    case ACTION_CREATE_INDEX: return fit_index(fit, action);
    case ACTION_CREATE_TRIGGER:
    case ACTION_DROP_TRIGGER: return fit_trigger(fit, action);
    case ACTION_DROP: return fit_drop(fit, action);
    case ACTION_TRUNCATE: return fit_relation(fit, action->relation);
    case ACTION_RENAME: return action->object == OBJECT_TABLE ? fit_member(fit, action) : NULL;
    default: return action_is_of_column(action->kind) ? fit_member(fit, action) : NULL;
    }
}

const char *statement_mismatch(TALLOC_CTX *mem, const struct schema *schema,
                               const struct statement *statement)
{
    struct fit fit = {.mem = mem, .schema = schema, .statement = statement};
    for (fit.index = 0; fit.index < statement->n_actions; fit.index++) {
        const struct action *action = &statement->actions[fit.index];
        const char *mismatch = fit_action(&fit, action);
        bool is_postgres = schema_dialect(schema) == DIALECT_POSTGRES;
        if (mismatch == NULL && is_postgres)
            mismatch = fit_types(&fit, action);
        if (mismatch == NULL && is_postgres)
            mismatch = unknown_column_mismatch(mem, schema, statement, action);
        if (mismatch != NULL)
            return mismatch;
    }
    return NULL;
}

static const char *function_named(const struct action *action)
{
    bool is_drop = action->kind == ACTION_DROP &&
                   (action->object == OBJECT_FUNCTION || action->object == OBJECT_PROCEDURE);
    return is_drop                                 ? action->relation.name
           : action->kind == ACTION_CREATE_TRIGGER ? action->option
                                                   : NULL;
}

// Of several functions of one name the schema keeps the last: an earlier DROP of this script may
// have been of another.
static bool may_be_other_function(const struct rule_place *place)
{
    const char *name = function_named(&place->statement->actions[0]);
    for (size_t i = 0; name != NULL && i < place->index; i++) {
        const struct statement *earlier = &place->script->statements[i];
        const char *gone = earlier->n_actions > 0 && earlier->actions[0].kind == ACTION_DROP
                               ? function_named(&earlier->actions[0])
                               : NULL;
        if (gone != NULL && strcmp(gone, name) == 0)
            return true;
    }
    return false;
}

static void check_object_missing_or_exists(struct rule_place *place)
{
    if (place->mismatch == NULL || !place->is_history_known || may_be_other_function(place))
        return;
    enum severity severity = schema_is_complete(place->before) ? SEVERITY_STOP : SEVERITY_WARN;
    rule_report_as(place, severity, NULL, "%s: the statement fails", place->mismatch);
}

static void check_statement_invalid(struct rule_place *place)
{
    const char *reason = place->statement->invalid_reason;
    if (reason == NULL)
        return;
    if (place->is_history_known)
        rule_report(place, "the statement fails: %s", reason);
    else
        rule_report_as(place, SEVERITY_WARN, NULL, "does not fit the schema known here: %s",
                       reason);
}

static void check_syntax_not_understood(struct rule_place *place)
{
    const struct script *script = place->script;
    // A down that not even the grammar of its own server reads was never run.
    enum severity severity =
        place->is_down && place->pg_version <= 15 ? SEVERITY_STOP : place->rule->severity;
    for (size_t i = 0; i < script->n_not_understood; i++) {
        const struct not_understood *bad = &script->not_understood[i];
        const struct statement there = {
            .path = bad->path, .line = bad->line, .column = bad->column, .sql = bad->sql};
        place->statement = &there;
        rule_report_as(place, severity, NULL, "not understood: %s", bad->reason);
    }
    place->statement = NULL;
}

// --- rows

const struct rule rule_object_missing_or_exists = {
    .id = "object-missing-or-exists",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a statement names what no earlier migration made, or makes what is already "
               "there",
    .why = "It fails: the history says so. With --schema or a live catalog this is sure "
           "and stops.",
    .safe_form = "mend the name, or bring the migration that creates the object into the "
                 "folder",
    .source = "the history of the migrations, or --schema",
    .check = check_object_missing_or_exists,
};

const struct rule rule_statement_invalid = {
    .id = "statement-invalid",
    .severity = SEVERITY_STOP,
    .dialects = SQLITE,
    .in_downs = true,
    .summary = "a statement that SQLite refuses against the schema known so far",
    .why = "It fails when it is run: SQLite itself says so about an empty copy of the "
           "schema.",
    .safe_form = "mend the statement, or give the schema that it stands on with --schema",
    .source = "sqlite3_prepare_v2",
    .check = check_statement_invalid,
};

const struct rule rule_syntax_not_understood = {
    .id = "syntax-not-understood",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "a statement that the grammar does not know",
    .why = "What it does is unknown, and unknown is never pass; in a down it means that "
           "nobody ever ran it.",
    .safe_form = "mend the statement; when it is newer than the grammar, rehearse it: the "
                 "verdict stays HOLD",
    .source = "PostgreSQL 15 grammar (libpg_query); SQLite",
    .is_final = true,
    .check_migration = check_syntax_not_understood,
};
