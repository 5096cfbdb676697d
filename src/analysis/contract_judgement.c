/*
 * Contract judgement: see contract_judgement.h.
 *
 * To take away is what such a migration is for, so its drop is stopped only as long as the release
 * that runs may still use what goes. That its values are lost is said by the warning, and decided
 * by the class of the way back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/contract_judgement.h"
#include "analysis/named.h"
#include "base/text.h"

static bool is_after_release(const struct assessment *assessment, const struct finding *finding)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        if (!script->is_down && script->migration->phase == PHASE_AFTER_RELEASE &&
            strcmp(script->script->path, finding->path) == 0)
            return true;
    }
    return false;
}

static bool is_drop(const struct finding *finding)
{
    static const char *const rules[] = {"drop-table", "drop-column", "drop-interface"};
    return finding->severity == SEVERITY_STOP && finding->tool == NULL &&
           word_in(finding->rule, rules, COUNT_OF(rules));
}

struct use {
    bool was_searched; // the code that runs
    size_t n_lines;    // of it that name what goes
    size_t n_statements;
    const char *revision;
};

static struct use read_use(const struct finding *finding)
{
    struct use use = {0};
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct sighting *seen = &finding->evidence[i];
        bool is_code = strcmp(seen->source, "code") == 0;
        if (is_code && seen->is_unknown)
            return (struct use){0};
        use.was_searched = use.was_searched || is_code;
        use.n_lines += is_code && seen->path != NULL && !seen->is_comment;
        use.n_statements += !is_code && seen->calls > 0;
        if (is_code && seen->revision != NULL)
            use.revision = seen->revision;
    }
    return use;
}

static const char *hint_of(TALLOC_CTX *mem, const struct use *use)
{
    if (!use->was_searched)
        return "name the code that runs now: deployed: REV in tminus.yaml, or --deployed REV; "
               "where no line of it names what goes, this only warns";
    if (use->n_lines > 0)
        return mem_printf(mem,
                          "deploy a release that does not name it first, and name that one: "
                          "deployed: REV in tminus.yaml, or --deployed REV (it was %s)",
                          use->revision == NULL ? "not known" : use->revision);
    return "the server counted statements that name it: if they are those of an older release, "
           "SELECT pg_stat_statements_reset() and look again after some traffic";
}

static void judge(struct assessment *assessment, struct finding *finding)
{
    struct named named;
    if (!is_drop(finding) || !is_after_release(assessment, finding) ||
        !named_by(assessment, finding, &named))
        return;
    const struct use use = read_use(finding);
    if (!use.was_searched || use.n_lines > 0 || use.n_statements > 0) {
        finding->hint = mem_strdup(assessment, hint_of(assessment, &use));
        return;
    }
    finding->severity = SEVERITY_WARN;
    finding->hint = mem_printf(assessment,
                               "no line of the code that runs (%s) names it: what goes are its "
                               "values, which only a copy or a backup brings back",
                               use.revision == NULL ? "not known" : use.revision);
}

void contract_judge(struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->findings.n; i++)
        judge(assessment, &assessment->findings.list[i]);
    findings_sort(&assessment->findings);
    assessment_decide(assessment);
}
