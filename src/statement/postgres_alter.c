/*
 * ALTER TABLE and its kin: one action for each subcommand.
 *
 * A table says what action a subcommand is; those that carry more than a name have a function.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"
#include <catalog/pg_attribute.h>
#include <catalog/pg_class.h>

typedef void subcommand_reader(struct reading *reading, const AlterTableCmd *command,
                               struct action *action);

// --- columns

static void read_definition(struct reading *reading, const AlterTableCmd *command,
                            struct action *action)
{
    action->definition = mem_new(reading->mem, struct column);
    column_read(reading, (ColumnDef *)command->def, action->definition);
    action->column = action->definition->name;
}

static void read_default(struct reading *reading, const AlterTableCmd *command,
                         struct action *action)
{
    if (command->def == NULL) {
        action->kind = ACTION_DROP_DEFAULT;
        return;
    }
    action->value = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, command->def, NULL, action->value);
    action->value->text = span_text(reading, span_behind_word(reading, location, "default"));
}

static void read_type(struct reading *reading, const AlterTableCmd *command, struct action *action)
{
    ColumnDef *definition = (ColumnDef *)command->def;
    action->definition = mem_new(reading->mem, struct column);
    column_read(reading, definition, action->definition);
    action->definition->name = action->column;
    if (definition->raw_default == NULL)
        return;
    action->using_expr = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, definition->raw_default, NULL, action->using_expr);
    action->using_expr->text = span_text(reading, span_behind_word(reading, location, "using"));
}

static void read_options(struct reading *reading, const AlterTableCmd *command,
                         struct action *action)
{
    if (command->def == NULL || !IsA(command->def, List))
        return;
    bool is_reset = command->subtype == AT_ResetRelOptions || command->subtype == AT_ResetOptions;
    action->option = option_names(reading, (List *)command->def);
    settings_read(reading, (List *)command->def, is_reset, action);
}

static void read_statistics(struct reading *reading, const AlterTableCmd *command,
                            struct action *action)
{
    const char *target = mem_printf(reading->tmp, "%d", intVal(command->def));
    setting_add(reading, action, "statistics", target);
}

static void read_identity_options(struct reading *reading, const AlterTableCmd *command,
                                  struct action *action)
{
    // ADD GENERATED … AS IDENTITY is a constraint to the grammar.
    const List *options = IsA(command->def, Constraint) ? ((Constraint *)command->def)->options
                                                        : (List *)command->def;
    action->option = option_names(reading, options);
    sequence_read_first(reading, options, action);
    settings_read(reading, options, false, action);
    const DefElem *generated = option_find(options, "generated");
    action->definition = mem_new(reading->mem, struct column);
    action->definition->name = action->column;
    if (IsA(command->def, Constraint))
        identity_read(reading, (Constraint *)command->def, action->definition);
    else if (generated != NULL)
        action->definition->is_identity_always =
            intVal(generated->arg) == ATTRIBUTE_IDENTITY_ALWAYS;
    action->definition->is_identity = IsA(command->def, Constraint) || generated != NULL;
}

static void read_string(struct reading *reading, const AlterTableCmd *command,
                        struct action *action)
{
    if (command->def != NULL && IsA(command->def, String))
        action->option = mem_strdup(reading->mem, strVal(command->def));
}

// --- constraints, parents, partitions, the rest

static void read_constraint(struct reading *reading, const AlterTableCmd *command,
                            struct action *action)
{
    action->constraint = mem_new(reading->mem, struct constraint);
    constraint_read(reading, (Constraint *)command->def, NULL, action->constraint);
    action->member = action->constraint->name;
    action->column = NULL;
}

static void read_parent(struct reading *reading, const AlterTableCmd *command,
                        struct action *action)
{
    action->other = name_of_object(reading, command->def);
}

static void read_partition(struct reading *reading, const AlterTableCmd *command,
                           struct action *action)
{
    const PartitionCmd *partition = (PartitionCmd *)command->def;
    action->other = name_of_range(reading, partition->name);
    action->concurrently = partition->concurrent;
    action->is_default_partition = partition->bound != NULL && partition->bound->is_default;
    if (partition->bound != NULL)
        action->bound = partition_bound_read(reading, partition->bound);
    if (action->object == OBJECT_INDEX)
        action->kind = ACTION_ATTACH_INDEX;
}

static void read_owner_name(struct reading *reading, const AlterTableCmd *command,
                            struct action *action)
{
    action->new_name = mem_strdup(reading->mem, command->newowner->rolename);
}

static void read_identity(struct reading *reading, const AlterTableCmd *command,
                          struct action *action)
{
    const ReplicaIdentityStmt *identity = (ReplicaIdentityStmt *)command->def;
    action->option = mem_strdup(reading->mem, identity->name);
    action->member = identity->identity_type == REPLICA_IDENTITY_FULL      ? "full"
                     : identity->identity_type == REPLICA_IDENTITY_NOTHING ? "nothing"
                     : identity->identity_type == REPLICA_IDENTITY_INDEX   ? "index"
                                                                           : "default";
}

// --- the table

enum name_place { NAME_NONE, NAME_COLUMN, NAME_MEMBER, NAME_NEW };

static const struct subcommand {
    AlterTableType type;
    enum action_kind kind;
    enum name_place name; // what the subcommand's name is
    const char *option;
    subcommand_reader *read;
} subcommands[] = {
    {AT_AddColumn, ACTION_ADD_COLUMN, NAME_NONE, NULL, read_definition},
    {AT_DropColumn, ACTION_DROP_COLUMN, NAME_COLUMN},
    {AT_AlterColumnType, ACTION_ALTER_TYPE, NAME_COLUMN, NULL, read_type},
    {AT_ColumnDefault, ACTION_SET_DEFAULT, NAME_COLUMN, NULL, read_default},
    {AT_SetNotNull, ACTION_SET_NOT_NULL, NAME_COLUMN},
    {AT_DropNotNull, ACTION_DROP_NOT_NULL, NAME_COLUMN},
    {AT_DropExpression, ACTION_DROP_EXPRESSION, NAME_COLUMN},
    {AT_SetStatistics, ACTION_SET_STATISTICS, NAME_COLUMN, NULL, read_statistics},
    {AT_SetOptions, ACTION_COLUMN_OPTIONS, NAME_COLUMN, NULL, read_options},
    {AT_ResetOptions, ACTION_COLUMN_OPTIONS, NAME_COLUMN, NULL, read_options},
    {AT_AlterColumnGenericOptions, ACTION_COLUMN_OPTIONS, NAME_COLUMN, NULL, read_options},
    {AT_SetStorage, ACTION_SET_STORAGE, NAME_COLUMN, NULL, read_string},
    {AT_SetCompression, ACTION_SET_COMPRESSION, NAME_COLUMN, NULL, read_string},
    {AT_AddIdentity, ACTION_ADD_IDENTITY, NAME_COLUMN, NULL, read_identity_options},
    {AT_SetIdentity, ACTION_SET_IDENTITY, NAME_COLUMN, NULL, read_identity_options},
    {AT_DropIdentity, ACTION_DROP_IDENTITY, NAME_COLUMN},
    {AT_AddConstraint, ACTION_ADD_CONSTRAINT, NAME_NONE, NULL, read_constraint},
    {AT_AlterConstraint, ACTION_ALTER_CONSTRAINT, NAME_NONE, NULL, read_constraint},
    {AT_ValidateConstraint, ACTION_VALIDATE_CONSTRAINT, NAME_MEMBER},
    {AT_DropConstraint, ACTION_DROP_CONSTRAINT, NAME_MEMBER},
    {AT_ChangeOwner, ACTION_OWNER, NAME_NONE, NULL, read_owner_name},
    {AT_ClusterOn, ACTION_CLUSTER_ON, NAME_MEMBER},
    {AT_DropCluster, ACTION_CLUSTER_ON, NAME_NONE},
    {AT_SetLogged, ACTION_SET_LOGGED, NAME_NONE},
    {AT_SetUnLogged, ACTION_SET_UNLOGGED, NAME_NONE},
    {AT_DropOids, ACTION_OTHER, NAME_NONE, "set without oids"},
    {AT_SetAccessMethod, ACTION_SET_ACCESS_METHOD, NAME_NEW},
    {AT_SetTableSpace, ACTION_SET_TABLESPACE, NAME_NEW},
    {AT_SetRelOptions, ACTION_SET_OPTIONS, NAME_NONE, NULL, read_options},
    {AT_ResetRelOptions, ACTION_SET_OPTIONS, NAME_NONE, NULL, read_options},
    {AT_GenericOptions, ACTION_SET_OPTIONS, NAME_NONE, NULL, read_options},
    {AT_EnableTrig, ACTION_ENABLE_TRIGGER, NAME_MEMBER},
    {AT_EnableAlwaysTrig, ACTION_ENABLE_TRIGGER, NAME_MEMBER, "always"},
    {AT_EnableReplicaTrig, ACTION_ENABLE_TRIGGER, NAME_MEMBER, "replica"},
    {AT_EnableTrigAll, ACTION_ENABLE_TRIGGER, NAME_MEMBER},
    {AT_EnableTrigUser, ACTION_ENABLE_TRIGGER, NAME_MEMBER},
    {AT_DisableTrig, ACTION_DISABLE_TRIGGER, NAME_MEMBER},
    {AT_DisableTrigAll, ACTION_DISABLE_TRIGGER, NAME_MEMBER},
    {AT_DisableTrigUser, ACTION_DISABLE_TRIGGER, NAME_MEMBER},
    {AT_EnableRule, ACTION_ENABLE_RULE, NAME_MEMBER, "enable"},
    {AT_EnableAlwaysRule, ACTION_ENABLE_RULE, NAME_MEMBER, "always"},
    {AT_EnableReplicaRule, ACTION_ENABLE_RULE, NAME_MEMBER, "replica"},
    {AT_DisableRule, ACTION_ENABLE_RULE, NAME_MEMBER, "disable"},
    {AT_AddInherit, ACTION_INHERIT, NAME_NONE, NULL, read_parent},
    {AT_DropInherit, ACTION_NO_INHERIT, NAME_NONE, NULL, read_parent},
    {AT_AddOf, ACTION_OTHER, NAME_NONE, "of type", read_parent},
    {AT_DropOf, ACTION_OTHER, NAME_NONE, "not of type"},
    {AT_ReplicaIdentity, ACTION_REPLICA_IDENTITY, NAME_NONE, NULL, read_identity},
    {AT_EnableRowSecurity, ACTION_ROW_SECURITY, NAME_NONE, "enable"},
    {AT_DisableRowSecurity, ACTION_ROW_SECURITY, NAME_NONE, "disable"},
    {AT_ForceRowSecurity, ACTION_ROW_SECURITY, NAME_NONE, "force"},
    {AT_NoForceRowSecurity, ACTION_ROW_SECURITY, NAME_NONE, "no force"},
    {AT_AttachPartition, ACTION_ATTACH_PARTITION, NAME_NONE, NULL, read_partition},
    {AT_DetachPartition, ACTION_DETACH_PARTITION, NAME_NONE, NULL, read_partition},
    {AT_DetachPartitionFinalize, ACTION_DETACH_PARTITION, NAME_NONE, "finalize", read_partition},
};

// Subcommands without a row: the internal ones, which no grammar makes.
static const struct subcommand internal = {.kind = ACTION_OTHER};

static const struct subcommand *subcommand_find(AlterTableType type)
{
    for (size_t i = 0; i < COUNT_OF(subcommands); i++) {
        if (subcommands[i].type == type)
            return &subcommands[i];
    }
    return &internal;
}

static const char *trigger_group(AlterTableType type)
{
    if (type == AT_EnableTrigAll || type == AT_DisableTrigAll)
        return "ALL";
    return type == AT_EnableTrigUser || type == AT_DisableTrigUser ? "USER" : NULL;
}

static void subcommand_read(struct reading *reading, const AlterTableCmd *command,
                            struct action *action)
{
    const struct subcommand *row = subcommand_find(command->subtype);
    const char *name = command->num > 0
                           ? mem_printf(reading->mem, "%d", command->num) // of an index
                           : mem_strdup(reading->mem, command->name);
    action->kind = row->kind;
    action->option = row->option;
    action->column = row->name == NAME_COLUMN ? name : NULL;
    action->member = row->name == NAME_MEMBER ? name : NULL;
    action->new_name = row->name == NAME_NEW ? name : NULL;
    action->if_exists = command->missing_ok;
    action->cascade = command->behavior == DROP_CASCADE;
    if (action->member == NULL && row->name == NAME_MEMBER)
        action->member = trigger_group(command->subtype);
    if (row->read != NULL)
        row->read(reading, command, action);
}

// ALTER TYPE … ADD ATTRIBUTE and its like are written with the same subcommands.
static void attribute_read(AlterTableType type, struct action *action)
{
    action->kind = ACTION_ALTER_COMPOSITE;
    action->object = OBJECT_COMPOSITE;
    action->option = type == AT_AddColumn    ? "add attribute"
                     : type == AT_DropColumn ? "drop attribute"
                                             : "alter attribute";
}

// --- places

// Index of the token where the first subcommand begins: behind the relation's name.
static size_t first_subcommand(struct reading *reading, const RangeVar *relation)
{
    size_t index = token_index(reading, relation->location) + 1;
    while (reading->tokens[index].kind == TOKEN_DOT)
        index += 2;
    const struct token *token = &reading->tokens[index];
    bool is_star = token->kind == TOKEN_OPERATOR && reading->text[token->offset] == '*';
    return is_star ? index + 1 : index;
}

// The token behind the next comma outside parentheses.
static size_t next_subcommand(struct reading *reading, size_t index)
{
    int depth = 0;
    for (; reading->tokens[index].kind != TOKEN_END; index++) {
        enum token_kind kind = reading->tokens[index].kind;
        depth += kind == TOKEN_OPEN ? 1 : kind == TOKEN_CLOSE ? -1 : 0;
        if (kind == TOKEN_COMMA && depth == 0)
            return index + 1;
    }
    return index;
}

void read_alter_table(struct reading *reading, Node *node)
{
    const AlterTableStmt *alter = (AlterTableStmt *)node;
    size_t index = first_subcommand(reading, alter->relation);
    ListCell *cell;
    foreach (cell, alter->cmds) {
        const AlterTableCmd *command = lfirst(cell);
        struct action *action = action_add(reading, ACTION_OTHER);
        action->object = object_of(alter->objtype);
        action->relation = name_of_range(reading, alter->relation);
        action->relation_if_exists = alter->missing_ok;
        action->only = !alter->relation->inh && alter->objtype != PG_OBJECT_TYPE;
        action->offset = reading_place(reading, reading->tokens[index].offset);
        subcommand_read(reading, command, action);
        if (alter->objtype == PG_OBJECT_TYPE)
            attribute_read(command->subtype, action);
        index = next_subcommand(reading, index);
    }
    kind_set(reading, "ALTER", alter->objtype);
}

void read_move_all(struct reading *reading, Node *node)
{
    const AlterTableMoveAllStmt *move = (AlterTableMoveAllStmt *)node;
    struct action *action = action_add(reading, ACTION_SET_TABLESPACE);
    action->object = object_of(move->objtype);
    action->new_name = mem_strdup(reading->mem, move->new_tablespacename);
    action->option = "all in tablespace";
    action->is_nowait = move->nowait;
}
