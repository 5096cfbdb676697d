/*
 * The table of rules: every row, in the order of `tminus explain`; the rows stand with their
 * checks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

const struct rule *const rule_table[] = {
    // --- Data loss by DDL
    &rule_drop_table,
    &rule_drop_then_create,
    &rule_drop_column,
    &rule_rename_as_drop_add,
    &rule_drop_schema,
    &rule_cascade,
    &rule_drop_sequence,
    &rule_sequence_restart,
    &rule_truncate,
    &rule_partition_detached,
    &rule_set_unlogged,
    &rule_type_narrowing,
    &rule_time_zone_assumed,
    &rule_using_expression_lossy,
    &rule_on_delete_cascade,
    &rule_drop_deletes_children,
    &rule_foreign_key_follows_rename,
    &rule_replaced_table_loses_constraints,
    &rule_uniqueness_dropped,
    &rule_drop_constraint,
    &rule_triggers_off,
    &rule_rule_instead,
    // --- Data loss by DML
    &rule_update_delete_without_where,
    &rule_dedupe_delete,
    &rule_insert_select_join_loses_rows,
    &rule_copy_leaves_rows_out,
    &rule_move_loses_rows,
    &rule_values_by_position,
    &rule_update_join_not_unique,
    &rule_on_conflict_do_nothing,
    &rule_case_without_else,
    &rule_lookup_may_yield_null,
    // --- Failure that the data decides
    &rule_unique_may_fail,
    &rule_not_null_may_fail,
    &rule_not_null_no_default,
    &rule_check_may_fail,
    &rule_fk_may_fail,
    &rule_exclusion_may_fail,
    &rule_domain_may_fail,
    &rule_type_cast_may_fail,
    &rule_enum_value_removal,
    &rule_add_column_refused,
    &rule_enum_value_used_in_same_transaction,
    // --- What exists
    &rule_object_missing_or_exists,
    &rule_drop_has_dependents,
    &rule_depends_on_column,
    &rule_concurrent_index_left_invalid,
    &rule_sequence_not_widened,
    &rule_identifier_truncated,
    &rule_statement_invalid,
    &rule_syntax_not_understood,
    // --- Blocking
    &rule_index_create_blocking,
    &rule_index_drop_blocking,
    &rule_reindex_blocking,
    &rule_matview_refresh_blocking,
    &rule_vacuum_full,
    &rule_set_not_null_scan,
    &rule_fk_add_locks_both,
    &rule_check_add_scan,
    &rule_unique_constraint,
    &rule_type_change_rewrite,
    &rule_volatile_default,
    &rule_no_lock_timeout,
    // --- The release that still runs
    &rule_rename_table,
    &rule_rename_column,
    &rule_required_column,
    &rule_new_constraint_breaks_old_writers,
    &rule_drop_in_use,
    // --- The transaction
    &rule_non_transactional_statement_in_transaction,
    &rule_mix_ddl_and_dml,
    &rule_not_valid_and_validate_together,
    &rule_backfill_in_one_statement,
    &rule_dynamic_ddl,
    &rule_tool_managed_transaction,
    // --- The way back
    &rule_missing_down,
    &rule_irreversible_down,
    &rule_down_does_not_restore,
    // --- Code and other tools
    &rule_code_writes_table,
    &rule_code_path_unmapped,
    &rule_released_migration_edited,
    &rule_findings_malformed,
    // --- What is allowed in the SQL
    &rule_suppression_expired,
    &rule_suppression_unused,
    &rule_suppression_malformed,
};
const size_t rule_count = COUNT_OF(rule_table);
