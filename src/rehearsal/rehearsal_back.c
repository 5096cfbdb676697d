/*
 * The way back: the downs in reverse, what is left of the change, what the new release loses, and
 * the ups once more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/measured_run.h"
#include "rehearsal/mined.h"
#include "rehearsal/rehearsing.h"

// What has none; NULL: all have one.
static const char *without_down(const struct rehearsing *rehearsing)
{
    const struct change *change = rehearsing->request->change;
    if (rehearsing_is_command(rehearsing))
        return rehearsing->request->copies.settings->n_down > 0 ? NULL : "rehearsal.up";
    for (size_t i = 0; i < change->n_migrations; i++)
        if (change->migrations[i].down.path == NULL)
            return change->migrations[i].path;
    return NULL;
}

static bool run_downs(struct rehearsing *rehearsing, struct error *err)
{
    const struct change *change = rehearsing->request->change;
    struct measured_run *down = &rehearsing->report->down;

    rehearsing_phase(rehearsing, "down");
    if (rehearsing_is_command(rehearsing))
        return rehearse_command(rehearsing, true, down, err);
    for (size_t i = change->n_migrations; i > 0; i--) {
        const struct run_request request = {
            .work = &rehearsing->copies->work,
            .assessment = rehearsing->reading.assessment,
            .migration = &change->migrations[i - 1],
            .is_down = true,
            .deadline_ms = rehearsing->request->copies.settings->deadline_ms,
        };
        TRY(measured_run_migration(rehearsing->mem, &request, down, err));
        if (down->state != RUN_DONE)
            return true;
    }
    return true;
}

// Tables that the change renames, read from behind it back to its start.
static struct trace *renamed_back(TALLOC_CTX *mem, const struct trace *trace)
{
    struct trace *back = mem_new(mem, struct trace);
    back->dialect = trace->dialect;
    for (size_t i = 0; i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        if (table->before.name == NULL || table->after.name == NULL ||
            trace_is_same_name(table->before, table->after))
            continue;
        struct trace_table *turned = mem_new(mem, struct trace_table);
        *turned = (struct trace_table){.before = table->after, .after = table->before};
        for (size_t c = 0; c < table->n_columns; c++) {
            const struct trace_column *column = table->columns[c];
            if (column->before == NULL || column->after == NULL)
                continue;
            struct trace_column *as_was = mem_new(mem, struct trace_column);
            *as_was = (struct trace_column){.before = column->after, .after = column->before};
            *mem_append(mem, turned->columns, turned->n_columns) = as_was;
        }
        *mem_append(mem, back->tables, back->n_tables) = turned;
    }
    return back;
}

// What the new release wrote and the downs destroyed.
static bool find_lost(struct rehearsing *rehearsing, const struct target *written,
                      struct error *err)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    TALLOC_CTX *mem = rehearsing->mem;
    struct measured_effects lost;

    answer->rows_lost = 0;
    if (rehearsing->new_rows.n_rows == 0)
        return true;
    TRY(rehearsing_compare(rehearsing, written, &rehearsing->copies->work,
                           renamed_back(mem, rehearsing->reading.trace), true, &lost, err));
    for (size_t i = 0; i < lost.n_tables; i++) {
        const struct table_effect *table = &lost.tables[i];
        if (table->removed.rows > 0) {
            answer->rows_lost += table->removed.rows;
            *mem_append(mem, answer->lost, answer->n_lost) =
                (struct lost_rows){table->table, "rows that the new release wrote", table->removed};
        }
        for (size_t c = 0; c < table->n_columns; c++) {
            const struct column_effect *column = &table->columns[c];
            if (!column->is_dropped || column->changed == 0)
                continue;
            *mem_append(mem, answer->lost, answer->n_lost) = (struct lost_rows){
                table->table,
                mem_printf(mem, "values of %s that the new release wrote", column->column),
                {.rows = column->changed}};
        }
    }
    return true;
}

// Tables, for people: "t and 2 more".
static const char *name_tables(TALLOC_CTX *mem, const struct measured_effects *effects)
{
    if (effects->n_tables == 0)
        return effects->objects[0].object;
    if (effects->n_tables == 1)
        return effects->tables[0].table;
    return mem_printf(mem, "%s and %zu more", effects->tables[0].table, effects->n_tables - 1);
}

// Where schema and data were as at the start, only what the new release left behind, a sequence or
// the clock can have made another result of the same ups: then it is told, and no failure.
static void judge_again(struct rehearsing *rehearsing, const struct measured_effects *differences)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    bool is_from_the_start =
        answer->schema_restored == STATUS_PASS && answer->data_restored == STATUS_PASS;

    answer->again = STATUS_PASS;
    if (effects_are_none(differences))
        return;
    const char *tables = name_tables(rehearsing->mem, differences);
    if (is_from_the_start) {
        answer->again_detail =
            mem_printf(rehearsing->mem,
                       "but for %s, by a sequence, the clock or rows of the new release", tables);
        return;
    }
    answer->again = STATUS_FAIL;
    answer->again_detail =
        mem_printf(rehearsing->mem, "the ups after the downs leave %s otherwise", tables);
}

static bool compare_again(struct rehearsing *rehearsing, const struct target *written,
                          struct error *err)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    struct measured_effects differences;

    TRY(rehearse_ups_again(rehearsing, err));
    if (rehearsing->report->again.state != RUN_DONE) {
        answer->again = STATUS_FAIL;
        answer->again_detail = rehearsing->report->again.failure;
        return true;
    }
    rehearsing_phase(rehearsing, "compare again");
    TRY(rehearsing_compare(rehearsing, written, &rehearsing->copies->work, NULL, false,
                           &differences, err));
    judge_again(rehearsing, &differences);
    return true;
}

static bool mine_back(struct rehearsing *rehearsing, struct error *err)
{
    const struct change *change = rehearsing->request->change;
    const struct mined_request request = {
        .before = &rehearsing->copies->before,
        .after = &rehearsing->copies->work,
        .effects = &rehearsing->report->rollback.left,
        .path = change->n_migrations > 0 ? change->migrations[0].down.path : NULL,
    };
    return mined_find_back(rehearsing->mem, &request, rehearsing->report->findings, err);
}

// Columns that come back stand last: no ALTER TABLE puts them elsewhere, and only what names no
// columns (SELECT *, INSERT without a list) sees it. It is told, and condemns nothing.
static void judge_schema(struct rehearsing *rehearsing)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    const struct measured_effects *left = &answer->left;
    size_t n_reordered = 0;

    for (size_t i = 0; i < left->n_objects; i++)
        n_reordered += left->objects[i].is_reordered;
    answer->schema_restored = n_reordered == left->n_objects ? STATUS_PASS : STATUS_FAIL;
    if (n_reordered == 0 || answer->schema_restored == STATUS_FAIL)
        return;
    answer->schema_detail = mem_printf(
        rehearsing->mem, "but for the order of the columns of %s%s", left->objects[0].object,
        n_reordered > 1 ? mem_printf(rehearsing->mem, " and %zu more", n_reordered - 1) : "");
}

static bool go_back(struct rehearsing *rehearsing, const struct target *written, struct error *err)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;

    TRY(run_downs(rehearsing, err));
    if (rehearsing->report->down.state != RUN_DONE) {
        answer->schema_restored = answer->data_restored = STATUS_FAIL;
        return true;
    }
    rehearsing_phase(rehearsing, "compare back");
    TRY(rehearsing_compare(rehearsing, &rehearsing->copies->before, &rehearsing->copies->work, NULL,
                           false, &answer->left, err));
    judge_schema(rehearsing);
    answer->data_restored = answer->left.n_tables == 0 ? STATUS_PASS : STATUS_FAIL;
    TRY(mine_back(rehearsing, err));
    TRY(find_lost(rehearsing, written, err));
    return compare_again(rehearsing, written, err);
}

bool rehearse_back(struct rehearsing *rehearsing, struct error *err)
{
    const char *missing = without_down(rehearsing);
    struct target written;

    if (missing != NULL) {
        SCRATCH(tmp);
        rehearsing_note(rehearsing,
                        mem_printf(tmp, "%s has no down: going back was not rehearsed", missing));
        return true;
    }
    rehearsing_phase(rehearsing, "clone");
    TRY(copies_keep(rehearsing->mem, rehearsing->copies, "written", &written, err));
    bool is_done = go_back(rehearsing, &written, err);
    struct error ignored;
    return copies_forget(rehearsing->copies, &written, is_done ? err : &ignored) && is_done;
}
