/*
 * One row for each statement of PostgreSQL 15's grammar: its words and who reads it.
 *
 * A statement without reader has one action of kind OTHER: it touches no relation that is modelled.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

static const struct statement_row {
    NodeTag tag;
    enum object_kind object; // without reader: what it is about
    const char *kind;        // a reader may say more exactly
    statement_reader *read;
} rows[] = {
    // queries
    {T_SelectStmt, OBJECT_NONE, "SELECT", read_query},
    {T_InsertStmt, OBJECT_NONE, "INSERT", read_query},
    {T_UpdateStmt, OBJECT_NONE, "UPDATE", read_query},
    {T_DeleteStmt, OBJECT_NONE, "DELETE", read_query},
    {T_MergeStmt, OBJECT_NONE, "MERGE", read_query},
    {T_CopyStmt, OBJECT_NONE, "COPY", read_copy},
    {T_ExplainStmt, OBJECT_NONE, "EXPLAIN", read_explain},
    {T_DeclareCursorStmt, OBJECT_NONE, "DECLARE CURSOR", read_cursor},
    {T_FetchStmt, OBJECT_NONE, "FETCH", read_fetch},
    {T_ClosePortalStmt, OBJECT_NONE, "CLOSE"},
    // relations
    {T_CreateStmt, OBJECT_NONE, "CREATE TABLE", read_create_table},
    {T_CreateForeignTableStmt, OBJECT_NONE, "CREATE FOREIGN TABLE", read_create_table},
    {T_CreateTableAsStmt, OBJECT_NONE, "CREATE TABLE AS", read_create_table_as},
    {T_AlterTableStmt, OBJECT_NONE, "ALTER TABLE", read_alter_table},
    {T_AlterTableMoveAllStmt, OBJECT_NONE, "ALTER TABLE", read_move_all},
    {T_IndexStmt, OBJECT_NONE, "CREATE INDEX", read_create_index},
    {T_ViewStmt, OBJECT_NONE, "CREATE VIEW", read_create_view},
    {T_RefreshMatViewStmt, OBJECT_NONE, "REFRESH MATERIALIZED VIEW", read_refresh},
    {T_CreateSeqStmt, OBJECT_NONE, "CREATE SEQUENCE", read_create_sequence},
    {T_AlterSeqStmt, OBJECT_NONE, "ALTER SEQUENCE", read_alter_sequence},
    {T_CreateStatsStmt, OBJECT_NONE, "CREATE STATISTICS", read_create_statistics},
    {T_AlterStatsStmt, OBJECT_STATISTICS, "ALTER STATISTICS"},
    {T_TruncateStmt, OBJECT_NONE, "TRUNCATE", read_truncate},
    // any object
    {T_DropStmt, OBJECT_NONE, "DROP", read_drop},
    {T_DropRoleStmt, OBJECT_NONE, "DROP ROLE", read_drop_named},
    {T_DropOwnedStmt, OBJECT_NONE, "DROP OWNED", read_drop_named},
    {T_DropdbStmt, OBJECT_NONE, "DROP DATABASE", read_drop_named},
    {T_DropTableSpaceStmt, OBJECT_NONE, "DROP TABLESPACE", read_drop_named},
    {T_DropUserMappingStmt, OBJECT_NONE, "DROP USER MAPPING", read_drop_named},
    {T_DropSubscriptionStmt, OBJECT_NONE, "DROP SUBSCRIPTION", read_drop_named},
    {T_RenameStmt, OBJECT_NONE, "RENAME", read_rename},
    {T_AlterObjectSchemaStmt, OBJECT_NONE, "ALTER", read_set_schema},
    {T_AlterOwnerStmt, OBJECT_NONE, "ALTER", read_owner},
    {T_AlterObjectDependsStmt, OBJECT_EXTENSION, "ALTER DEPENDS ON EXTENSION"},
    {T_ReassignOwnedStmt, OBJECT_ROLE, "REASSIGN OWNED"},
    {T_CommentStmt, OBJECT_NONE, "COMMENT", read_comment},
    {T_SecLabelStmt, OBJECT_NONE, "SECURITY LABEL"},
    {T_GrantStmt, OBJECT_NONE, "GRANT", read_grant},
    {T_GrantRoleStmt, OBJECT_NONE, "GRANT", read_grant_role},
    {T_AlterDefaultPrivilegesStmt, OBJECT_ROLE, "ALTER DEFAULT PRIVILEGES"},
    // definitions
    {T_CreateTrigStmt, OBJECT_NONE, "CREATE TRIGGER", read_create_trigger},
    {T_RuleStmt, OBJECT_NONE, "CREATE RULE", read_create_rule},
    {T_CreatePolicyStmt, OBJECT_NONE, "CREATE POLICY", read_create_policy},
    {T_AlterPolicyStmt, OBJECT_NONE, "ALTER POLICY", read_alter_policy},
    {T_CreateFunctionStmt, OBJECT_NONE, "CREATE FUNCTION", read_create_function},
    {T_AlterFunctionStmt, OBJECT_FUNCTION, "ALTER FUNCTION"},
    {T_CreateEnumStmt, OBJECT_NONE, "CREATE TYPE", read_create_enum},
    {T_AlterEnumStmt, OBJECT_NONE, "ALTER TYPE", read_alter_enum},
    {T_CompositeTypeStmt, OBJECT_NONE, "CREATE TYPE", read_create_composite},
    {T_CreateRangeStmt, OBJECT_NONE, "CREATE TYPE", read_create_range},
    {T_AlterTypeStmt, OBJECT_TYPE, "ALTER TYPE"},
    {T_DefineStmt, OBJECT_NONE, "CREATE TYPE", read_define},
    {T_CreateDomainStmt, OBJECT_NONE, "CREATE DOMAIN", read_create_domain},
    {T_AlterDomainStmt, OBJECT_NONE, "ALTER DOMAIN", read_alter_domain},
    {T_CreateSchemaStmt, OBJECT_NONE, "CREATE SCHEMA", read_create_schema},
    {T_CreateExtensionStmt, OBJECT_NONE, "CREATE EXTENSION", read_create_extension},
    {T_AlterExtensionStmt, OBJECT_EXTENSION, "ALTER EXTENSION"},
    {T_AlterExtensionContentsStmt, OBJECT_EXTENSION, "ALTER EXTENSION"},
    {T_CreatePublicationStmt, OBJECT_NONE, "CREATE PUBLICATION", read_create_publication},
    {T_AlterPublicationStmt, OBJECT_NONE, "ALTER PUBLICATION", read_alter_publication},
    {T_CreateSubscriptionStmt, OBJECT_SUBSCRIPTION, "CREATE SUBSCRIPTION"},
    {T_AlterSubscriptionStmt, OBJECT_SUBSCRIPTION, "ALTER SUBSCRIPTION"},
    {T_CreateCastStmt, OBJECT_CAST, "CREATE CAST"},
    {T_CreateConversionStmt, OBJECT_OTHER, "CREATE CONVERSION"},
    {T_CreateTransformStmt, OBJECT_OTHER, "CREATE TRANSFORM"},
    {T_CreateOpClassStmt, OBJECT_OPERATOR, "CREATE OPERATOR CLASS"},
    {T_CreateOpFamilyStmt, OBJECT_OPERATOR, "CREATE OPERATOR FAMILY"},
    {T_AlterOpFamilyStmt, OBJECT_OPERATOR, "ALTER OPERATOR FAMILY"},
    {T_AlterOperatorStmt, OBJECT_OPERATOR, "ALTER OPERATOR"},
    {T_AlterCollationStmt, OBJECT_COLLATION, "ALTER COLLATION"},
    {T_AlterTSDictionaryStmt, OBJECT_TEXT_SEARCH, "ALTER TEXT SEARCH DICTIONARY"},
    {T_AlterTSConfigurationStmt, OBJECT_TEXT_SEARCH, "ALTER TEXT SEARCH CONFIGURATION"},
    {T_CreateFdwStmt, OBJECT_SERVER, "CREATE FOREIGN DATA WRAPPER"},
    {T_AlterFdwStmt, OBJECT_SERVER, "ALTER FOREIGN DATA WRAPPER"},
    {T_CreateForeignServerStmt, OBJECT_SERVER, "CREATE SERVER"},
    {T_AlterForeignServerStmt, OBJECT_SERVER, "ALTER SERVER"},
    {T_CreateUserMappingStmt, OBJECT_SERVER, "CREATE USER MAPPING"},
    {T_AlterUserMappingStmt, OBJECT_SERVER, "ALTER USER MAPPING"},
    {T_ImportForeignSchemaStmt, OBJECT_SERVER, "IMPORT FOREIGN SCHEMA"},
    {T_CreateEventTrigStmt, OBJECT_EVENT_TRIGGER, "CREATE EVENT TRIGGER"},
    {T_AlterEventTrigStmt, OBJECT_EVENT_TRIGGER, "ALTER EVENT TRIGGER"},
    {T_CreatePLangStmt, OBJECT_OTHER, "CREATE LANGUAGE"},
    {T_CreateAmStmt, OBJECT_OTHER, "CREATE ACCESS METHOD"},
    {T_CreateRoleStmt, OBJECT_ROLE, "CREATE ROLE"},
    {T_AlterRoleStmt, OBJECT_ROLE, "ALTER ROLE"},
    {T_AlterRoleSetStmt, OBJECT_ROLE, "ALTER ROLE"},
    {T_CreateTableSpaceStmt, OBJECT_TABLESPACE, "CREATE TABLESPACE"},
    {T_AlterTableSpaceOptionsStmt, OBJECT_TABLESPACE, "ALTER TABLESPACE"},
    {T_CreatedbStmt, OBJECT_DATABASE, "CREATE DATABASE"},
    {T_AlterDatabaseStmt, OBJECT_DATABASE, "ALTER DATABASE"},
    {T_AlterDatabaseSetStmt, OBJECT_DATABASE, "ALTER DATABASE"},
    {T_AlterDatabaseRefreshCollStmt, OBJECT_DATABASE, "ALTER DATABASE"},
    // session
    {T_TransactionStmt, OBJECT_NONE, "BEGIN", read_transaction},
    {T_VariableSetStmt, OBJECT_NONE, "SET", read_set},
    {T_VariableShowStmt, OBJECT_NONE, "SHOW"},
    {T_ConstraintsSetStmt, OBJECT_CONSTRAINT, "SET CONSTRAINTS"},
    {T_AlterSystemStmt, OBJECT_NONE, "ALTER SYSTEM"},
    {T_DiscardStmt, OBJECT_NONE, "DISCARD"},
    {T_LoadStmt, OBJECT_NONE, "LOAD"},
    {T_NotifyStmt, OBJECT_NONE, "NOTIFY"},
    {T_ListenStmt, OBJECT_NONE, "LISTEN"},
    {T_UnlistenStmt, OBJECT_NONE, "UNLISTEN"},
    {T_CheckPointStmt, OBJECT_NONE, "CHECKPOINT"},
    {T_LockStmt, OBJECT_NONE, "LOCK TABLE", read_lock},
    {T_VacuumStmt, OBJECT_NONE, "VACUUM", read_vacuum},
    {T_ClusterStmt, OBJECT_NONE, "CLUSTER", read_cluster},
    {T_ReindexStmt, OBJECT_NONE, "REINDEX", read_reindex},
    {T_DoStmt, OBJECT_NONE, "DO", read_do},
    {T_CallStmt, OBJECT_NONE, "CALL", read_call},
    {T_PrepareStmt, OBJECT_NONE, "PREPARE", read_prepare},
    {T_ExecuteStmt, OBJECT_NONE, "EXECUTE", read_execute},
    {T_DeallocateStmt, OBJECT_NONE, "DEALLOCATE", read_deallocate},
};

struct action *action_add(struct reading *reading, enum action_kind kind)
{
    struct statement *statement = reading->statement;
    struct action *action = mem_append(reading->mem, statement->actions, statement->n_actions);
    action->kind = kind;
    action->offset = statement->offset;
    return action;
}

static const struct statement_row *row_find(const Node *node)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].tag == nodeTag(node))
            return &rows[i];
    }
    return NULL;
}

const char *statement_words(const Node *node)
{
    const struct statement_row *row = row_find(node);
    return row == NULL ? NULL : row->kind;
}

void statement_read(struct reading *reading, Node *node)
{
    const struct statement_row *row = row_find(node);
    if (row == NULL) {
        reading->statement->kind = "OTHER";
        action_add(reading, ACTION_OTHER);
        return;
    }
    reading->statement->kind = row->kind;
    if (row->read != NULL)
        row->read(reading, node);
    else
        action_add(reading, ACTION_OTHER)->object = row->object;
}
