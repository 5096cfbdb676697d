/*
 * CREATE TABLE: columns, constraints, inheritance and partitions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"
#include <catalog/pg_attribute.h>
#include <catalog/pg_class.h>

// --- constraints

static const char *foreign_key_action(char action)
{
    switch (action) {
    case FKCONSTR_ACTION_RESTRICT: return "RESTRICT";
    case FKCONSTR_ACTION_CASCADE: return "CASCADE";
    case FKCONSTR_ACTION_SETNULL: return "SET NULL";
    case FKCONSTR_ACTION_SETDEFAULT: return "SET DEFAULT";
    default: return NULL;
    }
}

static enum constraint_kind constraint_kind(ConstrType type)
{
    switch (type) {
    case CONSTR_PRIMARY: return CONSTRAINT_PRIMARY_KEY;
    case CONSTR_UNIQUE: return CONSTRAINT_UNIQUE;
    case CONSTR_FOREIGN: return CONSTRAINT_FOREIGN_KEY;
    case CONSTR_EXCLUSION: return CONSTRAINT_EXCLUDE;
    case CONSTR_NOTNULL: return CONSTRAINT_NOT_NULL;
    default: return CONSTRAINT_CHECK;
    }
}

static void exclusion_read(struct reading *reading, const List *pair, struct exclude_element *out)
{
    const List *operator= lsecond(pair);
    struct name name = name_of_list(reading, operator);
    index_read_column(reading, linitial(pair), &out->column);
    out->operator= name.schema == NULL
        ? name.name
        : mem_printf(reading->mem, "OPERATOR(%s.%s)", name.schema, name.name);
}

// EXCLUDE (…) WHERE (…): the parentheses belong to it.
static void exclusion_read_where(struct reading *reading, const Constraint *constraint,
                                 struct constraint *out)
{
    if (constraint->contype != CONSTR_EXCLUSION || constraint->where_clause == NULL)
        return;
    out->predicate = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, constraint->where_clause, NULL, out->predicate);
    size_t index = token_index(reading, location);
    while (index > 0 && !token_word(reading, index, "where"))
        index--;
    out->predicate->text = span_text(reading, span_inside(reading, index));
}

static void constraint_read_columns(struct reading *reading, const Constraint *constraint,
                                    const char *column, struct constraint *out)
{
    if (column != NULL) {
        *mem_append(reading->mem, out->columns, out->n_columns) = column;
        return;
    }
    const List *keys =
        constraint->contype == CONSTR_FOREIGN ? constraint->fk_attrs : constraint->keys;
    if (constraint->contype != CONSTR_EXCLUSION) {
        out->columns = strings_of_list(reading, keys, &out->n_columns);
        return;
    }
    ListCell *cell;
    foreach (cell, constraint->exclusions) {
        const IndexElem *element = linitial((List *)lfirst(cell));
        exclusion_read(reading, lfirst(cell),
                       mem_append(reading->mem, out->excluded, out->n_excluded));
        if (element->name != NULL)
            *mem_append(reading->mem, out->columns, out->n_columns) =
                mem_strdup(reading->mem, element->name);
    }
}

void constraint_read(struct reading *reading, const Constraint *constraint, const char *column,
                     struct constraint *out)
{
    out->kind = constraint_kind(constraint->contype);
    out->name = mem_strdup(reading->mem, constraint->conname);
    size_t location = (size_t)(constraint->location < 0 ? 0 : constraint->location);
    out->offset = reading_place(reading, reading->base + location);
    constraint_read_columns(reading, constraint, column, out);
    if (constraint->raw_expr != NULL)
        out->check =
            expression_make(reading, constraint->raw_expr,
                            span_inside(reading, token_index(reading, constraint->location)));
    if (constraint->pktable != NULL) {
        out->references = name_of_range(reading, constraint->pktable);
        out->referenced = strings_of_list(reading, constraint->pk_attrs, &out->n_referenced);
        out->is_match_full = constraint->fk_matchtype == FKCONSTR_MATCH_FULL;
        out->on_delete = foreign_key_action(constraint->fk_del_action);
        out->on_update = foreign_key_action(constraint->fk_upd_action);
    }
    exclusion_read_where(reading, constraint, out);
    out->includes = strings_of_list(reading, constraint->including, &out->n_includes);
    out->using_index = mem_strdup(reading->mem, constraint->indexname);
    out->method = mem_strdup(reading->mem, constraint->access_method);
    out->is_not_valid = constraint->skip_validation;
    out->is_deferrable = constraint->deferrable;
    out->is_deferred = constraint->initdeferred;
    out->is_no_inherit = constraint->is_no_inherit;
    out->nulls_not_distinct = constraint->nulls_not_distinct;
}

// --- columns

// Where the column's next part begins behind `location`, or 0: that is where a DEFAULT ends.
static size_t next_part(struct reading *reading, const ColumnDef *definition, int location)
{
    int next = 0;
    ListCell *cell;
    foreach (cell, definition->constraints) {
        int other = ((Constraint *)lfirst(cell))->location;
        if (other > location && (next == 0 || other < next))
            next = other;
    }
    const CollateClause *collation = definition->collClause;
    if (collation != NULL && collation->location > location &&
        (next == 0 || collation->location < next))
        next = collation->location;
    return next == 0 ? 0 : reading->base + (size_t)next;
}

static struct span default_span(struct reading *reading, const ColumnDef *definition,
                                const Constraint *constraint)
{
    size_t index = token_index(reading, constraint->location);
    while (!token_word(reading, index, "default"))
        index++;
    return span_from(reading, index + 1, next_part(reading, definition, constraint->location));
}

static void column_add_constraint(struct reading *reading, const Constraint *constraint,
                                  struct column *out)
{
    struct constraint *added = mem_append(reading->mem, out->constraints, out->n_constraints);
    constraint_read(reading, constraint, out->name, added);
    out->is_not_null = out->is_not_null || constraint->contype == CONSTR_PRIMARY;
}

void identity_read(struct reading *reading, const Constraint *constraint, struct column *out)
{
    out->is_identity = true;
    out->is_identity_always = constraint->generated_when == ATTRIBUTE_IDENTITY_ALWAYS;
    const DefElem *sequence = option_find(constraint->options, "sequence_name");
    if (sequence != NULL)
        out->identity_sequence = name_of_list(reading, (List *)sequence->arg);
}

static void column_read_part(struct reading *reading, const ColumnDef *definition,
                             const Constraint *constraint, struct column *out)
{
    switch (constraint->contype) {
    case CONSTR_NOTNULL: out->is_not_null = true; break;
    case CONSTR_DEFAULT:
        out->default_value = expression_make(reading, constraint->raw_expr,
                                             default_span(reading, definition, constraint));
        break;
    case CONSTR_IDENTITY: identity_read(reading, constraint, out); break;
    case CONSTR_GENERATED:
        out->generated =
            expression_make(reading, constraint->raw_expr,
                            span_inside(reading, token_index(reading, constraint->location)));
        out->generated_is_stored = true; // the only kind of PostgreSQL 15
        break;
    case CONSTR_CHECK:
    case CONSTR_PRIMARY:
    case CONSTR_UNIQUE:
    case CONSTR_EXCLUSION:
    case CONSTR_FOREIGN: column_add_constraint(reading, constraint, out); break;
    case CONSTR_ATTR_DEFERRABLE:
    case CONSTR_ATTR_DEFERRED:
        if (out->n_constraints > 0) {
            struct constraint *last = &out->constraints[out->n_constraints - 1];
            last->is_deferrable = true;
            last->is_deferred |= constraint->contype == CONSTR_ATTR_DEFERRED;
        }
        break;
    case CONSTR_NULL:
    case CONSTR_ATTR_NOT_DEFERRABLE:
    case CONSTR_ATTR_IMMEDIATE: break;
    }
}

void column_read(struct reading *reading, const ColumnDef *definition, struct column *out)
{
    out->name = mem_strdup(reading->mem, definition->colname);
    if (definition->typeName != NULL)
        type_read(reading, definition->typeName, &out->type);
    if (definition->collClause != NULL)
        out->collation = name_of_list(reading, definition->collClause->collname).name;
    ListCell *cell;
    foreach (cell, definition->constraints)
        column_read_part(reading, definition, lfirst(cell), out);
}

// --- tables

static void table_read_element(struct reading *reading, struct action *action, Node *element)
{
    TALLOC_CTX *mem = reading->mem;
    if (IsA(element, ColumnDef)) {
        column_read(reading, (ColumnDef *)element,
                    mem_append(mem, action->columns, action->n_columns));
    } else if (IsA(element, Constraint)) {
        constraint_read(reading, (Constraint *)element, NULL,
                        mem_append(mem, action->constraints, action->n_constraints));
    } else if (IsA(element, TableLikeClause)) {
        bits32 options = ((TableLikeClause *)element)->options;
        action->is_like = true;
        if (options & (CREATE_TABLE_LIKE_DEFAULTS | CREATE_TABLE_LIKE_CONSTRAINTS |
                       CREATE_TABLE_LIKE_INDEXES | CREATE_TABLE_LIKE_IDENTITY))
            action->option =
                mem_printf(mem, "%s%s%s%s", options & CREATE_TABLE_LIKE_DEFAULTS ? "defaults," : "",
                           options & CREATE_TABLE_LIKE_CONSTRAINTS ? "constraints," : "",
                           options & CREATE_TABLE_LIKE_INDEXES ? "indexes," : "",
                           options & CREATE_TABLE_LIKE_IDENTITY ? "identity," : "");
        *mem_append(mem, action->parents, action->n_parents) =
            name_of_range(reading, ((TableLikeClause *)element)->relation);
    }
}

void read_create_table(struct reading *reading, Node *node)
{
    const CreateStmt *create = (CreateStmt *)node; // CreateForeignTableStmt begins with one
    struct action *action = action_add(reading, ACTION_CREATE_TABLE);
    action->object = IsA(node, CreateForeignTableStmt) ? OBJECT_FOREIGN_TABLE : OBJECT_TABLE;
    action->relation = name_of_range(reading, create->relation);
    action->is_temporary = create->relation->relpersistence == RELPERSISTENCE_TEMP;
    action->is_unlogged = create->relation->relpersistence == RELPERSISTENCE_UNLOGGED;
    action->if_exists = create->if_not_exists;
    settings_read(reading, create->options, false, action);
    action->is_partitioned = create->partspec != NULL;
    if (create->partspec != NULL)
        action->partition_key = partition_key_read(reading, create->partspec);
    if (create->ofTypename != NULL)
        action->other = name_of_list(reading, create->ofTypename->names);
    ListCell *cell;
    foreach (cell, create->tableElts)
        table_read_element(reading, action, lfirst(cell));
    if (create->partbound != NULL) {
        action->partition_of = name_of_range(reading, linitial(create->inhRelations));
        action->is_default_partition = create->partbound->is_default;
        action->bound = partition_bound_read(reading, create->partbound);
        return;
    }
    foreach (cell, create->inhRelations)
        *mem_append(reading->mem, action->parents, action->n_parents) =
            name_of_range(reading, lfirst(cell));
}
