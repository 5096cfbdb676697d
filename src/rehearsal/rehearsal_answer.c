/*
 * The answer of a rehearsal: can it be undone, and may it go ahead?
 *
 * The classes are the four answers of the deployment checklist, and two that are better than all of
 * them, the round trip and the undo log (docs/rehearsal.md).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/backup_find.h"
#include "rehearsal/copies_source.h"
#include "rehearsal/rehearsing.h"

// --- what the old release comes to

static void judge_old_release(struct rehearsal_report *report)
{
    struct rollback_answer *answer = &report->rollback;
    size_t n_passed = 0;

    for (size_t i = 0; i < report->old_release.n; i++) {
        enum status status = report->old_release.list[i].status;
        n_passed += status == STATUS_PASS;
        if (status == STATUS_FAIL)
            answer->old_release_survives = STATUS_FAIL;
    }
    if (n_passed > 0 && answer->old_release_survives != STATUS_FAIL)
        answer->old_release_survives = STATUS_PASS;
}

// --- the class

static bool is_back(const struct rollback_answer *answer)
{
    return answer->schema_restored == STATUS_PASS && answer->data_restored == STATUS_PASS;
}

// Does the change leave every row and value that was there as it was?
static bool only_adds(const struct measured_effects *effects)
{
    for (size_t i = 0; i < effects->n_tables; i++) {
        const struct table_effect *table = &effects->tables[i];
        if (table->unknown != NULL || table->is_dropped || table->removed.rows > 0 ||
            table->changed.rows > 0)
            return false;
        for (size_t c = 0; c < table->n_columns; c++)
            if (table->columns[c].is_dropped || table->columns[c].unknown != NULL)
                return false;
    }
    return true;
}

static void put_class(struct rollback_answer *answer, enum rehearsal_class class, const char *why)
{
    answer->class = class;
    answer->why = why;
}

// Nothing but data was changed, none has a down, and before-images brought all of it back.
static bool is_data_alone(const struct rehearsing *rehearsing)
{
    const struct change *change = rehearsing->request->change;
    for (size_t i = 0; i < change->n_migrations; i++)
        if (change->migrations[i].down.path != NULL)
            return false;
    return rehearsing->report->rollback.undo == STATUS_PASS &&
           rehearsing->report->effects.n_objects == 0;
}

static void judge_without_downs(const struct rehearsing *rehearsing, bool has_backup)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    if (rehearsing->request->has_undo_log && is_data_alone(rehearsing))
        put_class(answer, CLASS_UNDO_LOG,
                  "there is no down, and none is needed: the before-images that migrate keeps "
                  "bring the data back");
    else if (only_adds(&rehearsing->report->effects) && answer->old_release_survives == STATUS_PASS)
        put_class(answer, CLASS_DUAL_WRITE,
                  "there is no down, and none is needed: nothing that was there changed, and the "
                  "old release runs on the new schema");
    else if (has_backup)
        put_class(answer, CLASS_BACKUP, "there is no down: only the backup brings it back");
    else
        put_class(answer, CLASS_IRREVERSIBLE, "there is no down, and no backup is configured");
}

// The ups were run again on what the downs alone leave, which is not where this way back leads.
static void put_undo_log(struct rollback_answer *answer)
{
    put_class(answer, CLASS_UNDO_LOG,
              "the downs and the before-images that migrate keeps bring schema and data back");
    if (answer->again == STATUS_PASS)
        return;
    answer->again = STATUS_UNKNOWN;
    answer->again_detail = "the downs alone leave other rows";
}

static void judge_downs(const struct rehearsing *rehearsing, bool has_backup)
{
    struct rollback_answer *answer = &rehearsing->report->rollback;
    TALLOC_CTX *mem = rehearsing->mem;

    if (rehearsing->report->down.state != RUN_DONE)
        put_class(answer, has_backup ? CLASS_BACKUP : CLASS_IRREVERSIBLE,
                  mem_printf(mem, "the downs do not run: %s", rehearsing->report->down.failure));
    else if (is_back(answer) && answer->rows_lost == 0)
        put_class(answer, CLASS_ROUND_TRIP, "the downs bring schema and data back");
    else if (is_back(answer))
        put_class(answer, CLASS_PARTIAL,
                  "the downs bring back what was there, and destroy what the new release wrote");
    else if (answer->undo == STATUS_PASS && rehearsing->request->has_undo_log &&
             answer->schema_restored == STATUS_PASS && answer->rows_lost == 0)
        put_undo_log(answer);
    else if (answer->undo == STATUS_PASS || has_backup)
        put_class(answer, CLASS_BACKUP,
                  answer->undo == STATUS_PASS
                      ? "the downs do not bring the data back; before-images would (undo_log: "
                        "true)"
                      : "the downs do not bring everything back; the backup does");
    else
        put_class(answer, CLASS_PARTIAL, "the downs do not bring everything back");
}

// What would bring it back, is it there? Nothing keeps before-images but who makes them.
static const char *find_unkept(const struct rehearsing *rehearsing, bool has_backup)
{
    SCRATCH(tmp);
    struct backup_place place;
    struct backup backup;
    struct error why = {0};

    if (rehearsing->report->rollback.class != CLASS_BACKUP ||
        rehearsing->report->source.backup != NULL)
        return NULL;
    if (!has_backup)
        return "no backup is configured that would: backup: {kind: …, directory: …}";
    if (copies_find_backup(tmp, &rehearsing->request->copies, &place, &backup, &why))
        return NULL;
    return mem_printf(rehearsing->mem, "no backup holds it now: %s", why.message);
}

void rehearse_answer(struct rehearsing *rehearsing)
{
    const struct rehearsal_report *report = rehearsing->report;
    const struct config_backup *backup = rehearsing->request->copies.backup;
    bool has_backup = backup != NULL && backup->kind != NULL;

    judge_old_release(rehearsing->report);
    if (report->up.state != RUN_DONE)
        put_class(&rehearsing->report->rollback, CLASS_IRREVERSIBLE,
                  "the ups do not run: going back was not rehearsed");
    else if (report->down.state == RUN_NOT_TRIED)
        judge_without_downs(rehearsing, has_backup);
    else
        judge_downs(rehearsing, has_backup);
    rehearsing->report->rollback.unkept = find_unkept(rehearsing, has_backup);
}

// --- the verdict

struct ruling {
    enum verdict verdict;
    const char *why;
};

static struct ruling judge_run(TALLOC_CTX *mem, const struct measured_run *run, const char *what)
{
    if (run->state != RUN_FAILED && run->state != RUN_OVERDUE)
        return (struct ruling){VERDICT_GO, NULL};
    if (run->reaches_out)
        return (struct ruling){
            VERDICT_HOLD, mem_printf(mem,
                                     "the %s reaches out of its database, which a copy cannot: "
                                     "it was not rehearsed: %s",
                                     what, run->failure)};
    return (struct ruling){VERDICT_NO_GO,
                           mem_printf(mem, "the %s does not run: %s", what, run->failure)};
}

static struct ruling judge_runs(TALLOC_CTX *mem, const struct rehearsal_report *report)
{
    const struct ruling up = judge_run(mem, &report->up, "up");
    return up.verdict != VERDICT_GO ? up : judge_run(mem, &report->down, "down");
}

static struct ruling judge_way_back(const struct rehearsal_report *report)
{
    const struct rollback_answer *answer = &report->rollback;
    if (answer->schema_restored == STATUS_FAIL)
        return (struct ruling){VERDICT_NO_GO, "the downs leave another schema behind"};
    if (answer->again == STATUS_FAIL)
        return (struct ruling){VERDICT_NO_GO, answer->again_detail};
    if (answer->old_release_survives == STATUS_FAIL)
        return (struct ruling){VERDICT_NO_GO,
                               "statements of the old release fail on the new schema"};
    return (struct ruling){VERDICT_GO, NULL};
}

static const char *first_of(const struct results *results, enum status status)
{
    const char *first = NULL;
    for (size_t i = results->n; i > 0; i--)
        if (results->list[i - 1].status == status &&
            (results->list[i - 1].is_required || status == STATUS_WARN))
            first = results->list[i - 1].title;
    return first;
}

static const char *first_untold(const struct results *results)
{
    const char *unknown = first_of(results, STATUS_UNKNOWN);
    return unknown != NULL ? unknown : first_of(results, STATUS_MANUAL);
}

static struct ruling judge_findings(TALLOC_CTX *mem, const struct rehearsal_report *report)
{
    size_t n_stop = findings_count(report->findings, SEVERITY_STOP) +
                    findings_count(report->contradictions, SEVERITY_STOP);
    enum verdict invariants = results_verdict(&report->invariants);
    if (n_stop > 0)
        return (struct ruling){VERDICT_NO_GO,
                               mem_printf(mem, "%zu finding%s of the run that must stop it", n_stop,
                                          n_stop == 1 ? "" : "s")};
    if (report->invariants.n > 0 && invariants == VERDICT_NO_GO)
        return (struct ruling){VERDICT_NO_GO,
                               mem_printf(mem, "it does not hold after the change: %s",
                                          first_of(&report->invariants, STATUS_FAIL))};
    return (struct ruling){VERDICT_GO, NULL};
}

static const char *first_unknown(TALLOC_CTX *mem, const struct measured_effects *effects)
{
    for (size_t i = 0; i < effects->n_tables; i++)
        if (effects->tables[i].unknown != NULL)
            return mem_printf(mem, "%s was not compared: %s", effects->tables[i].table,
                              effects->tables[i].unknown);
    return NULL;
}

// Whoever writes rows on the way back means to bring them back.
static bool writes_rows(const struct measured_run *run)
{
    for (size_t i = 0; i < run->n_statements; i++)
        if (run->statements[i].n_written > 0)
            return true;
    return false;
}

static struct ruling judge_knowledge(TALLOC_CTX *mem, const struct rehearsal_report *report)
{
    const struct rollback_answer *answer = &report->rollback;
    enum verdict invariants = results_verdict(&report->invariants);
    size_t n_warn = findings_count(report->findings, SEVERITY_WARN);
    if (n_warn > 0)
        return (struct ruling){
            VERDICT_HOLD, mem_printf(mem,
                                     "%zu thing%s that held before no longer %s: look at "
                                     "%s, or approve the effects",
                                     n_warn, n_warn == 1 ? "" : "s", n_warn == 1 ? "does" : "do",
                                     n_warn == 1 ? "it" : "them")};
    if (report->invariants.n > 0 && invariants == VERDICT_HOLD)
        return (struct ruling){VERDICT_HOLD, mem_printf(mem, "it could not be told: %s",
                                                        first_untold(&report->invariants))};
    if (first_of(&report->invariants, STATUS_WARN) != NULL)
        return (struct ruling){
            VERDICT_HOLD,
            mem_printf(mem, "look at it: %s", first_of(&report->invariants, STATUS_WARN))};
    const char *unknown = first_unknown(mem, &report->effects);
    if (unknown != NULL)
        return (struct ruling){VERDICT_HOLD, unknown};
    if (answer->data_restored == STATUS_FAIL && answer->class != CLASS_UNDO_LOG &&
        writes_rows(&report->down))
        return (struct ruling){
            VERDICT_HOLD,
            mem_printf(mem, "the downs write rows, and leave %s otherwise than it was",
                       answer->left.tables[0].table)};
    if (report->source.tables > 0 && report->source.restored_rows == 0)
        return (struct ruling){VERDICT_HOLD, "the copy has no rows: nothing was shown"};
    if (answer->class == CLASS_PARTIAL || answer->class == CLASS_IRREVERSIBLE)
        return (struct ruling){VERDICT_HOLD, answer->why};
    if (answer->unkept != NULL)
        return (struct ruling){VERDICT_HOLD,
                               mem_printf(mem, "%s, and %s", answer->why, answer->unkept)};
    return (struct ruling){
        VERDICT_GO,
        answer->class == CLASS_ROUND_TRIP || answer->class == CLASS_UNDO_LOG
            ? "the change does what it says, and goes back"
            : mem_printf(mem, "the change does what it says; going back: %s", answer->why)};
}

void rehearsal_judge(struct rehearsal_report *report)
{
    struct ruling ruling = {VERDICT_NO_GO, report->source.fingerprint_detail};

    if (report->source.fingerprint_equal != STATUS_FAIL)
        ruling = judge_runs(report, report);
    if (ruling.verdict == VERDICT_GO)
        ruling = judge_findings(report, report);
    if (ruling.verdict == VERDICT_GO)
        ruling = judge_way_back(report);
    if (ruling.verdict == VERDICT_GO)
        ruling = judge_knowledge(report, report);
    report->verdict = ruling.verdict;
    report->why = ruling.why;
}
