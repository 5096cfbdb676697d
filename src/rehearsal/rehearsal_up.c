/*
 * The ups of a rehearsal: each migration run, and compared with what was there before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "rehearsal/measured_run.h"
#include "rehearsal/rehearsing.h"

#define SQL_SHOWN 60

// --- what a named server would do for it

static bool names_a_way_out(const struct statement *statement)
{
    static const char *const calls[] = {"dblink(", "dblink_connect", "dblink_exec",
                                        "dblink_send_query"};
    for (size_t i = 0; i < statement->n_actions; i++)
        if (statement->actions[i].query != NULL && statement->actions[i].query->copies_from_program)
            return true;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (strcasestr(statement->sql, calls[i]) != NULL)
            return true;
    return false;
}

static const struct statement *find_way_out(const struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct script *script = assessment->scripts[i].script;
        for (size_t k = 0; k < script->n_statements; k++)
            if (names_a_way_out(&script->statements[k]))
                return &script->statements[k];
    }
    return NULL;
}

// A scratch server is confined; another one would run the program, and connect. Of code that is put
// together at run time nothing is known.
static bool is_refused(const struct rehearsing *rehearsing)
{
    SCRATCH(tmp);
    struct measured_run *up = &rehearsing->report->up;
    const struct statement *found = rehearsing->request->copies.settings->server == NULL
                                        ? NULL
                                        : find_way_out(rehearsing->reading.assessment);
    if (found == NULL)
        return false;
    up->state = RUN_FAILED;
    up->reaches_out = true;
    up->failure = mem_printf(
        rehearsing->mem, "%s:%zu:%zu: the server of rehearsal.server would do it: %s", found->path,
        found->line, found->column, text_shorten(tmp, found->sql, strlen(found->sql), SQL_SHOWN));
    return true;
}

// --- one migration

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
    if (is_refused(rehearsing))
        return true;
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
