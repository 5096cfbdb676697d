/*
 * What a run of migrations writes into the journal, and reads from it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/migrating.h"
#include "journal/events.h"

static json_t *event_data(const struct migrating *migrating, const struct migrate_step *step)
{
    json_t *data = json_object();
    json_put_text(data, "migration", step->migration->path);
    json_put_text(data, "version", step->version);
    json_put_text(data, "direction", migrating->request->is_undo ? "down" : "up");
    json_put_text(data, "database", migrating->report->database_name);
    json_put_text(data, "system", migrating->report->system);
    json_put_text(data, "sha256", step->sha256);
    json_put_text(data, "schema_before", step->schema_before);
    return data;
}

static void put_written(json_t *data, const struct migrate_step *step)
{
    if (step->transaction == 0)
        return;
    json_put_integer(data, "transaction", (int64_t)step->transaction);
    json_put_integer(data, "transaction_end", (int64_t)step->transaction_end);
    if (!step->has_written)
        return;
    json_t *list = json_put_array(data, "written");
    for (size_t i = 0; i < step->n_written; i++) {
        json_t *object = json_object();
        json_put_text(object, "table", step->written[i].table);
        json_put_integer(object, "inserted", step->written[i].inserted);
        json_put_integer(object, "updated", step->written[i].updated);
        json_put_integer(object, "deleted", step->written[i].deleted);
        json_array_append_new(list, object);
    }
}

// Of an up: what its log has of what it overwrote.
static void put_log(json_t *data, const struct migrate_log *log)
{
    if (log->id == NULL && log->n_unkept == 0)
        return;
    json_t *object = json_put_object(data, "undo_log");
    json_put_text(object, "id", log->id);
    json_put_bool(object, "whole", log->is_whole);
    json_t *unkept = json_put_array(object, "not_kept");
    for (size_t i = 0; i < log->n_unkept; i++) {
        json_t *table = json_object();
        json_put_text(table, "table", log->unkept[i].table);
        json_put_text(table, "why", log->unkept[i].why);
        json_array_append_new(unkept, table);
    }
}

bool migrating_journal_started(const struct migrating *migrating, const struct migrate_step *step,
                               struct error *err)
{
    return journal_append(migrating->request->journal, EVENT_MIGRATION_STARTED,
                          event_data(migrating, step), err);
}

bool migrating_journal_result(const struct migrating *migrating, const struct migrate_step *step,
                              const struct error *cause, const struct schema_differences *changed,
                              struct error *err)
{
    bool is_undo = migrating->request->is_undo;
    json_t *data = event_data(migrating, step);
    json_put_real(data, "seconds", (double)step->took_ms / 1000);
    json_put_text(data, "schema_after", step->schema_after[0] ? step->schema_after : NULL);
    json_put_text(data, "state", migrate_state_name(step->state, is_undo));
    put_written(data, step);
    if (changed != NULL)
        migrating_put_objects(data, changed);
    if (cause != NULL)
        json_put_text(data, "error", cause->message);
    if (cause == NULL && !is_undo)
        put_log(data, &step->log);
    const char *event = cause     ? EVENT_MIGRATION_FAILED
                        : is_undo ? EVENT_MIGRATION_UNDONE
                                  : EVENT_MIGRATION_APPLIED;
    return journal_append(migrating->request->journal, event, data, err);
}

static void put_conflicts(json_t *data, const struct migrate_log *log)
{
    json_put_integer(data, "rows", log->rows);
    json_put_integer(data, "conflicts", log->conflicts);
    json_t *list = json_put_array(data, "left_alone");
    for (size_t i = 0; i < log->n_shown; i++) {
        json_t *row = json_object();
        json_put_text(row, "table", log->shown[i].table);
        json_put_text(row, "key", log->shown[i].key);
        json_put_text(row, "why", log->shown[i].why);
        json_array_append_new(list, row);
    }
}

bool migrating_journal_data(const struct migrating *migrating, const char *event,
                            const struct engine_run *run, const struct error *cause,
                            struct error *err)
{
    const struct migrate_step *step = migrating->going_back;
    struct migrate_step wrote = {0};
    json_t *data = event_data(migrating, step);
    json_put_text(data, "direction", "data");
    json_put_text(data, "log", step->log.id);
    if (cause != NULL)
        json_put_text(data, "error", cause->message);
    if (run != NULL) {
        migrating_keep_result(migrating, &wrote, run);
        json_put_real(data, "seconds", (double)run->took_ms / 1000);
        put_conflicts(data, &step->log);
        put_written(data, &wrote);
    }
    return journal_append(migrating->request->journal, event, data, err);
}

// Does an event tell of this database, wherever its file lies now? A server has several of them.
static bool is_of_database(const struct migrating *migrating, const json_t *data)
{
    const char *system = data == NULL ? NULL : json_get_text(data, "system");
    if (system == NULL || migrating->report->system == NULL ||
        strcmp(system, migrating->report->system) != 0)
        return false;
    const char *database = json_get_text(data, "database");
    return migrating->request->driver->dialect == DIALECT_SQLITE ||
           (database != NULL && strcmp(database, migrating->report->database_name) == 0);
}

bool migrating_journaled_up(const struct migrating *migrating, const struct migrate_step *step,
                            json_t **event, struct error *err)
{
    TRY(journal_last(migrating->request->journal, EVENT_MIGRATION_APPLIED, "version", step->version,
                     event, err));
    const json_t *data = json_object_get(*event, "data");
    const char *sha256 = data ? json_get_text(data, "sha256") : NULL;
    if (sha256 != NULL && strcmp(sha256, step->sha256) == 0 && is_of_database(migrating, data))
        return true;
    json_decref(*event);
    *event = NULL;
    return true;
}

bool migrating_check_unfinished(const struct migrating *migrating, const struct migrate_step *step,
                                struct error *err)
{
    static const char *const results[] = {EVENT_MIGRATION_APPLIED, EVENT_MIGRATION_UNDONE,
                                          EVENT_MIGRATION_FAILED};
    json_auto_t *begun = NULL;
    struct journal *journal = migrating->request->journal;
    if (migrating_request(migrating, step).in_transaction)
        return true;
    TRY(journal_last(journal, EVENT_MIGRATION_STARTED, "version", step->version, &begun, err));
    if (begun == NULL || !is_of_database(migrating, json_object_get(begun, "data")))
        return true;
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        json_auto_t *result = NULL;
        TRY(journal_last(journal, results[i], "version", step->version, &result, err));
        if (result != NULL &&
            json_get_integer(result, "seq", 0) > json_get_integer(begun, "seq", 0))
            return true;
    }
    error_set(err, ERROR_PARTIAL,
              "%s: an earlier run began it without a transaction and never came "
              "back",
              step->migration->path);
    return error_hint(err,
                      "see what it left, and finish it by hand; tminus journal show has the run");
}
