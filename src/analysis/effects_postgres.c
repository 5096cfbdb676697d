/*
 * PostgreSQL: which predictor answers for which kind of action, and the simple ones, which lock the
 * named relation for a moment and do no work.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

// A lock on what is named, and nothing else; perhaps on what is below it too.
enum reach { REACH_ALONE, REACH_PARTITIONS, REACH_ALL };

static const struct {
    enum action_kind kind;
    enum lock_mode mode;
    enum reach reach;
} simple[] = {
    // Source: postgres-ddl.md 3.1 and 3.3, AlterTableGetLockLevel of PostgreSQL 15; recursion
    // measured.
    {ACTION_SET_DEFAULT, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_DROP_DEFAULT, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_DROP_NOT_NULL, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_SET_STATISTICS, LOCK_SHARE_UPDATE_EXCLUSIVE, REACH_ALL},
    {ACTION_COLUMN_OPTIONS, LOCK_SHARE_UPDATE_EXCLUSIVE, REACH_ALONE},
    {ACTION_SET_STORAGE, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_SET_COMPRESSION, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_DROP_EXPRESSION, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_RENAME_COLUMN, LOCK_ACCESS_EXCLUSIVE, REACH_ALL},
    {ACTION_ALTER_CONSTRAINT, LOCK_ACCESS_EXCLUSIVE, REACH_PARTITIONS},
    {ACTION_ROW_SECURITY, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_RENAME_TRIGGER, LOCK_ACCESS_EXCLUSIVE, REACH_PARTITIONS},
    {ACTION_ENABLE_TRIGGER, LOCK_SHARE_ROW_EXCLUSIVE, REACH_PARTITIONS},
    {ACTION_DISABLE_TRIGGER, LOCK_SHARE_ROW_EXCLUSIVE, REACH_PARTITIONS},
    {ACTION_CREATE_RULE, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_ENABLE_RULE, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_CREATE_POLICY, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_ALTER_POLICY, LOCK_ACCESS_EXCLUSIVE, REACH_ALONE},
    {ACTION_CREATE_STATISTICS, LOCK_SHARE_UPDATE_EXCLUSIVE, REACH_ALONE},
    {ACTION_PUBLICATION, LOCK_SHARE_UPDATE_EXCLUSIVE, REACH_ALONE},
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
    [ACTION_NO_INHERIT] = predict_no_inherit,
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
    if (action->kind == ACTION_DO)
        predict_unknown(p, "a DO block: what its code does is not known before it runs");
    else if (action->kind == ACTION_CALL)
        predict_unknown(p, "CALL: what the procedure does is not known before it runs");
    else if (action->kind == ACTION_EXECUTE)
        predict_unknown(p, "a prepared statement is run by its name");
}

// IF EXISTS on a relation that is known to be absent: a notice, no lock.
static bool is_absent(const struct prediction *p)
{
    return p->action->relation_if_exists && p->action->relation.name &&
           !schema_find(p->schema, p->action->relation) && predict_knows_all(p);
}

static void predict_action(struct prediction *p)
{
    if (is_absent(p))
        return;
    predict_unreadable(p);
    if (predictors[p->action->kind])
        predictors[p->action->kind](p);
    for (size_t i = 0; i < COUNT_OF(simple); i++) {
        if (simple[i].kind != p->action->kind || !p->action->relation.name ||
            p->action->object == OBJECT_COMPOSITE || p->action->object == OBJECT_TYPE)
            continue;
        if (simple[i].reach == REACH_ALL)
            predict_lock_targets(p, simple[i].mode);
        else if (simple[i].reach == REACH_PARTITIONS)
            predict_lock_partitions(p, simple[i].mode);
        else
            predict_lock_name(p, p->action->relation, simple[i].mode);
    }
}

void predict_postgres(struct prediction *p)
{
    const struct statement *statement = p->statement;
    if (statement->n_actions == 1) {
        p->action = &statement->actions[0];
        predict_action(p);
        return;
    }
    // Actions of one statement see what those before them did.
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
}

bool predict_knows_all(const struct prediction *p)
{
    return p->schema->is_complete || (p->schema->relations.n_items && !p->schema->saw_unknown);
}

void predict_lock_referenced(struct prediction *p, struct name referenced, enum lock_mode mode)
{
    const struct schema_relation *relation = schema_find(p->schema, referenced);
    if (!relation || relation->kind != RELATION_PARTITIONED) {
        predict_lock_name(p, referenced, mode);
        return;
    }
    struct relation_list all = schema_descendants(p->tmp, p->schema, relation);
    for (size_t i = 0; i < all.n; i++)
        predict_lock(p, all.list[i], mode);
}

void predict_whole_rewrite(struct prediction *p, const struct schema_relation *relation)
{
    predict_rewrite(p, relation);
    if (relation->kind == RELATION_PARTITIONED)
        return; // its indexes have no storage either
    predict_lock_indexes(p, relation, LOCK_ACCESS_EXCLUSIVE);
    if (relation->n_indexes)
        predict_index_build(p, relation);
}

void predict_lock_dropped(struct prediction *p, const struct schema_relation *relation)
{
    predict_lock(p, relation, LOCK_ACCESS_EXCLUSIVE);
    predict_lock_indexes(p, relation, LOCK_ACCESS_EXCLUSIVE);
    struct relation_list sequences = schema_sequences(p->tmp, p->schema, relation->name, NULL);
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], LOCK_ACCESS_EXCLUSIVE);
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            predict_lock_referenced(p, relation->constraints[i].references, LOCK_ACCESS_EXCLUSIVE);
    }
}

void predict_check_reference(struct prediction *p, struct name child, struct name referenced)
{
    const struct schema_relation *relation = schema_find(p->schema, child);
    if (relation && schema_is_new(p->schema, relation) && !relation->is_filled)
        return;
    predict_scan_name(p, child);
    predict_scan_name(p, referenced);
}
