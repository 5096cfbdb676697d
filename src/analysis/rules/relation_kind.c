/*
 * Statements for one kind of relation that name one of another kind.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/definition_refusal.h"

static const char *kind_name(const struct schema_relation *relation)
{
    switch ((int)relation->kind) {
    case RELATION_TABLE:
    case RELATION_PARTITIONED: return "it is a table";
    case RELATION_VIEW: return "it is a view";
    case RELATION_MATERIALIZED_VIEW: return "it is a materialized view";
    case RELATION_SEQUENCE: return "it is a sequence";
    case RELATION_FOREIGN_TABLE: return "it is a foreign table";
    default: return NULL; // of indexes and types others tell
    }
}

static bool is_of_object(const struct schema_relation *relation, enum object_kind object)
{
    switch ((int)object) {
    case OBJECT_TABLE: return relation_is_table(relation);
    case OBJECT_VIEW: return relation->kind == RELATION_VIEW;
    case OBJECT_MATERIALIZED_VIEW: return relation->kind == RELATION_MATERIALIZED_VIEW;
    case OBJECT_SEQUENCE: return relation->kind == RELATION_SEQUENCE;
    case OBJECT_FOREIGN_TABLE: return relation->kind == RELATION_FOREIGN_TABLE;
    case OBJECT_INDEX: return false;
    default: return true;
    }
}

const char *kind_refusal(const struct schema_relation *relation, const struct action *action)
{
    bool is_view = relation->kind == RELATION_VIEW;
    bool is_refused = false;
    switch ((int)action->kind) {
    case ACTION_DROP: is_refused = !is_of_object(relation, action->object); break;
    case ACTION_REFRESH: is_refused = relation->kind != RELATION_MATERIALIZED_VIEW; break;
    case ACTION_CREATE_VIEW: is_refused = action->or_replace && !is_view; break;
    case ACTION_CREATE_INDEX:
        is_refused = is_view || relation->kind == RELATION_SEQUENCE ||
                     relation->kind == RELATION_FOREIGN_TABLE;
        break;
    case ACTION_TRUNCATE:
        is_refused = !relation_is_table(relation) && relation->kind != RELATION_FOREIGN_TABLE;
        break;
    case ACTION_CREATE_POLICY: is_refused = !relation_is_table(relation); break;
    case ACTION_ADD_COLUMN:
    case ACTION_DROP_COLUMN:
    case ACTION_ALTER_TYPE:
    case ACTION_ADD_CONSTRAINT:
    case ACTION_SET_NOT_NULL:
    case ACTION_DROP_NOT_NULL:
        is_refused = is_view || relation->kind == RELATION_MATERIALIZED_VIEW;
        break;
    default: break;
    }
    return is_refused ? kind_name(relation) : NULL;
}
