/*
 * PostgreSQL's predictors: one for each kind of action that has effects on relations.
 *
 * Facts, sources and measurements: docs/effects.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_EFFECTS_POSTGRES_H
#define ANALYSIS_EFFECTS_POSTGRES_H

#include "analysis/effects_prediction.h"

// effects_column.c
predictor predict_add_column, predict_drop_column, predict_set_not_null, predict_identity,
    predict_set_expression;
// effects_type_change.c
predictor predict_alter_type;
// effects_constraint.c
predictor predict_add_constraint, predict_drop_constraint, predict_validate_constraint;
// effects_table.c
predictor predict_create_table, predict_create_table_as, predict_rename, predict_rename_constraint,
    predict_set_schema, predict_owner, predict_set_options, predict_storage,
    predict_replica_identity, predict_cluster_on, predict_inherit, predict_no_inherit,
    predict_attach, predict_detach;
// effects_drop.c
predictor predict_drop, predict_truncate, predict_drop_trigger, predict_drop_member;
// effects_index.c
predictor predict_create_index, predict_reindex, predict_attach_index;
// effects_object.c
predictor predict_create_view, predict_refresh, predict_alter_sequence, predict_alter_domain,
    predict_comment, predict_lock_table, predict_maintenance, predict_cluster, predict_trigger;
// effects_query.c
predictor predict_query;
// ROW EXCLUSIVE on the sequence of a nextval('…') or setval('…') in `text` (may be NULL).
void predict_sequence_call(struct prediction *p, const char *text);
void predict_reads(struct prediction *p, const struct query *query, enum lock_mode mode);

// --- shared by several of them

// Every relation that a foreign key to `referenced` locks: it and its partitions.
void predict_lock_referenced(struct prediction *p, struct name referenced, enum lock_mode mode);
// A rewrite of a table: it, all its indexes under ACCESS EXCLUSIVE and built again.
void predict_whole_rewrite(struct prediction *p, const struct schema_relation *relation);
// ACCESS EXCLUSIVE on a relation that goes, its indexes, owned sequences and what its keys refer
// to.
void predict_lock_dropped(struct prediction *p, const struct schema_relation *relation);
// Checking a foreign key reads both sides, unless the child is new and has no rows.
void predict_check_reference(struct prediction *p, struct name child, struct name referenced);
// What goes with a column: indexes, owned sequences, with CASCADE foreign keys to it and views.
void predict_column_gone(struct prediction *p, const struct schema_relation *relation,
                         const struct schema_column *column);
// Does NOT NULL on `column` hold already, by itself or by a valid CHECK?
bool not_null_is_proven(const struct schema_relation *relation, const char *column);
// Was every relation that this history touches created in it?
bool predict_knows_all(const struct prediction *p);

// effects_volatility.c: does an expression call a function whose result differs from row to row?
bool expression_is_volatile(const struct schema *schema, const struct expression *expression);

// effects_type_change.c: a domain with a constraint, at any depth?
bool type_is_constrained(const struct schema *schema, const struct type_name *type);

#endif
