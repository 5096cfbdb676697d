/*
 * Attribution: who wrote a row, and what that says of a difference that no text explains.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/attribution.h"
#include "base/quantity.h"

static uint32_t apart(uint64_t from, uint64_t to)
{
    return (uint32_t)to - (uint32_t)from;
}

enum writer attribution_writer(const struct attribution *attribution, enum engine_wrote wrote,
                               uint64_t writer, bool is_noted)
{
    if (writer == 0)
        return WRITER_UNKNOWN;
    for (size_t i = 0; i < attribution->n_runs; i++)
        if (attribution->runs[i].transaction != 0 &&
            apart(attribution->runs[i].transaction, writer) == 0)
            return is_noted ? WRITER_NOTED : WRITER_MIGRATION;
    if (wrote != WROTE_SINCE)
        return wrote == WROTE_BEFORE ? WRITER_BEFORE : WRITER_UNKNOWN;
    for (size_t i = 0; i < attribution->n_runs; i++) {
        const struct attribution_run *run = &attribution->runs[i];
        if (run->transaction != 0 &&
            apart(run->transaction, writer) < apart(run->transaction, run->end))
            return is_noted ? WRITER_NOTED : WRITER_AMONG;
    }
    return attribution->unknown != NULL ? WRITER_UNKNOWN : WRITER_TRAFFIC;
}

int64_t writer_counts_sum(const struct writer_counts *counts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < WRITER_COUNT; i++)
        sum += counts->n[i];
    return sum;
}

enum status attribution_worse(enum status a, enum status b)
{
    if (a == STATUS_FAIL || b == STATUS_FAIL)
        return STATUS_FAIL;
    return a == STATUS_UNKNOWN || b == STATUS_UNKNOWN ? STATUS_UNKNOWN : STATUS_PASS;
}

// Is every row that a run wrote marked with the run's own number, never a subtransaction's?
static bool is_plain(const struct attribution_table *table)
{
    if (table->hidden == NULL)
        return true;
    return table->has_own && !table->is_rewritten &&
           table->rows.n[WRITER_MIGRATION] + table->rows.n[WRITER_NOTED] ==
               table->own.inserted + table->own.updated;
}

// --- answers

static void leave(struct attribution_answer *answer, int64_t rows, enum status status,
                  const char *reason)
{
    if (rows == 0)
        return;
    answer->unattributed += rows;
    if (answer->reason == NULL || (status == STATUS_FAIL && answer->status != STATUS_FAIL))
        answer->reason = reason;
    answer->status = attribution_worse(answer->status, status);
}

// Rows that a run may have damaged, or that traffic wrote before the run wrote over them: `others`
// is how many rows everybody else wrote in that way, so more of them cannot be traffic's.
static void leave_to_counters(TALLOC_CTX *mem, const struct attribution_table *table,
                              struct attribution_answer *answer, int64_t rows, int64_t others,
                              const char *verb)
{
    enum status status =
        table->has_others && (others <= 0 || rows > others) ? STATUS_FAIL : STATUS_UNKNOWN;
    const char *text;

    if (rows == 0)
        return;
    if (!table->has_others)
        text = mem_printf(mem, "the server did not count who else %s rows", verb);
    else if (others <= 0)
        text = mem_printf(mem, "nobody else %s rows of the table", verb);
    else if (rows > others)
        text = mem_printf(mem, "others %s only %s row%s of the table", verb,
                          quantity_count(mem, others), others == 1 ? "" : "s");
    else
        text = mem_printf(mem,
                          "others %s %s row%s of the table meanwhile, perhaps these; certain is a "
                          "quiet window, LOCK TABLE as the migration's first statement, or a "
                          "rehearsal",
                          verb, quantity_count(mem, others), others == 1 ? "" : "s");
    leave(answer, rows, status,
          table->unknown == NULL ? text : mem_printf(mem, "%s; %s", table->unknown, text));
}

static const char *nested_reason(TALLOC_CTX *mem, const struct attribution_table *table)
{
    return mem_printf(mem,
                      "written while the migration ran, by traffic or within %s: a subtransaction "
                      "has a number of its own",
                      table->hidden);
}

static struct attribution_answer unsupported(int64_t rows)
{
    struct attribution_answer answer = {.status = STATUS_PASS};
    leave(&answer, rows, STATUS_FAIL, NULL);
    return answer;
}

// The rows of which the writer alone decides, the same for all kinds.
static void judge_writers(TALLOC_CTX *mem, const struct attribution_table *table,
                          const struct writer_counts *rows, struct attribution_answer *answer)
{
    answer->by_traffic += rows->n[WRITER_NOTED];
    if (is_plain(table))
        answer->by_traffic += rows->n[WRITER_AMONG];
    else
        leave(answer, rows->n[WRITER_AMONG], STATUS_UNKNOWN, nested_reason(mem, table));
    leave(answer, rows->n[WRITER_BEFORE], STATUS_FAIL,
          "nobody wrote these rows since the baseline");
}

static bool wrote_nothing(const struct attribution_table *table, int64_t rows)
{
    return table->has_own && !table->is_rewritten && rows == 0;
}

// A row that is deleted and inserted again is changed as well.
static int64_t rows_changed(const struct engine_written *own)
{
    return own->updated + (own->inserted < own->deleted ? own->inserted : own->deleted);
}

// What a run wrote and traffic wrote over later cannot be seen. That damage would have spared every
// row that is left as the run wrote it is not to be believed; where none is left, nothing is known.
static bool is_covered(const struct attribution_table *table)
{
    return table->hidden != NULL && !wrote_nothing(table, rows_changed(&table->own)) &&
           table->rows.n[WRITER_MIGRATION] + table->rows.n[WRITER_AMONG] +
                   table->rows.n[WRITER_NOTED] ==
               0;
}

static void judge_traffic(TALLOC_CTX *mem, const struct attribution_table *table,
                          const struct writer_counts *rows, struct attribution_answer *answer)
{
    int64_t n = rows->n[WRITER_TRAFFIC];

    if (rows->n[WRITER_MIGRATION] > 0)
        leave(answer, n, answer->status, NULL);
    else if (is_covered(table))
        leave(answer, n, STATUS_UNKNOWN,
              mem_printf(mem,
                         "traffic wrote them last, and perhaps %s before that: no row is left as "
                         "the migration wrote it",
                         table->hidden));
    else
        answer->by_traffic += n;
}

// Traffic writes a row, then the migration writes over it: the row carries the migration's number
// and traffic's value. Two witnesses say so that do not know of each other: the text, which names
// every statement that could write the column and has none, and the server, which counted at least
// as many rows that others wrote.
static struct writer_counts take_witnessed(const struct attribution_table *table,
                                           const struct writer_counts *rows, int64_t others,
                                           bool is_written)
{
    struct writer_counts counts = *rows;

    if (is_written || !table->has_own || !table->is_traced || table->hidden != NULL ||
        table->indirect != NULL || table->is_rewritten || !table->has_others ||
        counts.n[WRITER_MIGRATION] > others)
        return counts;
    counts.n[WRITER_NOTED] += counts.n[WRITER_MIGRATION];
    counts.n[WRITER_MIGRATION] = 0;
    return counts;
}

struct attribution_answer attribution_changed(TALLOC_CTX *mem,
                                              const struct attribution_table *table,
                                              const struct writer_counts *rows, bool is_written)
{
    struct attribution_answer answer = {.status = STATUS_PASS};
    int64_t others = table->others.updated + table->others.inserted;

    struct writer_counts witnessed;

    if (!table->is_supported)
        return unsupported(writer_counts_sum(rows));
    if (table->unknown != NULL) {
        leave(&answer, rows->n[WRITER_BEFORE], STATUS_FAIL,
              "nobody wrote these rows since the baseline");
        leave_to_counters(mem, table, &answer, writer_counts_sum(rows) - rows->n[WRITER_BEFORE],
                          others, "wrote");
        return answer;
    }
    if (wrote_nothing(table, rows_changed(&table->own))) {
        leave(&answer, rows->n[WRITER_BEFORE], STATUS_FAIL,
              "nobody wrote these rows since the baseline");
        answer.by_traffic = writer_counts_sum(rows) - rows->n[WRITER_BEFORE];
        return answer;
    }
    witnessed = take_witnessed(table, rows, others, is_written);
    rows = &witnessed;
    judge_writers(mem, table, rows, &answer);
    leave(&answer, rows->n[WRITER_UNKNOWN], STATUS_UNKNOWN, "who wrote them is not known");
    leave_to_counters(mem, table, &answer, rows->n[WRITER_MIGRATION], others, "wrote");
    judge_traffic(mem, table, rows, &answer);
    return answer;
}

// An UPDATE of a key is counted as an update: neither as an insert nor as a delete. A text of which
// nothing is hidden would name it; else a row that is gone, and one that is new and not certainly
// traffic's, may be the same row.
bool attribution_may_move_keys(const struct attribution_table *table, int64_t gone,
                               const struct writer_counts *extra)
{
    int64_t suspects = extra->n[WRITER_MIGRATION] + extra->n[WRITER_UNKNOWN] +
                       (is_plain(table) ? 0 : extra->n[WRITER_AMONG]);

    return (table->hidden != NULL || table->indirect != NULL || !table->is_traced) &&
           !wrote_nothing(table, table->own.updated) && gone > 0 && suspects > 0;
}

struct attribution_answer attribution_extra(TALLOC_CTX *mem, const struct attribution_table *table,
                                            const struct writer_counts *rows)
{
    struct attribution_answer answer = {.status = STATUS_PASS};
    int64_t all = writer_counts_sum(rows);

    if (!table->is_supported)
        return unsupported(all);
    if (table->unknown != NULL) {
        leave_to_counters(mem, table, &answer, all, table->others.inserted, "inserted");
        return answer;
    }
    // A row that traffic inserted and the migration updated carries the migration's number.
    if (!table->may_move_keys && wrote_nothing(table, table->own.inserted)) {
        answer.by_traffic = all;
        return answer;
    }
    judge_writers(mem, table, rows, &answer);
    leave(&answer, rows->n[WRITER_UNKNOWN], STATUS_UNKNOWN, "who wrote them is not known");
    leave_to_counters(mem, table, &answer, rows->n[WRITER_MIGRATION], table->others.inserted,
                      "inserted");
    answer.by_traffic += rows->n[WRITER_TRAFFIC];
    return answer;
}

struct attribution_answer attribution_missing(TALLOC_CTX *mem,
                                              const struct attribution_table *table, int64_t named,
                                              int64_t unnamed)
{
    struct attribution_answer answer = {.status = STATUS_PASS};

    if (!table->is_supported)
        return unsupported(unnamed);
    // What is gone carries no number: only counting tells.
    bool is_all_named = table->has_own && !table->is_rewritten && table->own.deleted == named;
    if (table->unknown == NULL && !table->may_move_keys &&
        (wrote_nothing(table, table->own.deleted) || is_all_named)) {
        answer.by_traffic = unnamed;
        return answer;
    }
    leave_to_counters(mem, table, &answer, unnamed, table->others.deleted, "deleted");
    return answer;
}
