/*
 * Measured runs: see measured_run.h.
 *
 * The engine tells what each statement did; here that is put beside what was predicted of it, by
 * its place in the file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/measured_run.h"
#include "base/clock.h"
#include "base/text.h"
#include <ctype.h>

struct taking {
    TALLOC_CTX *mem;
    const struct migration_text *text;
    const struct assessed_script *assessed; // NULL: none
    size_t next;                            // of its statements, not yet passed
    struct measured_run *run;
};

static const struct assessed_script *find_assessed(const struct run_request *request)
{
    const struct assessment *assessment = request->assessment;
    for (size_t i = 0; assessment != NULL && i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        if (script->migration == request->migration && script->is_down == request->is_down)
            return script;
    }
    return NULL;
}

// The statement that begins within [start, end). Code within it stands behind it, and is its part.
static const struct statement *find_statement(struct taking *taking, size_t start, size_t end)
{
    const struct script *script = taking->assessed ? taking->assessed->script : NULL;
    while (script != NULL && taking->next < script->n_statements) {
        const struct statement *statement = &script->statements[taking->next];
        if (!statement->is_inner && statement->offset >= end)
            return NULL;
        taking->next++;
        if (!statement->is_inner && statement->offset >= start)
            return statement;
    }
    return NULL;
}

// --- what the engine measured, as effects

static const char **keep_names(TALLOC_CTX *mem, const char *const *names, size_t n)
{
    const char **kept = mem_array(mem, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        kept[i] = mem_strdup(mem, names[i]);
    return kept;
}

static struct effects *measured_effects(TALLOC_CTX *mem, const struct engine_measured *measured)
{
    struct effects *effects = mem_new(mem, struct effects);
    effects->layer = LAYER_MEASURED;
    effects->locks = mem_array(effects, struct effect_lock, measured->n_locks + 1);
    for (size_t i = 0; i < measured->n_locks; i++) {
        struct effect_lock *lock = &effects->locks[effects->n_locks++];
        lock->relation = mem_strdup(effects, measured->locks[i].relation);
        lock->layer = LAYER_MEASURED;
        if (!lock_mode_by_name(measured->locks[i].mode, &lock->mode))
            bug("the engine says lock mode %s", measured->locks[i].mode);
    }
    effects->rewrites = keep_names(effects, measured->rewrites, measured->n_rewrites);
    effects->n_rewrites = measured->n_rewrites;
    effects->scans = keep_names(effects, measured->scans, measured->n_scans);
    effects->n_scans = measured->n_scans;
    effects->index_builds = keep_names(effects, measured->index_builds, measured->n_index_builds);
    effects->n_index_builds = measured->n_index_builds;
    return effects;
}

static void keep_written(TALLOC_CTX *mem, const struct engine_measured *measured,
                         struct measured_statement *out)
{
    for (size_t i = 0; i < measured->n_written; i++) {
        const struct engine_written *written = &measured->written[i];
        *mem_append(mem, out->written, out->n_written) = (struct rehearsal_written){
            .table = written->table.schema == NULL
                         ? mem_strdup(mem, written->table.name)
                         : mem_printf(mem, "%s.%s", written->table.schema, written->table.name),
            .inserted = written->inserted,
            .updated = written->updated,
            .deleted = written->deleted,
        };
    }
}

// For a statement that nobody read: its first word.
static char *first_word(TALLOC_CTX *mem, const char *sql)
{
    size_t len = 0;
    while (isalpha((unsigned char)sql[len]))
        len++;
    char *word = mem_strndup(mem, sql, len);
    for (char *c = word; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return word;
}

static void take(void *context, const struct engine_measured *measured)
{
    struct taking *taking = context;
    TALLOC_CTX *mem = taking->mem;
    struct measured_run *run = taking->run;
    const struct migration_text *text = taking->text;
    const struct statement *statement = find_statement(taking, measured->start, measured->end);
    struct text_place place = text_place(text->text, text->len, measured->start);
    struct measured_statement one = {
        .path = text->path,
        .line = place.line,
        .column = place.column,
        .offset = measured->start,
        .sql = mem_strndup(mem, text->text + measured->start, measured->end - measured->start),
        .effects = measured_effects(mem, measured),
        .took_us = measured->took_us,
        .wal_bytes = measured->wal_bytes,
        .remarks = keep_names(mem, measured->remarks, measured->n_remarks),
        .n_remarks = measured->n_remarks,
    };
    bool is_end = measured->start == measured->end;
    one.kind = statement != NULL ? statement->kind : is_end ? "COMMIT" : first_word(mem, one.sql);
    if (statement != NULL)
        one.predicted = taking->assessed->effects[statement - taking->assessed->script->statements];
    keep_written(mem, measured, &one);
    *mem_append(mem, run->statements, run->n_statements) = one;
    run->took_us += one.took_us;
    if (one.wal_bytes >= 0)
        run->wal_bytes = (run->wal_bytes > 0 ? run->wal_bytes : 0) + one.wal_bytes;
}

// --- the run

// What a copy's confinement makes of a statement: its server connects to nothing, runs nothing and
// writes no file elsewhere, nobody is mapped to a user of a foreign server, and SQLite attaches
// nothing.
static bool reaches_out(const char *failure)
{
    static const char *const signs[] = {"(08001)",
                                        "could not execute command",
                                        "user mapping not found",
                                        "it attaches database",
                                        "for writing: Permission denied",
                                        "could not create server file",
                                        "could not set permissions on directory",
                                        "could not create directory"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (strstr(failure, signs[i]) != NULL)
            return true;
    return false;
}

// Is the failure one of the migration's?
static bool is_answer(const struct error *why, bool is_overdue)
{
    switch (why->code) {
    case ERROR_INPUT:
    case ERROR_DATABASE:
    case ERROR_TAKEN_BACK:
    case ERROR_PARTIAL: return true;
    case ERROR_UNREACHABLE: return is_overdue;
    case ERROR_NONE:
    case ERROR_USAGE:
    case ERROR_CONFIG:
    case ERROR_SYSTEM:
    case ERROR_IDENTITY:
    case ERROR_BASELINE:
    case ERROR_UNKNOWN:
    case ERROR_POLICY:
    case ERROR_INTERRUPTED:
    case ERROR_INTERNAL:
    case ERROR_CODE_COUNT: break;
    }
    return false;
}

static bool run_text(struct taking *taking, const struct run_request *request, struct error *err)
{
    const struct target *work = request->work;
    const struct migration_text *text = taking->text;
    struct measured_run *run = taking->run;
    struct engine_run ignored;
    struct error why = {0};
    const struct engine_run_request engine_request = {
        .path = text->path,
        .text = text->text,
        .start = text->start,
        .end = text->end,
        .in_transaction = text->in_transaction,
        .first = request->first,
        .last = request->last,
        .measured = take,
        .measured_context = taking,
        .deadline_ms = request->deadline_ms,
    };
    int64_t begun_ms = clock_monotonic_ms();
    if (work->driver->session->run(taking->mem, work->engine, &engine_request, &ignored, &why)) {
        run->state = RUN_DONE;
        return true;
    }
    if (wait_signal() != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    bool is_overdue = why.code == ERROR_UNREACHABLE && request->deadline_ms != 0 &&
                      clock_monotonic_ms() - begun_ms >= request->deadline_ms;
    if (!is_answer(&why, is_overdue)) {
        *err = why;
        return false;
    }
    run->state = is_overdue ? RUN_OVERDUE : RUN_FAILED;
    run->failure = mem_strdup(taking->mem, why.message);
    run->reaches_out = reaches_out(why.message);
    return true;
}

bool measured_run_migration(TALLOC_CTX *mem, const struct run_request *request,
                            struct measured_run *run, struct error *err)
{
    const struct migration *migration = request->migration;
    struct taking taking = {
        .mem = mem,
        .text = request->is_down ? &migration->down : &migration->up,
        .assessed = find_assessed(request),
        .run = run,
    };
    if (run->n_statements == 0)
        run->wal_bytes = -1;
    if (taking.text->path == NULL) {
        run->state = RUN_FAILED;
        run->failure = mem_printf(mem, "%s: there is no %s", migration->path,
                                  request->is_down ? "down" : "up");
        return true;
    }
    return run_text(&taking, request, err);
}
