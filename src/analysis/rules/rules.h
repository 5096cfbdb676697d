/*
 * What the families of rules share: their rows for the table, and questions about a place.
 *
 * A rule's row is named rule_ID with '_' for '-', its function check_ID; both stand in the file of
 * their family.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_RULES_H
#define ANALYSIS_RULES_RULES_H

#include "analysis/rule.h"
#include "analysis/size.h"
#include "base/text.h"

// For `dialects`.
#define POSTGRES (1U << DIALECT_POSTGRES)
#define SQLITE (1U << DIALECT_SQLITE)

// --- questions (place.c)

// "schema.name" under place->mem.
const char *place_name(const struct rule_place *place, struct name name);
// Created by this direction of the migration, or temporary: nobody waits for it, nothing is in it.
bool place_is_new(const struct rule_place *place, struct name name);
// An earlier statement of this script adds the column.
bool place_adds_column(const struct rule_place *place, struct name table, const char *column);
// An earlier statement of this script sets `column` of rows of `table`.
bool place_updates(const struct rule_place *place, struct name table, const char *column);
// The same, and no row is left out: no join, no subquery, no WHERE but one on the column itself.
bool place_fills(const struct rule_place *place, struct name table, const char *column);
// No row can fail: the table is new, told to be empty, or emptied by this script.
bool place_has_no_rows(const struct rule_place *place, struct name table);
// One of the columns was added by this script without a value: it is NULL, and NULLs collide with
// nothing.
bool place_columns_are_empty(const struct rule_place *place, struct name table,
                             const char *const *columns, size_t n);
// An earlier action of the same statement is of the same kind on the same table: the work that both
// ask for is done, and told, once.
bool place_repeats(const struct rule_place *place, const struct action *action);
bool name_may_equal(struct name a, struct name b); // a missing schema equals any
const char *words_join(TALLOC_CTX *mem, const char *const *words, size_t n); // "a, b"
// The statement has one of these effects on `table`.
bool place_rewrites(const struct rule_place *place, struct name table);
bool place_scans(const struct rule_place *place, struct name table);
const struct effects *place_effects(const struct rule_place *place);
// How bad is the statement's work on every row of `table` under a lock: by its size or, with a
// budget, by the time that it takes. `size` gets words for people, with the time where it is known,
// and the finding that is reported next the estimate (weight.c).
enum severity place_weigh(const struct rule_place *place, struct name table, const char **size);
// How bad it is that every row of `table` goes: told to be empty, it lost nothing then.
enum severity place_weigh_loss(const struct rule_place *place, struct name table);
// partitioned-table-refuses tells why the action fails: nothing else is to be said of it.
bool place_partition_refuses(const struct rule_place *place, const struct action *action);
// A catalog, or a table of the system: never ours to judge.
bool name_is_system(struct name name);
bool relation_is_table(const struct schema_relation *relation); // partitioned ones too
// Every row of `columns` is already told apart by a valid unique index or key of `relation`.
bool relation_has_key(const struct schema_relation *relation, const char *const *columns, size_t n);
// Proven by NOT NULL or a valid CHECK.
bool relation_proves_not_null(const struct schema_relation *relation, const char *column);
// The table whose place `copy` takes by a later rename: one that `query`, which fills it, reads.
const struct name *place_copy_replaces(const struct rule_place *place, const struct query *query,
                                       struct name copy); // data_change.c
// The safe form of the action (NULL: of the whole statement) as SQL for a hint; NULL: none, say the
// rule's own words.
const char *place_safe_form(const struct rule_place *place, const struct action *action);
typedef void rule_query_check(struct rule_place *place, const struct query *query);
// Call `check` for each query that changes data: of the statement, and inside it.
void place_each_query(struct rule_place *place, rule_query_check *check);
typedef void rule_action_check(struct rule_place *place, const struct action *action);
void place_each_action(struct rule_place *place, rule_action_check *check);

// --- what a statement names (existence.c)

// Why the statement does not fit `schema`: "table 'public.x' does not exist"; NULL: it fits.
const char *statement_mismatch(TALLOC_CTX *mem, const struct schema *schema,
                               const struct statement *statement);

// --- columns that it takes (unknown_column.c)

// All columns of the relation are known.
bool relation_tells_columns(const struct schema_relation *relation);
bool column_is_system(const char *column); // "ctid", "xmin": every table has them
// The same as statement_mismatch of what one action reads.
const char *unknown_column_mismatch(TALLOC_CTX *mem, const struct schema *schema,
                                    const struct statement *statement, const struct action *action);

// --- rows, each beside its check

// drop.c
extern const struct rule rule_drop_table;
extern const struct rule rule_drop_then_create;
extern const struct rule rule_drop_column;
extern const struct rule rule_rename_as_drop_add;
extern const struct rule rule_drop_schema;
extern const struct rule rule_cascade;

// sequence.c
extern const struct rule rule_drop_sequence;
extern const struct rule rule_sequence_restart;

// partition.c
extern const struct rule rule_partition_detached;
extern const struct rule rule_partition_bound_may_fail;

// enum.c
extern const struct rule rule_enum_value_used_in_same_transaction;

// data_loss.c
extern const struct rule rule_truncate;
extern const struct rule rule_type_narrowing;
extern const struct rule rule_time_zone_assumed;
extern const struct rule rule_using_expression_lossy;
extern const struct rule rule_on_delete_cascade;

// replacement.c
extern const struct rule rule_drop_deletes_children;
extern const struct rule rule_drop_column_breaks_trigger;
extern const struct rule rule_foreign_key_follows_rename;

// foreign_keys.c
extern const struct rule rule_foreign_keys_pragma_ignored;
extern const struct rule rule_foreign_keys_left_off;
extern const struct rule rule_drop_refused_by_children;

// orphan.c
extern const struct rule rule_foreign_key_check_missing;
extern const struct rule rule_legacy_alter_table;

// misquote.c
extern const struct rule rule_double_quoted_string;

// rowid.c
extern const struct rule rule_replace_deletes_row;
extern const struct rule rule_autoincrement_restarts;

// successor.c
extern const struct rule rule_replaced_table_loses_constraints;

// protection.c
extern const struct rule rule_uniqueness_dropped;
extern const struct rule rule_drop_constraint;
extern const struct rule rule_triggers_off;
extern const struct rule rule_rule_instead;
extern const struct rule rule_set_unlogged;

// data_change.c
extern const struct rule rule_update_delete_without_where;
extern const struct rule rule_dedupe_delete;
extern const struct rule rule_insert_select_join_loses_rows;
extern const struct rule rule_on_conflict_do_nothing;
extern const struct rule rule_case_without_else;
extern const struct rule rule_lookup_may_yield_null;

// duplication.c
extern const struct rule rule_update_join_not_unique;
extern const struct rule rule_merge_source_not_unique;
extern const struct rule rule_insert_not_rerunnable;

// movement.c
extern const struct rule rule_copy_leaves_rows_out;
extern const struct rule rule_move_loses_rows;
extern const struct rule rule_values_by_position;

// rebuild.c
extern const struct rule rule_copy_may_fail;
extern const struct rule rule_copy_converts_values;

// failure.c
extern const struct rule rule_unique_may_fail;
extern const struct rule rule_not_null_may_fail;
extern const struct rule rule_not_null_no_default;
extern const struct rule rule_add_column_refused;

// write_refusal.c
extern const struct rule rule_write_refused;
extern const struct rule rule_literal_of_wrong_type;

// still_referenced.c
extern const struct rule rule_row_still_referenced;

// function_replacement.c
extern const struct rule rule_function_replace_refused;

// definition_refusal.c
extern const struct rule rule_definition_refused;

// refresh.c
extern const struct rule rule_refresh_refused;

// constraint.c
extern const struct rule rule_check_may_fail;
extern const struct rule rule_fk_may_fail;
extern const struct rule rule_exclusion_may_fail;
extern const struct rule rule_domain_may_fail;

// leftover.c
extern const struct rule rule_concurrent_index_left_invalid;
extern const struct rule rule_sequence_not_widened;

// dependence.c
extern const struct rule rule_depends_on_column;

// naming.c
extern const struct rule rule_identifier_truncated;

// type_cast.c
extern const struct rule rule_type_cast_may_fail;
extern const struct rule rule_enum_value_removal;

// existence.c
extern const struct rule rule_object_missing_or_exists;
extern const struct rule rule_statement_invalid;
extern const struct rule rule_syntax_not_understood;

// dependent.c: drop-has-dependents tells why dropping the key fails.
bool place_key_is_needed(struct rule_place *place, const struct action *action);
extern const struct rule rule_drop_has_dependents;

// blocking.c
extern const struct rule rule_index_create_blocking;
extern const struct rule rule_index_drop_blocking;
extern const struct rule rule_reindex_blocking;
extern const struct rule rule_matview_refresh_blocking;
extern const struct rule rule_vacuum_full;
extern const struct rule rule_fk_add_locks_both;

// scan.c
extern const struct rule rule_set_not_null_scan;
extern const struct rule rule_check_add_scan;
extern const struct rule rule_column_with_inline_check;
extern const struct rule rule_column_with_inline_unique;
extern const struct rule rule_column_with_inline_fk_and_default;
extern const struct rule rule_unique_constraint;
extern const struct rule rule_primary_key_add;
extern const struct rule rule_pk_using_index_on_nullable;
extern const struct rule rule_exclusion_constraint;

// type_renewal.c
extern const struct rule rule_type_change_index_rebuild;
extern const struct rule rule_collation_change;
extern const struct rule rule_type_change_recheck;

// referring_rows.c
extern const struct rule rule_dml_unindexed_fk;

// rewrite.c
extern const struct rule rule_type_change_rewrite;
extern const struct rule rule_volatile_default;
extern const struct rule rule_default_pre_11;
extern const struct rule rule_serial_column;
extern const struct rule rule_identity_column_add;
extern const struct rule rule_stored_generated_column;
extern const struct rule rule_constrained_domain_column;
extern const struct rule rule_set_expression;
extern const struct rule rule_set_logged_unlogged;
extern const struct rule rule_set_access_method;
extern const struct rule rule_set_tablespace;
extern const struct rule rule_rewrite_replica_lag;
extern const struct rule rule_create_table_as;

// partition_lock.c
extern const struct rule rule_partition_create_of;
extern const struct rule rule_partition_attach_scan;
extern const struct rule rule_default_partition_scan;
extern const struct rule rule_partition_detach_blocking;
extern const struct rule rule_partition_drop;
extern const struct rule rule_partition_recursive_lock;

// partition_refusal.c
extern const struct rule rule_partitioned_table_refuses;

// domain.c
extern const struct rule rule_domain_add_constraint;
extern const struct rule rule_domain_create_with_constraint;

// second_table.c
extern const struct rule rule_fk_in_create_table;
extern const struct rule rule_drop_cascades_lock_to_referenced;

// brief_lock.c
extern const struct rule rule_trigger_create;
extern const struct rule rule_trigger_drop;
extern const struct rule rule_trigger_enable_disable;
extern const struct rule rule_view_replace;
extern const struct rule rule_rls_policy_change;
extern const struct rule rule_storage_parameter_ax;
extern const struct rule rule_explicit_lock_table;

// held_lock.c
extern const struct rule rule_statements_after_ax;

// validate.c
extern const struct rule rule_validate_while_holding_strong_lock;
extern const struct rule rule_not_valid_and_validate_together;

extern const struct rule rule_multiple_tables_locked_order;
extern const struct rule rule_several_alter_same_table;
extern const struct rule rule_savepoint_keeps_locks;

// timeout.c
extern const struct rule rule_no_lock_timeout;
extern const struct rule rule_lock_timeout_zero_or_too_long;
extern const struct rule rule_lock_timeout_set_too_late;
extern const struct rule rule_no_statement_timeout;
extern const struct rule rule_no_idle_in_transaction_timeout;

// compatibility.c
extern const struct rule rule_rename_table;
extern const struct rule rule_rename_column;
extern const struct rule rule_required_column;
extern const struct rule rule_new_constraint_breaks_old_writers;
extern const struct rule rule_drop_in_use;

// transaction.c
extern const struct rule rule_non_transactional_statement_in_transaction;
extern const struct rule rule_mix_ddl_and_dml;
extern const struct rule rule_backfill_in_one_statement;
extern const struct rule rule_dynamic_ddl;
extern const struct rule rule_tool_managed_transaction;

// interface.c
extern const struct rule rule_rename_object;
extern const struct rule rule_drop_interface;
extern const struct rule rule_view_loses_column;
extern const struct rule rule_enum_value_added;

// column_interface.c
extern const struct rule rule_default_changed;
extern const struct rule rule_drop_not_null;
extern const struct rule rule_json_column;
extern const struct rule rule_type_change_visible;
extern const struct rule rule_implied_columns;

// access.c
extern const struct rule rule_access_changed;
extern const struct rule rule_extension_changed;
extern const struct rule rule_replica_identity;
extern const struct rule rule_logical_replication_ddl;

// script_shape.c
extern const struct rule rule_transaction_left_open;
extern const struct rule rule_not_rerunnable;
extern const struct rule rule_set_without_local;
extern const struct rule rule_too_many_locks;

// drift.c
extern const struct rule rule_if_not_exists_hides_drift;

// operation.c
extern const struct rule rule_no_primary_key;
extern const struct rule rule_duplicate_index;
extern const struct rule rule_low_value_index;
extern const struct rule rule_fk_without_index;
extern const struct rule rule_drop_index_in_use;
extern const struct rule rule_stats_lost;
extern const struct rule rule_autovacuum_off;

// style.c
extern const struct rule rule_prefer_text;
extern const struct rule rule_no_padded_char;
extern const struct rule rule_prefer_timestamptz;
extern const struct rule rule_no_money;
extern const struct rule rule_prefer_identity;
extern const struct rule rule_prefer_bigint_key;
extern const struct rule rule_prefer_jsonb;
extern const struct rule rule_no_float_for_money;
extern const struct rule rule_no_quoted_name;
extern const struct rule rule_name_constraint;
extern const struct rule rule_column_padding;

// rollback.c
extern const struct rule rule_missing_down;
extern const struct rule rule_irreversible_down;
extern const struct rule rule_down_does_not_restore;

// reported.c
extern const struct rule rule_code_writes_table;
extern const struct rule rule_code_path_unmapped;
extern const struct rule rule_released_migration_edited;
extern const struct rule rule_findings_malformed;
extern const struct rule rule_constraint_left_not_valid;
extern const struct rule rule_suppression_expired;
extern const struct rule rule_suppression_unused;
extern const struct rule rule_suppression_malformed;


// contradiction.c
extern const struct rule rule_contradiction_lock;
extern const struct rule rule_contradiction_rewrite;
extern const struct rule rule_contradiction_scan;
extern const struct rule rule_contradiction_index_build;
extern const struct rule rule_contradiction_written_table;
extern const struct rule rule_contradiction_seconds;
extern const struct rule rule_unknown_measured;

#endif
