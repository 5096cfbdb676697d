/*
 * What must hold: the invariants before and after the ups, what was true without anybody saying it,
 * and both releases on the new schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/verification.h"
#include "rehearsal/mined.h"
#include "rehearsal/rehearsing.h"
#include "rehearsal/table_match.h"
#include <unistd.h>

bool rehearse_baseline(struct rehearsing *rehearsing, const char *path, struct error *err)
{
    json_auto_t *migrations = json_array();
    const struct baseline_request request = {
        .target = &rehearsing->copies->before,
        .schema = rehearsing->reading.schema,
        .config = rehearsing->request->config,
        .invariants = &rehearsing->reading.invariants,
        .trace = rehearsing->reading.trace,
        .migrations = migrations,
        .service = rehearsing->request->service,
        .environment = rehearsing->request->environment_name,
        .title = "rehearsal",
        .path = path,
    };
    // A file of a rehearsal that was killed, under our process number.
    (void)unlink(path);
    return baseline_save(rehearsing->mem, &request, &rehearsing->report->invariants, err);
}

static bool mine(struct rehearsing *rehearsing, struct error *err)
{
    const struct copies *copies = rehearsing->copies;
    const struct change *change = rehearsing->request->change;
    struct schema *after;
    TRY(copies->work.driver->catalog->read(rehearsing->mem, copies->work.engine, &after, err));
    const struct mined_request request = {
        .before = &copies->before,
        .after = &copies->work,
        .schema_before = rehearsing->reading.schema,
        .schema_after = after,
        .effects = &rehearsing->report->effects,
        .run = &rehearsing->report->up,
        .trace = rehearsing->reading.trace,
        .config = rehearsing->request->config,
        .path = change->n_migrations > 0 ? change->migrations[0].path : NULL,
    };
    return mined_find(rehearsing->mem, &request, rehearsing->report->findings, err);
}

static struct result *find_result(const struct results *results, const char *name)
{
    for (size_t i = 0; i < results->n; i++)
        if (strcmp(results->list[i].name, name) == 0)
            return &results->list[i];
    return NULL;
}

// What speaks against the change before it runs is no smaller for having been so already.
static void keep_contradictions(TALLOC_CTX *mem, const struct results *before, struct results *out)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct result *was = &before->list[i];
        struct result *is = find_result(out, was->name);
        if (was->status != STATUS_FAIL || (is != NULL && is->status != STATUS_WARN))
            continue;
        if (is == NULL)
            is = mem_append(mem, out->list, out->n);
        *is = *was;
    }
}

// Its rows stand as they were: nothing but new columns, and types that changed no value.
static bool is_as_it_was(const struct measured_effects *effects, const char *table)
{
    for (size_t i = 0; i < effects->n_tables; i++) {
        const struct table_effect *effect = &effects->tables[i];
        if (effect->before == NULL || strcmp(effect->before, table) != 0)
            continue;
        for (size_t c = 0; c < effect->n_columns; c++)
            if (effect->columns[c].before != NULL)
                return false;
        return effect->unknown == NULL && !effect->is_dropped && effect->added.rows == 0 &&
               effect->removed.rows == 0 && effect->changed.rows == 0 &&
               effect->duplicated.rows == 0;
    }
    return true;
}

// The baseline cannot tell rows apart by a key that the change writes (its type alone is enough);
// both copies, compared value by value, can.
static void answer_by_effects(struct rehearsing *rehearsing, const struct verification *verified)
{
    struct results *results = &rehearsing->report->invariants;
    const struct target *before = &rehearsing->copies->before;

    for (size_t i = 0; i < verified->n_tables; i++) {
        SCRATCH(tmp);
        const struct comparison *table = &verified->tables[i];
        const char *text = table_match_text(tmp, before, table->before->name);
        struct result *result = find_result(results, verification_table_name(tmp, table));
        if (result == NULL || result->status != STATUS_UNKNOWN || table->unknown == NULL ||
            table->damage != NULL || table->unread != NULL ||
            !is_as_it_was(&rehearsing->report->effects, text))
            continue;
        result->status = STATUS_PASS;
        result->observed = "none";
        result->detail = "both copies were compared value by value";
        result->has_value = true;
        result->value = 0;
    }
}

bool rehearse_invariants(struct rehearsing *rehearsing, const char *path, struct error *err)
{
    struct rehearsal_report *report = rehearsing->report;
    struct baseline *baseline;
    struct verification verification = {0};

    TRY(baseline_open(rehearsing->mem, path, &baseline, err));
    const struct verification_request request = {
        .target = &rehearsing->copies->work,
        .baseline = baseline,
        .config = rehearsing->request->config,
        .expectation = EXPECT_APPLIED,
        .is_recorded = true, // the ups have just run
        .is_alone = true,
    };
    TRY(verification_make(rehearsing->mem, &request, &verification, err));
    const struct results asked_before = report->invariants;
    report->invariants = verification.invariants;
    answer_by_effects(rehearsing, &verification);
    keep_contradictions(rehearsing->mem, &asked_before, &report->invariants);
    rehearsing_phase(rehearsing, "mined");
    return mine(rehearsing, err);
}

// --- releases

static bool find_statements(struct rehearsing *rehearsing, struct release_statements *out,
                            const char **why, struct error *err)
{
    const struct copies_request *copies = &rehearsing->request->copies;
    const char *path = copies->settings->old_release;

    if (path != NULL)
        return release_read(rehearsing->mem,
                            config_resolve(rehearsing->mem, rehearsing->request->config, path),
                            copies->driver->dialect, out, err);
    if (copies->source == NULL) {
        *why = "rehearsal.old_release names no file, and the target was not asked";
        return true;
    }
    return release_recorded(rehearsing->mem, copies->source, rehearsing->reading.trace, out, why,
                            err);
}

static bool try_old_release(struct rehearsing *rehearsing, struct error *err)
{
    struct release_statements statements = {0};
    const char *why = NULL;

    TRY(find_statements(rehearsing, &statements, &why, err));
    if (statements.n == 0) {
        rehearsing->report->rollback.old_release_detail = why;
        return true;
    }
    return release_try(rehearsing->mem, &rehearsing->copies->before, &rehearsing->copies->work,
                       &statements, &rehearsing->report->old_release, err);
}

static bool read_new_release(struct rehearsing *rehearsing, struct release_statements *out,
                             bool *is_known, struct error *err)
{
    const struct copies_request *copies = &rehearsing->request->copies;
    const char *path = copies->settings->new_release;
    *is_known = path != NULL;
    return path == NULL ||
           release_read(rehearsing->mem,
                        config_resolve(rehearsing->mem, rehearsing->request->config, path),
                        copies->driver->dialect, out, err);
}

// Beside `work` as it was before them, it is told which rows they are.
static bool write_new_rows(struct rehearsing *rehearsing, struct error *err)
{
    struct copies *copies = rehearsing->copies;
    struct release_statements statements = {0};
    struct new_release_request request = {
        .before = &copies->before, .work = &copies->work, .trace = rehearsing->reading.trace};
    struct target kept;
    struct schema *after;
    struct error ignored;
    bool is_known;

    TRY(read_new_release(rehearsing, &statements, &is_known, err));
    TRY(copies_keep(rehearsing->mem, copies, "unwritten", &kept, err));
    TRY(copies->work.driver->catalog->read(rehearsing->mem, copies->work.engine, &after, err));
    request.schema = after;
    request.statements = is_known ? &statements : NULL;
    bool is_done = release_write(rehearsing->mem, &request, &rehearsing->new_rows, err) &&
                   release_find_rows(rehearsing->mem, &request, &kept, &rehearsing->new_rows, err);
    if (!copies_forget(copies, &kept, is_done ? err : &ignored))
        return false;
    for (size_t i = 0; i < rehearsing->new_rows.n_notes; i++)
        rehearsing_note(rehearsing, rehearsing->new_rows.notes[i]);
    return is_done;
}

bool rehearse_releases(struct rehearsing *rehearsing, struct error *err)
{
    TRY(try_old_release(rehearsing, err));
    return write_new_rows(rehearsing, err);
}
