/*
 * Derivation from DDL: what data must be like for a constraint, a type or a key to hold, and what
 * goes with a dropped table or column.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/claim.h"
#include "proof/sql.h"
#include "statement/quoting.h"

// An invariant about offenders of `where`: asked before when that is possible, and after always.
static void write_offenders(struct derivation *derivation, const struct claim *claim,
                            struct invariant invariant, const char *before, const char *after)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct trace_table *table = claim->table;
    bool is_before = claim->is_countable && before != NULL;
    bool is_after = after != NULL && claim_has_after(table, NULL);

    if (!is_before && !is_after)
        return;
    invariant.kind = INVARIANT_ZERO;
    invariant.moments = (is_before ? MOMENT_BEFORE : 0) | (is_after ? MOMENT_AFTER : 0);
    if (is_before)
        invariant.sql_before = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s",
                                          claim_before_sql(derivation, table), before);
    if (is_after) {
        invariant.offenders = after;
        invariant.offenders_of = table->after;
    }
    invariant.sql = is_after ? mem_printf(mem, "SELECT count(*) FROM %s WHERE %s",
                                          claim_after_sql(derivation, table), after)
                             : invariant.sql_before;
    // One question for both moments has the samples of both; two have none.
    if (!is_before || !is_after || strcmp(before, after) == 0)
        invariant.samples = claim_samples(derivation, table, is_after, is_after ? after : before);
    claim_invariant(derivation, claim, invariant);
}

// --- NOT NULL, CHECK

static void write_not_null(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct trace_column *column = claim->column;

    write_offenders(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I23", claim->table,
                               column->before ? column->before : column->after),
            .catalogue = "I23",
            .title = mem_printf(mem, "no row of %s lacks %s",
                                sql_shown(mem, claim->table->after.name ? claim->table->after
                                                                        : claim->table->before),
                                column->after ? column->after : column->before),
            .is_required = true,
        },
        column->before == NULL ? NULL
                               : mem_printf(mem, "%s IS NULL", sql_name(mem, column->before)),
        column->after == NULL ? NULL : mem_printf(mem, "%s IS NULL", sql_name(mem, column->after)));
}

static void write_check(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct constraint *constraint = claim->constraint;
    const char *where = mem_printf(mem, "NOT (%s)", constraint->check->text);
    bool is_after = claim->table->before.name == NULL ||
                    claim_holds_after(derivation, claim, constraint->check);

    write_offenders(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I23", claim->table,
                                           constraint->name ? constraint->name : "check"),
                        .catalogue = "I23",
                        .title = mem_printf(mem, "every row satisfies CHECK (%s)",
                                            text_shorten(mem, constraint->check->text,
                                                         strlen(constraint->check->text), 60)),
                        .is_required = true,
                    },
                    where, is_after ? where : NULL);
}

// --- UNIQUE, PRIMARY KEY, unique index

static char *duplicates_sql(struct derivation *derivation, struct name relation,
                            const char *const *columns, size_t n, const char *predicate)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = derivation->mem;
    const char *list = sql_list(tmp, NULL, columns, n, ", ");
    const char *present =
        mem_printf(tmp, "%s IS NOT NULL", sql_list(tmp, NULL, columns, n, " IS NOT NULL AND "));

    return mem_printf(
        mem,
        "SELECT %s, count(*) - 1 FROM %s WHERE %s%s%s GROUP BY %s HAVING count(*) > 1 "
        "ORDER BY count(*) DESC",
        list, sql_relation(tmp, relation), present, predicate == NULL ? "" : " AND ",
        predicate == NULL ? "" : mem_printf(tmp, "(%s)", predicate), list);
}

static void write_duplicates(struct derivation *derivation, const struct claim *claim,
                             const char *const *columns, size_t n, const char *predicate)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = derivation->mem;
    const struct trace_table *table = claim->table;
    const char **before = mem_array(tmp, const char *, n + 1);
    const char **after = mem_array(tmp, const char *, n + 1);
    bool is_before = claim->is_countable && table->before.name != NULL;
    bool is_after = table->after.name != NULL && predicate == NULL;

    for (size_t i = 0; i < n; i++) {
        const struct trace_column *column = trace_column_before(table, columns[i]);
        if (column == NULL)
            column = trace_column_now(table, columns[i]);
        if (column == NULL)
            return;
        before[i] = column->before;
        after[i] = column->after;
        is_before = is_before && before[i] != NULL && column->written.cause == NULL;
        is_after = is_after && after[i] != NULL;
    }
    if (!is_before && !is_after)
        return;
    char *names = mem_strdup(tmp, columns[0]);
    for (size_t i = 1; i < n; i++)
        names = mem_printf(tmp, "%s, %s", names, columns[i]);
    const char *sql_before =
        is_before ? duplicates_sql(derivation, table->before, before, n, predicate) : NULL;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I9", table, names),
            .catalogue = "I9",
            .title = mem_printf(mem, "no two rows of %s share %s",
                                sql_shown(mem, is_after ? table->after : table->before), names),
            .kind = INVARIANT_ZERO,
            .moments = (is_before ? MOMENT_BEFORE : 0) | (is_after ? MOMENT_AFTER : 0),
            .sql = is_after ? duplicates_sql(derivation, table->after, after, n, NULL) : sql_before,
            .sql_before = sql_before,
            .is_required = true,
        });
}

static void write_unique(struct derivation *derivation, const struct claim *claim)
{
    write_duplicates(derivation, claim, claim->constraint->columns, claim->constraint->n_columns,
                     NULL);
}

static void write_unique_index(struct derivation *derivation, const struct claim *claim)
{
    SCRATCH(tmp);
    const struct index_definition *index = claim->action->index;
    const char **columns = mem_array(tmp, const char *, index->n_columns + 1);

    for (size_t i = 0; i < index->n_columns; i++) {
        if (index->columns[i].column == NULL)
            return; // an expression: its rehearsal will say
        columns[i] = index->columns[i].column;
    }
    write_duplicates(derivation, claim, columns, index->n_columns,
                     index->predicate == NULL ? NULL : index->predicate->text);
}

// --- FOREIGN KEY

static char *orphan_where(const struct derivation *derivation, struct name table,
                          const char *column, struct name parent, const char *key)
{
    SCRATCH(tmp);
    return mem_printf(
        derivation->mem, "%s IS NOT NULL AND %s", sql_name(tmp, column),
        sql_no_partner(tmp, derivation->dialect, table, column, sql_relation(tmp, parent), key));
}

static void write_reference(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct constraint *constraint = claim->constraint;
    const struct trace_column *column = trace_column_before(claim->table, constraint->columns[0]);
    const struct trace_table *parent = tracer_find(derivation->tracer, constraint->references);
    if (column == NULL)
        column = trace_column_now(claim->table, constraint->columns[0]);
    if (constraint->n_columns != 1 || column == NULL || parent == NULL ||
        parent->after.name == NULL)
        return;
    const char *referenced = constraint->n_referenced == 1 ? constraint->referenced[0]
                             : parent->n_key == 1          ? parent->key[0]
                                                           : NULL;
    if (referenced == NULL)
        return;
    const char *before = NULL, *after = NULL;
    if (column->before != NULL && claim->table->before.name != NULL &&
        parent->before.name != NULL && column->written.cause == NULL)
        before = orphan_where(derivation, claim->table->before, column->before, parent->before,
                              referenced);
    if (column->after != NULL && claim->table->after.name != NULL)
        after =
            orphan_where(derivation, claim->table->after, column->after, parent->after, referenced);
    write_offenders(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I8", claim->table, constraint->columns[0]),
            .catalogue = "I8",
            .title = mem_printf(mem, "every %s of %s is in %s", constraint->columns[0],
                                sql_shown(mem, claim->table->after.name ? claim->table->after
                                                                        : claim->table->before),
                                sql_shown(mem, parent->after)),
            .is_required = true,
        },
        before, after);
}

// --- new columns, types

static void write_default(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct column *definition = claim->action->definition;
    const struct trace_column *column = trace_column_now(claim->table, definition->name);

    // Rows that are inserted, values that are written may be anything else.
    if (column == NULL || column->written.cause != NULL || claim->table->added != NULL)
        return;
    const char *where = sql_differs(mem, derivation->dialect, column->type,
                                    sql_name(mem, column->after), definition->default_value->text);
    write_offenders(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I5", claim->table, column->after),
                        .catalogue = "I5",
                        .title = mem_printf(mem, "the new %s is its default %s in every row",
                                            column->after, definition->default_value->text),
                        .is_required = true,
                        .allows_traffic = true,
                    },
                    NULL, where);
}

// The predicate of values that do not fit; NULL when every value does or it cannot be said.
static const char *misfit(struct derivation *derivation, const struct type_name *type,
                          const char *from, const char *column)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct schema_type *own =
        schema_find_type(derivation->schema, (struct name){type->schema, type->name});
    bool is_text =
        strcmp(from, "text") == 0 || strcmp(from, "varchar") == 0 || strcmp(from, "bpchar") == 0;
    bool is_number = strncmp(from, "int", 3) == 0
                         ? strcmp(from, "interval") != 0
                         : strncmp(from, "float", 5) == 0 || strcmp(from, "numeric") == 0;

    if (type->is_array)
        return NULL;

    if (own != NULL && own->object == OBJECT_ENUM) {
        char *labels = mem_strdup(mem, "NULL");
        for (size_t i = 0; i < own->n_labels; i++)
            labels = mem_printf(mem, "%s, %s", labels, quoting_text(mem, own->labels[i]));
        return mem_printf(mem, "%s IS NOT NULL AND coalesce(%s::text IN (%s), false) = false",
                          column, column, labels);
    }
    if ((strcmp(type->name, "varchar") == 0 || strcmp(type->name, "bpchar") == 0) &&
        type->n_mods == 1)
        // Blanks at the end that are too many are cut off, and no error.
        return mem_printf(mem, "length(rtrim(%s::text, ' ')) > %d", column, type->mods[0]);
    if (strcmp(type->name, "int4") == 0 && is_text)
        return mem_printf(mem, "%s !~ '^\\s*[-+]?[0-9]{1,10}\\s*$'", column);
    if (strcmp(type->name, "int4") == 0 && is_number)
        return mem_printf(mem, "%s NOT BETWEEN -2147483648 AND 2147483647", column);
    if (strcmp(type->name, "int2") == 0 && is_number)
        return mem_printf(mem, "%s NOT BETWEEN -32768 AND 32767", column);
    if (strcmp(type->name, "int8") == 0 && is_text)
        return mem_printf(mem, "%s !~ '^\\s*[-+]?[0-9]{1,19}\\s*$'", column);
    return NULL;
}

static void write_type(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct schema_relation *relation =
        claim->before.name == NULL ? NULL : schema_find(derivation->schema, claim->before);
    const struct schema_column *old = relation == NULL || claim->column->before == NULL
                                          ? NULL
                                          : schema_find_column(relation, claim->column->before);
    if (old == NULL || old->type.name == NULL || old->type.is_array ||
        claim->action->using_expr != NULL)
        return;
    const char *where = misfit(derivation, &claim->action->definition->type, old->type.name,
                               sql_name(mem, claim->column->before));
    if (where == NULL)
        return;
    write_offenders(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I14", claim->table, claim->column->before),
                        .catalogue = "I14",
                        .title = mem_printf(mem, "every %s fits %s", claim->column->before,
                                            claim->action->definition->type.text),
                        .is_required = true,
                    },
                    where, NULL);
}

// --- what goes

static void write_dropped_column(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    if (claim->column->before == NULL)
        return;
    write_offenders(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I18", claim->table, claim->column->before),
                        .catalogue = "I18",
                        .title = mem_printf(mem, "DROP COLUMN takes no values of %s along",
                                            claim->column->before),
                    },
                    mem_printf(mem, "%s IS NOT NULL", sql_name(mem, claim->column->before)), NULL);
}

static void write_dropped_table(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;

    if (!claim->is_countable || claim->table->rebuilt != NULL)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I18", claim->table, NULL),
            .catalogue = "I18",
            .title = mem_printf(mem, "DROP TABLE takes no rows of %s along",
                                sql_shown(mem, claim->before)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s", sql_relation(mem, claim->before)),
        });
}

// A view that is made anew under its old name should give as many rows as it did.
static void write_view(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    struct name view = schema_resolve(derivation->schema, claim->action->relation);
    const struct schema_relation *old = schema_find(derivation->schema, view);

    if (old == NULL || old->kind != RELATION_VIEW)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = mem_printf(mem, "I21/%s", sql_shown(mem, view)),
            .catalogue = "I21",
            .title = mem_printf(mem, "view %s gives as many rows as before", sql_shown(mem, view)),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s", sql_relation(mem, view)),
            .table = sql_shown(mem, view),
        });
}

static void write_index_valid(struct derivation *derivation, const struct claim *claim)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct index_definition *index = claim->action->index;
    const char *schema = schema_resolve(derivation->schema, claim->action->relation).schema;

    if (index->name == NULL)
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = mem_printf(mem, "I15/%s", index->name),
            .catalogue = "I15",
            .title = mem_printf(mem, "index %s is valid", index->name),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            .sql = mem_printf(mem,
                              "SELECT count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class "
                              "c ON c.oid = i.indexrelid "
                              "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                              "WHERE c.relname = %s AND n.nspname = %s AND NOT (i.indisvalid "
                              "AND i.indisready)",
                              quoting_text(mem, index->name), quoting_text(mem, schema)),
            .is_required = true,
        });
}

// --- collectors

static void collect_constraint(struct derivation *derivation, const struct statement *statement,
                               const struct trace_table *table, const struct constraint *constraint)
{
    claim_write *write = NULL;

    if (constraint->kind == CONSTRAINT_CHECK && constraint->check != NULL)
        write = write_check;
    else if ((constraint->kind == CONSTRAINT_UNIQUE ||
              constraint->kind == CONSTRAINT_PRIMARY_KEY) &&
             constraint->n_columns > 0)
        write = write_unique;
    else if (constraint->kind == CONSTRAINT_FOREIGN_KEY && constraint->n_columns > 0)
        write = write_reference;
    if (write == NULL)
        return;
    struct claim *claim = claim_add(derivation, write, statement, table);
    claim->constraint = constraint;
    claim->is_countable = table->before.name != NULL &&
                          !tracer_is_touched(derivation->tracer, table->after) &&
                          (write != write_check ||
                           tracer_is_countable(derivation->tracer, table, constraint->check)) &&
                          (write != write_reference ||
                           !tracer_is_touched(derivation->tracer, constraint->references));
}

static void collect_added(struct derivation *derivation, const struct statement *statement,
                          const struct action *action, const struct trace_table *table)
{
    const struct column *definition = action->definition;
    bool has_default = definition->default_value != NULL &&
                       definition->default_value->is_constant &&
                       !definition->default_value->is_null;

    for (size_t i = 0; i < definition->n_constraints; i++)
        if (definition->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            collect_constraint(derivation, statement, table, &definition->constraints[i]);
    if (!has_default)
        return;
    // The column is there only once the statement is applied: its name is looked up when written.
    struct claim *claim = claim_add(derivation, write_default, statement, table);
    claim->action = action;
}

static void collect_column(struct derivation *derivation, const struct statement *statement,
                           const struct action *action, const struct trace_table *table)
{
    const struct trace_column *column =
        action->column == NULL ? NULL : trace_column_now(table, action->column);
    claim_write *write = action->kind == ACTION_SET_NOT_NULL  ? write_not_null
                         : action->kind == ACTION_DROP_COLUMN ? write_dropped_column
                         : action->kind == ACTION_ALTER_TYPE  ? write_type
                                                              : NULL;
    if (write == NULL || column == NULL)
        return;
    struct claim *claim = claim_add(derivation, write, statement, table);
    claim->column = column;
    claim->action = action;
    claim->is_countable = table->before.name != NULL && column->before != NULL &&
                          column->written.cause == NULL &&
                          !tracer_is_touched(derivation->tracer, table->after);
}

static void collect_table(struct derivation *derivation, const struct statement *statement,
                          const struct action *action, const struct trace_table *table)
{
    if (action->kind == ACTION_ADD_COLUMN && action->definition != NULL)
        collect_added(derivation, statement, action, table);
    else if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint != NULL)
        collect_constraint(derivation, statement, table, action->constraint);
    else if (action->kind == ACTION_DROP && action->object == OBJECT_TABLE) {
        struct claim *claim = claim_add(derivation, write_dropped_table, statement, table);
        claim->is_countable =
            table->before.name != NULL && !tracer_is_touched(derivation->tracer, table->after);
    } else if (action->kind == ACTION_CREATE_INDEX && action->index != NULL) {
        if (action->concurrently)
            claim_add(derivation, write_index_valid, statement, table)->action = action;
        if (!action->index->is_unique)
            return;
        struct claim *claim = claim_add(derivation, write_unique_index, statement, table);
        claim->action = action;
        claim->is_countable =
            table->before.name != NULL && !tracer_is_touched(derivation->tracer, table->after);
    } else
        collect_column(derivation, statement, action, table);
}

void derive_schema(struct derivation *derivation, const struct statement *statement,
                   const struct action *action)
{
    if (action->kind == ACTION_CREATE_VIEW) {
        claim_add(derivation, write_view, statement, NULL)->action = action;
        return;
    }
    const struct trace_table *table =
        action->relation.name == NULL ? NULL : tracer_find(derivation->tracer, action->relation);
    if (table != NULL)
        collect_table(derivation, statement, action, table);
}
