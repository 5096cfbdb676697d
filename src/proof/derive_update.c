/*
 * Derivation from UPDATE: backfills and changes in place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/claim.h"
#include "proof/sql.h"

// A function that gives NULL for values on purpose.
static bool makes_nulls(const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_functions; i++)
        if (strcmp(expression->functions[i].name, "nullif") == 0)
            return true;
    return expression->is_null || strstr(expression->text, "nullif") != NULL ||
           strstr(expression->text, "NULLIF") != NULL;
}

static bool picks_one(const struct expression *expression)
{
    static const char *const aggregates[] = {"min", "max",        "count",
                                             "sum", "string_agg", "group_concat"};
    for (size_t i = 0; i < expression->n_functions; i++)
        for (size_t a = 0; a < COUNT_OF(aggregates); a++)
            if (text_equal_nocase(expression->functions[i].name, aggregates[a]))
                return true;
    return strstr(expression->text, "LIMIT") != NULL || strstr(expression->text, "limit") != NULL;
}

// `new IS NULL` for a column that the change itself added and nothing filled yet: every row.
static bool is_every_row(const struct claim *claim)
{
    const struct expression *where = claim->where;

    if (where == NULL || where->is_true || claim->partner.old != NULL)
        return true;
    if (claim->was_written || claim->column == NULL || claim->column->before != NULL ||
        where->n_columns != 1 || where->n_relations > 0)
        return false;
    SCRATCH(tmp);
    char *text = text_lower(tmp, where->text);
    return text_ends_with(text, "is null") && strstr(text, " or ") == NULL;
}

static const char *and_where(struct derivation *derivation, const struct claim *claim)
{
    return is_every_row(claim) ? "" : mem_printf(derivation->mem, " AND (%s)", claim->where->text);
}

static void write_filled(struct derivation *derivation, const struct claim *claim,
                         const struct trace_column *old)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *table = claim_after_sql(derivation, claim->table);
    const char *where =
        mem_printf(mem, "%s IS NOT NULL AND %s IS NULL%s", sql_name(mem, old->after),
                   sql_name(mem, claim->column->after), and_where(derivation, claim));

    claim_invariant(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I1", claim->table, claim->column->after),
                        .catalogue = "I1",
                        .title = mem_printf(mem, "every row of %s with %s has %s",
                                            sql_shown(mem, claim->table->after), old->after,
                                            claim->column->after),
                        .kind = INVARIANT_ZERO,
                        .moments = MOMENT_AFTER,
                        .sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s", table, where),
                        .samples = claim_samples(derivation, claim->table, true, where),
                        .offenders = where,
                        .offenders_of = claim->table->after,
                        .omission = claim->column->after,
                        .is_required = true,
                    });
}

static void write_both_null(struct derivation *derivation, const struct claim *claim,
                            const struct trace_column *old)
{
    TALLOC_CTX *mem = derivation->mem;
    if (claim->column->before != NULL || old->before == NULL || claim->before.name == NULL)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I2", claim->table, claim->column->after),
            .catalogue = "I2",
            .title = mem_printf(mem, "no more rows of %s without %s and %s than had no %s before",
                                sql_shown(mem, claim->table->after), old->after,
                                claim->column->after, old->before),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s IS NULL AND %s IS NULL",
                              claim_after_sql(derivation, claim->table), sql_name(mem, old->after),
                              sql_name(mem, claim->column->after)),
            .sql_before =
                mem_printf(mem, "SELECT count(*) FROM %s WHERE %s IS NULL",
                           claim_before_sql(derivation, claim->table), sql_name(mem, old->before)),
            .offenders = mem_printf(mem, "%s IS NULL AND %s IS NULL", sql_name(mem, old->after),
                                    sql_name(mem, claim->column->after)),
            .offenders_of = claim->table->after,
            .allows_traffic = true,
            .may_shrink = true,
            .is_required = true,
        });
}

static void write_function(struct derivation *derivation, const struct claim *claim,
                           const struct trace_column *old)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *name = sql_name(mem, old->after), *from = claim_value(derivation, old, old->after);
    const char *pair = claim_value(derivation, claim->column, claim->column->after);

    if (claim->column->before != NULL || !is_every_row(claim))
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I3", claim->table, claim->column->after),
            .catalogue = "I3",
            .title =
                mem_printf(mem, "each %s has exactly one %s", old->after, claim->column->after),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            // Distinct pairs, so that NULL counts as a value: count(DISTINCT) would leave it out.
            .sql = mem_printf(
                mem,
                "SELECT %s, count(*) FROM (SELECT DISTINCT %s AS %s, %s AS tminus_new FROM %s "
                "WHERE %s IS NOT NULL) AS pairs GROUP BY %s HAVING count(*) > 1 ORDER BY 2 DESC",
                name, from, name, pair, claim_after_sql(derivation, claim->table), name, name),
            .is_required = true,
        });
}

static void write_equals(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    bool is_joined = claim->query->join_condition != NULL || claim->query->n_inner_joined > 0 ||
                     (claim->query->n_reads > 0 && claim->expression->n_relations == 0 &&
                      claim->n_sources < claim->expression->n_columns);

    if (is_joined || !is_every_row(claim) ||
        !claim_holds_after(derivation, claim, claim->expression))
        return;
    const char *where = sql_differs(mem, derivation->dialect, claim->column->type,
                                    sql_name(mem, claim->column->after), claim->expression->text);
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I5", claim->table, claim->column->after),
            .catalogue = "I5",
            .title = mem_printf(mem, "%s is what the migration's expression gives, in every row",
                                claim->column->after),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            .sql = mem_printf(
                mem, "SELECT count(*) FROM %s WHERE %s",
                claim_aliased(derivation, claim_after_sql(derivation, claim->table), claim), where),
            .samples = claim->query->target_alias == NULL
                           ? claim_samples(derivation, claim->table, true, where)
                           : NULL,
            .offenders = claim->query->target_alias == NULL ? where : NULL,
            .offenders_of = claim->table->after,
            .is_required = true,
        });
}

// Values that the expression has no answer for, asked before the change.
static void write_domain(struct derivation *derivation, const struct claim *claim,
                         const struct trace_column *old)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *from = sql_name(mem, old->before);

    if (claim->query->join_condition != NULL)
        return; // the lookup's own columns are out of reach: derive_lookup
    const char *where = mem_printf(mem, "%s IS NOT NULL AND (%s) IS NULL%s", from,
                                   claim->expression->text, and_where(derivation, claim));
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I6", claim->table, old->before),
            .catalogue = "I6",
            .title = mem_printf(mem, "every %s there is has a %s", old->before,
                                claim->action == NULL  ? "new value"
                                : claim->column->after ? claim->column->after
                                                       : "new value"),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(
                mem, "SELECT %s AS %s, count(*) FROM %s WHERE %s GROUP BY 1 ORDER BY 2 DESC",
                claim_value(derivation, old, old->before), from,
                claim_aliased(derivation, claim_before_sql(derivation, claim->table), claim),
                where),
            .samples = claim->query->target_alias == NULL
                           ? claim_samples(derivation, claim->table, false, where)
                           : NULL,
            .is_required = true,
        });
}

// How many different values become one: what an undo cannot tell apart again.
static void write_collapse(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *column = claim_value(derivation, claim->column, claim->column->before);
    const char *where =
        claim->where == NULL ? "" : mem_printf(mem, " WHERE (%s)", claim->where->text);

    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I4", claim->table, claim->column->before),
            .catalogue = "I4",
            .title =
                mem_printf(mem, "different %s stay different: the change in place can be undone",
                           claim->column->before),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(
                mem,
                "SELECT count(*) - count(DISTINCT changed) FROM "
                "(SELECT DISTINCT %s AS value, %s AS changed FROM %s%s) AS pairs "
                "WHERE changed IS NOT NULL",
                column,
                sql_comparable(mem, derivation->dialect, claim->column->type,
                               mem_printf(mem, "(%s)", claim->expression->text)),
                claim_aliased(derivation, claim_before_sql(derivation, claim->table), claim),
                where),
            .is_required = false,
        });
}

// Two rows of a lookup for one key: which one wins is chance.
static void write_lookup(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    struct sources *sources =
        sources_read(mem, derivation->dialect, claim->statement->sql, claim->query);

    for (size_t i = 0; i < sources->n_equalities; i++) {
        const struct equality *equality = &sources->equalities[i];
        bool is_left = strcmp(equality->left.name, claim->query->target.name) == 0;
        struct name lookup = is_left ? equality->right : equality->left;
        const char *key = sql_name(mem, is_left ? equality->right_column : equality->left_column);
        if ((!is_left && strcmp(equality->right.name, claim->query->target.name) != 0) ||
            schema_find(derivation->schema, lookup) == NULL || picks_one(claim->expression))
            continue;
        lookup = schema_resolve(derivation->schema, lookup);
        claim_invariant(
            derivation, claim,
            (struct invariant){
                .name = mem_printf(mem, "I9/%s", sql_shown(mem, lookup)),
                .catalogue = "I9",
                .title = mem_printf(mem, "%s has one row for each key: no value is chance",
                                    sql_shown(mem, lookup)),
                .kind = INVARIANT_ZERO,
                .moments = MOMENT_BEFORE,
                .sql = mem_printf(mem,
                                  "SELECT %s, count(*) FROM %s WHERE %s IS NOT NULL GROUP BY %s "
                                  "HAVING count(*) > 1 ORDER BY 2 DESC",
                                  key, sql_relation(mem, lookup), key, key),
                // PostgreSQL refuses a subquery that gives two rows; SQLite, and UPDATE … FROM,
                // take one.
                .is_required = derivation->dialect == DIALECT_POSTGRES,
                .table = sql_shown(mem, lookup),
            });
    }
}

static bool reads_itself(const struct claim *claim)
{
    for (size_t i = 0; i < claim->n_sources; i++)
        if (claim->sources[i] == claim->column)
            return true;
    return false;
}

static void write_update(struct derivation *derivation, const struct claim *claim)
{
    const struct trace_column *old = claim->partner.old      ? claim->partner.old
                                     : claim->n_sources == 1 ? claim->sources[0]
                                                             : NULL;
    bool may_be_null = makes_nulls(claim->expression);

    if (reads_itself(claim)) {
        if (claim->is_countable)
            write_collapse(derivation, claim);
        return;
    }
    if (claim->partner.old != NULL)
        partner_write_domain(derivation, claim);
    else if (claim->is_countable && old != NULL && old->before != NULL && !may_be_null)
        write_domain(derivation, claim, old);
    if (claim->is_countable || claim->partner.old != NULL)
        write_lookup(derivation, claim);
    if (!claim_has_after(claim->table, claim->column))
        return;
    write_equals(derivation, claim);
    bool is_kept = old != NULL && old->after != NULL && old->written.cause == NULL;
    bool is_bounded = is_every_row(claim) || claim_holds_after(derivation, claim, claim->where);
    if (!is_kept || may_be_null || !is_bounded)
        return;
    write_filled(derivation, claim, old);
    write_both_null(derivation, claim, old);
    write_function(derivation, claim, old);
}

// Does a relation of f's subqueries have a column of this name?
static bool is_subquerys(const struct derivation *derivation, const struct expression *f,
                         const char *name)
{
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct schema_relation *relation = schema_find(derivation->schema, f->relations[i]);
        if (relation == NULL || schema_find_column(relation, name) != NULL)
            return true;
    }
    return false;
}

static void add_source(struct claim *claim, const struct trace_column *column)
{
    for (size_t i = 0; i < claim->n_sources; i++)
        if (claim->sources[i] == column)
            return;
    *mem_append(claim, claim->sources, claim->n_sources) = column;
}

// The columns of the target that f reads. A name that a relation of a subquery has too is the
// subquery's, unless it is qualified with the target.
static void find_sources(struct derivation *derivation, struct claim *claim)
{
    SCRATCH(tmp);
    const char *text = claim->expression->text;
    struct lexer lexer = lexer_make(derivation->dialect, text, 0, strlen(text));
    const struct sources *aliases =
        sources_read(tmp, derivation->dialect, claim->statement->sql, claim->query);
    const char *qualifier = NULL, *last = "";

    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END || token.kind == TOKEN_BROKEN)
            return;
        if (token.kind == TOKEN_DOT) {
            qualifier = last;
            continue;
        }
        bool is_name = token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER;
        last = is_name ? token_value(tmp, &lexer, token) : "";
        const struct trace_column *column = trace_column_now(claim->table, last);
        const struct source *source = qualifier == NULL ? NULL : sources_find(aliases, qualifier);
        bool is_ours = qualifier == NULL ? !is_subquerys(derivation, claim->expression, last)
                                         : source != NULL && strcmp(source->relation.name,
                                                                    claim->query->target.name) == 0;
        if (column != NULL && is_ours)
            add_source(claim, column);
        qualifier = NULL;
    }
}

void derive_update(struct derivation *derivation, const struct statement *statement,
                   const struct query *query, const struct trace_table *table)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct expression *f = &query->assignments[i].value;
        const struct trace_column *column = trace_column_now(table, query->assignments[i].column);
        if (column == NULL)
            continue;
        struct claim *claim = claim_add(derivation, write_update, statement, table);
        claim->column = column;
        claim->expression = f;
        claim->where = query->where;
        claim->query = query;
        claim->was_written = column->written.cause != NULL;
        find_sources(derivation, claim);
        partner_find(derivation, claim);
        claim->is_countable =
            tracer_is_countable(derivation->tracer, table, f) &&
            (is_every_row(claim) || tracer_is_countable(derivation->tracer, table, query->where));
    }
}
