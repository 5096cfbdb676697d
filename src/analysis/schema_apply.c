/*
 * Applying statements: which function changes the schema for which kind of action, and in which
 * order the actions of one ALTER TABLE happen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "analysis/schema_edit.h"
#include "statement/reader.h"

static schema_change *const changes[ACTION_KIND_COUNT] = {
    [ACTION_CREATE_TABLE] = change_create_table,
    [ACTION_CREATE_TABLE_AS] = change_create_table_as,
    [ACTION_DROP] = change_drop,
    [ACTION_RENAME] = change_rename,
    [ACTION_SET_SCHEMA] = change_set_schema,
    [ACTION_SET_LOGGED] = change_logged,
    [ACTION_SET_UNLOGGED] = change_logged,
    [ACTION_OWNER] = change_setting,
    [ACTION_SET_OPTIONS] = change_options,
    [ACTION_SET_TABLESPACE] = change_setting,
    [ACTION_SET_ACCESS_METHOD] = change_setting,
    [ACTION_REPLICA_IDENTITY] = change_setting,
    [ACTION_ROW_SECURITY] = change_setting,
    [ACTION_CLUSTER_ON] = change_setting,
    [ACTION_SET_STATISTICS] = change_column_setting,
    [ACTION_SET_STORAGE] = change_column_setting,
    [ACTION_SET_COMPRESSION] = change_column_setting,
    [ACTION_COLUMN_OPTIONS] = change_column_setting,
    [ACTION_SET_IDENTITY] = change_set_identity,
    [ACTION_COMMENT] = change_comment,
    [ACTION_OTHER] = change_create_object,
    [ACTION_CREATE_SCHEMA] = change_create_object,
    [ACTION_CREATE_EXTENSION] = change_create_object,
    [ACTION_CREATE_STATISTICS] = change_create_member,
    [ACTION_PUBLICATION] = change_publication,
    [ACTION_INHERIT] = change_inherit,
    [ACTION_NO_INHERIT] = change_no_inherit,
    [ACTION_ATTACH_PARTITION] = change_attach,
    [ACTION_DETACH_PARTITION] = change_detach,
    [ACTION_ADD_COLUMN] = change_add_column,
    [ACTION_DROP_COLUMN] = change_drop_column,
    [ACTION_RENAME_COLUMN] = change_rename_column,
    [ACTION_ALTER_TYPE] = change_alter_type,
    [ACTION_SET_DEFAULT] = change_default,
    [ACTION_DROP_DEFAULT] = change_default,
    [ACTION_SET_NOT_NULL] = change_not_null,
    [ACTION_DROP_NOT_NULL] = change_not_null,
    [ACTION_ADD_IDENTITY] = change_identity,
    [ACTION_DROP_IDENTITY] = change_identity,
    [ACTION_DROP_EXPRESSION] = change_expression,
    [ACTION_ADD_CONSTRAINT] = change_add_constraint,
    [ACTION_DROP_CONSTRAINT] = change_drop_constraint,
    [ACTION_VALIDATE_CONSTRAINT] = change_validate_constraint,
    [ACTION_ALTER_CONSTRAINT] = change_alter_constraint,
    [ACTION_RENAME_CONSTRAINT] = change_rename_constraint,
    [ACTION_CREATE_TRIGGER] = change_create_trigger,
    [ACTION_DROP_TRIGGER] = change_drop_trigger,
    [ACTION_RENAME_TRIGGER] = change_rename_trigger,
    [ACTION_ENABLE_TRIGGER] = change_enable_trigger,
    [ACTION_DISABLE_TRIGGER] = change_enable_trigger,
    [ACTION_CREATE_POLICY] = change_create_member,
    [ACTION_ALTER_POLICY] = change_alter_member,
    [ACTION_DROP_POLICY] = change_drop_member,
    [ACTION_CREATE_RULE] = change_create_member,
    [ACTION_DROP_RULE] = change_drop_member,
    [ACTION_CREATE_INDEX] = change_create_index,
    [ACTION_ATTACH_INDEX] = change_attach_index,
    [ACTION_CREATE_VIEW] = change_create_view,
    [ACTION_CREATE_SEQUENCE] = change_create_sequence,
    [ACTION_ALTER_SEQUENCE] = change_alter_sequence,
    [ACTION_CREATE_TYPE] = change_create_type,
    [ACTION_ADD_ENUM_VALUE] = change_enum_value,
    [ACTION_RENAME_ENUM_VALUE] = change_enum_value,
    [ACTION_ALTER_COMPOSITE] = change_alter_composite,
    [ACTION_ALTER_DOMAIN] = change_alter_domain,
    [ACTION_CREATE_FUNCTION] = change_create_function,
    [ACTION_QUERY] = change_query,
    [ACTION_SET_VARIABLE] = change_search_path,
};

// Does the action need its relation to be there?
static bool expects_relation(const struct action *action)
{
    return (action->kind >= ACTION_ADD_COLUMN && action->kind <= ACTION_RENAME_CONSTRAINT) ||
           action->kind == ACTION_CREATE_INDEX || action->kind == ACTION_TRUNCATE ||
           (action->kind == ACTION_DROP && action->object == OBJECT_TABLE);
}

static void note_unknown(struct schema *schema, const struct action *action)
{
    struct name name = action->kind == ACTION_QUERY && action->query ? action->query->target
                       : expects_relation(action)                    ? action->relation
                                                                     : (struct name){0};
    if (name.name && !action->if_exists && !action->relation_if_exists &&
        !schema_find(schema, name))
        schema->saw_unknown = true;
}

void schema_apply_action(struct schema *schema, const struct action *action)
{
    note_unknown(schema, action);
    if (changes[action->kind])
        changes[action->kind](schema, action);
}

int action_pass(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_DROP_COLUMN:
    case ACTION_DROP_CONSTRAINT:
    case ACTION_DROP_NOT_NULL: return 0;
    case ACTION_ALTER_TYPE: return 1;
    case ACTION_ADD_COLUMN: return 2;
    case ACTION_ADD_CONSTRAINT:
        return action->constraint && action->constraint->kind == CONSTRAINT_FOREIGN_KEY ? 5 : 4;
    default: return 3;
    }
}

// IF NOT EXISTS (…) THEN CREATE …, EXCEPTION WHEN duplicate_object: afterwards it is there, whether
// or not it was before. What surely cannot run now did so before, or is for another case.
static bool is_kept_from_running(const struct schema *schema, const struct statement *statement)
{
    SCRATCH(tmp);
    return statement->is_conditional && statement_mismatch(tmp, schema, statement) != NULL;
}

enum { CODE_DEPTH_MAX = 4 };

// What the body of a function or procedure changes is changed by its caller.
static void apply_call(struct schema *schema, struct name name)
{
    SCRATCH(tmp);
    const char *why;
    const struct schema_function *function = schema_find_function(schema, name);
    if (function == NULL || function->volatility != 'v' || schema->code_depth >= CODE_DEPTH_MAX)
        return;
    const struct script *body = reader_read_body(tmp, function->language, function->body, &why);
    schema->code_depth++;
    for (size_t i = 0; body != NULL && i < body->n_statements; i++)
        schema_apply(schema, &body->statements[i]);
    schema->code_depth--;
}

static void apply_calls(struct schema *schema, const struct statement *statement)
{
    const struct action *action = &statement->actions[0];
    if (action->kind == ACTION_CALL)
        apply_call(schema, action->relation);
    bool is_select = action->kind == ACTION_QUERY && action->query != NULL &&
                     action->query->verb == QUERY_SELECT && action->option == NULL;
    for (size_t i = 0; is_select && i < action->query->n_calls; i++)
        apply_call(schema, action->query->calls[i]);
}

static void apply_passes(struct schema *schema, const struct statement *statement)
{
    for (int pass = 0; pass < ACTION_PASSES; pass++) {
        for (size_t i = 0; i < statement->n_actions; i++) {
            if (action_pass(&statement->actions[i]) == pass)
                schema_apply_action(schema, &statement->actions[i]);
        }
    }
}

void schema_apply(struct schema *schema, const struct statement *statement)
{
    if (is_kept_from_running(schema, statement))
        return;
    schema->statement = statement;
    if (statement->n_actions == 1)
        schema_apply_action(schema, &statement->actions[0]);
    else
        apply_passes(schema, statement);
    schema->statement = NULL;
    if (statement->n_actions == 1)
        apply_calls(schema, statement);
}
