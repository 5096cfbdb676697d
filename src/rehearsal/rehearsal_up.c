/*
 * The ups of a rehearsal: each migration run, and compared with what was there before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/measured_run.h"
#include "rehearsal/rehearsing.h"

static bool run_up(struct rehearsing *rehearsing, const struct migration *migration,
                   const struct assessment *assessment, struct measured_run *run, struct error *err)
{
    const struct run_request request = {
        .work = &rehearsing->copies->work,
        .assessment = assessment,
        .migration = migration,
        .deadline_ms = rehearsing->request->copies.settings->deadline_ms,
    };
    return measured_run_migration(rehearsing->mem, &request, run, err);
}

static bool find_effects(struct rehearsing *rehearsing, const struct target *before,
                         struct migration *migration, const struct reading *reading,
                         struct error *err)
{
    struct rehearsal_report *report = rehearsing->report;
    struct measured_effects effects;
    rehearsing_phase(rehearsing, "compare");
    TRY(rehearsing_compare(rehearsing, before, &rehearsing->copies->work, reading->trace, false,
                           &effects, err));
    *mem_append(rehearsing->mem, report->migrations, report->n_migrations) =
        (struct migration_effects){.migration = migration, .effects = effects};
    return true;
}

// One of several: what it does is told from the state that it finds, not from the start.
static bool rehearse_up(struct rehearsing *rehearsing, struct migration *migration, bool is_first,
                        struct error *err)
{
    struct copies *copies = rehearsing->copies;
    struct measured_run *up = &rehearsing->report->up;
    struct reading reading = rehearsing->reading;
    struct target kept;
    const struct target *before = &copies->before;

    if (rehearsing->request->change->n_migrations > 1)
        TRY(rehearsing_read(rehearsing, &copies->work, migration, 1, &reading, err));
    if (!is_first) {
        rehearsing_phase(rehearsing, "clone");
        TRY(copies_keep(rehearsing->mem, copies, "step", &kept, err));
        before = &kept;
    }
    rehearsing_phase(rehearsing, "up");
    TRY(run_up(rehearsing, migration, reading.assessment, up, err));
    if (up->state == RUN_DONE)
        TRY(find_effects(rehearsing, before, migration, &reading, err));
    return is_first || copies_forget(copies, &kept, err);
}

bool rehearse_ups(struct rehearsing *rehearsing, struct error *err)
{
    struct rehearsal_report *report = rehearsing->report;
    const struct change *change = rehearsing->request->change;

    if (rehearsing_is_command(rehearsing))
        return rehearse_command_up(rehearsing, err);
    for (size_t i = 0; i < change->n_migrations; i++) {
        TRY(rehearse_up(rehearsing, &change->migrations[i], i == 0, err));
        if (report->up.state != RUN_DONE)
            return true;
    }
    if (report->n_migrations == 1) {
        report->effects = report->migrations[0].effects;
        return true;
    }
    rehearsing_phase(rehearsing, "compare");
    return rehearsing_compare(rehearsing, &rehearsing->copies->before, &rehearsing->copies->work,
                              rehearsing->reading.trace, false, &report->effects, err);
}

bool rehearse_ups_again(struct rehearsing *rehearsing, struct error *err)
{
    const struct change *change = rehearsing->request->change;
    struct measured_run *again = &rehearsing->report->again;

    rehearsing_phase(rehearsing, "up again");
    if (rehearsing_is_command(rehearsing))
        return rehearse_command(rehearsing, false, again, err);
    for (size_t i = 0; i < change->n_migrations; i++) {
        TRY(run_up(rehearsing, &change->migrations[i], rehearsing->reading.assessment, again, err));
        if (again->state != RUN_DONE)
            return true;
    }
    return true;
}
