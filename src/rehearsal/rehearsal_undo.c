/*
 * The undo log on the copy: does it bring back what the change overwrites and deletes?
 *
 * The ups once more from the start, with before-images; then the data is taken back from them, then
 * the downs run where there are some, and what differs from the start is what nobody can undo.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "rehearsal/measured_run.h"
#include "rehearsal/rehearsing.h"
#include <inttypes.h>

// One log a migration: tables may have other names by the next.
struct undoing {
    struct rehearsing *rehearsing;
    const char **ids; // of the logs that were made, in the order of the migrations
    size_t n_ids;
    const char *untold; // a table whose rows cannot be kept, and why; NULL
    int64_t rows, conflicts;
};

static bool has_something_to_undo(const struct measured_effects *effects)
{
    for (size_t i = 0; i < effects->n_tables; i++)
        if (effects->tables[i].before != NULL && !effects->tables[i].is_dropped &&
            (effects->tables[i].changed.rows > 0 || effects->tables[i].removed.rows > 0))
            return true;
    return false;
}

// --- with before-images

static bool loses_columns(const struct trace_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i]->dropped != NULL)
            return true;
    return table->dropped != NULL || table->is_rewritten;
}

// The columns that were there and that UPDATEs name; none where something else may write others.
static void name_columns(TALLOC_CTX *mem, const struct trace_table *table,
                         struct engine_undo_subject *out)
{
    const char **columns = NULL;
    for (size_t i = 0; table->indirect == NULL && i < table->n_columns; i++)
        if (table->columns[i]->written.cause != NULL && table->columns[i]->before != NULL)
            *mem_append(mem, columns, out->n_updated) = table->columns[i]->before;
    out->updated = columns;
    out->is_updated_only = table->indirect == NULL && table->added == NULL &&
                           table->removed.cause == NULL && !out->is_rewritten;
}

// Does it overwrite or delete anything that was there?
static bool overwrites(const struct trace_table *table, const struct engine_undo_subject *subject)
{
    return subject->n_updated > 0 || subject->is_rewritten || table->removed.cause != NULL ||
           table->indirect != NULL;
}

static void name_subjects(const struct reading *reading, TALLOC_CTX *mem,
                          struct engine_undo_request *out)
{
    struct engine_undo_subject *subjects = NULL;
    for (size_t i = 0; i < reading->trace->n_tables; i++) {
        const struct trace_table *table = reading->trace->tables[i];
        if (table->before.name == NULL || !trace_is_changed(table))
            continue;
        struct engine_undo_subject subject = {.table = table->before,
                                              .is_rewritten = loses_columns(table)};
        name_columns(mem, table, &subject);
        if (overwrites(table, &subject))
            *mem_append(mem, subjects, out->n_subjects) = subject;
    }
    out->subjects = subjects;
}

static void note_untold(struct undoing *undoing, const struct engine_undo_plan *plan)
{
    for (size_t i = 0; i < plan->n_tables; i++)
        if (plan->tables[i].how == UNDO_NONE && undoing->untold == NULL)
            undoing->untold =
                mem_printf(undoing->rehearsing->mem, "%s: %s", plan->tables[i].table.name,
                           plan->tables[i].why != NULL ? plan->tables[i].why : "not kept");
}

static bool run_up(struct undoing *undoing, struct migration *migration, size_t place, bool *is_run,
                   struct error *err)
{
    struct rehearsing *rehearsing = undoing->rehearsing;
    TALLOC_CTX *mem = rehearsing->mem;
    const struct target *work = &rehearsing->copies->work;
    struct engine_undo_request asked = {.id = mem_printf(mem, "rehearsal_%zu", place)};
    struct engine_undo_plan plan = {0};
    struct reading reading;
    struct measured_run run = {0};

    TRY(rehearsing_read(rehearsing, work, migration, 1, &reading, err));
    name_subjects(&reading, mem, &asked);
    asked.in_transaction = migration->up.in_transaction;
    if (asked.n_subjects > 0)
        TRY(work->driver->undo->plan(mem, work->engine, &asked, &plan, err));
    note_untold(undoing, &plan);
    const struct run_request request = {
        .work = work,
        .assessment = reading.assessment,
        .migration = migration,
        .first = plan.first,
        .last = plan.last,
        .deadline_ms = rehearsing->request->copies.settings->deadline_ms,
    };
    TRY(measured_run_migration(mem, &request, &run, err));
    *is_run = run.state == RUN_DONE;
    if (!*is_run)
        rehearsing->report->rollback.undo_detail =
            mem_printf(mem, "the up does not run with an undo log: %s", run.failure);
    else if (asked.n_subjects > 0)
        *mem_append(mem, undoing->ids, undoing->n_ids) = asked.id;
    return true;
}

static bool run_ups(struct undoing *undoing, bool *is_run, struct error *err)
{
    const struct change *change = undoing->rehearsing->request->change;
    *is_run = true;
    for (size_t i = 0; *is_run && i < change->n_migrations; i++)
        TRY(run_up(undoing, &change->migrations[i], i, is_run, err));
    return true;
}

// --- taken back

static bool take_back(struct undoing *undoing, bool *is_done, struct error *err)
{
    struct rehearsing *rehearsing = undoing->rehearsing;
    const struct target *work = &rehearsing->copies->work;
    *is_done = true;
    for (size_t i = undoing->n_ids; i > 0; i--) {
        struct engine_undo_result result = {0};
        struct error why = {0};
        if (!work->driver->undo->roll_back(work->engine, undoing->ids[i - 1], NULL, NULL, &result,
                                           &why)) {
            *is_done = false;
            rehearsing->report->rollback.undo_detail = mem_strdup(rehearsing->mem, why.message);
            if (why.code != ERROR_UNREACHABLE && why.code != ERROR_INTERRUPTED)
                return true;
            *err = why;
            return false;
        }
        undoing->rows += result.rows;
        undoing->conflicts += result.conflicts;
        TRY(work->driver->undo->drop(work->engine, undoing->ids[i - 1], err));
    }
    return true;
}

static bool run_downs(struct rehearsing *rehearsing, bool *is_run, struct error *err)
{
    const struct change *change = rehearsing->request->change;
    struct measured_run run = {0};
    *is_run = rehearsing->report->down.state == RUN_DONE;
    for (size_t i = change->n_migrations; *is_run && i > 0; i--) {
        const struct run_request request = {
            .work = &rehearsing->copies->work,
            .migration = &change->migrations[i - 1],
            .is_down = true,
            .deadline_ms = rehearsing->request->copies.settings->deadline_ms,
        };
        TRY(measured_run_migration(rehearsing->mem, &request, &run, err));
        *is_run = run.state == RUN_DONE;
    }
    return true;
}

// What is not as it was; NULL: everything is.
static const char *left_over(TALLOC_CTX *mem, const struct measured_effects *left, bool is_whole)
{
    for (size_t i = 0; i < left->n_tables; i++) {
        const struct table_effect *table = &left->tables[i];
        int64_t rows = table->removed.rows + table->changed.rows;
        if (table->before == NULL && !is_whole)
            continue;
        if (table->unknown != NULL)
            return mem_printf(mem, "%s was not compared: %s", table->table, table->unknown);
        if (is_whole || rows > 0 || table->is_dropped)
            return mem_printf(mem, "%s is not as it was%s%s", table->table,
                              rows > 0 ? ", rows: " : "",
                              rows > 0 ? quantity_count(mem, rows) : "");
    }
    return NULL;
}

static bool judge(struct undoing *undoing, struct error *err)
{
    struct rehearsing *rehearsing = undoing->rehearsing;
    struct rollback_answer *answer = &rehearsing->report->rollback;
    struct measured_effects left;
    bool is_whole;

    TRY(run_downs(rehearsing, &is_whole, err));
    TRY(rehearsing_compare(rehearsing, &rehearsing->copies->before, &rehearsing->copies->work,
                           is_whole ? NULL : rehearsing->reading.trace, false, &left, err));
    const char *over = left_over(rehearsing->mem, &left, is_whole);
    answer->undo_rows = undoing->rows;
    answer->undo = over == NULL && undoing->conflicts == 0 ? STATUS_PASS : STATUS_FAIL;
    answer->undo_detail =
        over != NULL ? over
        : undoing->untold != NULL
            ? undoing->untold
            : mem_printf(rehearsing->mem, "%s row%s%s",
                         quantity_count(rehearsing->mem, undoing->rows),
                         undoing->rows == 1 ? "" : "s", is_whole ? ", then the downs" : "");
    return true;
}

bool rehearse_undo(struct rehearsing *rehearsing, struct error *err)
{
    struct undoing undoing = {.rehearsing = rehearsing};
    struct new_rows written = rehearsing->new_rows;
    bool is_run, is_done;

    // Where the downs bring everything back, nobody needs it.
    if (rehearsing->copies->work.driver->undo == NULL || rehearsing_is_command(rehearsing) ||
        rehearsing->report->rollback.data_restored == STATUS_PASS ||
        !has_something_to_undo(&rehearsing->report->effects))
        return true;
    rehearsing_phase(rehearsing, "undo");
    TRY(copies_begin_anew(rehearsing->copies, err));
    rehearsing->new_rows = (struct new_rows){0}; // nothing of it is on the copy any more
    bool is_tried = run_ups(&undoing, &is_run, err) &&
                    (!is_run || take_back(&undoing, &is_done, err)) &&
                    (!is_run || !is_done || judge(&undoing, err));
    if (is_tried && (!is_run || !is_done))
        rehearsing->report->rollback.undo = STATUS_FAIL;
    rehearsing->new_rows = written;
    return is_tried;
}
