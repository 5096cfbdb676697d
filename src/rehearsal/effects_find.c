/*
 * Effects of a change, found by comparing two databases: all tables, and the objects of the schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/effects_find.h"
#include "base/text.h"
#include "rehearsal/table_comparison.h"
#include <stdlib.h>

struct finding_effects {
    TALLOC_CTX *mem;
    const struct effects_request *request;
    struct schema *before, *after;
    struct table_prints prints_before, prints_after;
    struct measured_effects *out;
};

// --- tables

static bool compare_tables(struct finding_effects *finding, struct error *err)
{
    SCRATCH(tmp);
    struct table_matches matches;
    struct measured_effects *out = finding->out;
    TRY(table_matches_find(tmp, finding->request, finding->before, finding->after, &matches, err));
    for (size_t i = 0; i < matches.n; i++) {
        const struct table_comparison comparison = {
            .request = finding->request,
            .match = &matches.list[i],
            .before = &finding->prints_before,
            .after = &finding->prints_after,
        };
        struct table_effect effect;
        bool is_changed;
        TRY(table_comparison_make(finding->mem, &comparison, &effect, &is_changed, err));
        out->compared_tables++;
        out->compared_rows += effect.rows_before > 0 ? effect.rows_before : 0;
        if (is_changed)
            *mem_append(finding->mem, out->tables, out->n_tables) = effect;
    }
    return true;
}

static int64_t made_null(const struct table_effect *table)
{
    int64_t rows = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        rows += table->columns[i].to_null;
    return rows;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

// What is gone first, then what is not known, what became NULL, what changed, what came.
static int worst_first(const void *a, const void *b)
{
    const struct table_effect *x = a, *y = b;
    const int orders[] = {
        compare_numbers(x->removed.rows, y->removed.rows),
        compare_numbers(x->unknown != NULL, y->unknown != NULL),
        compare_numbers(made_null(x), made_null(y)),
        compare_numbers(x->duplicated.rows, y->duplicated.rows),
        compare_numbers(x->changed.rows, y->changed.rows),
        compare_numbers(x->added.rows, y->added.rows),
    };
    for (size_t i = 0; i < COUNT_OF(orders); i++)
        if (orders[i] != 0)
            return orders[i];
    return strcmp(x->table, y->table);
}

// --- objects

static bool is_left_out(const struct effects_request *request, const char *object)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < request->n_leave_out; i++) {
        const struct name *name = &request->leave_out[i];
        if (strcmp(object, name->name) == 0 ||
            (name->schema != NULL &&
             strcmp(object, mem_printf(tmp, "%s.%s", name->schema, name->name)) == 0))
            return true;
    }
    return false;
}

static bool compare_objects(struct finding_effects *finding, struct error *err)
{
    SCRATCH(tmp);
    const struct effects_request *request = finding->request;
    struct schema_objects before = {0}, after = {0};
    struct schema_differences differences;
    struct measured_effects *out = finding->out;
    char hex[65];
    TRY(request->before->driver->catalog->objects(tmp, request->before->engine, hex, &before, err));
    TRY(request->after->driver->catalog->objects(tmp, request->after->engine, hex, &after, err));
    schema_objects_compare(tmp, &before, &after, &differences);
    for (size_t i = 0; i < differences.n; i++) {
        const struct schema_difference *difference = &differences.list[i];
        if (is_left_out(request, difference->name))
            continue;
        *mem_append(finding->mem, out->objects, out->n_objects) = (struct object_effect){
            .object = mem_strdup(finding->mem, difference->name),
            .what = difference->before.hash == 0  ? "added"
                    : difference->after.hash == 0 ? "removed"
                                                  : "changed",
            .is_reordered = schema_object_is_reordered(&difference->before, &difference->after),
        };
    }
    return true;
}

// --- the whole

static bool compare_all(struct finding_effects *finding, struct error *err)
{
    SCRATCH(tmp);
    const struct effects_request *request = finding->request;
    TRY(request->before->driver->catalog->read(tmp, request->before->engine, &finding->before,
                                               err));
    TRY(request->after->driver->catalog->read(tmp, request->after->engine, &finding->after, err));
    finding->prints_before = (struct table_prints){request->start, finding->before};
    finding->prints_after = (struct table_prints){request->now, finding->after};
    TRY(compare_tables(finding, err));
    return compare_objects(finding, err);
}

static bool take_prints(TALLOC_CTX *mem, const struct effects_request *request,
                        const struct target *target, const struct fingerprints **prints,
                        struct error *err)
{
    const struct fingerprints_request fingerprints = {
        .target = target,
        .leave_out = request->leave_out,
        .n_leave_out = request->n_leave_out,
    };
    struct fingerprints *taken;
    if (*prints != NULL)
        return true;
    TRY(fingerprints_take(mem, &fingerprints, &taken, err));
    *prints = taken;
    return true;
}

bool effects_find(TALLOC_CTX *mem, const struct effects_request *request,
                  struct measured_effects *out, struct error *err)
{
    SCRATCH(tmp);
    struct measured_effects effects = {0};
    struct effects_request complete = *request;
    struct finding_effects finding = {
        .mem = talloc_new(tmp), .request = &complete, .out = &effects};
    TRY(take_prints(tmp, request, request->before, &complete.start, err));
    TRY(take_prints(tmp, request, request->after, &complete.now, err));
    TRY(compare_all(&finding, err));
    if (effects.n_tables > 0)
        qsort(effects.tables, effects.n_tables, sizeof *effects.tables, worst_first);
    talloc_steal(mem, finding.mem);
    *out = effects;
    return true;
}

bool effects_are_none(const struct measured_effects *effects)
{
    for (size_t i = 0; i < effects->n_objects; i++)
        if (!effects->objects[i].is_reordered)
            return false;
    return effects->n_tables == 0;
}
