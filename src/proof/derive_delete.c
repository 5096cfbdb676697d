/*
 * Derivation from DELETE: rows that go, and what goes with them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/claim.h"
#include "proof/sql.h"

static void write_removed_after(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;

    if (claim->where == NULL || !claim_holds_after(derivation, claim, claim->where) ||
        claim->table->added != NULL)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I20", claim->table, "removed"),
            .catalogue = "I20",
            .title = mem_printf(mem, "no row that DELETE names is left in %s",
                                sql_shown(mem, claim->table->after)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            .sql = mem_printf(
                mem, "SELECT count(*) FROM %s WHERE %s",
                claim_aliased(derivation, claim_after_sql(derivation, claim->table), claim),
                claim->where->text),
            .offenders = claim->query->target_alias == NULL ? claim->where->text : NULL,
            .offenders_of = claim->table->after,
            .allows_traffic = true,
            .is_required = true,
        });
}

static void write_cascade(struct derivation *derivation, const struct claim *claim,
                          const struct schema_relation *child,
                          const struct schema_constraint *constraint)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *referenced = constraint->n_referenced == 1 ? constraint->referenced[0]
                             : claim->table->n_key == 1    ? claim->table->key[0]
                                                           : NULL;

    if (constraint->n_columns != 1 || referenced == NULL)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = mem_printf(mem, "I8/%s.%s cascade", sql_shown(mem, child->name),
                               constraint->columns[0]),
            .catalogue = "I8",
            .title = mem_printf(mem, "DELETE takes no rows of %s along (ON DELETE %s)",
                                sql_shown(mem, child->name), constraint->on_delete),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(
                mem, "SELECT count(*) FROM %s WHERE %s IN (SELECT %s FROM %s%s%s)",
                sql_relation(mem, child->name), sql_name(mem, constraint->columns[0]),
                sql_name(mem, referenced),
                claim_aliased(derivation, claim_before_sql(derivation, claim->table), claim),
                claim->where == NULL ? "" : " WHERE ",
                claim->where == NULL ? "" : claim->where->text),
            .is_required = false,
            .table = sql_shown(mem, child->name),
        });
}

static void write_delete(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;

    write_removed_after(derivation, claim);
    if (!claim->is_countable)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I19", claim->table, "removed"),
            .catalogue = "I19",
            .title = mem_printf(mem, "rows of %s that DELETE removes",
                                sql_shown(mem, claim->table->before)),
            .kind = INVARIANT_VALUE,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(
                mem, "SELECT count(*) FROM %s%s%s",
                claim_aliased(derivation, claim_before_sql(derivation, claim->table), claim),
                claim->where == NULL ? "" : " WHERE ",
                claim->where == NULL ? "" : claim->where->text),
            .is_required = false,
        });
    for (struct schema_relation *child = schema_next(derivation->schema, NULL); child != NULL;
         child = schema_next(derivation->schema, child))
        for (size_t i = 0; i < child->n_constraints; i++) {
            const struct schema_constraint *constraint = &child->constraints[i];
            if (constraint->kind == CONSTRAINT_FOREIGN_KEY && constraint->on_delete != NULL &&
                strcmp(constraint->on_delete, "RESTRICT") != 0 &&
                schema_find(derivation->schema, constraint->references) ==
                    schema_find(derivation->schema, claim->before))
                write_cascade(derivation, claim, child, constraint);
        }
}

void derive_delete(struct derivation *derivation, const struct statement *statement,
                   const struct query *query, const struct trace_table *table)
{
    struct claim *claim = claim_add(derivation, write_delete, statement, table);

    claim->query = query;
    claim->where = query->where;
    claim->is_countable =
        table->before.name != NULL && query->join_condition == NULL &&
        !tracer_is_touched(derivation->tracer, query->target) &&
        (query->where == NULL || tracer_is_countable(derivation->tracer, table, query->where));
}
