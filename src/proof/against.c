/*
 * Against: the tables of one database beside those of another, or two tables of one, as they are
 * now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/against.h"
#include "analysis/schema.h"
#include "base/clock.h"
#include "base/text.h"
#include "proof/baseline.h"

struct comparing {
    TALLOC_CTX *mem;
    const struct against_request *request;
    struct schema *here, *there;
    struct against *out;
    const char *progress_of;
};

static bool is_compared(const struct schema_relation *relation)
{
    return (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED) &&
           !relation->is_temporary && !relation->is_partition;
}

static const struct schema_relation *find_named(const struct schema *schema, const char *text)
{
    SCRATCH(tmp);
    const char *dot = strchr(text, '.');
    const struct schema_relation *whole = schema_find(schema, (struct name){NULL, text});

    if (whole != NULL || dot == NULL)
        return whole;
    return schema_find(schema,
                       (struct name){mem_strndup(tmp, text, (size_t)(dot - text)), dot + 1});
}

// --- columns and key

static bool is_ignored(const struct config_table *settings, const char *column)
{
    for (size_t i = 0; settings != NULL && i < settings->n_ignore; i++)
        if (text_equal_nocase(settings->ignore[i], column))
            return true;
    return false;
}

static bool has_primary_key(const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++)
        if (relation->constraints[i].kind == CONSTRAINT_PRIMARY_KEY)
            return true;
    return false;
}

// Those that both have and nobody ignores; none: all that both have.
static void choose_columns(TALLOC_CTX *mem, const struct config_table *settings,
                           const struct schema_relation *here, const struct schema_relation *there,
                           struct location_request *location)
{
    const char **columns = NULL;

    if (settings == NULL || settings->n_ignore == 0)
        return;
    for (size_t i = 0; i < there->n_columns; i++)
        if (!is_ignored(settings, there->columns[i].name) &&
            schema_find_column(here, there->columns[i].name) != NULL)
            *mem_append(mem, columns, location->n_columns) = there->columns[i].name;
    location->columns = columns;
}

// --- one pair

static void show_progress(void *context, int64_t rows)
{
    const struct comparing *comparing = context;
    const struct target *target = comparing->request->here;

    if (target->progress != NULL)
        target->progress(target->context, comparing->progress_of, rows, 0);
}

static bool is_fatal(const struct error *err)
{
    return err->code == ERROR_INTERRUPTED || err->code == ERROR_UNREACHABLE;
}

static bool take_content(TALLOC_CTX *mem, const struct target *target, struct name table,
                         struct engine_fingerprint **out, struct error *err)
{
    const struct engine_fingerprint_request request = {.table = table, .wants_content = true};
    return target->driver->proof->fingerprint(mem, target->engine, &request, out, err);
}

// Without a key rows cannot be matched, but counted and added up.
static bool compare_content(struct comparing *comparing, const struct schema_relation *here,
                            const struct schema_relation *there, struct against_table *table,
                            struct error *err)
{
    SCRATCH(tmp);
    struct engine_fingerprint *ours, *theirs;

    TRY(take_content(tmp, comparing->request->here, here->name, &ours, err));
    TRY(take_content(tmp, comparing->request->there, there->name, &theirs, err));
    if (ours->n_columns != theirs->n_columns)
        return error_set(err, ERROR_INPUT,
                         "it has no key to match rows by, and the two have other columns");
    for (size_t i = 0; i < ours->n_columns; i++)
        if (ours->columns[i].unknown != NULL || theirs->columns[i].unknown != NULL)
            return error_set(err, ERROR_INPUT, "column %s could not be read",
                             ours->columns[i].column);
    table->location.rows_before = theirs->rows;
    table->location.rows_after = ours->rows;
    table->location.is_equal =
        ours->rows == theirs->rows &&
        memcmp(ours->content.bytes, theirs->content.bytes, sizeof(ours->content.bytes)) == 0;
    return true;
}

static bool compare_rows(struct comparing *comparing, const struct schema_relation *here,
                         const struct schema_relation *there, struct against_table *table,
                         struct error *err)
{
    SCRATCH(tmp);
    const struct against_request *request = comparing->request;
    const struct config_table *settings = baseline_settings(request->config, here->name);
    bool has_setting = settings != NULL && settings->n_key > 0;
    struct location_request location = {
        .before = {request->there, there->name},
        .after = {request->here, here->name},
        .progress = show_progress,
        .context = comparing,
    };

    comparing->progress_of = here->name.name;
    table->has_key = has_setting || has_primary_key(there);
    if (!table->has_key)
        return compare_content(comparing, here, there, table, err);
    if (has_setting) {
        location.key = (const char *const *)settings->key;
        location.n_key = settings->n_key;
    }
    choose_columns(tmp, settings, here, there, &location);
    return location_find(comparing->mem, &location, &table->location, err);
}

static bool compare(struct comparing *comparing, const struct schema_relation *here,
                    const struct schema_relation *there, struct error *err)
{
    struct against *out = comparing->out;
    struct against_table *table = mem_append(comparing->mem, out->tables, out->n_tables);
    struct error failure = {0};

    *table = (struct against_table){
        .here = here == NULL ? (struct name){0} : here->name,
        .there = there == NULL ? (struct name){0} : there->name,
    };
    if (here == NULL || there == NULL || compare_rows(comparing, here, there, table, &failure))
        return true;
    if (is_fatal(&failure)) {
        *err = failure;
        return false;
    }
    table->unknown = mem_strdup(comparing->mem, failure.message);
    return true;
}

// --- which

static bool compare_named(struct comparing *comparing, struct error *err)
{
    const struct against_request *request = comparing->request;

    for (size_t i = 0; i < request->n_pairs; i++) {
        const struct against_pair *pair = &request->pairs[i];
        const struct schema_relation *here = find_named(comparing->here, pair->here);
        const struct schema_relation *there = find_named(comparing->there, pair->there);
        if (here == NULL || there == NULL)
            return error_set(err, ERROR_INPUT, "there is no table '%s' in %s",
                             here == NULL ? pair->here : pair->there,
                             (here == NULL ? request->here : request->there)->identity.text);
        TRY(compare(comparing, here, there, err));
    }
    return true;
}

static bool compare_all(struct comparing *comparing, struct error *err)
{
    for (struct schema_relation *there = schema_next(comparing->there, NULL); there != NULL;
         there = schema_next(comparing->there, there))
        if (is_compared(there))
            TRY(compare(comparing, schema_find(comparing->here, there->name), there, err));
    for (struct schema_relation *here = schema_next(comparing->here, NULL); here != NULL;
         here = schema_next(comparing->here, here))
        if (is_compared(here) && schema_find(comparing->there, here->name) == NULL)
            TRY(compare(comparing, here, NULL, err));
    return true;
}

// --- the whole

enum status against_status(const struct against_table *table)
{
    const struct location *location = &table->location;

    if (table->here.name == NULL || table->there.name == NULL)
        return STATUS_FAIL;
    if (table->unknown != NULL)
        return STATUS_UNKNOWN;
    bool has_columns = location->n_only_before + location->n_only_after > 0;
    if (location->is_equal && !has_columns)
        return STATUS_PASS;
    bool differs = has_columns || !table->has_key || location->missing.rows > 0 ||
                   location->extra.rows > 0 || location->changed.rows > 0;
    return differs ? STATUS_FAIL : STATUS_UNKNOWN;
}

static enum verdict add_up(const struct against *against)
{
    enum verdict verdict = against->n_tables == 0 ? VERDICT_HOLD : VERDICT_GO;

    for (size_t i = 0; i < against->n_tables; i++) {
        enum status status = against_status(&against->tables[i]);
        if (status == STATUS_FAIL)
            return VERDICT_NO_GO;
        if (status == STATUS_UNKNOWN)
            verdict = VERDICT_HOLD;
    }
    return verdict;
}

static bool compare_tables(struct comparing *comparing, struct error *err)
{
    const struct against_request *request = comparing->request;

    TRY(request->here->driver->catalog->read(comparing->mem, request->here->engine,
                                             &comparing->here, err));
    TRY(request->there->driver->catalog->read(comparing->mem, request->there->engine,
                                              &comparing->there, err));
    return request->n_pairs > 0 ? compare_named(comparing, err) : compare_all(comparing, err);
}

static bool within_snapshot(struct comparing *comparing, const struct target *target,
                            bool (*work)(struct comparing *, struct error *), struct error *err)
{
    struct error ignored;

    TRY(target->driver->session->snapshot_begin(target->engine, err));
    bool is_done = work(comparing, err);
    bool is_ended = target->driver->session->snapshot_end(target->engine, is_done ? err : &ignored);
    return is_done && is_ended;
}

static bool compare_there(struct comparing *comparing, struct error *err)
{
    const struct against_request *request = comparing->request;
    return request->here == request->there
               ? compare_tables(comparing, err)
               : within_snapshot(comparing, request->there, compare_tables, err);
}

bool against_make(TALLOC_CTX *mem, const struct against_request *request, struct against *out,
                  struct error *err)
{
    struct against made = {.here = request->here, .there = request->there};
    struct comparing comparing = {.mem = mem, .request = request, .out = &made};
    int64_t started_ms = clock_monotonic_ms();

    if (request->here->driver != request->there->driver)
        return error_set(err, ERROR_INPUT,
                         "%s and %s cannot be compared: their values have other forms",
                         request->here->driver->name, request->there->driver->name);
    if (request->here == request->there && request->n_pairs == 0) {
        error_set(err, ERROR_USAGE, "%s is to be compared with itself",
                  request->here->identity.text);
        return error_hint(err, "name two tables of it: --table ONE=OTHER");
    }
    TRY(within_snapshot(&comparing, request->here, compare_there, err));
    made.verdict = add_up(&made);
    made.took_ms = clock_monotonic_ms() - started_ms;
    *out = made;
    return true;
}
