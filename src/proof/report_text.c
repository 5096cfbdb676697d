/*
 * Reports of baselines and verifications as text: what is wrong first, the verdict last, where the
 * eye is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "proof/report.h"
#include "proof/sql.h"

#define LISTED_MAX 12 // results that did not pass

static void write_status(FILE *out, enum status status, bool is_colored)
{
    fprintf(out, "%s%-7s%s", is_colored ? status_color(status) : "", status_name(status),
            is_colored ? COLOR_PLAIN : "");
}

// A detail may have lines; each stands under the title.
static void write_detail(FILE *out, const char *detail)
{
    while (detail != NULL && *detail != '\0') {
        size_t len = strcspn(detail, "\n");
        fprintf(out, "        %.*s\n", (int)len, detail);
        detail += len + (detail[len] == '\n');
    }
}

static void write_result(FILE *out, const struct result *result, bool is_colored)
{
    write_status(out, result->status, is_colored);
    fprintf(out, " %s", result->title);
    if (result->status != STATUS_UNKNOWN && result->expected[0] != '\0')
        fprintf(out, ": %s%s%s", result->observed,
                result->status == STATUS_PASS ? "" : ", expected ",
                result->status == STATUS_PASS ? "" : result->expected);
    fputc('\n', out);
    if (result->status != STATUS_PASS)
        write_detail(out, result->detail);
}

static void write_results(FILE *out, const struct results *results,
                          const struct report_proof_options *options)
{
    size_t n_passed = 0, n_listed = 0, n_left = 0;

    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->list[i];
        n_passed += result->status == STATUS_PASS;
        if (!options->is_whole && result->status == STATUS_PASS)
            continue;
        if (!options->is_whole && n_listed == LISTED_MAX) {
            n_left++;
            continue;
        }
        n_listed++;
        write_result(out, result, options->is_colored);
    }
    if (n_left > 0)
        fprintf(out, "        and %zu more that did not pass: --verbose\n", n_left);
    if (n_passed > 0 && !options->is_whole) {
        write_status(out, STATUS_PASS, options->is_colored);
        fprintf(out, " %zu check%s\n", n_passed, n_passed == 1 ? "" : "s");
    }
}

static void write_verdict(FILE *out, enum verdict verdict,
                          const struct report_proof_options *options)
{
    fprintf(out, "\n%s%s%s", options->is_colored ? verdict_color(verdict) : "",
            verdict_words(verdict), options->is_colored ? COLOR_PLAIN : "");
}

static void write_journal(FILE *out, const struct journal_head *journal)
{
    if (journal != NULL && journal->sequence > 0)
        fprintf(out, "journal %lld:%s\n", (long long)journal->sequence, journal->hash);
}

// --- baseline

static void write_table(FILE *out, const struct baseline_table *table, int width)
{
    SCRATCH(tmp);

    fprintf(out, "  %-*s %12s row%s, %zu columns, key ", width, sql_shown(tmp, table->name),
            quantity_count(tmp, table->rows), table->rows == 1 ? "" : "s", table->n_columns);
    for (size_t i = 0; i < table->n_key; i++)
        fprintf(out, "%s%s", i == 0 ? "" : ", ", table->key[i]);
    if (table->n_key == 0)
        fputs(table->has_key ? "the rowid" : "none", out);
    if (table->age != NULL)
        fprintf(out, ", newest %s", table->age);
    fputc('\n', out);
}

static int by_rows(const void *a, const void *b)
{
    const struct baseline_table *x = *(const struct baseline_table *const *)a;
    const struct baseline_table *y = *(const struct baseline_table *const *)b;
    return x->rows != y->rows ? (x->rows < y->rows) - (x->rows > y->rows)
                              : (x->id > y->id) - (x->id < y->id);
}

// The largest, when they are many.
static void write_saved_tables(FILE *out, const struct baseline *baseline, bool is_whole)
{
    SCRATCH(tmp);
    size_t n = baseline->n_tables;
    const struct baseline_table **tables = mem_array(tmp, const struct baseline_table *, n + 1);
    bool is_short = !is_whole && n > LISTED_MAX;
    int64_t rows = 0;
    size_t width = 0;

    for (size_t i = 0; i < n; i++)
        tables[i] = &baseline->tables[i];
    if (is_short)
        qsort(tables, n, sizeof(*tables), by_rows);
    for (size_t i = 0; i < n && (!is_short || i < LISTED_MAX); i++)
        if (strlen(sql_shown(tmp, tables[i]->name)) > width)
            width = strlen(sql_shown(tmp, tables[i]->name));
    for (size_t i = 0; i < n; i++) {
        if (!is_short || i < LISTED_MAX)
            write_table(out, tables[i], (int)width);
        else
            rows += tables[i]->rows;
    }
    if (is_short)
        fprintf(out, "  and %s more table%s, %s row%s: --verbose\n",
                quantity_count(tmp, (int64_t)(n - LISTED_MAX)), n - LISTED_MAX == 1 ? "" : "s",
                quantity_count(tmp, rows), rows == 1 ? "" : "s");
}

static void write_migrations(FILE *out, const json_t *migrations, bool is_whole)
{
    size_t n = json_array_size(migrations);

    for (size_t i = 0; i < n && (is_whole || i < LISTED_MAX); i++)
        fprintf(out, "  before %s\n", json_get_text(json_array_get(migrations, i), "path"));
    if (!is_whole && n > LISTED_MAX)
        fprintf(out, "  and %zu more migration%s: --verbose\n", n - LISTED_MAX,
                n - LISTED_MAX == 1 ? "" : "s");
}

void report_baseline_text(FILE *out, const struct baseline *baseline, const struct results *results,
                          const struct report_proof_options *options)
{
    enum verdict verdict = baseline_verdict(baseline, results);

    fprintf(out, "baseline %s\n  of %s at %s, SHA-256 %.12s…\n", baseline->path,
            baseline->identity.database, clock_format(baseline->taken_ms).text, baseline->sha256);
    write_migrations(out, baseline->migrations, options->is_whole);
    write_saved_tables(out, baseline, options->is_whole);
    if (results->n > 0)
        write_results(out, results, options);
    if (baseline->n_tables > 0 || results->n > 0) {
        write_verdict(out, verdict, options);
        fputs(verdict == VERDICT_NO_GO  ? ": the data as it is contradicts the change\n"
              : verdict == VERDICT_HOLD ? ": not everything could be asked\n"
                                        : ": nothing contradicts the change\n",
              out);
    }
    write_journal(out, options->journal);
}

void report_comparison_text(FILE *out, const struct baseline *a, const struct baseline *b,
                            const struct baseline_difference *differences, size_t n)
{
    fprintf(out, "a  %s  %s\nb  %s  %s\n", clock_format(a->taken_ms).text, a->path,
            clock_format(b->taken_ms).text, b->path);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-40s %s → %s\n", differences[i].what, differences[i].a, differences[i].b);
    if (n == 0)
        fputs("equal\n", out);
    else
        fprintf(out, "%zu difference%s\n", n, n == 1 ? "" : "s");
}

// --- verification

static void write_names(FILE *out, const char *what, const char *const *names, size_t n)
{
    if (n == 0)
        return;
    fprintf(out, "; %s ", what);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i == 0 ? "" : ", ", names[i]);
}

// What the migration's text explains of one table, in a line.
static void write_explained(FILE *out, const struct comparison *comparison)
{
    SCRATCH(tmp);

    fprintf(out, "        %s: ", sql_shown(tmp, comparison->before->name));
    if (comparison->after.name == NULL) {
        fprintf(out, "dropped by %s\n", comparison->dropped);
        return;
    }
    if (comparison->damage != NULL || (comparison->unknown != NULL && !comparison->is_traffics)) {
        fputs("not compared\n", out);
        return;
    }
    fprintf(out, "%s → %s rows, %zu columns compared",
            quantity_count(tmp, comparison->before->rows),
            quantity_count(tmp, comparison->rows_after), comparison->n_compared);
    for (size_t i = 0; i < comparison->n_columns; i++)
        if (comparison->columns[i].by_migration > 0)
            fprintf(out, "; %s changed in %s rows (%s)", comparison->columns[i].column,
                    quantity_count(tmp, comparison->columns[i].by_migration),
                    comparison->columns[i].cause);
    int64_t removed = comparison->missing.keys - writer_counts_sum(&comparison->missing.rest.by);
    if (removed > 0)
        fprintf(out, "; %s removed (%s)", quantity_count(tmp, removed), comparison->missing.cause);
    write_names(out, "new:", comparison->added, comparison->n_added);
    write_names(out, "dropped:", comparison->gone, comparison->n_gone);
    if (comparison->rebuilt != NULL)
        fprintf(out, "; rebuilt by %s", comparison->rebuilt);
    const char *traffic = verification_traffic_text(tmp, comparison);
    if (traffic != NULL)
        fprintf(out, "; by traffic: %s", traffic);
    fputc('\n', out);
}

// Compared, and as it was: there is nothing else to say of it.
static bool is_quiet(const struct comparison *comparison)
{
    return comparison->is_equal && comparison->damage == NULL && comparison->unknown == NULL &&
           comparison->after.name != NULL && comparison->rebuilt == NULL &&
           comparison->n_columns == 0 && comparison->n_added == 0 && comparison->n_gone == 0 &&
           comparison->n_foreign == 0 && comparison->missing.keys == 0 &&
           comparison->extra.keys == 0;
}

// Of a whole database, hundreds of tables are as they were: one line for all of them.
static void write_tables(FILE *out, const struct verification *verification, bool is_whole)
{
    SCRATCH(tmp);
    bool is_short = !is_whole && verification->n_tables > LISTED_MAX;
    int64_t rows = 0;
    size_t n_quiet = 0;

    for (size_t i = 0; i < verification->n_tables; i++) {
        const struct comparison *comparison = &verification->tables[i];
        if (!is_short || !is_quiet(comparison)) {
            write_explained(out, comparison);
            continue;
        }
        n_quiet++;
        rows += comparison->rows_after;
    }
    if (n_quiet > 0)
        fprintf(out, "        %s%s table%s, %s row%s: as at the baseline\n",
                quantity_count(tmp, (int64_t)n_quiet),
                n_quiet < verification->n_tables ? " other" : "", n_quiet == 1 ? "" : "s",
                quantity_count(tmp, rows), rows == 1 ? "" : "s");
}

static bool has_traffic(const struct verification *verification)
{
    for (size_t i = 0; i < verification->n_tables; i++)
        if (comparison_by_traffic(&verification->tables[i]) > 0)
            return true;
    return false;
}

static const char *reason(const struct verification *verification)
{
    if (verification->verdict == VERDICT_GO && verification->baseline->keeps_rows)
        return verification->expectation == EXPECT_AS_BEFORE
                   ? "the change is not applied, and the schema is as at the baseline; it touches "
                     "no "
                     "row, so no table was compared"
                   : "what the change makes is there; it touches no row, so no table was compared";
    switch (verification->verdict) {
    case VERDICT_GO:
        return verification->expectation == EXPECT_AS_BEFORE
                   ? "the change is not applied, and everything is as at the baseline"
               : has_traffic(verification)
                   ? "every difference is the migration's or traffic's, every invariant holds"
                   : "every difference is explained by the migration, every invariant holds";
    case VERDICT_NO_GO:
        return verification->expectation == EXPECT_AS_BEFORE
                   ? "the change is not applied, but the data is not as at the baseline"
                   : "the data is not what the migration says it should be";
    case VERDICT_HOLD: return "not everything is known";
    }
    bug("verdict %d", (int)verification->verdict);
}

void report_verification_text(FILE *out, const struct verification *verification,
                              const struct report_proof_options *options)
{
    SCRATCH(tmp);

    write_results(out, &verification->invariants, options);
    write_tables(out, verification, options->is_whole);
    write_verdict(out, verification->verdict, options);
    fprintf(out, ": %s\nagainst the baseline of %s (%s), in %s\n", reason(verification),
            clock_format(verification->baseline->taken_ms).text, verification->baseline->path,
            quantity_duration(tmp, verification->took_ms));
    write_journal(out, options->journal);
}
