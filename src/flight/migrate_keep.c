/*
 * Keeping before-images: what of a migration an undo log is asked to keep, the SQL around it, and
 * whether the log holds all of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "flight/migrating.h"
#include "proof/reading.h"
#include "proof/undo_subjects.h"

#define UNNAMED_TABLES "tables that no text names"

static void add_unkept(struct migrating *migrating, struct migrate_log *log, const char *table,
                       const char *why)
{
    *mem_append(migrating->mem, log->unkept, log->n_unkept) = (struct migrate_unkept){
        .table = mem_strdup(migrating->mem, table), .why = mem_strdup(migrating->mem, why)};
}

// --- before anything runs

// A log of an earlier run that is not over: what it holds would be lost, or taken for this one's.
static bool check_open(const struct migrating *migrating, const struct migrate_step *step,
                       struct error *err)
{
    const struct engine_undo_log *open = undo_logs_find_open(&migrating->logs, step->version);
    const char *path = step->migration->path;
    if (open == NULL)
        return true;
    if (!open->is_ended) {
        error_set(err, ERROR_PARTIAL,
                  "%s: an earlier run of it stopped half-way, and its undo log '%s' is there", path,
                  open->id);
        return error_hint(err,
                          "bring back what it left half done, then give up the log: tminus "
                          "clean --undo-log %s",
                          open->id);
    }
    error_set(err, ERROR_PARTIAL,
              "%s: is not applied, and undo log '%s' of it holds data that did not go back", path,
              open->id);
    return error_hint(err,
                      "bring it back first: tminus migrate --undo --steps 1; or give it up: tminus "
                      "clean --undo-log %s",
                      open->id);
}

bool migrating_read_logs(struct migrating *migrating, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    if (request->is_undo && request->undo_log == UNDO_LOG_LEFT)
        return true;
    return request->driver->undo->list(migrating->mem, migrating->reader, false,
                                       &migrating->logs.list, &migrating->logs.n, err);
}

bool migrating_check_keeping(struct migrating *migrating, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    const struct migrate_report *report = migrating->report;
    // What forbids any log is said before the first migration runs.
    const struct engine_undo_request none = {.id = "none", .in_transaction = true};
    struct engine_undo_plan ignored;
    for (size_t i = 0; i < report->n_steps; i++)
        TRY(check_open(migrating, &report->steps[i], err));
    if (request->undo_log != UNDO_LOG_KEPT ||
        request->driver->undo->plan(migrating->mem, migrating->reader, &none, &ignored, err))
        return true;
    return error_wrap(err, "undo_log is asked for");
}

// --- one migration

static void tell_plan(struct migrating *migrating, struct migrate_step *step,
                      const struct engine_undo_plan *plan)
{
    struct migrate_log *log = &step->log;
    for (size_t i = 0; i < plan->n_tables; i++) {
        const struct engine_undo_table_plan *table = &plan->tables[i];
        const char *name = migrating_table_text(migrating, table->table);
        if (table->how != UNDO_NONE)
            *mem_append(migrating->mem, log->tables, log->n_tables) = name;
        if (table->how == UNDO_NONE || table->may_miss)
            add_unkept(migrating, log, name, table->why);
    }
    if (plan->unknown != NULL)
        add_unkept(migrating, log, UNNAMED_TABLES, plan->unknown);
    for (size_t i = 0; i < log->n_tables; i++)
        log_info("%s: before-images of %s are kept", step->migration->path, log->tables[i]);
    for (size_t i = 0; i < log->n_unkept; i++)
        log_warning("%s: not in its undo log: %s: %s", step->migration->path, log->unkept[i].table,
                    log->unkept[i].why);
}

static bool check_plan(const struct migrating *migrating, const struct migrate_step *step,
                       const struct engine_undo_plan *plan, struct error *err)
{
    const char *what = plan->unknown != NULL ? UNNAMED_TABLES : NULL;
    const char *why = plan->unknown;
    for (size_t i = 0; what == NULL && i < plan->n_tables; i++) {
        const struct engine_undo_table_plan *table = &plan->tables[i];
        if (table->how != UNDO_NONE)
            continue;
        what = migrating_table_text(migrating, table->table);
        why = table->why;
    }
    if (what == NULL || !migrating->request->needs_whole_log)
        return true;
    error_set(err, ERROR_POLICY,
              "%s: the way back rests on an undo log, and %s cannot be in it: %s",
              step->migration->path, what, why);
    return error_hint(err, "this migration was not begun; rehearse with the role that migrates");
}

static bool drop_leftover(const struct migrating *migrating, const char *id, struct error *err)
{
    return undo_logs_find(&migrating->logs, id) == NULL ||
           migrating->request->driver->undo->drop(migrating->writer, id, err);
}

bool migrating_plan_log(struct migrating *migrating, struct migrate_step *step,
                        struct engine_undo_plan *out, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    TALLOC_CTX *mem = migrating->mem;
    struct migration *migration = mem_new(mem, struct migration);
    struct target target = {.driver = request->driver, .engine = migrating->reader};
    struct reading reading;
    struct engine_undo_request asked = {.id = undo_log_id(mem, step->version, step->sha256),
                                        .in_transaction = step->migration->up.in_transaction};
    *migration = *step->migration;
    *out = (struct engine_undo_plan){0};
    TRY(drop_leftover(migrating, asked.id, err));
    if (request->undo_log != UNDO_LOG_KEPT)
        return true;
    const struct reading_request what = {.target = &target,
                                         .change = request->change,
                                         .migrations = migration,
                                         .n_migrations = 1,
                                         .config = request->config};
    TRY(migrating->session->identity(mem, migrating->reader, &target.identity, err));
    TRY(reading_make(mem, &what, &reading, err));
    step->log.is_asked = true;
    if (!undo_subjects_name(mem, &reading, &asked))
        return true;
    TRY(request->driver->undo->plan(mem, migrating->reader, &asked, out, err));
    if (out->first != NULL)
        step->log.id = asked.id;
    if (asked.unnamed != NULL && out->unknown == NULL)
        log_info("%s: what of %s its undo log does not hold is told when it has run",
                 step->migration->path, asked.unnamed);
    tell_plan(migrating, step, out);
    return check_plan(migrating, step, out, err);
}

// What is in the log is asked of it, not of its plan.
bool migrating_read_back_log(struct migrating *migrating, struct migrate_step *step,
                             struct error *err)
{
    struct engine_undo_state state;
    struct migrate_log *log = &step->log;
    log->is_whole = log->n_unkept == 0;
    if (log->id == NULL)
        return true;
    TRY(migrating->request->driver->undo->look(migrating->mem, migrating->reader, log->id, &state,
                                               err));
    if (!state.is_there || !state.is_ended)
        add_unkept(migrating, log, "all of it", "the log was not there when it was read back");
    if (state.lost != NULL)
        add_unkept(migrating, log, "beside what was foreseen", state.lost);
    log->is_whole = log->n_unkept == 0;
    return true;
}

// What ran in transactions of its own was taken back, and its log would wait for nothing.
bool migrating_drop_log(const struct migrating *migrating, const struct migrate_step *step,
                        struct error *err)
{
    SCRATCH(tmp);
    struct engine_undo_state state;
    const struct engine_undo_table *undo = migrating->request->driver->undo;
    if (step->log.id == NULL)
        return true;
    TRY(undo->look(tmp, migrating->writer, step->log.id, &state, err));
    return !state.is_there || undo->drop(migrating->writer, step->log.id, err);
}
