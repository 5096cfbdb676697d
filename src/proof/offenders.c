/*
 * Offenders: the rows that break an invariant, by who wrote them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/offenders.h"
#include "base/quantity.h"
#include "base/text.h"

#define SAMPLES 5

struct looking {
    TALLOC_CTX *mem;
    const struct writers *writers;
    struct noted_rows *noted;
    struct writer_counts counts;
    char *keys[WRITER_COUNT]; // a few of each
    bool is_masked;
    struct error err; // of the noted rows
    bool has_failed;
};

static bool take_row(void *context, const struct engine_row_image *image)
{
    struct looking *looking = context;
    enum writer writer = writers_of(looking->writers, image);

    looking->has_failed =
        !noted_rows_resolve(looking->noted, image->key, image->key_len, &writer, &looking->err);
    if (looking->has_failed)
        return false;
    if (looking->counts.n[writer]++ >= SAMPLES || looking->is_masked || image->key_len == 0)
        return true;
    char *keys = looking->keys[writer];
    looking->keys[writer] = keys == NULL
                                ? mem_strdup(looking->mem, image->key_text)
                                : mem_printf(looking->mem, "%s, %s", keys, image->key_text);
    return true;
}

static bool is_key_masked(const struct target *target, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++)
        for (size_t c = 0; relation->constraints[i].kind == CONSTRAINT_PRIMARY_KEY &&
                           c < relation->constraints[i].n_columns;
             c++)
            if (target_is_masked(target, relation->constraints[i].columns[c]))
                return true;
    return false;
}

// The rows that traffic wrote before the runs, where the table is one of the baseline's.
static bool open_noted(TALLOC_CTX *mem, const struct offenders_request *request,
                       const struct invariant *invariant, struct noted_rows **out,
                       struct error *err)
{
    const struct baseline *baseline = request->baseline;

    *out = NULL;
    for (size_t i = 0; i < baseline->n_tables; i++) {
        const struct trace_table *traced =
            trace_find_before(baseline->trace, baseline->tables[i].name);
        if (traced != NULL && traced->after.name != NULL &&
            strcmp(traced->after.name, invariant->offenders_of.name) == 0 &&
            text_equal_nocase(traced->after.schema, invariant->offenders_of.schema))
            return noted_rows_open(mem, request->writers, request->file, baseline->tables[i].id,
                                   out, err);
    }
    return true;
}

// False with `*is_known` unset: it could not be asked, which fails nothing.
static bool look(struct looking *looking, const struct offenders_request *request,
                 const struct invariant *invariant, bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    const struct target *target = request->writers->target;
    const struct schema_relation *relation = schema_find(request->schema, invariant->offenders_of);
    struct engine_fingerprint *ignored;
    struct error failure = {0};

    *is_known = false;
    if (relation == NULL || relation->n_columns == 0)
        return true;
    const struct engine_fingerprint_request rows = {
        .table = relation->name,
        .columns = &relation->columns[0].name,
        .n_columns = 1,
        .where = invariant->offenders,
        .image = take_row,
        .wants_writer = true,
        .context = looking,
    };
    looking->is_masked = is_key_masked(target, relation);
    TRY(open_noted(tmp, request, invariant, &looking->noted, err));
    *is_known = target->driver->proof->fingerprint(tmp, target->engine, &rows, &ignored, &failure);
    if (looking->has_failed)
        failure = looking->err;
    if (*is_known || (!looking->has_failed && failure.code != ERROR_INTERRUPTED &&
                      failure.code != ERROR_UNREACHABLE))
        return true;
    *err = failure;
    return false;
}

// --- in words

static char *add_part(const struct looking *looking, char *text, enum writer writer,
                      const char *words)
{
    int64_t n = looking->counts.n[writer];

    if (n == 0)
        return text;
    bool is_all = n > 1 && n == writer_counts_sum(&looking->counts);
    return mem_printf(looking->mem, "%s%s%s row%s%s %s%s%s%s", text == NULL ? "" : text,
                      text == NULL ? "" : "; ", quantity_count(looking->mem, n), n == 1 ? "" : "s",
                      is_all ? ", all" : "", words, looking->keys[writer] == NULL ? "" : ": ",
                      looking->keys[writer] == NULL ? "" : looking->keys[writer],
                      looking->keys[writer] != NULL && n > SAMPLES ? ", …" : "");
}

static char *parts_text(const struct looking *looking, const struct invariant *invariant)
{
    const char *traffic = invariant->omission == NULL
                              ? "written by traffic since the baseline"
                              : mem_printf(looking->mem,
                                           "written by traffic since the baseline (the application "
                                           "does not write %s)",
                                           invariant->omission);
    char *text = add_part(looking, NULL, WRITER_MIGRATION, "written by the migration");
    text = add_part(looking, text, WRITER_BEFORE, "not written since the baseline");
    text = add_part(looking, text, WRITER_AMONG,
                    "written while the migration ran, by it or by traffic");
    text = add_part(looking, text, WRITER_NOTED,
                    "written by traffic since the baseline, and by the migration");
    text = add_part(looking, text, WRITER_TRAFFIC, traffic);
    return add_part(looking, text, WRITER_UNKNOWN, "of which the writer is not known");
}

static bool read_base_value(struct table_file *file, const char *name, double *out,
                            struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, "SELECT value FROM base.observation WHERE invariant = ?1",
                         &query, err));
    table_query_bind_text(query, 1, name);
    TRY(table_query_next(query, &has_row, err));
    *out = has_row ? table_query_real(query, 0) : 0;
    return true;
}

// As many as at the baseline are no news: without traffic's, are there more?
static bool is_traffics(const struct offenders_request *request, const struct invariant *invariant,
                        const struct writer_counts *counts, bool *out, struct error *err)
{
    int64_t traffic = counts->n[WRITER_TRAFFIC];
    double before = 0;

    if (invariant->kind == INVARIANT_SAME) {
        traffic += counts->n[WRITER_NOTED];
        TRY(read_base_value(request->file, invariant->name, &before, err));
    }
    *out = traffic > 0 && (double)(writer_counts_sum(counts) - traffic) <= before;
    return true;
}

bool offenders_explain(TALLOC_CTX *mem, const struct offenders_request *request,
                       const struct invariant *invariant, struct result *result, struct error *err)
{
    struct looking looking = {.mem = mem, .writers = request->writers};
    bool is_known, is_by_traffic;

    if (!writers_are_told(request->writers) || invariant->offenders == NULL ||
        (result->status != STATUS_FAIL && result->status != STATUS_WARN))
        return true;
    TRY(look(&looking, request, invariant, &is_known, err));
    if (!is_known || writer_counts_sum(&looking.counts) == 0)
        return true;
    TRY(is_traffics(request, invariant, &looking.counts, &is_by_traffic, err));
    result->detail = parts_text(&looking, invariant);
    if (is_by_traffic && invariant->allows_traffic)
        result->status = STATUS_WARN;
    return true;
}
