/*
 * Going back with an undo log: which migrations have one that waits, and its data, taken back once,
 * before the down or behind it (proof/undo_way.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/log.h"
#include "base/quantity.h"
#include "flight/migrating.h"
#include "journal/events.h"
#include "proof/baseline.h"
#include "proof/undo_way.h"

#define PAUSE_MS 1000

// --- what there is

// A pure data migration needs no down: its schema is as before, the journal says, and its data is
// in the log, all of it.
static bool is_data_alone(const struct migrating *migrating, const struct migrate_step *step,
                          bool *out, struct error *err)
{
    json_auto_t *event = NULL;
    TRY(migrating_journaled_up(migrating, step, &event, err));
    const json_t *data = json_object_get(event, "data");
    const char *before = json_get_text(data, "schema_before");
    const char *after = json_get_text(data, "schema_after");
    *out = before != NULL && after != NULL && strcmp(before, after) == 0 &&
           json_is_true(json_object_get(json_object_get(data, "undo_log"), "whole"));
    return true;
}

static bool check_ended(const struct migrate_step *step, const struct engine_undo_log *log,
                        struct error *err)
{
    if (log == NULL || log->is_ended)
        return true;
    error_set(err, ERROR_PARTIAL,
              "%s: undo log '%s' has no end: its migration stopped half-way, and was finished by "
              "hand",
              step->migration->path, log->id);
    return error_hint(err,
                      "bring back by hand what is in it, then give it up: tminus clean --undo-log "
                      "%s",
                      log->id);
}

static bool check_text(const struct migrate_step *step, const struct engine_undo_log *open,
                       struct error *err)
{
    SCRATCH(tmp);
    if (open == NULL || strcmp(open->id, undo_log_id(tmp, step->version, step->sha256)) == 0)
        return true;
    error_set(err, ERROR_INPUT,
              "%s: changed after it was applied: undo log '%s' is of another text of it",
              step->migration->path, open->id);
    return error_hint(err, "bring the file back as it was");
}

bool migrating_read_undo(struct migrating *migrating, struct migrate_undo **out, struct error *err)
{
    const struct change *change = migrating->request->change;
    const struct migrating *of = migrating;
    struct migrate_undo *list =
        mem_array(migrating->mem, struct migrate_undo, change->n_migrations);
    *out = list;
    for (size_t i = 0; migrating->logs.n > 0 && i < change->n_migrations; i++) {
        SCRATCH(tmp);
        const struct migration *migration = &change->migrations[i];
        struct migrate_step step = {.migration = migration};
        if (migration->up.path == NULL)
            continue;
        step.version = record_version(tmp, of->record.format, migration);
        migrate_sha256(migration, step.sha256);
        const struct engine_undo_log *open = undo_logs_find_open(&of->logs, step.version);
        const char *id = undo_log_id(tmp, step.version, step.sha256);
        list[i].waits = open != NULL && open->is_ended && strcmp(open->id, id) == 0;
        migrating->report->n_waiting +=
            list[i].waits && record_find(&of->record, step.version) == NULL;
        if (undo_logs_find(&of->logs, id) != NULL && migration->down.path == NULL)
            TRY(is_data_alone(of, &step, &list[i].is_data_alone, err));
    }
    return true;
}

// A restore without the schema tminus, or somebody's hand: without its log what the up overwrote
// would stay so, and the down alone must not look like the way back.
static bool check_there(const struct migrating *migrating, const struct migrate_step *step,
                        struct error *err)
{
    SCRATCH(tmp);
    json_auto_t *up = NULL, *undone = NULL;
    const char *id = undo_log_id(tmp, step->version, step->sha256);
    if (migrating->request->undo_log == UNDO_LOG_LEFT || step->is_data_only ||
        undo_logs_find(&migrating->logs, id) != NULL)
        return true;
    TRY(migrating_journaled_up(migrating, step, &up, err));
    const json_t *log = json_object_get(json_object_get(up, "data"), "undo_log");
    if (json_get_text(log, "id") == NULL)
        return true;
    TRY(journal_last(migrating->request->journal, EVENT_DATA_UNDONE, "log", id, &undone, err));
    if (json_get_integer(undone, "seq", 0) > json_get_integer(up, "seq", 0))
        return true;
    error_set(err, ERROR_INPUT,
              "%s: its undo log '%s' is not in the database any more: what it overwrote stays so",
              step->migration->path, id);
    return error_hint(err, "undo the rest, and leave the data as it is: tminus migrate --undo "
                           "--no-undo-log");
}

// Of the steps alone: an old log of a migration that nobody wants to undo is in nobody's way.
bool migrating_check_undo(const struct migrating *migrating, struct error *err)
{
    const struct migrate_report *report = migrating->report;
    for (size_t i = 0; i < report->n_steps; i++) {
        const struct migrate_step *step = &report->steps[i];
        const struct engine_undo_log *open = undo_logs_find_open(&migrating->logs, step->version);
        TRY(check_text(step, open, err));
        TRY(check_ended(step, open, err));
        TRY(check_there(migrating, step, err));
    }
    return true;
}

// --- the data of one migration

// A masked value leaves as its hash alone; a row without a key is all its values.
static const char *shown_key(const struct migrating *migrating, struct name table,
                             const char *key_text)
{
    SCRATCH(tmp);
    const struct config_table *settings = baseline_settings(migrating->request->config, table);
    bool is_masked = false;
    for (size_t i = 0; settings != NULL && i < settings->n_mask; i++)
        is_masked = is_masked || *key_text == '(' ||
                    strstr(key_text, mem_printf(tmp, "%s=", settings->mask[i])) != NULL;
    return is_masked
               ? mem_printf(migrating->mem, "****%.8s", digest_of(key_text, strlen(key_text)).hex)
               : mem_strdup(migrating->mem, key_text);
}

static void take_conflict(void *context, struct name table, const char *key_text, const char *why)
{
    struct migrating *migrating = context;
    struct migrate_log *log = &migrating->going_back->log;
    if (log->n_shown == MIGRATE_CONFLICTS_SHOWN)
        return;
    *mem_append(migrating->mem, log->shown, log->n_shown) = (struct migrate_conflict){
        .table = migrating_table_text(migrating, table),
        .key = shown_key(migrating, table, key_text),
        .why = mem_strdup(migrating->mem, why),
    };
}

static bool may_try_again(const struct migrating *migrating, int64_t attempt,
                          const struct error *err)
{
    return strcmp(err->sqlstate, "55P03") == 0 && attempt < migrating->request->attempts;
}

// Nothing was taken back by an attempt that failed.
static bool roll_back(struct migrating *migrating, struct engine_undo_result *out,
                      struct error *err)
{
    const struct migrate_request *request = migrating->request;
    const struct engine_undo_back back = {
        .id = migrating->going_back->log.id,
        .lock_timeout_ms = request->timeout_ms,
        .each = take_conflict,
        .context = migrating,
    };
    for (int64_t attempt = 1;; attempt++) {
        migrating->going_back->log.n_shown = 0;
        if (request->driver->undo->roll_back(migrating->mem, migrating->writer, &back, out, err))
            return true;
        if (!may_try_again(migrating, attempt, err))
            return false;
        log_info("%s; again in 1s", err->message);
        TRY(wait_pause(request->wait, PAUSE_MS, err));
    }
}

static void keep_result(struct migrate_log *log, const struct engine_undo_result *result)
{
    log->has_gone_back = true;
    log->rows = result->rows;
    log->conflicts = result->conflicts;
    log->took_ms = result->run.took_ms;
}

static bool take_data_back(struct migrating *migrating, struct undo_position *at, struct error *err)
{
    struct migrate_step *step = migrating->going_back;
    struct engine_undo_result result = {0};
    struct error ignored;
    TRY(migrating_journal_data(migrating, EVENT_DATA_UNDO_STARTED, NULL, NULL, err));
    log_info("taking data back from undo log %s", step->log.id);
    if (roll_back(migrating, &result, err)) {
        keep_result(&step->log, &result);
        return migrating_journal_data(migrating, EVENT_DATA_UNDONE, &result.run, NULL, err);
    }
    if (!migrating_journal_data(migrating, EVENT_DATA_UNDO_FAILED, NULL, err, &ignored))
        log_warning("the journal could not be written: %s", ignored.message);
    at->is_data_refused = undo_way_may_wait(at, err);
    if (at->is_data_refused)
        log_info("%s; the down first, then the data", err->message);
    return at->is_data_refused;
}

static bool look(struct migrating *migrating, struct undo_position *at, struct error *err)
{
    const struct migrate_step *step = migrating->going_back;
    if (step->log.id == NULL)
        return true;
    return migrating->request->driver->undo->look(migrating->mem, migrating->reader, step->log.id,
                                                  &at->log, err);
}

// An earlier run took the data back and was killed before the down: what it left alone is told
// again. It may have had no time to journal what it did.
static bool recall(struct migrating *migrating, struct error *err)
{
    struct migrate_log *log = &migrating->going_back->log;
    json_auto_t *event = NULL;
    const struct engine_run unknown = {0};
    log->was_back = true;
    TRY(journal_last(migrating->request->journal, EVENT_DATA_UNDONE, "log", log->id, &event, err));
    const json_t *data = json_object_get(event, "data");
    if (data == NULL)
        return migrating_journal_data(migrating, EVENT_DATA_UNDONE, &unknown, NULL, err);
    log->rows = json_get_integer(data, "rows", 0);
    log->conflicts = json_get_integer(data, "conflicts", 0);
    return true;
}

// What its up did not keep, as the journal has it; the log tells the rest itself, row by row.
static bool recall_unkept(struct migrating *migrating, struct migrate_step *step, const char *told,
                          struct error *err)
{
    json_auto_t *event = NULL;
    const json_t *item;
    size_t i;
    TRY(migrating_journaled_up(migrating, step, &event, err));
    const json_t *log = json_object_get(json_object_get(event, "data"), "undo_log");
    json_array_foreach(json_object_get(log, "not_kept"), i, item)
    {
        const char *table = json_get_text(item, "table");
        const char *why = json_get_text(item, "why");
        if (table == NULL || why == NULL || (told != NULL && strcmp(why, told) == 0))
            continue;
        *mem_append(migrating->mem, step->log.unkept, step->log.n_unkept) = (struct migrate_unkept){
            .table = mem_strdup(migrating->mem, table), .why = mem_strdup(migrating->mem, why)};
    }
    return true;
}

static bool begin(struct migrating *migrating, struct undo_position *at, struct error *err)
{
    struct migrate_step *step = migrating->going_back;
    const char *id = undo_log_id(migrating->mem, step->version, step->sha256);
    *at = (struct undo_position){.is_applied = !step->is_data_only, .has_down = true};
    if (undo_logs_find(&migrating->logs, id) != NULL)
        step->log.id = id;
    TRY(look(migrating, at, err));
    if (migrating->request->undo_log != UNDO_LOG_LEFT)
        TRY(recall_unkept(migrating, step, at->log.lost, err));
    return !at->log.is_rolled_back || recall(migrating, err);
}

// Half of it is done: which half, and that the same command goes on with the other.
static bool fail(struct migrate_step *step, const struct undo_position *at, struct error *err)
{
    bool is_data_back = step->log.has_gone_back || step->log.was_back;
    if (is_data_back != at->is_applied) {
        step->state = step->state == MIGRATE_PENDING ? MIGRATE_TAKEN_BACK : step->state;
        return false;
    }
    step->state = MIGRATE_PARTIAL;
    if (err->code != ERROR_INTERRUPTED)
        err->code = ERROR_PARTIAL;
    error_wrap(err, "%s: %s", step->migration->path,
               is_data_back ? "its data is back, and its down did not run"
                            : "its down ran, and its data did not go back");
    if (is_data_back)
        return error_hint(err, "mend the cause; the same command goes on with what is left of it");
    return error_hint(err,
                      "mend the cause, and the same command goes on; or leave the data as it is: "
                      "tminus clean --undo-log %s",
                      step->log.id);
}

// What the down left otherwise than it was does not keep the data from going back.
static bool go_down(struct migrating *migrating, struct undo_position *at, struct error *found,
                    struct error *err)
{
    struct migrate_step *step = migrating->going_back;
    if (migrating_run_down(migrating, step, err)) {
        at->is_applied = false;
        return true;
    }
    at->is_applied = step->state != MIGRATE_DONE;
    *found = *err;
    return !at->is_applied;
}

static bool go_on(struct migrating *migrating, struct undo_position *at, struct error *found,
                  struct error *err)
{
    for (enum undo_act act; (act = undo_way_next(at)) != UNDO_ACT_NONE;) {
        TRY(act == UNDO_ACT_DATA ? take_data_back(migrating, at, err)
                                 : go_down(migrating, at, found, err));
        TRY(look(migrating, at, err));
    }
    return true;
}

bool migrating_go_back(struct migrating *migrating, struct migrate_step *step, struct error *err)
{
    struct undo_position at;
    struct error found = {0};
    migrating->going_back = step;
    TRY(begin(migrating, &at, err));
    if (!go_on(migrating, &at, &found, err))
        return fail(step, &at, err);
    step->state = MIGRATE_DONE;
    if (found.code == ERROR_NONE)
        return true;
    *err = found;
    return false;
}
