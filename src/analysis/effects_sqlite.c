/*
 * SQLite's predictor: which table's content a statement writes anew, goes through, indexes, loses.
 *
 * One writer at a time has the whole database. That is told by the relation that the statement
 * writes: LOCK_ACCESS_EXCLUSIVE for DDL, LOCK_ROW_EXCLUSIVE for rows, LOCK_ACCESS_SHARE for what is
 * read; a writer that goes through a table blocks writes for long whatever it writes. Facts, and
 * how they were measured: docs/sqlite.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_prediction.h"

#include "base/text.h"

// --- rows

static void destroy_rows(struct prediction *p, const struct query *query)
{
    if (query->verb == QUERY_DELETE || query->conflict == CONFLICT_REPLACE)
        predict_destroy(p, query->target, NULL, "rows");
    const struct schema_relation *target = schema_find(p->schema, query->target);
    for (size_t i = 0; i < query->n_assignments; i++) {
        const char *name = query->assignments[i].column;
        const struct schema_column *column = target ? schema_find_column(target, name) : NULL;
        if (!column || !column->created_in || column->created_in != p->schema->migration)
            predict_destroy(p, query->target, name, "values");
    }
}

// Nobody else writes to any table meanwhile; the written one stands for all.
static void block_writers(struct prediction *p, struct name target)
{
    const struct schema_relation *relation = schema_find(p->schema, target);
    if (p->effects->n_scans == 0 || (relation && schema_is_new(p->schema, relation)))
        return;
    *mem_append(p->mem, p->effects->blocks_writes_long, p->effects->n_blocks_writes_long) =
        schema_name_text(p->mem, p->schema, target);
}

static void predict_query_sqlite(struct prediction *p)
{
    const struct query *query = p->action->query;
    for (size_t i = 0; i < query->n_reads; i++)
        predict_lock_name(p, query->reads[i], LOCK_ACCESS_SHARE);
    for (size_t i = 0; i < query->n_scans; i++)
        predict_scan_name(p, query->scans[i]);
    if (!query->target.name)
        return;
    if (text_equal_nocase(query->target.name, "sqlite_master") ||
        text_equal_nocase(query->target.name, "sqlite_schema"))
        predict_unknown(p, "the schema itself is edited");
    predict_lock_name(p, query->target, LOCK_ROW_EXCLUSIVE);
    destroy_rows(p, query);
    block_writers(p, query->target);
}

// --- columns

static bool has_check(const struct column *added)
{
    for (size_t i = 0; i < added->n_constraints; i++) {
        if (added->constraints[i].kind == CONSTRAINT_CHECK)
            return true;
    }
    return false;
}

// The definition alone is written; but every row is tested where a CHECK of the column or NOT NULL
// of a computed one might not hold.
static void predict_add_column(struct prediction *p)
{
    const struct column *added = p->action->definition;
    if (has_check(added) || (added->generated && added->is_not_null))
        predict_scan_name(p, p->action->relation);
}

// Every row is written anew without the value; a computed column has none (VIRTUAL, the default).
static void predict_drop_column(struct prediction *p)
{
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    const struct schema_column *column =
        relation ? schema_find_column(relation, p->action->column) : NULL;
    if (!column || !column->is_generated)
        predict_rewrite_name(p, p->action->relation);
    predict_destroy(p, p->action->relation, p->action->column, "column");
}

// --- whole tables

static void predict_create_index(struct prediction *p)
{
    predict_scan_name(p, p->action->relation);
    predict_index_build_name(p, p->action->relation);
}

static void predict_drop(struct prediction *p)
{
    predict_destroy(p, p->action->relation, NULL, object_kind_name(p->action->object));
}

static void build_indexes(struct prediction *p, const struct schema_relation *relation)
{
    if (relation->n_indexes == 0)
        return;
    predict_lock(p, relation, LOCK_ACCESS_EXCLUSIVE);
    predict_scan(p, relation);
    predict_index_build(p, relation);
}

static void predict_reindex(struct prediction *p)
{
    struct schema_index *index;
    struct schema_relation *one = schema_find(p->schema, p->action->relation);
    if (p->action->object == OBJECT_INDEX)
        one = schema_find_index(p->schema, p->action->relation, &index);
    if (one)
        build_indexes(p, one);
    if (p->action->object == OBJECT_TABLE || p->action->object == OBJECT_INDEX)
        return;
    // All, or those with a collation; which these are is not looked up.
    for (struct schema_relation *r = schema_next(p->schema, NULL); r; r = schema_next(p->schema, r))
        build_indexes(p, r);
}

// VACUUM and ANALYZE without a name: every table.
static void each_table(struct prediction *p,
                       void (*predict)(struct prediction *, const struct schema_relation *))
{
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        if (r->kind == RELATION_TABLE && !r->is_temporary)
            predict(p, r);
    }
}

static void vacuum_table(struct prediction *p, const struct schema_relation *relation)
{
    predict_lock(p, relation, LOCK_ACCESS_EXCLUSIVE);
    predict_rewrite(p, relation);
}

static void copy_table(struct prediction *p, const struct schema_relation *relation)
{
    predict_lock(p, relation, LOCK_ACCESS_SHARE);
    predict_scan(p, relation);
}

static void predict_vacuum(struct prediction *p)
{
    each_table(p, p->action->is_full ? vacuum_table : copy_table);
}

static void predict_analyze(struct prediction *p)
{
    if (p->action->relation.name)
        predict_scan_name(p, p->action->relation);
    else
        each_table(p, copy_table);
}

static void predict_pragma(struct prediction *p)
{
    if (text_equal_nocase(p->action->member, "writable_schema") && p->action->option)
        predict_unknown(p, "the schema may be edited behind PRAGMA writable_schema");
}

static void predict_attach(struct prediction *p)
{
    if (text_equal_nocase(p->action->option, "ATTACH"))
        predict_unknown(p, "another database file is attached");
}

static predictor *const predictors[ACTION_KIND_COUNT] = {
    [ACTION_QUERY] = predict_query_sqlite,        [ACTION_CREATE_TABLE_AS] = predict_query_sqlite,
    [ACTION_ADD_COLUMN] = predict_add_column,     [ACTION_DROP_COLUMN] = predict_drop_column,
    [ACTION_CREATE_INDEX] = predict_create_index, [ACTION_DROP] = predict_drop,
    [ACTION_REINDEX] = predict_reindex,           [ACTION_VACUUM] = predict_vacuum,
    [ACTION_ANALYZE] = predict_analyze,           [ACTION_PRAGMA] = predict_pragma,
    [ACTION_ATTACH_DATABASE] = predict_attach,
};

// DDL on what exists; CREATE's relation does not yet, except those that stand on a table.
static bool locks_relation(enum action_kind kind)
{
    return kind == ACTION_ADD_COLUMN || kind == ACTION_DROP_COLUMN || kind == ACTION_RENAME ||
           kind == ACTION_RENAME_COLUMN || kind == ACTION_DROP || kind == ACTION_CREATE_INDEX ||
           kind == ACTION_CREATE_TRIGGER || kind == ACTION_DROP_TRIGGER;
}

void predict_sqlite(struct prediction *p)
{
    for (size_t i = 0; i < p->statement->n_actions; i++) {
        p->action = &p->statement->actions[i];
        if (text_equal_nocase(p->action->option, "EXPLAIN"))
            continue;
        if (locks_relation(p->action->kind))
            predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
        if (predictors[p->action->kind])
            predictors[p->action->kind](p);
    }
}
