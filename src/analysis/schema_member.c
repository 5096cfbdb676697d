/*
 * Policies, rules and statistics objects of a relation: which there are, so that DROP … IF EXISTS of
 * one that is not there is told from one that is, and whose statistics are dropped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static enum object_kind member_kind(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_RULE:
    case ACTION_DROP_RULE: return OBJECT_RULE;
    case ACTION_CREATE_STATISTICS: return OBJECT_STATISTICS;
    default: return OBJECT_POLICY;
    }
}

struct schema_member *schema_find_member(const struct schema *schema,
                                         const struct schema_relation *relation,
                                         const struct action *action)
{
    for (size_t i = 0; i < relation->n_members; i++) {
        struct schema_member *member = &relation->members[i];
        if (member->object == member_kind(action) &&
            schema_same(schema, member->name, action->member))
            return member;
    }
    return NULL;
}

void change_create_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (!relation || !action->member || schema_find_member(schema, relation, action))
        return; // OR REPLACE, or the statement fails
    struct schema_member *member = mem_append(relation, relation->members, relation->n_members);
    *member = (struct schema_member){.object = member_kind(action),
                                     .name = mem_strdup(schema->pool, action->member)};
    if (action->value != NULL) {
        member->columns =
            schema_keep_list(schema, action->value->columns, action->value->n_columns);
        member->n_columns = action->value->n_columns;
    }
}

void change_alter_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_member *member =
        relation && action->new_name ? schema_find_member(schema, relation, action) : NULL;
    if (member)
        member->name = mem_strdup(schema->pool, action->new_name);
}

void change_drop_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_member *member = relation ? schema_find_member(schema, relation, action) : NULL;
    if (member)
        *member = relation->members[--relation->n_members];
}
