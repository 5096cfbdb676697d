/*
 * Deployed code: does the release that still runs live with the change until the new one is
 * everywhere? One line of Pre-Deploy, with the places in the code that name what it loses.
 *
 * A name that nobody found proves little and one that was found proves much; so a name that goes
 * away must not be found, and a column that becomes required must be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/named.h"
#include "plan/making.h"

struct tally {
    struct making *making;
    size_t n_asked;    // names that code was searched for
    size_t n_used;     // gone before the release, and used
    size_t n_unfilled; // required before the release, and named nowhere
    size_t n_unknown;  // could not be searched for
    char *detail;
};

static const struct migration *migration_of(const struct making *making,
                                            const struct finding *finding)
{
    const struct assessment *assessment = making->facts->assessment;

    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        if (!script->is_down && strcmp(script->script->path, finding->path) == 0)
            return script->migration;
    }
    return NULL;
}

static void add_detail(struct tally *tally, const char *line)
{
    tally->detail =
        mem_printf(tally->making->mem, "%s%s%s", tally->detail == NULL ? "" : tally->detail,
                   tally->detail == NULL ? "" : "\n", line);
}

// What the code at the revision says; other sources know no release.
static void read_code(struct tally *tally, const struct finding *finding, size_t *n_lines,
                      bool *is_unknown)
{
    SCRATCH(tmp);

    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct sighting *seen = &finding->evidence[i];
        if (strcmp(seen->source, "code") != 0)
            continue;
        *is_unknown = *is_unknown || seen->is_unknown;
        *n_lines += seen->path != NULL && !seen->is_comment;
        if (seen->path != NULL)
            add_detail(tally, mem_printf(tmp, "  %s at %s:%zu: %s", seen->revision, seen->path,
                                         seen->line, seen->text));
        else
            add_detail(tally, mem_printf(tmp, "  %s", seen->text));
    }
}

static bool has_code(const struct finding *finding)
{
    for (size_t i = 0; i < finding->n_evidence; i++)
        if (strcmp(finding->evidence[i].source, "code") == 0)
            return true;
    return false;
}

static void take_finding(struct tally *tally, const struct finding *finding)
{
    SCRATCH(tmp);
    const struct assessment *assessment = tally->making->facts->assessment;
    struct named named;
    size_t n_lines = 0;
    bool is_unknown = false;

    if (!has_code(finding) || !named_by(assessment, finding, &named) || named.fate == FATE_CHANGED)
        return;
    const struct migration *migration = migration_of(tally->making, finding);
    bool is_later = migration != NULL && making_is_after_release(tally->making, migration);
    add_detail(tally,
               mem_printf(tmp, "%s%s%s %s %s the release, %s:%zu", named.table,
                          named.column == NULL ? "" : ".", named.column == NULL ? "" : named.column,
                          named.fate == FATE_GONE ? "goes away" : "becomes required",
                          is_later ? "after" : "before", finding->path, finding->line));
    read_code(tally, finding, &n_lines, &is_unknown);
    tally->n_asked++;
    tally->n_unknown += is_unknown;
    if (is_later || is_unknown)
        return;
    tally->n_used += named.fate == FATE_GONE && n_lines > 0;
    tally->n_unfilled += named.fate == FATE_REQUIRED && n_lines == 0;
}

static char *observed(const struct tally *tally)
{
    TALLOC_CTX *mem = tally->making->mem;

    if (tally->n_used > 0)
        return mem_printf(mem, "%zu of %zu names still used by the code that runs", tally->n_used,
                          tally->n_asked);
    if (tally->n_unknown > 0)
        return mem_strdup(mem, "the code that runs could not be searched");
    if (tally->n_unfilled > 0)
        return mem_printf(mem, "%zu of %zu names become required, and no line names them",
                          tally->n_unfilled, tally->n_asked);
    return mem_printf(mem, "none of %zu names stands in the way", tally->n_asked);
}

void making_deployed_code(struct making *making)
{
    const struct findings *findings = &making->facts->assessment->findings;
    struct tally tally = {.making = making};

    for (size_t i = 0; i < findings->n; i++)
        take_finding(&tally, &findings->list[i]);
    if (tally.n_asked == 0)
        return;
    struct plan_step *step = making_add(
        making, PLAN_PRE_DEPLOY,
        (struct plan_step){
            .kind = STEP_CHECK,
            .name = "pre.deployed_code",
            .title = "The code that runs lives with the change until the release",
            .command = command_assessment(making),
            .proof = "the code is searched as it is at the deployed revision, file and line; SQL "
                     "that is put together at run time is not seen",
            .expected = "no line names what goes away before the release; some line names every "
                        "column that becomes required",
            .is_required = true,
            .owner = making->reviewer,
            .layer = LAYER_PREDICTED,
        });
    step->status = tally.n_used > 0                         ? STATUS_FAIL
                   : tally.n_unknown + tally.n_unfilled > 0 ? STATUS_UNKNOWN
                                                            : STATUS_PASS;
    step->at = making->facts->made_at;
    step->observed = observed(&tally);
    step->detail = tally.detail;
}
