/*
 * Derivation from UPDATE … FROM: a new column that is filled from the partner of each row.
 *
 * A row whose value has no partner is left out without an error, and nobody counts it. Only a WHERE
 * that does nothing but find the partner (`m.old_name = e.category`, perhaps with `new IS NULL`) is
 * taken: any other condition may leave rows out on purpose.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/claim.h"
#include "proof/sql.h"

static bool is_only_partner(const struct claim *claim, const struct equality *equality)
{
    SCRATCH(tmp);
    const struct expression *where = claim->where;

    if (where->n_functions > 0 || where->n_relations > 0 ||
        strstr(text_lower(tmp, where->text), " or ") != NULL)
        return false;
    for (size_t i = 0; i < where->n_columns; i++)
        if (strcmp(where->columns[i], equality->left_column) != 0 &&
            strcmp(where->columns[i], equality->right_column) != 0 &&
            strcmp(where->columns[i], claim->column->after) != 0)
            return false;
    return true;
}

void partner_find(struct derivation *derivation, struct claim *claim)
{
    const struct query *query = claim->query;
    const struct sources *sources =
        sources_read(claim, derivation->dialect, claim->statement->sql, query);

    if (claim->where == NULL || query->n_reads != 1 || sources->n_equalities != 1 ||
        claim->column->before != NULL || claim->column->after == NULL || claim->n_sources > 0)
        return;
    const struct equality *equality = &sources->equalities[0];
    bool is_left = strcmp(equality->left.name, query->target.name) == 0;
    struct name lookup = is_left ? equality->right : equality->left;
    const struct trace_column *old =
        trace_column_now(claim->table, is_left ? equality->left_column : equality->right_column);
    if (old == NULL || old->before == NULL || old->written.cause != NULL ||
        schema_find(derivation->schema, lookup) == NULL ||
        tracer_is_touched(derivation->tracer, lookup) ||
        strcmp(lookup.name, query->target.name) == 0 || !is_only_partner(claim, equality))
        return;
    claim->partner = (struct partner){
        .old = old,
        .lookup = schema_resolve(derivation->schema, lookup),
        .key = is_left ? equality->right_column : equality->left_column,
    };
}

void partner_write_domain(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct partner *partner = &claim->partner;
    const char *table = claim_before_sql(derivation, claim->table);
    const char *old = sql_name(mem, partner->old->before);
    const char *where = mem_printf(
        mem, "%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s AS partner WHERE partner.%s = %s.%s)",
        old, sql_relation(mem, partner->lookup), sql_name(mem, partner->key), table, old);

    claim_invariant(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I6", claim->table, partner->old->before),
                        .catalogue = "I6",
                        .title = mem_printf(mem, "every %s there is has its row in %s",
                                            partner->old->before, sql_shown(mem, partner->lookup)),
                        .kind = INVARIANT_ZERO,
                        .moments = MOMENT_BEFORE,
                        .sql = mem_printf(
                            mem, "SELECT %s, count(*) FROM %s WHERE %s GROUP BY %s ORDER BY 2 DESC",
                            old, table, where, old),
                        .samples = claim_samples(derivation, claim->table, false, where),
                        .is_required = true,
                    });
}
