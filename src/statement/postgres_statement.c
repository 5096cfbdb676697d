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
    const char *kind; // a reader may say more exactly
    statement_reader *read;
    enum object_kind object; // without reader: what it is about
} rows[] = {
    // queries
    {T_SelectStmt, "SELECT", read_query},
    {T_InsertStmt, "INSERT", read_query},
    {T_UpdateStmt, "UPDATE", read_query},
    {T_DeleteStmt, "DELETE", read_query},
    {T_MergeStmt, "MERGE", read_query},
    {T_CopyStmt, "COPY", read_copy},
    {T_ExplainStmt, "EXPLAIN", read_explain},
    {T_DeclareCursorStmt, "DECLARE CURSOR", read_cursor},
    {T_FetchStmt, "FETCH", read_fetch},
    {T_ClosePortalStmt, "CLOSE"},
    // relations
    {T_CreateStmt, "CREATE TABLE", read_create_table},
    {T_CreateForeignTableStmt, "CREATE FOREIGN TABLE", read_create_table},
    {T_CreateTableAsStmt, "CREATE TABLE AS", read_create_table_as},
    {T_AlterTableStmt, "ALTER TABLE", read_alter_table},
    {T_AlterTableMoveAllStmt, "ALTER TABLE", read_move_all},
    {T_IndexStmt, "CREATE INDEX", read_create_index},
    {T_ViewStmt, "CREATE VIEW", read_create_view},
    {T_RefreshMatViewStmt, "REFRESH MATERIALIZED VIEW", read_refresh},
    {T_CreateSeqStmt, "CREATE SEQUENCE", read_create_sequence},
    {T_AlterSeqStmt, "ALTER SEQUENCE", read_alter_sequence},
    {T_CreateStatsStmt, "CREATE STATISTICS", read_create_statistics},
    {T_AlterStatsStmt, "ALTER STATISTICS", NULL, OBJECT_STATISTICS},
    {T_TruncateStmt, "TRUNCATE", read_truncate},
    // any object
    {T_DropStmt, "DROP", read_drop},
    {T_DropRoleStmt, "DROP ROLE", read_drop_named},
    {T_DropOwnedStmt, "DROP OWNED", read_drop_named},
    {T_DropdbStmt, "DROP DATABASE", read_drop_named},
    {T_DropTableSpaceStmt, "DROP TABLESPACE", read_drop_named},
    {T_DropUserMappingStmt, "DROP USER MAPPING", read_drop_named},
    {T_DropSubscriptionStmt, "DROP SUBSCRIPTION", read_drop_named},
    {T_RenameStmt, "RENAME", read_rename},
    {T_AlterObjectSchemaStmt, "ALTER", read_set_schema},
    {T_AlterOwnerStmt, "ALTER", read_owner},
    {T_AlterObjectDependsStmt, "ALTER DEPENDS ON EXTENSION", NULL, OBJECT_EXTENSION},
    {T_ReassignOwnedStmt, "REASSIGN OWNED", NULL, OBJECT_ROLE},
    {T_CommentStmt, "COMMENT", read_comment},
    {T_SecLabelStmt, "SECURITY LABEL"},
    {T_GrantStmt, "GRANT", read_grant},
    {T_GrantRoleStmt, "GRANT", read_grant_role},
    {T_AlterDefaultPrivilegesStmt, "ALTER DEFAULT PRIVILEGES", NULL, OBJECT_ROLE},
    // definitions
    {T_CreateTrigStmt, "CREATE TRIGGER", read_create_trigger},
    {T_RuleStmt, "CREATE RULE", read_create_rule},
    {T_CreatePolicyStmt, "CREATE POLICY", read_create_policy},
    {T_AlterPolicyStmt, "ALTER POLICY", read_alter_policy},
    {T_CreateFunctionStmt, "CREATE FUNCTION", read_create_function},
    {T_AlterFunctionStmt, "ALTER FUNCTION", NULL, OBJECT_FUNCTION},
    {T_CreateEnumStmt, "CREATE TYPE", read_create_enum},
    {T_AlterEnumStmt, "ALTER TYPE", read_alter_enum},
    {T_CompositeTypeStmt, "CREATE TYPE", read_create_composite},
    {T_CreateRangeStmt, "CREATE TYPE", read_create_range},
    {T_AlterTypeStmt, "ALTER TYPE", NULL, OBJECT_TYPE},
    {T_DefineStmt, "CREATE TYPE", read_define},
    {T_CreateDomainStmt, "CREATE DOMAIN", read_create_domain},
    {T_AlterDomainStmt, "ALTER DOMAIN", read_alter_domain},
    {T_CreateSchemaStmt, "CREATE SCHEMA", read_create_schema},
    {T_CreateExtensionStmt, "CREATE EXTENSION", read_create_extension},
    {T_AlterExtensionStmt, "ALTER EXTENSION", NULL, OBJECT_EXTENSION},
    {T_AlterExtensionContentsStmt, "ALTER EXTENSION", NULL, OBJECT_EXTENSION},
    {T_CreatePublicationStmt, "CREATE PUBLICATION", read_create_publication},
    {T_AlterPublicationStmt, "ALTER PUBLICATION", read_alter_publication},
    {T_CreateSubscriptionStmt, "CREATE SUBSCRIPTION", NULL, OBJECT_SUBSCRIPTION},
    {T_AlterSubscriptionStmt, "ALTER SUBSCRIPTION", NULL, OBJECT_SUBSCRIPTION},
    {T_CreateCastStmt, "CREATE CAST", NULL, OBJECT_CAST},
    {T_CreateConversionStmt, "CREATE CONVERSION", NULL, OBJECT_OTHER},
    {T_CreateTransformStmt, "CREATE TRANSFORM", NULL, OBJECT_OTHER},
    {T_CreateOpClassStmt, "CREATE OPERATOR CLASS", NULL, OBJECT_OPERATOR},
    {T_CreateOpFamilyStmt, "CREATE OPERATOR FAMILY", NULL, OBJECT_OPERATOR},
    {T_AlterOpFamilyStmt, "ALTER OPERATOR FAMILY", NULL, OBJECT_OPERATOR},
    {T_AlterOperatorStmt, "ALTER OPERATOR", NULL, OBJECT_OPERATOR},
    {T_AlterCollationStmt, "ALTER COLLATION", NULL, OBJECT_COLLATION},
    {T_AlterTSDictionaryStmt, "ALTER TEXT SEARCH DICTIONARY", NULL, OBJECT_TEXT_SEARCH},
    {T_AlterTSConfigurationStmt, "ALTER TEXT SEARCH CONFIGURATION", NULL, OBJECT_TEXT_SEARCH},
    {T_CreateFdwStmt, "CREATE FOREIGN DATA WRAPPER", NULL, OBJECT_SERVER},
    {T_AlterFdwStmt, "ALTER FOREIGN DATA WRAPPER", NULL, OBJECT_SERVER},
    {T_CreateForeignServerStmt, "CREATE SERVER", NULL, OBJECT_SERVER},
    {T_AlterForeignServerStmt, "ALTER SERVER", NULL, OBJECT_SERVER},
    {T_CreateUserMappingStmt, "CREATE USER MAPPING", NULL, OBJECT_SERVER},
    {T_AlterUserMappingStmt, "ALTER USER MAPPING", NULL, OBJECT_SERVER},
    {T_ImportForeignSchemaStmt, "IMPORT FOREIGN SCHEMA", NULL, OBJECT_SERVER},
    {T_CreateEventTrigStmt, "CREATE EVENT TRIGGER", NULL, OBJECT_EVENT_TRIGGER},
    {T_AlterEventTrigStmt, "ALTER EVENT TRIGGER", NULL, OBJECT_EVENT_TRIGGER},
    {T_CreatePLangStmt, "CREATE LANGUAGE", NULL, OBJECT_OTHER},
    {T_CreateAmStmt, "CREATE ACCESS METHOD", NULL, OBJECT_OTHER},
    {T_CreateRoleStmt, "CREATE ROLE", NULL, OBJECT_ROLE},
    {T_AlterRoleStmt, "ALTER ROLE", NULL, OBJECT_ROLE},
    {T_AlterRoleSetStmt, "ALTER ROLE", NULL, OBJECT_ROLE},
    {T_CreateTableSpaceStmt, "CREATE TABLESPACE", NULL, OBJECT_TABLESPACE},
    {T_AlterTableSpaceOptionsStmt, "ALTER TABLESPACE", NULL, OBJECT_TABLESPACE},
    {T_CreatedbStmt, "CREATE DATABASE", NULL, OBJECT_DATABASE},
    {T_AlterDatabaseStmt, "ALTER DATABASE", NULL, OBJECT_DATABASE},
    {T_AlterDatabaseSetStmt, "ALTER DATABASE", NULL, OBJECT_DATABASE},
    {T_AlterDatabaseRefreshCollStmt, "ALTER DATABASE", NULL, OBJECT_DATABASE},
    // session
    {T_TransactionStmt, "BEGIN", read_transaction},
    {T_VariableSetStmt, "SET", read_set},
    {T_VariableShowStmt, "SHOW"},
    {T_ConstraintsSetStmt, "SET CONSTRAINTS", NULL, OBJECT_CONSTRAINT},
    {T_AlterSystemStmt, "ALTER SYSTEM"},
    {T_DiscardStmt, "DISCARD"},
    {T_LoadStmt, "LOAD"},
    {T_NotifyStmt, "NOTIFY"},
    {T_ListenStmt, "LISTEN"},
    {T_UnlistenStmt, "UNLISTEN"},
    {T_CheckPointStmt, "CHECKPOINT"},
    {T_LockStmt, "LOCK TABLE", read_lock},
    {T_VacuumStmt, "VACUUM", read_vacuum},
    {T_ClusterStmt, "CLUSTER", read_cluster},
    {T_ReindexStmt, "REINDEX", read_reindex},
    {T_DoStmt, "DO", read_do},
    {T_CallStmt, "CALL", read_call},
    {T_PrepareStmt, "PREPARE", read_prepare},
    {T_ExecuteStmt, "EXECUTE", read_execute},
    {T_DeallocateStmt, "DEALLOCATE", read_deallocate},
};

struct action *action_add(struct reading *reading, enum action_kind kind)
{
    struct statement *statement = reading->statement;
    struct action *action = mem_append(reading->mem, statement->actions, statement->n_actions);
    action->kind = kind;
    action->offset = statement->offset;
    return action;
}

void statement_read(struct reading *reading, Node *node)
{
    size_t i = 0;
    while (i < COUNT_OF(rows) && rows[i].tag != nodeTag(node))
        i++;
    if (i == COUNT_OF(rows)) {
        reading->statement->kind = "OTHER";
        action_add(reading, ACTION_OTHER);
        return;
    }
    reading->statement->kind = rows[i].kind;
    if (rows[i].read != NULL)
        rows[i].read(reading, node);
    else
        action_add(reading, ACTION_OTHER)->object = rows[i].object;
}
