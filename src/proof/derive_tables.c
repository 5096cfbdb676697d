/*
 * Derivation for all tables that the change touches, whatever the statement: references stay whole,
 * written columns gain no NULLs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/claim.h"
#include "proof/sql.h"

// One column that refers to another, declared to the database or in tminus.yaml.
struct reference {
    struct name child, parent;
    const char *column, *key;
    const char *because;
};

// One side of a reference: a table of the schema before and its column, before and after the
// change.
struct side {
    struct name before, after;
    const char *column_before, *column_after;
    bool is_changed;
};

static bool find_side(const struct derivation *derivation, struct name table, const char *column,
                      struct side *out)
{
    const struct schema_relation *relation = schema_find(derivation->schema, table);

    if (relation == NULL)
        return false;
    *out = (struct side){.before = relation->name,
                         .after = relation->name,
                         .column_before = column,
                         .column_after = column};
    const struct trace_table *traced =
        trace_find_before(tracer_state(derivation->tracer), relation->name);
    if (traced == NULL)
        return true;
    const struct trace_column *known = trace_column_before(traced, column);
    out->after = traced->after;
    out->column_after = known == NULL ? column : known->after;
    out->is_changed = trace_is_changed(traced);
    return true;
}

static bool is_there_after(const struct side *side)
{
    return side->after.name != NULL && side->column_after != NULL;
}

static char *orphans_sql(TALLOC_CTX *mem, struct name child, const char *column, struct name parent,
                         const char *key)
{
    SCRATCH(tmp);
    return mem_printf(mem,
                      "SELECT count(*) FROM %s AS c LEFT JOIN %s AS p ON p.%s = c.%s "
                      "WHERE c.%s IS NOT NULL AND p.%s IS NULL",
                      sql_relation(tmp, child), sql_relation(tmp, parent), sql_name(tmp, key),
                      sql_name(tmp, column), sql_name(tmp, column), sql_name(tmp, key));
}

static void add_orphans(struct derivation *derivation, const struct reference *reference)
{
    TALLOC_CTX *mem = derivation->mem;
    struct side child, parent;

    if (!find_side(derivation, reference->child, reference->column, &child) ||
        !find_side(derivation, reference->parent, reference->key, &parent) ||
        (!child.is_changed && !parent.is_changed) || !is_there_after(&child) ||
        !is_there_after(&parent))
        return;
    const struct claim claim = {.cause = reference->because};
    claim_invariant(
        derivation, &claim,
        (struct invariant){
            .name = mem_printf(mem, "I8/%s.%s orphans", sql_shown(mem, child.before),
                               reference->column),
            .catalogue = "I8",
            .title = mem_printf(mem, "no more %s without their %s than before",
                                sql_shown(mem, child.before), sql_shown(mem, parent.before)),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = orphans_sql(mem, child.after, child.column_after, parent.after,
                               parent.column_after),
            .sql_before = orphans_sql(mem, child.before, child.column_before, parent.before,
                                      parent.column_before),
            .offenders =
                mem_printf(mem, "%s IS NOT NULL AND %s", sql_name(mem, child.column_after),
                           sql_no_partner(mem, derivation->dialect, child.after, child.column_after,
                                          sql_relation(mem, parent.after), parent.column_after)),
            .offenders_of = child.after,
            .allows_traffic = true,
            .may_shrink = true,
            .is_required = true,
            .table = sql_shown(mem, child.before),
        });
}

static const char *key_of(const struct schema *schema, const struct schema_constraint *constraint)
{
    if (constraint->n_referenced == 1)
        return constraint->referenced[0];
    const struct schema_relation *parent = schema_find(schema, constraint->references);
    for (size_t i = 0; parent != NULL && i < parent->n_constraints; i++)
        if (parent->constraints[i].kind == CONSTRAINT_PRIMARY_KEY &&
            parent->constraints[i].n_columns == 1)
            return parent->constraints[i].columns[0];
    return NULL;
}

static void derive_declared(struct derivation *derivation)
{
    for (struct schema_relation *child = schema_next(derivation->schema, NULL); child != NULL;
         child = schema_next(derivation->schema, child))
        for (size_t i = 0; i < child->n_constraints; i++) {
            const struct schema_constraint *constraint = &child->constraints[i];
            if (constraint->kind != CONSTRAINT_FOREIGN_KEY || constraint->n_columns != 1 ||
                key_of(derivation->schema, constraint) == NULL)
                continue;
            struct reference reference = {
                .child = child->name,
                .parent = constraint->references,
                .column = constraint->columns[0],
                .key = key_of(derivation->schema, constraint),
                .because = "a foreign key of the schema",
            };
            add_orphans(derivation, &reference);
        }
}

static void derive_configured(struct derivation *derivation)
{
    const struct config *config = derivation->config;

    for (size_t i = 0; config != NULL && i < config->n_references; i++) {
        const struct config_reference *given = &config->references[i];
        struct reference reference = {
            .child = {NULL, given->from_table},
            .parent = {NULL, given->to_table},
            .column = given->from_column,
            .key = given->to_column,
            .because = "declared in tminus.yaml, references",
        };
        add_orphans(derivation, &reference);
    }
}

// Did a statement set the column to the literal NULL? Then NULLs are meant.
static bool is_cleared(const struct derivation *derivation, const struct trace_column *column)
{
    for (size_t i = 0; i < derivation->n_claims; i++)
        if (derivation->claims[i]->column == column && derivation->claims[i]->expression != NULL &&
            derivation->claims[i]->expression->is_null)
            return true;
    return false;
}

static void add_nulls(struct derivation *derivation, const struct trace_table *table,
                      const struct trace_column *column)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct claim claim = {
        .cause = mem_printf(mem, "derived from %s", column->written.cause),
        .table = table,
    };
    claim_invariant(
        derivation, &claim,
        (struct invariant){
            .name = claim_name(derivation, "I24", table, column->before),
            .catalogue = "I24",
            .title = mem_printf(mem, "no more rows of %s without %s than before",
                                sql_shown(mem, table->after), column->after),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s IS NULL",
                              sql_relation(mem, table->after), sql_name(mem, column->after)),
            .sql_before =
                mem_printf(mem, "SELECT count(*) FROM %s WHERE %s IS NULL",
                           sql_relation(mem, table->before), sql_name(mem, column->before)),
            .offenders = mem_printf(mem, "%s IS NULL", sql_name(mem, column->after)),
            .offenders_of = table->after,
            .allows_traffic = true,
            .may_shrink = true,
            .is_required = true,
        });
}

void derive_tables(struct derivation *derivation)
{
    const struct trace *trace = tracer_state(derivation->tracer);

    derive_declared(derivation);
    derive_configured(derivation);
    for (size_t i = 0; i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        for (size_t c = 0;
             table->before.name != NULL && table->after.name != NULL && c < table->n_columns; c++) {
            const struct trace_column *column = table->columns[c];
            if (column->before != NULL && column->after != NULL && column->written.cause != NULL &&
                !is_cleared(derivation, column))
                add_nulls(derivation, table, column);
        }
    }
}
