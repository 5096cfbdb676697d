/*
 * Report of a run of migrations: see migration.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/migration.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"
#include <inttypes.h>

#define STATE_WIDTH 14

static const char *step_path(const struct migrate_report *report, const struct migrate_step *step)
{
    return migrate_step_text(step, report->is_undo)->path;
}

static const char *restored_words(enum migrate_restored restored)
{
    switch (restored) {
    case RESTORED_UNKNOWN:
        return "whether the schema is as before its up is not known: the journal did not see that";
    case RESTORED_BESIDE_OTHERS:
        return "what its up changed is as before; others changed the schema since";
    case RESTORED_BUT_ORDER: return "the schema is as before its up, but for the order of columns";
    case RESTORED_YES: return "the schema is as before its up";
    case RESTORED_NO: return "the schema is NOT as before its up";
    }
    bug("migration report: restored %d", (int)restored);
}

// --- text

static void write_count(FILE *out, const char *verb, int64_t rows, bool *is_first)
{
    SCRATCH(tmp);
    if (rows == 0)
        return;
    fprintf(out, "%s%s %s", *is_first ? "" : ", ", quantity_count(tmp, rows), verb);
    *is_first = false;
}

static void write_written(FILE *out, const struct migrate_step *step)
{
    for (size_t i = 0; i < step->n_written; i++) {
        const struct migrate_written *written = &step->written[i];
        bool is_first = true;
        fprintf(out, "  %-*s %s: ", STATE_WIDTH, "", written->table);
        write_count(out, "inserted", written->inserted, &is_first);
        write_count(out, "updated", written->updated, &is_first);
        write_count(out, "deleted", written->deleted, &is_first);
        fputc('\n', out);
    }
}

static void write_unkept(FILE *out, const struct migrate_log *log)
{
    for (size_t i = 0; i < log->n_unkept; i++)
        fprintf(out, "  %-*s   NOT in it: %s: %s\n", STATE_WIDTH, "", log->unkept[i].table,
                log->unkept[i].why);
}

static void write_kept(FILE *out, const struct migrate_log *log)
{
    fprintf(out, "  %-*s undo log %s: before-images of ", STATE_WIDTH, "", log->id);
    for (size_t i = 0; i < log->n_tables; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", log->tables[i]);
    fprintf(out, "%s\n", log->n_tables == 0 ? "nothing" : "");
    write_unkept(out, log);
}

static void write_gone_back(FILE *out, const struct migrate_log *log)
{
    SCRATCH(tmp);
    fprintf(out, "  %-*s undo log %s: %s row%s taken back%s", STATE_WIDTH, "", log->id,
            quantity_count(tmp, log->rows), log->rows == 1 ? "" : "s",
            log->was_back ? " by an earlier run" : "");
    if (log->conflicts > 0)
        fprintf(out, ", %s left alone: not as the log knows %s",
                quantity_count(tmp, log->conflicts), log->conflicts == 1 ? "it" : "them");
    fputc('\n', out);
    for (size_t i = 0; i < log->n_shown; i++)
        fprintf(out, "  %-*s   %s %s: %s\n", STATE_WIDTH, "", log->shown[i].table,
                *log->shown[i].key ? log->shown[i].key : "as a whole", log->shown[i].why);
    if ((int64_t)log->n_shown < log->conflicts && log->n_shown > 0)
        fprintf(out, "  %-*s   and %s more\n", STATE_WIDTH, "",
                quantity_count(tmp, log->conflicts - (int64_t)log->n_shown));
}

static void write_log(FILE *out, const struct migrate_log *log)
{
    if (log->has_gone_back || log->was_back) {
        write_gone_back(out, log);
        write_unkept(out, log);
    } else if (log->id == NULL && log->n_unkept > 0) {
        fprintf(out,
                "  %-*s no undo log: what it overwrites or deletes is not known, and not kept\n",
                STATE_WIDTH, "");
        write_unkept(out, log);
    } else if (log->is_asked && log->id != NULL)
        write_kept(out, log);
    else if (log->is_asked)
        fprintf(out, "  %-*s no undo log: it overwrites and deletes nothing\n", STATE_WIDTH, "");
}

static void write_step(FILE *out, const struct migrate_report *report,
                       const struct migrate_step *step)
{
    SCRATCH(tmp);
    fprintf(out, "  %-*s %s", STATE_WIDTH, migrate_state_name(step->state, report->is_undo),
            step_path(report, step));
    if (step->state == MIGRATE_DONE && step->is_data_only)
        fputs("  (its down ran before)", out);
    else if (step->state == MIGRATE_DONE)
        fprintf(out, "  (%s statement%s, %s)", quantity_count(tmp, (int64_t)step->statements),
                step->statements == 1 ? "" : "s", quantity_duration(tmp, step->took_ms));
    fputc('\n', out);
    write_written(out, step);
    write_log(out, &step->log);
    if (step->state == MIGRATE_DONE && report->is_undo && !step->is_data_only)
        fprintf(out, "  %-*s %s\n", STATE_WIDTH, "", restored_words(step->restored));
}

static void write_orphans(FILE *out, const struct migrate_orphans *orphans)
{
    SCRATCH(tmp);
    if (orphans->after < 0) {
        fputs("foreign keys: could not be checked\n", out);
        return;
    }
    fprintf(out, "foreign keys: %s row%s nowhere", quantity_count(tmp, orphans->after),
            orphans->after == 1 ? " points" : "s point");
    if (orphans->before >= 0 && orphans->before != orphans->after)
        fprintf(out, ", %s before", quantity_count(tmp, orphans->before));
    fprintf(out, "%s%s%s\n", orphans->after > 0 ? " (in " : "", orphans->tables,
            orphans->after > 0 ? ")" : "");
}

static bool has_run(const struct migrate_report *report)
{
    return report->n_steps > 0 && !report->is_dry_run;
}

void report_migration_text(FILE *out, const struct migrate_report *report,
                           const struct report_journal *journal)
{
    fprintf(out, "%s\n%s migrations, recorded in %s: %zu applied before\n", report->database,
            report->layout, report->record_table, report->n_applied);
    if (report->n_steps == 0)
        fputs("nothing to apply\n", out);
    else if (report->is_dry_run)
        fprintf(out, "dry run, nothing was touched; to be %s:\n",
                report->is_undo ? "undone" : "applied");
    if (report->keeps_undo_log && report->is_dry_run && report->n_steps > 0)
        fputs("before-images are kept of the rows that are overwritten and deleted (undo_log)\n",
              out);
    for (size_t i = 0; i < report->n_steps; i++)
        write_step(out, report, &report->steps[i]);
    for (size_t i = 0; i < report->n_notes; i++)
        fprintf(out, "note: %s\n", report->notes[i]);
    bool is_whole = report->orphans.is_asked && has_run(report) &&
                    report->steps[report->n_steps - 1].state == MIGRATE_DONE;
    if (is_whole)
        write_orphans(out, &report->orphans);
    if (journal->sequence > 0)
        fprintf(out, "journal %" PRId64 ":%s\n", journal->sequence, journal->hash);
}

// --- JSON

static void put_written(json_t *object, const struct migrate_step *step)
{
    if (step->transaction != 0)
        json_put_integer(object, "transaction", (int64_t)step->transaction);
    if (!step->has_written)
        return;
    json_t *list = json_put_array(object, "written");
    for (size_t i = 0; i < step->n_written; i++) {
        const struct migrate_written *written = &step->written[i];
        json_t *row = json_object();
        json_put_text(row, "table", written->table);
        json_put_integer(row, "inserted", written->inserted);
        json_put_integer(row, "updated", written->updated);
        json_put_integer(row, "deleted", written->deleted);
        json_array_append_new(list, row);
    }
}

static void put_left_alone(json_t *object, const struct migrate_log *log)
{
    json_put_bool(object, "gone_back", log->has_gone_back || log->was_back);
    json_put_integer(object, "rows", log->rows);
    json_put_integer(object, "conflicts", log->conflicts);
    json_t *list = json_put_array(object, "left_alone");
    for (size_t i = 0; i < log->n_shown; i++) {
        json_t *row = json_object();
        json_put_text(row, "table", log->shown[i].table);
        json_put_text(row, "key", log->shown[i].key);
        json_put_text(row, "why", log->shown[i].why);
        json_array_append_new(list, row);
    }
}

static void put_kept(json_t *object, const struct migrate_log *log)
{
    json_put_bool(object, "whole", log->is_whole);
    json_t *tables = json_put_array(object, "tables");
    for (size_t i = 0; i < log->n_tables; i++)
        json_array_append_new(tables, json_text(log->tables[i]));
    json_t *list = json_put_array(object, "not_kept");
    for (size_t i = 0; i < log->n_unkept; i++) {
        json_t *table = json_object();
        json_put_text(table, "table", log->unkept[i].table);
        json_put_text(table, "why", log->unkept[i].why);
        json_array_append_new(list, table);
    }
}

// null: there is none.
static void put_log(json_t *step, const struct migrate_log *log, bool is_undo)
{
    if (log->id == NULL) {
        json_put(step, "undo_log", json_null());
        return;
    }
    json_t *object = json_put_object(step, "undo_log");
    json_put_text(object, "id", log->id);
    if (is_undo)
        put_left_alone(object, log);
    else
        put_kept(object, log);
}

static void put_step(json_t *list, const struct migrate_report *report,
                     const struct migrate_step *step)
{
    json_t *object = json_object();
    bool is_done = step->state == MIGRATE_DONE;
    json_put_text(object, "version", step->version);
    json_put_text(object, "name", step->migration->name);
    json_put_text(object, "path", step_path(report, step));
    json_put_text(object, "state", migrate_state_name(step->state, report->is_undo));
    json_put_text(object, "sha256", step->sha256);
    json_put(object, "statements",
             is_done ? json_integer((json_int_t)step->statements) : json_null());
    json_put(object, "seconds", is_done ? json_real((double)step->took_ms / 1000) : json_null());
    json_put_text(object, "schema_before", step->schema_before[0] ? step->schema_before : NULL);
    json_put_text(object, "schema_after", step->schema_after[0] ? step->schema_after : NULL);
    json_put(object, "schema_restored",
             step->restored == RESTORED_UNKNOWN ? json_null()
                                                : json_boolean(step->restored != RESTORED_NO));
    put_written(object, step);
    json_put_bool(object, "data_only", step->is_data_only);
    put_log(object, &step->log, report->is_undo);
    json_array_append_new(list, object);
}

static void put_count(json_t *object, const char *name, int64_t count)
{
    json_put(object, name, count < 0 ? json_null() : json_integer(count));
}

static void put_failure(json_t *document, const struct error *failure)
{
    if (failure == NULL) {
        json_put(document, "error", json_null());
        return;
    }
    json_t *object = json_put_object(document, "error");
    json_put_text(object, "code", error_code_name(failure->code));
    json_put_integer(object, "exit_status", error_exit_status(failure->code));
    json_put_text(object, "message", failure->message);
    json_put_text(object, "hint", failure->hint);
}

void report_migration_json(FILE *out, const struct migrate_report *report,
                           const struct report_journal *journal, const struct error *failure)
{
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/migrate/1");
    json_put_text(document, "database", report->database_name);
    json_put_text(document, "system", report->system);
    json_put_text(document, "layout", report->layout);
    json_put_text(document, "record_table", report->record_table);
    json_put_text(document, "direction", report->is_undo ? "down" : "up");
    json_put_bool(document, "dry_run", report->is_dry_run);
    json_put_bool(document, "undo_log", report->keeps_undo_log);
    json_put_integer(document, "data_waiting", (int64_t)report->n_waiting);
    json_put_bool(document, "complete", report->is_complete);
    json_put_integer(document, "applied_before", (int64_t)report->n_applied);
    json_put_text(document, "at_work", report->at_work);
    json_t *steps = json_put_array(document, "migrations");
    for (size_t i = 0; i < report->n_steps; i++)
        put_step(steps, report, &report->steps[i]);
    json_t *notes = json_put_array(document, "notes");
    for (size_t i = 0; i < report->n_notes; i++)
        json_array_append_new(notes, json_text(report->notes[i]));
    json_t *keys = json_put_object(document, "foreign_keys");
    put_count(keys, "orphans_before", report->orphans.before);
    put_count(keys, "orphans_after", report->orphans.after);
    put_failure(document, failure);
    if (journal->sequence > 0) {
        json_t *head = json_put_object(document, "journal");
        json_put_integer(head, "seq", journal->sequence);
        json_put_text(head, "hash", journal->hash);
    }
    json_write(out, document);
}
