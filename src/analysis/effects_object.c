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
    bool is_replaced = action->or_replace && schema_find(p->schema, action->relation);
    const struct postgres_fact *fact =
        predict_form(p, is_replaced ? FORM_REPLACE_VIEW : FORM_CREATE_VIEW);
    if (action->query)
        predict_reads(p, fact, action->query);
    if (is_replaced)
        predict_role_name(p, fact, ROLE_VIEW, action->relation);
}

void predict_refresh(struct prediction *p)
{
    const struct action *action = p->action;
    const struct postgres_fact *fact =
        predict_form(p, action->concurrently ? FORM_REFRESH_CONCURRENTLY : FORM_REFRESH);
    predict_role_name(p, fact, ROLE_VIEW, action->relation);
    const struct schema_relation *view = schema_find(p->schema, action->relation);
    for (size_t i = 0; view && !action->without_data && i < view->n_reads; i++)
        predict_role_name(p, fact, ROLE_READ, view->reads[i]);
}

void predict_alter_sequence(struct prediction *p)
{
    const struct action *action = p->action;
    if (action->kind == ACTION_ALTER_SEQUENCE)
        predict_role_name(p, predict_form(p, FORM_ALTER_SEQUENCE), ROLE_SEQUENCE, action->relation);
    if (action->other.name)
        predict_role_name(p, predict_form(p, FORM_SEQUENCE_OWNED_BY), ROLE_TABLE, action->other);
}

static enum postgres_form form_of_domain(const struct action *action)
{
    const char *option = action->option ? action->option : "";
    if (strstr(option, "validate"))
        return FORM_VALIDATE_DOMAIN;
    bool is_checked =
        (action->constraint && !action->constraint->is_not_valid) || strstr(option, "set not null");
    return is_checked ? FORM_ALTER_DOMAIN_CHECKED : FORM_ALTER_DOMAIN;
}

// A constraint of a domain is checked in every table that has a column of it.
void predict_alter_domain(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, form_of_domain(p->action));
    if (!postgres_fact_effect(fact, ROLE_TYPE_USER))
        return;
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (r->kind != RELATION_VIEW &&
                type_rests_on(p->schema, r->columns[i].type, p->action->relation))
                predict_role(p, fact, ROLE_TYPE_USER, r);
        }
    }
}

void predict_trigger(struct prediction *p)
{
    bool is_row = strcasestr(p->statement->sql, "each row"); // is copied to partitions
    enum postgres_form form = is_row ? FORM_CREATE_ROW_TRIGGER : FORM_CREATE_TRIGGER;
    const struct postgres_fact *fact =
        predict_form(p, p->action->other.name ? FORM_CREATE_CONSTRAINT_TRIGGER : form);
    predict_role_targets(p, fact);
    predict_role_name(p, fact, ROLE_READ, p->action->other); // CONSTRAINT TRIGGER … FROM
}

// Partitions have copies of row triggers, and triggers of foreign keys.
static bool has_triggers(const struct schema_relation *relation)
{
    bool has = relation->n_triggers > 0 || relation->is_referenced;
    for (size_t i = 0; i < relation->n_constraints; i++)
        has |= relation->constraints[i].kind == CONSTRAINT_FOREIGN_KEY;
    return has;
}

void predict_trigger_state(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_TRIGGER_STATE);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (relation && !has_triggers(relation))
        predict_role(p, fact, ROLE_TABLE, relation);
    else
        predict_role_targets(p, fact);
}

void predict_comment(struct prediction *p)
{
    enum postgres_form form = FORM_COMMENT;
    switch ((int)p->action->object) {
    case OBJECT_TABLE:
    case OBJECT_COLUMN:
    case OBJECT_INDEX:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE: break;
    case OBJECT_CONSTRAINT:
    case OBJECT_TRIGGER:
    case OBJECT_RULE:
    case OBJECT_POLICY: form = FORM_COMMENT_ON_CONSTRAINT; break;
    default: return;
    }
    predict_role_name(p, predict_form(p, form), ROLE_TABLE, p->action->relation);
}

void predict_lock_table(struct prediction *p)
{
    enum lock_mode mode;
    const struct postgres_fact *fact = predict_form(p, FORM_LOCK_TABLE);
    if (!p->action->option || !lock_mode_by_name(p->action->option, &mode))
        mode = postgres_fact_effect(fact, ROLE_TABLE)->mode;
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (relation && relation->kind == RELATION_VIEW)
        predict_lock_view(p, p->action->relation, mode);
    else
        predict_lock_targets(p, mode);
}

// --- VACUUM, ANALYZE, CLUSTER

static bool is_stored(const struct schema_relation *relation)
{
    return relation->kind == RELATION_TABLE || relation->kind == RELATION_MATERIALIZED_VIEW;
}

static enum postgres_form form_of_maintenance(const struct action *action)
{
    if (action->kind == ACTION_ANALYZE)
        return FORM_ANALYZE;
    return action->is_full ? FORM_VACUUM_FULL : FORM_VACUUM;
}

void predict_maintenance(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, form_of_maintenance(p->action));
    if (p->action->relation.name) {
        predict_role_targets(p, fact);
        return;
    }
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        if (is_stored(r))
            predict_role(p, fact, ROLE_TABLE, r);
    }
}

void predict_cluster(struct prediction *p)
{
    if (p->action->relation.name) {
        predict_role_name(p, predict_form(p, FORM_CLUSTER), ROLE_TABLE, p->action->relation);
        return;
    }
    predict_form(p, FORM_CLUSTER_ALL);
    predict_unknown(p, "CLUSTER without a table: which tables were clustered before is not known");
}
