/*
 * Report of a rehearsal as text: the copy, the runs, what they did, the way back, the verdict last.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/estimate.h"
#include "base/quantity.h"
#include "base/text.h"
#include "report/rehearsal.h"
#include <inttypes.h>

#define STATEMENTS_SHOWN 12
#define SQL_SHOWN 48
#define RESULTS_SHOWN 12

struct writing {
    FILE *out;
    const struct rehearsal_report *report;
    const struct report_rehearsal_options *options;
};

static const char *color_of(const struct writing *writing, enum status status)
{
    return writing->options->is_colored ? status_color(status) : "";
}

static const char *plain_of(const struct writing *writing)
{
    return writing->options->is_colored ? COLOR_PLAIN : "";
}

// "340 µs" "12 ms" "1.2 s"
static const char *duration(TALLOC_CTX *mem, int64_t us)
{
    return us < 1000 ? mem_printf(mem, "%" PRId64 " µs", us) : quantity_duration(mem, us / 1000);
}

// --- the copy

static void write_source(const struct writing *writing)
{
    SCRATCH(tmp);
    const struct rehearsal_source *source = &writing->report->source;
    fprintf(writing->out, "rehearsed on a copy (%s) of %s\n  %s tables, %s rows, %s", source->kind,
            source->identity, quantity_count(tmp, source->tables),
            quantity_count(tmp, source->restored_rows), quantity_size(tmp, source->bytes));
    if (source->backup != NULL)
        fprintf(writing->out, ", from the backup %s", source->backup);
    if (source->fingerprint_equal == STATUS_PASS)
        fputs(": equal to the source\n", writing->out);
    else if (source->fingerprint_equal == STATUS_FAIL)
        fprintf(writing->out, "\n  %sNOT EQUAL%s to the source: %s\n",
                color_of(writing, STATUS_FAIL), plain_of(writing), source->fingerprint_detail);
    else
        fprintf(writing->out, "\n  whether it is equal to the source is not known: %s\n",
                source->fingerprint_detail == NULL ? "no fingerprints were recorded"
                                                   : source->fingerprint_detail);
}

// --- runs

static void write_written(FILE *out, const struct measured_statement *statement)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < statement->n_written; i++) {
        const struct rehearsal_written *written = &statement->written[i];
        const int64_t counts[] = {written->inserted, written->updated, written->deleted};
        static const char *const words[] = {"inserted", "updated", "deleted"};
        for (size_t c = 0; c < COUNT_OF(counts); c++)
            if (counts[c] > 0)
                fprintf(out, "; %s %s in %s", quantity_count(tmp, counts[c]), words[c],
                        written->table);
    }
}

static void write_names(FILE *out, const char *what, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i == 0 ? what : ", ", names[i]);
}

static void write_statement(const struct writing *writing,
                            const struct measured_statement *statement)
{
    SCRATCH(tmp);
    const struct effects *effects = statement->effects;
    fprintf(writing->out, "  %8s  %s:%zu  %s", duration(tmp, statement->took_us), statement->path,
            statement->line, text_shorten(tmp, statement->sql, strlen(statement->sql), SQL_SHOWN));
    write_written(writing->out, statement);
    if (effects != NULL) {
        write_names(writing->out, "; rewrites ", effects->rewrites, effects->n_rewrites);
        write_names(writing->out, "; scans ", effects->scans, effects->n_scans);
        for (size_t i = 0; i < effects->n_locks; i++)
            if (lock_mode_blocks_writes(effects->locks[i].mode))
                fprintf(writing->out, "; %s on %s", lock_mode_sql(effects->locks[i].mode),
                        effects->locks[i].relation);
    }
    fputc('\n', writing->out);
}

static int by_time(const void *a, const void *b)
{
    const struct measured_statement *x = *(const struct measured_statement *const *)a;
    const struct measured_statement *y = *(const struct measured_statement *const *)b;
    return (x->took_us < y->took_us) - (x->took_us > y->took_us);
}

// The slowest, when they are many.
static void write_statements(const struct writing *writing, const struct measured_run *run)
{
    SCRATCH(tmp);
    size_t n = run->n_statements;
    const struct measured_statement **list =
        mem_array(tmp, const struct measured_statement *, n + 1);
    bool is_short = !writing->options->is_whole && n > STATEMENTS_SHOWN;

    for (size_t i = 0; i < n; i++)
        list[i] = &run->statements[i];
    if (is_short)
        qsort(list, n, sizeof *list, by_time);
    for (size_t i = 0; i < n && (!is_short || i < STATEMENTS_SHOWN); i++)
        write_statement(writing, list[i]);
    if (is_short)
        fprintf(writing->out, "  and %zu faster ones: --verbose\n", n - STATEMENTS_SHOWN);
}

static void write_run(const struct writing *writing, const char *name,
                      const struct measured_run *run, bool has_statements)
{
    SCRATCH(tmp);
    if (run->state == RUN_NOT_TRIED)
        return;
    fprintf(writing->out, "\n%s: %zu statement%s in %s", name, run->n_statements,
            run->n_statements == 1 ? "" : "s", duration(tmp, run->took_us));
    if (run->wal_bytes > 0)
        fprintf(writing->out, ", %s of WAL", quantity_size(tmp, run->wal_bytes));
    fputc('\n', writing->out);
    if (has_statements)
        write_statements(writing, run);
    if (run->state != RUN_DONE)
        fprintf(writing->out, "  %sFAIL%s    %s\n", color_of(writing, STATUS_FAIL),
                plain_of(writing), run->failure);
}

// --- the way back

static void write_status(const struct writing *writing, enum status status, const char *what,
                         const char *detail)
{
    fprintf(writing->out, "  %s%-7s%s %s%s%s\n", color_of(writing, status), status_name(status),
            plain_of(writing), what, detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

static void write_lost(const struct writing *writing, const struct rollback_answer *answer)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < answer->n_lost; i++) {
        const struct lost_rows *lost = &answer->lost[i];
        fprintf(writing->out, "  lost    %s: %s %s", lost->table,
                quantity_count(tmp, lost->rows.rows), lost->what);
        for (size_t k = 0; k < lost->rows.n_keys; k++)
            fprintf(writing->out, "%s%s", k == 0 ? ": " : ", ", lost->rows.keys[k]);
        fputc('\n', writing->out);
    }
}

static void write_rollback(const struct writing *writing)
{
    const struct rehearsal_report *report = writing->report;
    const struct rollback_answer *answer = &report->rollback;

    fprintf(writing->out, "\nway back: %s, %s\n", rehearsal_class_name(answer->class), answer->why);
    if (report->down.state != RUN_NOT_TRIED) {
        write_status(writing, answer->schema_restored, "the downs restore the schema",
                     answer->schema_detail);
        write_status(writing, answer->data_restored, "the downs restore the data", NULL);
        report_effects_text(writing->out, &answer->left, writing->options);
        write_status(writing, answer->again, "the ups after the downs come to the same",
                     answer->again_detail);
    }
    if (answer->undo != STATUS_UNKNOWN || answer->undo_detail != NULL)
        write_status(writing, answer->undo, "the undo log brings the data back",
                     answer->undo_detail);
    write_status(writing, answer->old_release_survives, "the old release runs on the new schema",
                 answer->old_release_detail);
    write_lost(writing, answer);
}

// --- results and findings

// "FAIL every … has …: 7, expected 0", and under it which.
static void write_result(const struct writing *writing, const struct result *result)
{
    SCRATCH(tmp);
    bool is_compared =
        result->expected != NULL && result->expected[0] != '\0' && result->status == STATUS_FAIL;
    write_status(writing, result->status, result->title,
                 is_compared
                     ? mem_printf(tmp, "%s, expected %s", result->observed, result->expected)
                     : result->observed);
    const char *detail = result->status == STATUS_PASS ? NULL : result->detail;
    while (detail != NULL && *detail != '\0') {
        size_t len = strcspn(detail, "\n");
        fprintf(writing->out, "          %.*s\n", (int)len, detail);
        detail += len + (detail[len] == '\n');
    }
}

static void write_results(const struct writing *writing, const char *what,
                          const struct results *results)
{
    size_t n_passed = 0, n_shown = 0, n_left = 0;
    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->list[i];
        n_passed += result->status == STATUS_PASS;
        if (result->status == STATUS_PASS && !writing->options->is_whole)
            continue;
        if (!writing->options->is_whole && n_shown == RESULTS_SHOWN) {
            n_left++;
            continue;
        }
        n_shown++;
        write_result(writing, result);
    }
    if (n_left > 0)
        fprintf(writing->out, "          and %zu more that did not pass: --verbose\n", n_left);
    if (n_passed > 0)
        fprintf(writing->out, "  %sPASS%s    %zu %s%s\n", color_of(writing, STATUS_PASS),
                plain_of(writing), n_passed, what, n_passed == 1 ? "" : "s");
}

static void write_findings(const struct writing *writing, const struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        enum status status = finding->severity == SEVERITY_STOP ? STATUS_FAIL : STATUS_WARN;
        fprintf(writing->out, "  %s%-7s%s %s", color_of(writing, status),
                severity_name(finding->severity), plain_of(writing), finding->rule);
        if (finding->path != NULL && finding->line > 0)
            fprintf(writing->out, " (%s:%zu)", finding->path, finding->line);
        fprintf(writing->out, ": %s\n", finding->message);
        if (finding->hint != NULL && finding->hint[0] != '\0')
            fprintf(writing->out, "          %s\n", finding->hint);
    }
}

static void write_estimates(const struct writing *writing)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < writing->report->n_estimates; i++) {
        const struct rehearsal_estimate *estimate = &writing->report->estimates[i];
        const struct duration range = {estimate->low_s, estimate->high_s};
        fprintf(writing->out, "  %s: %s on the target (%s)\n", estimate->what,
                range.high < 0 ? "how long is unknown" : duration_text(tmp, range),
                estimate->basis);
    }
}

static void write_end(const struct writing *writing)
{
    SCRATCH(tmp);
    const struct rehearsal_report *report = writing->report;
    for (size_t i = 0; i < report->n_notes; i++)
        fprintf(writing->out, "  note    %s\n", report->notes[i]);
    for (size_t i = 0; i < writing->options->n_written; i++)
        fprintf(writing->out, "  wrote   %s\n", writing->options->written[i]);
    fprintf(writing->out, "\n%s%s%s: %s\nrehearsed in %s",
            writing->options->is_colored ? verdict_color(report->verdict) : "",
            verdict_words(report->verdict), plain_of(writing), report->why,
            quantity_duration(tmp, report->took_ms));
    for (size_t i = 0; i < report->n_phases; i++)
        if (writing->options->is_whole || report->phases[i].took_ms >= 1000)
            fprintf(writing->out, "; %s %s", report->phases[i].phase,
                    quantity_duration(tmp, report->phases[i].took_ms));
    fputc('\n', writing->out);
    if (writing->options->journal != NULL && writing->options->journal->sequence > 0)
        fprintf(writing->out, "journal %" PRId64 ":%s\n", writing->options->journal->sequence,
                writing->options->journal->hash);
}

void report_rehearsal_text(FILE *out, const struct rehearsal_report *report,
                           const struct report_rehearsal_options *options)
{
    const struct writing writing = {out, report, options};

    write_source(&writing);
    write_run(&writing, "up", &report->up, true);
    write_estimates(&writing);
    if (report->up.state == RUN_DONE) {
        fputs("\neffects\n", out);
        if (report->effects.n_tables == 0 && report->effects.n_objects == 0)
            fprintf(out, "  none: %" PRId64 " tables are as they were\n",
                    report->effects.compared_tables);
        report_effects_text(out, &report->effects, options);
        write_run(&writing, "down", &report->down, options->is_whole);
        write_rollback(&writing);
        fputs("\nchecks\n", out);
    }
    write_findings(&writing, report->findings);
    write_findings(&writing, report->contradictions);
    write_results(&writing, "statement of the old release", &report->old_release);
    write_results(&writing, "invariant", &report->invariants);
    write_end(&writing);
}
