/*
 * The undo log on the copy: does it bring back what the change overwrites and deletes?
 *
 * The ups once more from the start, with before-images; then, migration by migration from the
 * newest, data and down as `migrate --undo` takes them (proof/undo_way.h), and what differs from
 * the start is what nobody can undo.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/undo_subjects.h"
#include "proof/undo_way.h"
#include "rehearsal/measured_run.h"
#include "rehearsal/rehearsing.h"
#include <inttypes.h>

// One log a migration: tables may have other names by the next.
struct undoing {
    struct rehearsing *rehearsing;
    const char **ids;   // of the migrations' logs; NULL: one needs none
    const char *untold; // a table whose rows cannot be kept, and why; NULL
    int64_t rows, conflicts;
    bool has_downs; // and they run
};

// Where the downs bring everything back, nobody needs it. What the change drops comes back only
// where a down makes them again.
static bool has_something_to_undo(const struct rehearsal_report *report)
{
    const struct measured_effects *effects = &report->effects;
    if (report->down.state == RUN_DONE)
        return report->rollback.data_restored == STATUS_FAIL;
    for (size_t i = 0; i < effects->n_tables; i++)
        if (effects->tables[i].before != NULL && !effects->tables[i].is_dropped &&
            (effects->tables[i].changed.rows > 0 || effects->tables[i].removed.rows > 0))
            return true;
    return false;
}

// --- with before-images

static void note_untold(struct undoing *undoing, const struct engine_undo_plan *plan)
{
    for (size_t i = 0; i < plan->n_tables; i++)
        if (plan->tables[i].how == UNDO_NONE && undoing->untold == NULL)
            undoing->untold =
                mem_printf(undoing->rehearsing->mem, "%s: %s", plan->tables[i].table.name,
                           plan->tables[i].why != NULL ? plan->tables[i].why : "not kept");
    if (plan->unknown != NULL && undoing->untold == NULL)
        undoing->untold = plan->unknown;
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
    asked.in_transaction = migration->up.in_transaction;
    if (undo_subjects_name(mem, &reading, &asked))
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
    else if (plan.first != NULL)
        undoing->ids[place] = asked.id;
    return true;
}

static bool run_ups(struct undoing *undoing, bool *is_run, struct error *err)
{
    const struct change *change = undoing->rehearsing->request->change;
    undoing->ids = mem_array(undoing->rehearsing->mem, const char *, change->n_migrations);
    *is_run = true;
    for (size_t i = 0; *is_run && i < change->n_migrations; i++)
        TRY(run_up(undoing, &change->migrations[i], i, is_run, err));
    return true;
}

// --- taken back

// What a copy refuses is an answer; that it is gone is none.
static bool take_failure(struct undoing *undoing, const struct error *why, bool *is_done,
                         struct error *err)
{
    *is_done = false;
    undoing->rehearsing->report->rollback.undo_detail =
        mem_strdup(undoing->rehearsing->mem, why->message);
    if (why->code != ERROR_UNREACHABLE && why->code != ERROR_INTERRUPTED)
        return true;
    *err = *why;
    return false;
}

static bool take_data_back(struct undoing *undoing, struct undo_position *at, const char *id,
                           bool *is_done, struct error *err)
{
    const struct target *work = &undoing->rehearsing->copies->work;
    const struct engine_undo_back request = {.id = id};
    struct engine_undo_result result = {0};
    struct error why = {0};
    if (!work->driver->undo->roll_back(undoing->rehearsing->mem, work->engine, &request, &result,
                                       &why)) {
        at->is_data_refused = undo_way_may_wait(at, &why);
        return at->is_data_refused || take_failure(undoing, &why, is_done, err);
    }
    undoing->rows += result.rows;
    undoing->conflicts += result.conflicts;
    return true;
}

static bool run_down(struct undoing *undoing, struct undo_position *at, size_t place, bool *is_done,
                     struct error *err)
{
    struct rehearsing *rehearsing = undoing->rehearsing;
    struct measured_run run = {0};
    const struct run_request request = {
        .work = &rehearsing->copies->work,
        .migration = &rehearsing->request->change->migrations[place],
        .is_down = true,
        .deadline_ms = rehearsing->request->copies.settings->deadline_ms,
    };
    TRY(measured_run_migration(rehearsing->mem, &request, &run, err));
    *is_done = run.state == RUN_DONE;
    if (!*is_done)
        rehearsing->report->rollback.undo_detail =
            mem_printf(rehearsing->mem, "the down does not run with an undo log: %s", run.failure);
    at->is_applied = false;
    return true;
}

static bool go_back(struct undoing *undoing, size_t place, bool *is_done, struct error *err)
{
    SCRATCH(tmp);
    const struct target *work = &undoing->rehearsing->copies->work;
    const char *id = undoing->ids[place];
    struct undo_position at = {.is_applied = true, .has_down = undoing->has_downs};
    while (*is_done) {
        if (id != NULL)
            TRY(work->driver->undo->look(tmp, work->engine, id, &at.log, err));
        switch (undo_way_next(&at)) {
        case UNDO_ACT_NONE: return id == NULL || work->driver->undo->drop(work->engine, id, err);
        case UNDO_ACT_DATA: TRY(take_data_back(undoing, &at, id, is_done, err)); break;
        case UNDO_ACT_DOWN: TRY(run_down(undoing, &at, place, is_done, err)); break;
        }
    }
    return true;
}

static bool take_back(struct undoing *undoing, bool *is_done, struct error *err)
{
    *is_done = true;
    undoing->has_downs = undoing->rehearsing->report->down.state == RUN_DONE;
    for (size_t i = undoing->rehearsing->request->change->n_migrations; *is_done && i > 0; i--)
        TRY(go_back(undoing, i - 1, is_done, err));
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
    bool is_whole = undoing->has_downs;

    TRY(rehearsing_compare(rehearsing, &rehearsing->copies->before, &rehearsing->copies->work,
                           is_whole ? NULL : rehearsing->reading.trace, false, &left, err));
    const char *over = left_over(rehearsing->mem, &left, is_whole);
    answer->undo_rows = undoing->rows;
    // What was not kept may be less here than it will be there.
    answer->undo = over != NULL || undoing->conflicts > 0 ? STATUS_FAIL
                   : undoing->untold != NULL              ? STATUS_UNKNOWN
                                                          : STATUS_PASS;
    answer->undo_detail =
        over != NULL ? over
        : undoing->untold != NULL
            ? undoing->untold
            : mem_printf(rehearsing->mem, "%s row%s%s",
                         quantity_count(rehearsing->mem, undoing->rows),
                         undoing->rows == 1 ? "" : "s", is_whole ? ", then the downs" : "");
    return true;
}

// How large the logs are, before they go back.
static bool measure(struct undoing *undoing, struct error *err)
{
    SCRATCH(tmp);
    const struct target *work = &undoing->rehearsing->copies->work;
    struct engine_undo_log *logs;
    size_t n;
    TRY(work->driver->undo->list(tmp, work->engine, true, &logs, &n, err));
    for (size_t i = 0; i < n; i++)
        undoing->rehearsing->report->rollback.undo_bytes += logs[i].bytes;
    return true;
}

bool rehearse_undo(struct rehearsing *rehearsing, struct error *err)
{
    struct undoing undoing = {.rehearsing = rehearsing};
    struct new_rows written = rehearsing->new_rows;
    bool is_run, is_done;

    if (rehearsing->copies->work.driver->undo == NULL || rehearsing_is_command(rehearsing) ||
        !has_something_to_undo(rehearsing->report))
        return true;
    rehearsing_phase(rehearsing, "undo");
    TRY(copies_begin_anew(rehearsing->copies, err));
    rehearsing->new_rows = (struct new_rows){0}; // nothing of it is on the copy any more
    bool is_tried = run_ups(&undoing, &is_run, err) && measure(&undoing, err) &&
                    (!is_run || take_back(&undoing, &is_done, err)) &&
                    (!is_run || !is_done || judge(&undoing, err));
    if (is_tried && (!is_run || !is_done))
        rehearsing->report->rollback.undo = STATUS_FAIL;
    rehearsing->new_rows = written;
    return is_tried;
}
