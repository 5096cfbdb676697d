/*
 * What the families of rules share: the checks' names for the table, and questions about a place.
 *
 * A rule's function is named check_ID with '_' for '-'.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_RULES_H
#define ANALYSIS_RULES_RULES_H

#include "analysis/rule.h"
#include "analysis/size.h"

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
// An earlier statement of this script removes every row of `table`.
bool place_is_emptied(const struct rule_place *place, struct name table);
// An earlier action of the same statement is of the same kind on the same table: the work that both
// ask for is done, and told, once.
bool place_repeats(const struct rule_place *place, const struct action *action);
bool name_may_equal(struct name a, struct name b); // a missing schema equals any
// Is `word` among the `n` words?
bool word_in(const char *word, const char *const *words, size_t n);
// The statement has one of these effects on `table`.
bool place_rewrites(const struct rule_place *place, struct name table);
bool place_scans(const struct rule_place *place, struct name table);
const struct effects *place_effects(const struct rule_place *place);
// How bad is work on every row of `table` under a lock: by its size. `size` gets words for people.
enum severity place_weigh(const struct rule_place *place, struct name table, const char **size);
// A catalog, or a table of the system: never ours to judge.
bool name_is_system(struct name name);
// Every row of `columns` is already told apart by a valid unique index or key of `relation`.
bool relation_has_key(const struct schema_relation *relation, const char *const *columns, size_t n);
// Proven by NOT NULL or a valid CHECK.
bool relation_proves_not_null(const struct schema_relation *relation, const char *column);
// The table whose place `copy` takes by a later rename: one that `query`, which fills it, reads.
const struct name *place_copy_replaces(const struct rule_place *place, const struct query *query,
                                       struct name copy); // data_change.c
typedef void rule_query_check(struct rule_place *place, const struct query *query);
// Call `check` for each query that changes data: of the statement, and inside it.
void place_each_query(struct rule_place *place, rule_query_check *check);
typedef void rule_action_check(struct rule_place *place, const struct action *action);
void place_each_action(struct rule_place *place, rule_action_check *check);

// --- what a statement names (existence.c)

// Why the statement does not fit `schema`: "table 'public.x' does not exist"; NULL: it fits.
const char *statement_mismatch(TALLOC_CTX *mem, const struct schema *schema,
                               const struct statement *statement);

// --- data_loss.c
void check_drop_table(struct rule_place *place);
void check_drop_column(struct rule_place *place);
void check_drop_schema(struct rule_place *place);
void check_cascade(struct rule_place *place);
void check_truncate(struct rule_place *place);
void check_type_narrowing(struct rule_place *place);
void check_time_zone_assumed(struct rule_place *place);
void check_using_expression_lossy(struct rule_place *place);
void check_on_delete_cascade(struct rule_place *place);

// --- data_change.c
void check_update_delete_without_where(struct rule_place *place);
void check_dedupe_delete(struct rule_place *place);
void check_insert_select_join_loses_rows(struct rule_place *place);
void check_update_join_not_unique(struct rule_place *place);
void check_on_conflict_do_nothing(struct rule_place *place);
void check_case_without_else(struct rule_place *place);
void check_lookup_may_yield_null(struct rule_place *place);

// --- failure.c
void check_unique_may_fail(struct rule_place *place);
void check_not_null_may_fail(struct rule_place *place);
void check_not_null_no_default(struct rule_place *place);
void check_check_may_fail(struct rule_place *place);
void check_fk_may_fail(struct rule_place *place);
void check_type_cast_may_fail(struct rule_place *place);
void check_add_column_refused(struct rule_place *place);

// --- replacement.c
void check_drop_deletes_children(struct rule_place *place);
void check_foreign_key_follows_rename(struct rule_place *place);

// --- successor.c
void check_replaced_table_loses_constraints(struct rule_place *place);

// --- movement.c
void check_copy_leaves_rows_out(struct rule_place *place);
void check_move_loses_rows(struct rule_place *place);
void check_values_by_position(struct rule_place *place);

// --- protection.c
void check_uniqueness_dropped(struct rule_place *place);
void check_triggers_off(struct rule_place *place);

// --- existence.c
void check_object_missing_or_exists(struct rule_place *place);
void check_drop_has_dependents(struct rule_place *place);
void check_statement_invalid(struct rule_place *place);
void check_syntax_not_understood(struct rule_place *place);

// --- blocking.c
void check_index_create_blocking(struct rule_place *place);
void check_index_drop_blocking(struct rule_place *place);
void check_reindex_blocking(struct rule_place *place);
void check_matview_refresh_blocking(struct rule_place *place);
void check_vacuum_full(struct rule_place *place);
void check_set_not_null_scan(struct rule_place *place);
void check_fk_add_locks_both(struct rule_place *place);
void check_check_add_scan(struct rule_place *place);
void check_unique_constraint(struct rule_place *place);
void check_type_change_rewrite(struct rule_place *place);
void check_volatile_default(struct rule_place *place);
void check_no_lock_timeout(struct rule_place *place);

// --- compatibility.c
void check_rename_table(struct rule_place *place);
void check_rename_column(struct rule_place *place);
void check_required_column(struct rule_place *place);
void check_new_constraint_breaks_old_writers(struct rule_place *place);
void check_drop_in_use(struct rule_place *place);

// --- transaction.c
void check_non_transactional_statement_in_transaction(struct rule_place *place);
void check_mix_ddl_and_dml(struct rule_place *place);
void check_not_valid_and_validate_together(struct rule_place *place);
void check_backfill_in_one_statement(struct rule_place *place);
void check_dynamic_ddl(struct rule_place *place);
void check_unseen_code(struct rule_place *place);
void check_tool_managed_transaction(struct rule_place *place);

// --- rollback.c
void check_missing_down(struct rule_place *place);
void check_irreversible_down(struct rule_place *place);
void check_down_does_not_restore(struct rule_place *place);

#endif
