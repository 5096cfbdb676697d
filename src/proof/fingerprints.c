/*
 * Fingerprints of a whole database: taking them, and comparing two of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/fingerprints.h"
#include "base/clock.h"
#include "proof/sql.h"
#include "proof/trace.h"
#include <inttypes.h>
#include <stdlib.h>

// --- taking

struct taking {
    TALLOC_CTX *mem;
    const struct fingerprints_request *request;
    struct fingerprints *out;
    const char *table; // that is read now, for progress
};

static bool is_left_out(const struct fingerprints_request *request, struct name table)
{
    for (size_t i = 0; i < request->n_leave_out; i++)
        if (trace_is_same_name(request->leave_out[i], table))
            return true;
    return false;
}

static void show_rows(void *context, int64_t rows)
{
    const struct taking *taking = context;
    const struct target *target = taking->request->target;
    if (target->progress != NULL)
        target->progress(target->context, "fingerprints", taking->out->rows + rows, -1);
}

// A table that cannot be read is unknown; a target that is gone is a failure.
static bool take_table(struct taking *taking, struct name table, struct error *err)
{
    const struct target *target = taking->request->target;
    const struct engine_fingerprint_request request = {
        .table = table, .progress = show_rows, .context = taking};
    struct table_fingerprint *entry =
        mem_append(taking->mem, taking->out->tables, taking->out->n_tables);
    struct engine_fingerprint *print;
    struct error why = {0};

    *entry = (struct table_fingerprint){.table = table};
    if (target->driver->proof->fingerprint(taking->mem, target->engine, &request, &print, &why)) {
        entry->print = print;
        entry->rows = print->rows;
        taking->out->rows += print->rows;
        return true;
    }
    if (why.code == ERROR_UNREACHABLE || why.code == ERROR_INTERRUPTED ||
        why.code == ERROR_SYSTEM) {
        *err = why;
        return false;
    }
    entry->unknown = mem_strdup(taking->mem, why.message);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct table_fingerprint *x = a, *y = b;
    int schemas =
        strcmp(x->table.schema ? x->table.schema : "", y->table.schema ? y->table.schema : "");
    return schemas != 0 ? schemas : strcmp(x->table.name, y->table.name);
}

static bool take_tables(struct taking *taking, const struct schema *schema, struct error *err)
{
    TALLOC_CTX *mem = taking->mem;
    for (const struct schema_relation *relation = schema_next(schema, NULL); relation != NULL;
         relation = schema_next(schema, relation)) {
        struct name name = {mem_strdup(mem, relation->name.schema),
                            mem_strdup(mem, relation->name.name)};
        if (relation->kind == RELATION_TABLE && !relation->is_temporary &&
            !is_left_out(taking->request, name))
            TRY(take_table(taking, name, err));
    }
    if (taking->out->n_tables > 0)
        qsort(taking->out->tables, taking->out->n_tables, sizeof *taking->out->tables, by_name);
    return true;
}

static bool take_all(struct taking *taking, struct error *err)
{
    const struct target *target = taking->request->target;
    const struct engine_driver *driver = target->driver;
    struct fingerprints *out = taking->out;
    struct schema *read = NULL;
    char digest[65];
    char *instant = NULL;

    if (driver->session->instant != NULL)
        TRY(driver->session->instant(taking->mem, target->engine, &instant, err));
    TRY(driver->catalog->digest(target->engine, digest, err));
    if (taking->request->schema == NULL)
        TRY(driver->catalog->read(taking->mem, target->engine, &read, err));
    out->instant = instant;
    out->digest = mem_strdup(taking->mem, digest);
    out->engine = driver->name;
    out->system = mem_strdup(taking->mem, target->identity.system);
    out->database = mem_strdup(taking->mem, target->identity.database);
    out->taken_ms = clock_wall_ms();
    return take_tables(taking, read != NULL ? read : taking->request->schema, err);
}

bool fingerprints_take(TALLOC_CTX *mem, const struct fingerprints_request *request,
                       struct fingerprints **out, struct error *err)
{
    const struct engine_session_table *session = request->target->driver->session;
    struct engine *engine = request->target->engine;
    struct fingerprints *prints = mem_new(mem, struct fingerprints);
    struct taking taking = {.mem = prints, .request = request, .out = prints};
    struct error ignored;

    if (!request->is_in_snapshot)
        TRY(session->snapshot_begin(engine, err));
    bool is_taken = take_all(&taking, err);
    if (!request->is_in_snapshot && !session->snapshot_end(engine, is_taken ? err : &ignored))
        return false;
    TRY(is_taken);
    *out = prints;
    return true;
}

const struct table_fingerprint *fingerprints_find(const struct fingerprints *prints,
                                                  struct name table)
{
    for (size_t i = 0; i < prints->n_tables; i++)
        if (trace_is_same_name(prints->tables[i].table, table))
            return &prints->tables[i];
    return NULL;
}

// --- comparing

struct comparing {
    TALLOC_CTX *mem;
    struct fingerprint_differences *out;
    const char *table;
};

static void differ(struct comparing *comparing, const char *what, const char *column,
                   const char *text)
{
    struct fingerprint_differences *out = comparing->out;
    out->n_unknown += strcmp(what, "unknown") == 0;
    *mem_append(comparing->mem, out->list, out->n) = (struct fingerprint_difference){
        .table = comparing->table, .what = what, .column = column, .text = text};
}

static bool is_same_sum(const struct engine_sum *a, const struct engine_sum *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static const struct engine_column_print *find_column(const struct engine_fingerprint *print,
                                                     const char *column)
{
    for (size_t i = 0; i < print->n_columns; i++)
        if (strcmp(print->columns[i].column, column) == 0)
            return &print->columns[i];
    return NULL;
}

static void compare_column(struct comparing *comparing, const struct engine_column_print *a,
                           const struct engine_column_print *b)
{
    TALLOC_CTX *mem = comparing->mem;
    const char *place = mem_printf(mem, "%s.%s", comparing->table, a->column);
    if (b == NULL) {
        differ(comparing, "columns", a->column, mem_printf(mem, "%s is not there", place));
    } else if (strcmp(a->type, b->type) != 0) {
        differ(comparing, "columns", a->column,
               mem_printf(mem, "%s is %s, was %s", place, b->type, a->type));
    } else if (a->unknown != NULL || b->unknown != NULL) {
        differ(comparing, "unknown", a->column,
               mem_printf(mem, "%s was not read: %s", place, a->unknown ? a->unknown : b->unknown));
    } else if (!is_same_sum(&a->sum, &b->sum)) {
        differ(comparing, "values", a->column, mem_printf(mem, "%s: values differ", place));
    }
}

static void compare_prints(struct comparing *comparing, const struct engine_fingerprint *a,
                           const struct engine_fingerprint *b)
{
    TALLOC_CTX *mem = comparing->mem;
    size_t n_before = comparing->out->n;
    if (strcmp(a->method, b->method) != 0) {
        differ(comparing, "unknown", NULL,
               mem_printf(mem, "%s: fingerprints of two methods, %s and %s", comparing->table,
                          a->method, b->method));
        return;
    }
    if (a->rows != b->rows)
        differ(comparing, "rows", NULL,
               mem_printf(mem, "%s: %" PRId64 " rows, was %" PRId64, comparing->table, b->rows,
                          a->rows));
    for (size_t i = 0; i < a->n_columns; i++)
        compare_column(comparing, &a->columns[i], find_column(b, a->columns[i].column));
    for (size_t i = 0; i < b->n_columns; i++)
        if (find_column(a, b->columns[i].column) == NULL)
            differ(comparing, "columns", b->columns[i].column,
                   mem_printf(mem, "%s.%s was not there", comparing->table, b->columns[i].column));
    // Each column is alike, keyed by row, and the rows are not: never to be called equal.
    if (comparing->out->n == n_before && !is_same_sum(&a->sum, &b->sum))
        differ(comparing, "values", NULL, mem_printf(mem, "%s: rows differ", comparing->table));
}

static void compare_table(struct comparing *comparing, const struct table_fingerprint *a,
                          const struct table_fingerprint *b)
{
    TALLOC_CTX *mem = comparing->mem;
    size_t n_before = comparing->out->n;
    if (b == NULL) {
        differ(comparing, "is not there", NULL,
               mem_printf(mem, "%s is not there", comparing->table));
    } else if (a->print == NULL || b->print == NULL) {
        differ(comparing, "unknown", NULL,
               mem_printf(mem, "%s was not read: %s", comparing->table,
                          a->print == NULL ? a->unknown : b->unknown));
    } else {
        compare_prints(comparing, a->print, b->print);
    }
    comparing->out->n_equal += comparing->out->n == n_before;
}

void fingerprints_compare(TALLOC_CTX *mem, const struct fingerprints *before,
                          const struct fingerprints *after, struct fingerprint_differences *out)
{
    struct comparing comparing = {.mem = mem, .out = out};
    *out = (struct fingerprint_differences){0};
    for (size_t i = 0; i < before->n_tables; i++) {
        comparing.table = sql_shown(mem, before->tables[i].table);
        compare_table(&comparing, &before->tables[i],
                      fingerprints_find(after, before->tables[i].table));
    }
    for (size_t i = 0; i < after->n_tables; i++) {
        comparing.table = sql_shown(mem, after->tables[i].table);
        if (fingerprints_find(before, after->tables[i].table) == NULL)
            differ(&comparing, "was not there", NULL,
                   mem_printf(mem, "%s was not there", comparing.table));
    }
    comparing.table = NULL;
    if (before->n_tables == 0 && after->n_tables == 0)
        differ(&comparing, "unknown", NULL, "there are no tables to compare");
}
