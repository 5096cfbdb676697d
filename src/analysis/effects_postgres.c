/*
 * PostgreSQL: which predictor answers for which kind of action, and the simple ones, which lock the
 * named relation for a moment and do no work.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"
#include "base/text.h"

// A lock on what is named, as far below it as the row says, and nothing else.
static const struct {
    enum action_kind kind;
    enum postgres_form form;
} simple[] = {
    {ACTION_SET_DEFAULT, FORM_COLUMN_DEFAULT},
    {ACTION_DROP_DEFAULT, FORM_COLUMN_DEFAULT},
    {ACTION_DROP_NOT_NULL, FORM_DROP_NOT_NULL},
    {ACTION_SET_STATISTICS, FORM_SET_STATISTICS},
    {ACTION_COLUMN_OPTIONS, FORM_COLUMN_OPTIONS},
    {ACTION_SET_STORAGE, FORM_SET_STORAGE},
    {ACTION_SET_COMPRESSION, FORM_SET_COMPRESSION},
    {ACTION_DROP_EXPRESSION, FORM_DROP_EXPRESSION},
    {ACTION_RENAME_COLUMN, FORM_RENAME_COLUMN},
    {ACTION_ALTER_CONSTRAINT, FORM_ALTER_CONSTRAINT},
    {ACTION_ROW_SECURITY, FORM_ROW_SECURITY},
    {ACTION_RENAME_TRIGGER, FORM_RENAME_TRIGGER},
    {ACTION_ENABLE_RULE, FORM_RULE_STATE},
    {ACTION_CREATE_POLICY, FORM_POLICY},
    {ACTION_ALTER_POLICY, FORM_POLICY},
    {ACTION_CREATE_STATISTICS, FORM_CREATE_STATISTICS},
    {ACTION_PUBLICATION, FORM_PUBLICATION},
};

// No relation is locked.
static const struct {
    enum action_kind kind;
    enum postgres_form form;
} without_locks[] = {
    {ACTION_ADD_ENUM_VALUE, FORM_ADD_ENUM_VALUE},
    {ACTION_RENAME_ENUM_VALUE, FORM_ADD_ENUM_VALUE},
    {ACTION_CREATE_SCHEMA, FORM_RENAME_SCHEMA},
    {ACTION_GRANT, FORM_GRANT},
};

// Statements on databases, which touch no relation of this one.
static const struct {
    const char *kind;
    enum postgres_form form;
} outside[] = {
    {"CREATE DATABASE", FORM_CREATE_DATABASE},     {"DROP DATABASE", FORM_DROP_DATABASE},
    {"CREATE TABLESPACE", FORM_CREATE_TABLESPACE}, {"DROP TABLESPACE", FORM_CREATE_TABLESPACE},
    {"ALTER SYSTEM", FORM_ALTER_SYSTEM},           {"CREATE SUBSCRIPTION", FORM_SUBSCRIPTION},
    {"DROP SUBSCRIPTION", FORM_SUBSCRIPTION},      {"ALTER DATABASE", FORM_DATABASE_TABLESPACE},
};

static predictor *const predictors[ACTION_KIND_COUNT] = {
    [ACTION_CREATE_TABLE] = predict_create_table,
    [ACTION_CREATE_TABLE_AS] = predict_create_table_as,
    [ACTION_DROP] = predict_drop,
    [ACTION_RENAME] = predict_rename,
    [ACTION_SET_SCHEMA] = predict_set_schema,
    [ACTION_OWNER] = predict_owner,
    [ACTION_TRUNCATE] = predict_truncate,
    [ACTION_SET_OPTIONS] = predict_set_options,
    [ACTION_SET_LOGGED] = predict_storage,
    [ACTION_SET_UNLOGGED] = predict_storage,
    [ACTION_SET_TABLESPACE] = predict_storage,
    [ACTION_SET_ACCESS_METHOD] = predict_storage,
    [ACTION_REPLICA_IDENTITY] = predict_replica_identity,
    [ACTION_CLUSTER_ON] = predict_cluster_on,
    [ACTION_INHERIT] = predict_inherit,
    [ACTION_NO_INHERIT] = predict_inherit,
    [ACTION_ATTACH_PARTITION] = predict_attach,
    [ACTION_DETACH_PARTITION] = predict_detach,
    [ACTION_ADD_COLUMN] = predict_add_column,
    [ACTION_DROP_COLUMN] = predict_drop_column,
    [ACTION_ALTER_TYPE] = predict_alter_type,
    [ACTION_SET_NOT_NULL] = predict_set_not_null,
    [ACTION_ADD_IDENTITY] = predict_identity,
    [ACTION_SET_IDENTITY] = predict_identity,
    [ACTION_DROP_IDENTITY] = predict_identity,
    [ACTION_SET_EXPRESSION] = predict_set_expression,
    [ACTION_ADD_CONSTRAINT] = predict_add_constraint,
    [ACTION_DROP_CONSTRAINT] = predict_drop_constraint,
    [ACTION_VALIDATE_CONSTRAINT] = predict_validate_constraint,
    [ACTION_RENAME_CONSTRAINT] = predict_rename_constraint,
    [ACTION_CREATE_TRIGGER] = predict_trigger,
    [ACTION_DROP_TRIGGER] = predict_drop_trigger,
    [ACTION_ENABLE_TRIGGER] = predict_trigger_state,
    [ACTION_DISABLE_TRIGGER] = predict_trigger_state,
    [ACTION_CREATE_FUNCTION] = predict_create_function,
    [ACTION_CREATE_RULE] = predict_create_rule,
    [ACTION_DROP_POLICY] = predict_drop_member,
    [ACTION_DROP_RULE] = predict_drop_member,
    [ACTION_CREATE_INDEX] = predict_create_index,
    [ACTION_REINDEX] = predict_reindex,
    [ACTION_ATTACH_INDEX] = predict_attach_index,
    [ACTION_CREATE_VIEW] = predict_create_view,
    [ACTION_REFRESH] = predict_refresh,
    [ACTION_ALTER_SEQUENCE] = predict_alter_sequence,
    [ACTION_CREATE_SEQUENCE] = predict_alter_sequence,
    [ACTION_ALTER_DOMAIN] = predict_alter_domain,
    [ACTION_COMMENT] = predict_comment,
    [ACTION_QUERY] = predict_query,
    [ACTION_LOCK_TABLE] = predict_lock_table,
    [ACTION_ANALYZE] = predict_maintenance,
    [ACTION_VACUUM] = predict_maintenance,
    [ACTION_CLUSTER] = predict_cluster,
};

static void predict_unreadable(struct prediction *p)
{
    const struct action *action = p->action;
    if (action->kind == ACTION_DO && action->option)
        predict_unknown(p, "a DO block: %s", action->option);
    else if (action->kind == ACTION_CALL)
        predict_call(p, action->relation, "CALL of");
    else if (action->kind == ACTION_EXECUTE && action->option &&
             strcmp(action->option, "dynamic") == 0)
        predict_unknown(p, "EXECUTE of a text that is made when it runs");
    else if (action->kind == ACTION_EXECUTE)
        predict_unknown(p, "a prepared statement is run by its name");
}

// IF EXISTS on a relation that is known to be absent: a notice, no lock.
static bool is_absent(const struct prediction *p)
{
    return p->action->relation_if_exists && p->action->relation.name &&
           !schema_find(p->schema, p->action->relation) && predict_knows_all(p);
}

static void predict_simple(struct prediction *p)
{
    for (size_t i = 0; i < COUNT_OF(simple); i++) {
        if (simple[i].kind == p->action->kind)
            predict_role_targets(p, predict_form(p, simple[i].form));
    }
}

static void note_without_locks(struct prediction *p)
{
    for (size_t i = 0; i < COUNT_OF(without_locks); i++) {
        if (without_locks[i].kind == p->action->kind)
            predict_form(p, without_locks[i].form);
    }
    for (size_t i = 0; i < COUNT_OF(outside); i++) {
        if (text_equal(outside[i].kind, p->statement->kind))
            predict_form(p, outside[i].form);
    }
}

static void predict_action(struct prediction *p)
{
    if (is_absent(p))
        return;
    predict_unreadable(p);
    note_without_locks(p);
    if (predictors[p->action->kind])
        predictors[p->action->kind](p);
    else if (p->action->relation.name && p->action->object != OBJECT_COMPOSITE &&
             p->action->object != OBJECT_TYPE)
        predict_simple(p);
}

void predict_postgres(struct prediction *p)
{
    const struct statement *statement = p->statement;
    if (statement->n_actions == 1) {
        p->action = &statement->actions[0];
        predict_action(p);
        if (statement->n_inner > 0)
            predict_code(p, statement->inner, statement->n_inner);
        return;
    }
    // Actions of one statement see what those before them did.
    const struct schema *before = p->schema;
    struct schema *working = schema_copy(p->tmp, p->schema);
    p->schema = working;
    for (int pass = 0; pass < ACTION_PASSES; pass++) {
        for (size_t i = 0; i < statement->n_actions; i++) {
            p->action = &statement->actions[i];
            if (action_pass(p->action) != pass)
                continue;
            predict_action(p);
            schema_apply_action(working, p->action);
        }
    }
    p->schema = before;
    for (size_t i = 0; i < statement->n_actions; i++) {
        p->action = &statement->actions[i];
        if (p->action->kind == ACTION_ALTER_TYPE && !is_absent(p))
            predict_rewritten_references(p);
    }
}

bool predict_knows_all(const struct prediction *p)
{
    return !schema_doubts_all(p->schema) &&
           (p->schema->is_complete || (p->schema->relations.n_items && !p->schema->saw_unknown));
}
