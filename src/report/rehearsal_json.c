/*
 * Report of a rehearsal as JSON (man/tminus-rehearse.1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/json_parts.h"
#include "report/rehearsal.h"
#include <math.h>

// PASS true, FAIL false, anything else null.
static void put_answer(struct json_writer *writer, const char *name, enum status status)
{
    if (status == STATUS_PASS || status == STATUS_FAIL)
        json_writer_bool(writer, name, status == STATUS_PASS);
    else
        json_writer_null(writer, name);
}

static void put_source(struct json_writer *writer, const struct rehearsal_source *source)
{
    json_writer_open_object(writer, "source");
    json_writer_text(writer, "kind", source->kind);
    json_writer_text(writer, "identity", source->identity);
    json_writer_text(writer, "backup", source->backup);
    json_writer_text(writer, "taken_at", source->taken_at);
    json_writer_integer(writer, "bytes", source->bytes);
    json_writer_integer(writer, "tables", source->tables);
    json_writer_integer(writer, "restored_rows", source->restored_rows);
    put_answer(writer, "fingerprint_equal", source->fingerprint_equal);
    json_writer_text(writer, "fingerprint_detail", source->fingerprint_detail);
    json_writer_close_object(writer);
}

// --- runs

static void put_written(struct json_writer *writer, const struct measured_statement *statement)
{
    json_writer_open_array(writer, "written");
    for (size_t i = 0; i < statement->n_written; i++) {
        const struct rehearsal_written *written = &statement->written[i];
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "table", written->table);
        json_writer_integer(writer, "inserted", written->inserted);
        json_writer_integer(writer, "updated", written->updated);
        json_writer_integer(writer, "deleted", written->deleted);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_bytes(struct json_writer *writer, const char *name, int64_t bytes)
{
    if (bytes < 0)
        json_writer_null(writer, name);
    else
        json_writer_integer(writer, name, bytes);
}

static void put_statement(struct json_writer *writer, const struct measured_statement *statement)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "path", statement->path);
    json_writer_integer(writer, "line", (int64_t)statement->line);
    json_writer_integer(writer, "offset", (int64_t)statement->offset);
    json_writer_text(writer, "kind", statement->kind);
    json_writer_text(writer, "sql", statement->sql);
    json_writer_real(writer, "seconds", (double)statement->took_us / 1e6);
    put_bytes(writer, "wal_bytes", statement->wal_bytes);
    if (statement->effects != NULL)
        report_effects(writer, statement->effects);
    put_written(writer, statement);
    report_texts(writer, "remarks", statement->remarks, statement->n_remarks);
    json_writer_close_object(writer);
}

static void put_run(struct json_writer *writer, const char *name, const struct measured_run *run)
{
    static const char *const states[] = {"not_tried", "done", "failed", "overdue"};
    if (run->state == RUN_NOT_TRIED) {
        json_writer_null(writer, name);
        return;
    }
    json_writer_open_object(writer, name);
    json_writer_text(writer, "state", states[run->state]);
    json_writer_text(writer, "failure", run->failure);
    json_writer_real(writer, "seconds", (double)run->took_us / 1e6);
    put_bytes(writer, "wal_bytes", run->wal_bytes);
    json_writer_open_array(writer, "statements");
    for (size_t i = 0; i < run->n_statements; i++)
        put_statement(writer, &run->statements[i]);
    json_writer_close_array(writer);
    json_writer_close_object(writer);
}

// --- effects

static void put_pairs(struct json_writer *writer, const struct column_effect *column)
{
    json_writer_open_array(writer, "pairs");
    for (size_t i = 0; i < column->n_pairs; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "before", column->pairs[i].before);
        json_writer_text(writer, "after", column->pairs[i].after);
        json_writer_integer(writer, "rows", column->pairs[i].rows);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    json_writer_bool(writer, "all_pairs", column->has_all_pairs);
}

static void put_column(struct json_writer *writer, const struct column_effect *column)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "column", column->column);
    json_writer_text(writer, "before", column->before);
    json_writer_bool(writer, "dropped", column->is_dropped);
    json_writer_integer(writer, "changed", column->changed);
    json_writer_integer(writer, "to_null", column->to_null);
    json_writer_integer(writer, "from_null", column->from_null);
    put_bytes(writer, "distinct_before", column->distinct_before);
    put_bytes(writer, "distinct_after", column->distinct_after);
    json_writer_bool(writer, "masked", column->is_masked);
    json_writer_text(writer, "unknown", column->unknown);
    put_pairs(writer, column);
    json_writer_close_object(writer);
}

static void put_keys(struct json_writer *writer, const char *name, const struct key_sample *sample)
{
    json_writer_integer(writer, name, sample->rows);
    if (sample->n_keys == 0)
        return;
    SCRATCH(tmp);
    report_texts(writer, mem_printf(tmp, "%s_keys", name), sample->keys, sample->n_keys);
}

static void put_table(struct json_writer *writer, const struct table_effect *table)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "table", table->table);
    json_writer_text(writer, "before", table->before);
    json_writer_bool(writer, "dropped", table->is_dropped);
    put_bytes(writer, "rows_before", table->rows_before);
    put_bytes(writer, "rows_after", table->rows_after);
    put_keys(writer, "added", &table->added);
    put_keys(writer, "removed", &table->removed);
    put_keys(writer, "changed", &table->changed);
    put_keys(writer, "duplicated", &table->duplicated);
    json_writer_bool(writer, "has_key", table->has_key);
    json_writer_text(writer, "unknown", table->unknown);
    json_writer_open_array(writer, "columns");
    for (size_t i = 0; i < table->n_columns; i++)
        put_column(writer, &table->columns[i]);
    json_writer_close_array(writer);
    json_writer_close_object(writer);
}

static void put_effects(struct json_writer *writer, const char *name,
                        const struct measured_effects *effects)
{
    json_writer_open_object(writer, name);
    json_writer_integer(writer, "compared_tables", effects->compared_tables);
    json_writer_integer(writer, "compared_rows", effects->compared_rows);
    json_writer_open_array(writer, "tables");
    for (size_t i = 0; i < effects->n_tables; i++)
        put_table(writer, &effects->tables[i]);
    json_writer_close_array(writer);
    json_writer_open_array(writer, "schema_diff");
    for (size_t i = 0; i < effects->n_objects; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "object", effects->objects[i].object);
        json_writer_text(writer, "what", effects->objects[i].what);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    json_writer_close_object(writer);
}

static void put_migrations(struct json_writer *writer, const struct rehearsal_report *report)
{
    json_writer_open_array(writer, "migrations");
    for (size_t i = 0; i < report->n_migrations; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "path", report->migrations[i].migration->path);
        json_writer_text(writer, "version", report->migrations[i].migration->version);
        put_effects(writer, "effects", &report->migrations[i].effects);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

// --- the way back

static void put_rollback(struct json_writer *writer, const struct rehearsal_report *report)
{
    const struct rollback_answer *answer = &report->rollback;
    json_writer_open_object(writer, "rollback");
    json_writer_text(writer, "class", rehearsal_class_name(answer->class));
    json_writer_text(writer, "why", answer->why);
    json_writer_text(writer, "unkept", answer->unkept);
    put_answer(writer, "schema_restored", answer->schema_restored);
    json_writer_text(writer, "schema_detail", answer->schema_detail);
    put_answer(writer, "data_restored", answer->data_restored);
    put_bytes(writer, "rows_lost", answer->rows_lost);
    json_writer_open_array(writer, "lost");
    for (size_t i = 0; i < answer->n_lost; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "table", answer->lost[i].table);
        json_writer_text(writer, "what", answer->lost[i].what);
        put_keys(writer, "rows", &answer->lost[i].rows);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    put_effects(writer, "left", &answer->left);
    if (report->down.state == RUN_DONE)
        json_writer_real(writer, "seconds", (double)report->down.took_us / 1e6);
    else
        json_writer_null(writer, "seconds");
    put_answer(writer, "same_again", answer->again);
    put_answer(writer, "old_release_survives", answer->old_release_survives);
    json_writer_text(writer, "old_release_detail", answer->old_release_detail);
    put_answer(writer, "undo_restores", answer->undo);
    json_writer_integer(writer, "undo_rows", answer->undo_rows);
    json_writer_integer(writer, "undo_bytes", answer->undo_bytes);
    json_writer_text(writer, "undo_detail", answer->undo_detail);
    json_writer_close_object(writer);
}

// --- lists

static void put_results(struct json_writer *writer, const char *name, const struct results *results,
                        const char *at)
{
    json_writer_open_array(writer, name);
    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->list[i];
        json_t *object = result_to_json(result, at);
        json_writer_open_object(writer, NULL);
        json_writer_members(writer, object);
        json_writer_close_object(writer);
        json_decref(object);
    }
    json_writer_close_array(writer);
}

static void put_findings(struct json_writer *writer, const char *name,
                         const struct findings *findings)
{
    json_writer_open_array(writer, name);
    for (size_t i = 0; i < findings->n; i++)
        report_finding(writer, &findings->list[i]);
    json_writer_close_array(writer);
}

static void put_times(struct json_writer *writer, const struct rehearsal_report *report)
{
    json_writer_open_array(writer, "estimates");
    for (size_t i = 0; i < report->n_estimates; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "what", report->estimates[i].what);
        // What is not known is null.
        bool is_known = report->estimates[i].high_s >= 0;
        json_writer_real(writer, "low", is_known ? report->estimates[i].low_s : NAN);
        json_writer_real(writer, "high", is_known ? report->estimates[i].high_s : NAN);
        json_writer_text(writer, "basis", report->estimates[i].basis);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    json_writer_open_array(writer, "phases");
    for (size_t i = 0; i < report->n_phases; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "phase", report->phases[i].phase);
        json_writer_integer(writer, "took_ms", report->phases[i].took_ms);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    json_writer_integer(writer, "took_ms", report->took_ms);
}

void report_rehearsal_json(FILE *out, const struct rehearsal_report *report,
                           const struct report_rehearsal_options *options)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_writer_open_object(&writer, NULL);
    json_writer_text(&writer, "schema", "tminus/rehearse/1");
    json_writer_text(&writer, "verdict", verdict_name(report->verdict));
    json_writer_text(&writer, "why", report->why);
    json_writer_text(&writer, "made_at", report->made_at);
    put_source(&writer, &report->source);
    put_run(&writer, "up", &report->up);
    put_run(&writer, "down", &report->down);
    put_run(&writer, "up_again", &report->again);
    put_effects(&writer, "effects", &report->effects);
    put_migrations(&writer, report);
    put_rollback(&writer, report);
    put_findings(&writer, "contradictions", report->contradictions);
    put_findings(&writer, "findings", report->findings);
    put_results(&writer, "old_release", &report->old_release, report->made_at);
    put_results(&writer, "invariants", &report->invariants, report->made_at);
    put_times(&writer, report);
    report_texts(&writer, "notes", report->notes, report->n_notes);
    report_texts(&writer, "written", options->written, options->n_written);
    if (options->journal != NULL && options->journal->sequence > 0) {
        json_writer_open_object(&writer, "journal");
        json_writer_integer(&writer, "seq", options->journal->sequence);
        json_writer_text(&writer, "hash", options->journal->hash);
        json_writer_close_object(&writer);
    }
    json_writer_close_object(&writer);
    json_writer_end(&writer);
}
