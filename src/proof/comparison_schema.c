/*
 * Comparison of shape: a table, column or type that became another one although no text says so is
 * told in a line, instead of in as many differences as there are rows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/comparison.h"
#include "proof/sql.h"

static void add_damage(TALLOC_CTX *mem, struct comparison *out, const char *line)
{
    out->damage = out->damage == NULL ? line : mem_printf(mem, "%s\n%s", out->damage, line);
}

// Is it the text that makes the column another type?
static bool is_retyped(const struct comparison_request *request, const struct trace_column *traced)
{
    return !request->as_before && request->traced != NULL &&
           (request->traced->rebuilt != NULL || (traced != NULL && traced->written.cause != NULL));
}

static void check_column(TALLOC_CTX *mem, const struct comparison_request *request,
                         const struct schema_relation *relation,
                         const struct baseline_column *before, struct comparison *out)
{
    const struct trace_column *traced =
        request->traced == NULL ? NULL : trace_column_before(request->traced, before->name);
    const char *now = traced == NULL || request->as_before ? before->name : traced->after;
    if (now == NULL)
        return;
    const struct schema_column *column = schema_find_column(relation, now);
    if (column == NULL) {
        add_damage(mem, out, mem_printf(mem, "column %s is gone, and no migration drops it", now));
        return;
    }
    const char *type = mem_printf(mem, "%s%s", column->type.name == NULL ? "" : column->type.name,
                                  column->type.is_array ? "[]" : "");
    if (strcmp(type, before->type) != 0 && !is_retyped(request, traced))
        add_damage(mem, out,
                   mem_printf(mem,
                              "column %s has type %s, at the baseline %s, and no migration "
                              "changes it",
                              now, type, before->type));
}

static bool is_known_column(const struct comparison_request *request, const char *name)
{
    const struct baseline_table *table = request->table;

    if (!request->as_before && request->traced != NULL)
        return trace_column_now(request->traced, name) != NULL;
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    return request->traced != NULL && trace_column_before(request->traced, name) != NULL;
}

void comparison_check_schema(TALLOC_CTX *mem, const struct comparison_request *request,
                             struct comparison *out)
{
    const struct schema_relation *relation =
        request->schema == NULL ? NULL : schema_find(request->schema, out->after);

    if (request->schema == NULL)
        return;
    if (relation == NULL || relation->kind == RELATION_VIEW) {
        add_damage(mem, out,
                   mem_printf(mem, "table %s is %s, and no migration does that",
                              sql_shown(mem, out->after),
                              relation == NULL ? "gone" : "now a view"));
        return;
    }
    for (size_t i = 0; i < request->table->n_columns; i++)
        check_column(mem, request, relation, &request->table->columns[i], out);
    for (size_t i = 0; i < relation->n_columns; i++)
        if (!relation->columns[i].is_generated &&
            !is_known_column(request, relation->columns[i].name))
            *mem_append(mem, out->foreign, out->n_foreign) = relation->columns[i].name;
}
