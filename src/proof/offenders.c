/*
 * Offenders: the rows that break an invariant, by who wrote them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/offenders.h"
#include "base/quantity.h"
#include "proof/row_images.h"

#define SAMPLES 5

struct looking {
    TALLOC_CTX *mem;
    const struct writers *writers;
    struct noted_rows *noted;
    struct table_query *base; // was a key there at the baseline? NULL: not known
    struct writer_counts counts;
    char *keys[WRITER_COUNT]; // a few of each
    int64_t touched;          // of those that traffic wrote: there at the baseline already
    char *touched_keys;
    bool is_masked;
    bool is_plain;    // the text of the change shows all that it does
    struct error err; // of the noted rows
    bool has_failed;
};

static void add_key(const struct looking *looking, char **keys, int64_t n,
                    const struct engine_row_image *image)
{
    if (n < SAMPLES && !looking->is_masked && image->key_len > 0)
        *keys = *keys == NULL ? mem_strdup(looking->mem, image->key_text)
                              : mem_printf(looking->mem, "%s, %s", *keys, image->key_text);
}

static bool was_there(struct looking *looking, const struct engine_row_image *image, bool *out)
{
    *out = false;
    if (looking->base == NULL || image->key_len == 0)
        return true;
    table_query_reset(looking->base);
    row_images_bind_key(looking->base, 1, looking->writers->target, image);
    return table_query_next(looking->base, out, &looking->err);
}

static bool take_row(void *context, const struct engine_row_image *image)
{
    struct looking *looking = context;
    enum writer writer = writers_of(looking->writers, image);
    bool is_old = false;

    looking->has_failed =
        !noted_rows_resolve(looking->noted, image->key, image->key_len, &writer, &looking->err);
    // Where nothing of the change is hidden, it had no subtransaction.
    if (writer == WRITER_AMONG && looking->is_plain)
        writer = WRITER_TRAFFIC;
    if (!looking->has_failed && writer == WRITER_TRAFFIC)
        looking->has_failed = !was_there(looking, image, &is_old);
    if (looking->has_failed)
        return false;
    if (is_old) {
        add_key(looking, &looking->touched_keys, looking->touched++, image);
        return true;
    }
    add_key(looking, &looking->keys[writer], looking->counts.n[writer]++, image);
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

// What is known of single rows, where the table is one of the baseline's: which traffic wrote
// before the runs, and which were there.
static bool open_known(TALLOC_CTX *mem, const struct offenders_request *request,
                       const struct invariant *invariant, struct looking *looking,
                       struct error *err)
{
    const struct baseline *baseline = request->baseline;

    for (size_t i = 0; i < baseline->n_tables; i++) {
        const struct baseline_table *table = &baseline->tables[i];
        const struct trace_table *traced = trace_find_before(baseline->trace, table->name);
        if (traced == NULL || !trace_is_same_name(traced->after, invariant->offenders_of))
            continue;
        if (table->n_key > 0)
            TRY(table_query_make(mem, request->file,
                                 mem_printf(mem, "SELECT 1 FROM base.row_image_%lld WHERE key = ?1",
                                            (long long)table->id),
                                 &looking->base, err));
        return noted_rows_open(mem, request->writers, request->file, table->id, &looking->noted,
                               err);
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
    TRY(open_known(tmp, request, invariant, looking, err));
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

static int64_t rows_found(const struct looking *looking)
{
    return writer_counts_sum(&looking->counts) + looking->touched;
}

static char *add_part(const struct looking *looking, char *text, int64_t n, const char *keys,
                      const char *words)
{
    if (n == 0)
        return text;
    bool is_all = n > 1 && n == rows_found(looking);
    return mem_printf(looking->mem, "%s%s%s row%s%s %s%s%s%s", text == NULL ? "" : text,
                      text == NULL ? "" : "; ", quantity_count(looking->mem, n), n == 1 ? "" : "s",
                      is_all ? ", all" : "", words, keys == NULL ? "" : ": ",
                      keys == NULL ? "" : keys, keys != NULL && n > SAMPLES ? ", …" : "");
}

// What traffic wrote of rows that were there says nothing of this: the migration left them out, or
// they were so before it.
static char *parts_text(const struct looking *looking, const struct invariant *invariant)
{
    const char *traffic = invariant->omission == NULL
                              ? "written by traffic since the baseline"
                              : mem_printf(looking->mem,
                                           "written by traffic since the baseline (the application "
                                           "does not write %s)",
                                           invariant->omission);
    const struct {
        enum writer writer;
        const char *words;
    } parts[] = {
        {WRITER_MIGRATION, "written by the migration"},
        {WRITER_BEFORE, "not written since the baseline"},
        {WRITER_AMONG, "written while the migration ran, by it or by traffic"},
        {WRITER_NOTED, "written by traffic since the baseline, and by the migration"},
        {WRITER_UNKNOWN, "of which the writer is not known"},
        {WRITER_TRAFFIC, traffic},
    };
    char *text = NULL;

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        text = add_part(looking, text, looking->counts.n[parts[i].writer],
                        looking->keys[parts[i].writer], parts[i].words);
    return add_part(looking, text, looking->touched, looking->touched_keys,
                    "there at the baseline, and written by traffic since");
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
                        const struct looking *looking, bool *out, struct error *err)
{
    const struct writer_counts *counts = &looking->counts;
    int64_t rows = rows_found(looking);
    int64_t traffic = counts->n[WRITER_TRAFFIC];
    double before = 0;

    if (invariant->kind == INVARIANT_SAME) {
        traffic += counts->n[WRITER_NOTED];
        TRY(read_base_value(request->file, invariant->name, &before, err));
    }
    *out = traffic > 0 && (double)(rows - traffic) <= before;
    return true;
}

bool offenders_explain(TALLOC_CTX *mem, const struct offenders_request *request,
                       const struct invariant *invariant, struct result *result, struct error *err)
{
    struct looking looking = {.mem = mem,
                              .writers = request->writers,
                              .is_plain = request->baseline->hidden == NULL &&
                                          request->writers->attribution->is_traced};
    bool is_known, is_by_traffic;

    if (!writers_are_told(request->writers) || invariant->offenders == NULL ||
        (result->status != STATUS_FAIL && result->status != STATUS_WARN))
        return true;
    TRY(look(&looking, request, invariant, &is_known, err));
    if (!is_known || rows_found(&looking) == 0)
        return true;
    TRY(is_traffics(request, invariant, &looking, &is_by_traffic, err));
    result->detail = parts_text(&looking, invariant);
    if (is_by_traffic && invariant->allows_traffic)
        result->status = STATUS_WARN;
    return true;
}
