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
#include "analysis/postgres_fact.h"

// effects_column.c
predictor predict_add_column, predict_drop_column, predict_set_not_null, predict_identity,
    predict_set_expression;
// effects_type_change.c
predictor predict_alter_type, predict_rewritten_references;
// effects_constraint.c
predictor predict_add_constraint, predict_drop_constraint, predict_validate_constraint;
// effects_table.c
predictor predict_create_table, predict_create_table_as, predict_rename, predict_rename_constraint,
    predict_set_schema, predict_owner, predict_set_options, predict_storage,
    predict_replica_identity, predict_cluster_on, predict_inherit, predict_attach, predict_detach;
// effects_drop.c
predictor predict_drop, predict_truncate, predict_drop_trigger, predict_drop_member;
// effects_index.c
predictor predict_create_index, predict_reindex, predict_attach_index;
// effects_object.c
predictor predict_create_view, predict_refresh, predict_alter_sequence, predict_alter_domain,
    predict_comment, predict_lock_table, predict_maintenance, predict_cluster, predict_trigger,
    predict_trigger_state;
// effects_query.c
predictor predict_query, predict_create_rule;
// The sequence of a nextval('…') or setval('…') in `text` (may be NULL).
void predict_sequence_call(struct prediction *p, const char *text);
// A view and all that it reads, at any depth.
void predict_lock_view(struct prediction *p, struct name view, enum lock_mode mode);
// What a query reads, as the row says.
void predict_reads(struct prediction *p, const struct postgres_fact *fact,
                   const struct query *query);

// effects_code.c
predictor predict_create_function;
// What the statements of code do, one behind the other; unknown stays what was before.
void predict_code(struct prediction *p, const struct statement *inner, size_t n);
// What a function's body does; `how` stands before its name when that is not known.
void predict_call(struct prediction *p, struct name function, const char *how);
// What the triggers on `target` do that `query` fires.
void predict_triggers(struct prediction *p, const struct schema_relation *target,
                      const struct query *query);

// --- shared by several of them

// effects_role.c: the row of `form` for the server's version; noted as one that was used.
const struct postgres_fact *predict_form(struct prediction *p, enum postgres_form form);
// What the row says of `role`, done to the relation: lock and work. Nothing when it says nothing.
void predict_role(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                  const struct schema_relation *relation);
void predict_role_lock(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       const struct schema_relation *relation);
void predict_role_work(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       const struct schema_relation *relation);
void predict_role_name(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       struct name name);
void predict_role_index(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                        const struct schema_relation *table, const struct schema_index *index);
void predict_role_indexes(struct prediction *p, const struct postgres_fact *fact,
                          enum fact_role role, const struct schema_relation *table);
// What the action names and, unless ONLY, what is below it, as far as the row speaks of it: these.
struct relation_list predict_role_targets(struct prediction *p, const struct postgres_fact *fact);
enum fact_role target_role(struct relation_list list, size_t i); // of schema_targets()
// Sequences that `relation` owns (by `column`, NULL: any).
void predict_role_sequences(struct prediction *p, const struct postgres_fact *fact,
                            const struct schema_relation *relation, const char *column);
// Every relation that a foreign key to `referenced` concerns: it and its partitions.
void predict_role_referenced(struct prediction *p, const struct postgres_fact *fact,
                             struct name referenced);
// A relation that goes, its indexes, owned sequences and what its keys refer to.
void predict_role_dropped(struct prediction *p, const struct postgres_fact *fact,
                          enum fact_role role, const struct schema_relation *relation);

// Nothing is in it that a check could read: made within the migration, and not filled since.
bool relation_is_empty(const struct prediction *p, struct name name);
// What goes with a column: indexes, owned sequences, foreign keys, views, as the row says.
void predict_column_gone(struct prediction *p, const struct postgres_fact *fact,
                         const struct schema_relation *relation,
                         const struct schema_column *column);
// Does NOT NULL on `column` hold already, by itself or by a valid CHECK?
bool not_null_is_proven(const struct schema_relation *relation, const char *column);
// Was every relation that this history touches created in it?
bool predict_knows_all(const struct prediction *p);

// effects_bound.c: do valid CHECKs of the table say that all its rows are in the bound; that none
// of them is?
bool bound_is_proven(const struct schema_relation *parent, const struct schema_relation *partition,
                     const struct partition_bound *bound);
bool bound_is_excluded(const struct schema_relation *parent, const struct schema_relation *other,
                       const struct partition_bound *bound);
// Does the WHERE of a query that names its parent leave the partition out?
bool partition_is_pruned(const struct schema *schema, const struct schema_relation *partition,
                         const struct expression *where);

// effects_volatility.c: does an expression call a function whose result differs from row to row?
bool expression_is_volatile(const struct schema *schema, const struct expression *expression);

// effects_type_change.c: is it `base`, or a domain over it at any depth?
bool type_rests_on(const struct schema *schema, struct type_name type, struct name base);
// A domain with a constraint, at any depth?
bool type_is_constrained(const struct schema *schema, const struct type_name *type);

#endif
