/*
 * Rehearsal: its stages in order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "rehearsal/measured_run.h"
#include "rehearsal/rehearsing.h"
#include <unistd.h>

void rehearsing_phase(struct rehearsing *rehearsing, const char *phase)
{
    struct rehearsal_report *report = rehearsing->report;
    int64_t now_ms = clock_monotonic_ms();
    if (report->n_phases > 0 && report->phases[report->n_phases - 1].took_ms < 0)
        report->phases[report->n_phases - 1].took_ms = now_ms - rehearsing->phase_begun_ms;
    rehearsing->phase_begun_ms = now_ms;
    if (phase != NULL)
        *mem_append(rehearsing->mem, report->phases, report->n_phases) =
            (struct phase_time){.phase = phase, .took_ms = -1};
}

void rehearsing_note(struct rehearsing *rehearsing, const char *text)
{
    struct rehearsal_report *report = rehearsing->report;
    for (size_t i = 0; i < report->n_notes; i++)
        if (strcmp(report->notes[i], text) == 0)
            return;
    *mem_append(rehearsing->mem, report->notes, report->n_notes) =
        mem_strdup(rehearsing->mem, text);
}

bool rehearsing_read(const struct rehearsing *rehearsing, const struct target *target,
                     struct migration *migrations, size_t n, struct reading *out, struct error *err)
{
    const struct reading_request request = {
        .target = target,
        .change = rehearsing->request->change,
        .migrations = migrations,
        .n_migrations = n,
        .config = rehearsing->request->config,
    };
    return reading_make(rehearsing->mem, &request, out, err);
}

// The row "number=7" of a table whose key was `id` before.
static const char *key_before(TALLOC_CTX *mem, const struct trace_table *table, const char *key)
{
    const struct trace_column *column =
        table->n_key == 1 ? trace_column_before(table, table->key[0]) : NULL;
    if (column == NULL || column->after == NULL || strcmp(column->after, column->before) == 0)
        return key;
    return mem_printf(mem, "%s%s", column->before, key + strcspn(key, "="));
}

// What the new release wrote, by the names that it has after the downs.
static struct effects_exception *rows_before(TALLOC_CTX *mem, const struct rehearsing *rehearsing)
{
    const struct new_rows *written = &rehearsing->new_rows;
    const struct trace *trace = rehearsing->reading.trace;
    struct effects_exception *rows = mem_array(mem, struct effects_exception, written->n_rows);
    for (size_t i = 0; i < written->n_rows; i++) {
        rows[i] = written->rows[i];
        for (size_t t = 0; t < trace->n_tables; t++) {
            const struct trace_table *table = trace->tables[t];
            if (table->before.name == NULL || !trace_is_same_name(table->after, rows[i].table))
                continue;
            const char **keys = NULL;
            size_t n = 0;
            for (size_t k = 0; k < rows[i].n_keys; k++)
                *mem_append(mem, keys, n) = key_before(mem, table, rows[i].key_texts[k]);
            rows[i] =
                (struct effects_exception){.table = table->before, .key_texts = keys, .n_keys = n};
            break;
        }
    }
    return rows;
}

bool rehearsing_compare(struct rehearsing *rehearsing, const struct target *before,
                        const struct target *after, const struct trace *trace,
                        bool is_only_new_rows, struct measured_effects *out, struct error *err)
{
    const struct copies_request *copies = &rehearsing->request->copies;
    bool is_back = before == &rehearsing->copies->before && trace == NULL;
    const struct effects_request request = {
        .before = before,
        .after = after,
        .start = before == &rehearsing->copies->before ? rehearsing->copies->start : NULL,
        .trace = trace,
        .config = rehearsing->request->config,
        .leave_out = copies->leave_out,
        .n_leave_out = copies->n_leave_out,
        .except = is_back ? rows_before(rehearsing->mem, rehearsing) : rehearsing->new_rows.rows,
        .n_except = rehearsing->new_rows.n_rows,
        .is_only_except = is_only_new_rows,
        .progress = copies->progress,
        .context = copies->context,
    };
    return effects_find(rehearsing->mem, &request, out, err);
}

// --- the stages

static bool rehearse_change(struct rehearsing *rehearsing, const char *baseline, struct error *err)
{
    struct rehearsal_report *report = rehearsing->report;
    const struct change *change = rehearsing->request->change;

    rehearsing_phase(rehearsing, "read");
    TRY(rehearsing_read(rehearsing, &rehearsing->copies->before, change->migrations,
                        change->n_migrations, &rehearsing->reading, err));
    rehearsing_phase(rehearsing, "baseline");
    TRY(rehearse_baseline(rehearsing, baseline, err));
    TRY(rehearse_ups(rehearsing, err));
    if (report->up.state != RUN_DONE)
        return true;
    TRY(rehearse_estimates(rehearsing, err));
    rehearsing_phase(rehearsing, "invariants");
    TRY(rehearse_invariants(rehearsing, baseline, err));
    rehearsing_phase(rehearsing, "releases");
    TRY(rehearse_releases(rehearsing, err));
    TRY(rehearse_back(rehearsing, err));
    return rehearse_undo(rehearsing, err);
}

static bool rehearse_on_copies(struct rehearsing *rehearsing, struct error *err)
{
    SCRATCH(tmp);
    const char *baseline =
        mem_printf(tmp, "%s/baseline-%ld.db", rehearsing->request->copies.folder, (long)getpid());
    bool is_done = rehearse_change(rehearsing, baseline, err);
    (void)unlink(baseline);
    rehearsing_phase(rehearsing, NULL);
    return is_done;
}

bool rehearsal_make(TALLOC_CTX *mem, const struct rehearsal_request *request,
                    struct rehearsal_report **out, struct error *err)
{
    struct rehearsal_report *report = mem_new(mem, struct rehearsal_report);
    struct rehearsing rehearsing = {.mem = report, .request = request, .report = report};
    int64_t begun_ms = clock_monotonic_ms();
    struct error ignored;

    report->findings = mem_new(report, struct findings);
    report->contradictions = mem_new(report, struct findings);
    report->findings->mem = report->contradictions->mem = report;
    report->rollback.rows_lost = -1;
    report->rollback.schema_restored = report->rollback.data_restored = STATUS_UNKNOWN;
    report->rollback.again = report->rollback.undo = STATUS_UNKNOWN;
    report->rollback.old_release_survives = STATUS_UNKNOWN;

    TRY(file_make_folders(request->copies.folder, 0700, err));
    rehearsing_phase(&rehearsing, "copy");
    TRY(copies_make(report, &request->copies, &rehearsing.copies, err));
    report->source = rehearsing.copies->source;
    if (report->source.taken_ms > 0)
        report->source.taken_at = mem_strdup(report, clock_format(report->source.taken_ms).text);
    for (size_t i = 0; i < rehearsing.copies->n_notes; i++)
        rehearsing_note(&rehearsing, rehearsing.copies->notes[i]);
    bool is_done = rehearse_on_copies(&rehearsing, err);
    bool is_removed = copies_end(rehearsing.copies, is_done ? err : &ignored);
    TRY(is_done && is_removed);
    contradictions_find(&report->up, request->copies.driver->dialect != DIALECT_SQLITE,
                        report->contradictions);
    rehearse_answer(&rehearsing);
    rehearsal_judge(report);
    report->took_ms = clock_monotonic_ms() - begun_ms;
    report->made_at = mem_strdup(report, clock_format(clock_wall_ms()).text);
    *out = report;
    return true;
}
