/*
 * Everything else that touches relations: views, sequences, domains, triggers, comments, locks,
 * maintenance.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

void predict_create_view(struct prediction *p)
{
    const struct action *action = p->action;
    if (action->query)
        predict_reads(p, action->query, LOCK_ACCESS_SHARE);
    if (action->or_replace && schema_find(p->schema, action->relation))
        predict_lock_name(p, action->relation, LOCK_ACCESS_EXCLUSIVE);
}

static void read_for_refresh(struct prediction *p, const struct schema_relation *view)
{
    for (size_t i = 0; i < view->n_reads; i++) {
        predict_lock_name(p, view->reads[i], LOCK_ACCESS_SHARE);
        predict_scan_name(p, view->reads[i]);
    }
}

void predict_refresh(struct prediction *p)
{
    const struct action *action = p->action;
    predict_lock_name(p, action->relation,
                      action->concurrently ? LOCK_EXCLUSIVE : LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *view = schema_find(p->schema, action->relation);
    if (action->concurrently)
        predict_scan_name(p, action->relation); // compared row by row with the new result
    else if (view)
        predict_whole_rewrite(p, view);
    else
        predict_rewrite_name(p, action->relation);
    if (view && !action->without_data)
        read_for_refresh(p, view);
}

void predict_alter_sequence(struct prediction *p)
{
    const struct action *action = p->action;
    if (action->kind == ACTION_ALTER_SEQUENCE)
        predict_lock_name(p, action->relation, LOCK_SHARE_ROW_EXCLUSIVE);
    if (action->other.name)
        predict_lock_name(p, action->other, LOCK_ACCESS_SHARE);
}

// A constraint of a domain is checked in every table that has a column of it.
void predict_alter_domain(struct prediction *p)
{
    const struct action *action = p->action;
    const char *option = action->option ? action->option : "";
    bool adds =
        (action->constraint && !action->constraint->is_not_valid) || strstr(option, "set not null");
    bool validates = strstr(option, "validate") != NULL;
    if (!adds && !validates)
        return;
    enum lock_mode mode =
        validates && p->pg_version >= 19 ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_SHARE;
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (!schema_same(p->schema, r->columns[i].type.name, action->relation.name))
                continue;
            predict_lock(p, r, mode);
            predict_scan(p, r);
        }
    }
}

void predict_trigger(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_SHARE_ROW_EXCLUSIVE);
    if (strcasestr(p->statement->sql, "each row")) // a row trigger is copied to partitions
        predict_lock_partitions(p, LOCK_SHARE_ROW_EXCLUSIVE);
    if (p->action->other.name) // CONSTRAINT TRIGGER … FROM
        predict_lock_name(p, p->action->other, LOCK_ACCESS_SHARE);
}

void predict_comment(struct prediction *p)
{
    switch ((int)p->action->object) {
    case OBJECT_TABLE:
    case OBJECT_COLUMN:
    case OBJECT_INDEX:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE:
        predict_lock_name(p, p->action->relation, LOCK_SHARE_UPDATE_EXCLUSIVE);
        return;
    case OBJECT_CONSTRAINT:
    case OBJECT_TRIGGER:
    case OBJECT_RULE:
    case OBJECT_POLICY: predict_lock_name(p, p->action->relation, LOCK_ACCESS_SHARE); return;
    default: return;
    }
}

void predict_lock_table(struct prediction *p)
{
    enum lock_mode mode;
    if (!p->action->option || !lock_mode_by_name(p->action->option, &mode))
        mode = LOCK_ACCESS_EXCLUSIVE; // what LOCK TABLE without a mode takes
    predict_lock_targets(p, mode);
}

// --- VACUUM, ANALYZE, CLUSTER

static bool is_stored(const struct schema_relation *relation)
{
    return relation->kind == RELATION_TABLE || relation->kind == RELATION_MATERIALIZED_VIEW;
}

static void maintain(struct prediction *p, const struct schema_relation *relation)
{
    if (p->action->kind == ACTION_VACUUM && p->action->is_full) {
        predict_lock(p, relation, LOCK_ACCESS_EXCLUSIVE);
        predict_whole_rewrite(p, relation);
    } else {
        predict_lock(p, relation, LOCK_SHARE_UPDATE_EXCLUSIVE);
    }
}

void predict_maintenance(struct prediction *p)
{
    const struct action *action = p->action;
    if (!action->relation.name) {
        for (struct schema_relation *r = schema_next(p->schema, NULL); r;
             r = schema_next(p->schema, r)) {
            if (is_stored(r))
                maintain(p, r);
        }
        return;
    }
    struct relation_list list = schema_targets(p->tmp, p->schema, action);
    for (size_t i = 0; i < list.n; i++) {
        if (i == 0 || list.list[i]->is_partition) // children are read, for the parent's sake
            maintain(p, list.list[i]);
    }
    bool is_full = action->kind == ACTION_VACUUM && action->is_full;
    if (!list.n)
        predict_lock_name(p, action->relation,
                          is_full ? LOCK_ACCESS_EXCLUSIVE : LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (!list.n && is_full)
        predict_rewrite_name(p, action->relation);
}

void predict_cluster(struct prediction *p)
{
    if (!p->action->relation.name) {
        predict_unknown(p,
                        "CLUSTER without a table: which tables were clustered before is not known");
        return;
    }
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (relation)
        predict_whole_rewrite(p, relation);
    else
        predict_rewrite_name(p, p->action->relation);
}
