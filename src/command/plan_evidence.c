/*
 * Evidence for a plan: what its lines that only read say now.
 *
 * A query goes through the guarded channel. What no query tells (is there a baseline, what does the
 * record of migrations hold, what did verify say) comes from the journal and from the record. The
 * quick ones first: what makes a NO-GO is seen early.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "command/plan.h"
#include "journal/events.h"
#include "proof/question.h"

#define LATE_MS ((int64_t)5 * 60 * 1000) // Source: the checklist, "Within 5 Minutes"

struct evidence {
    TALLOC_CTX *mem;
    struct inspection *inspection;
    struct plan *plan;
    struct questions questions;
    int64_t n_applied; // of the plan's migrations; -1: not known
};

static void observe(const struct evidence *evidence, struct plan_step *step, enum status status,
                    const char *observed)
{
    step->status = status;
    step->observed = observed;
    step->layer = LAYER_MEASURED;
    step->at = mem_strdup(evidence->mem, clock_format(clock_wall_ms()).text);
}

static void fail(const struct evidence *evidence, struct plan_step *step, const char *observed)
{
    observe(evidence, step, step->is_required ? STATUS_FAIL : STATUS_WARN, observed);
}

// --- queries

static bool no_row(void *context, const char *const *names, const struct engine_value *values,
                   size_t n)
{
    (void)context, (void)names, (void)values, (void)n;
    return false;
}

// Syntax, names, types: SQLSTATE class 42, but for a privilege that is missing; or in the guard's
// words, which looks them up before the server is asked.
static bool is_rejection(const struct error *failure)
{
    static const char *const words[] = {"the query is not understood",
                                        "not asked, for the server knows no",
                                        "refused, a check may only read: it is not understood"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text_starts_with(failure->message, words[i]))
            return true;
    return strncmp(failure->sqlstate, "42", 2) == 0 && strcmp(failure->sqlstate, "42501") != 0;
}

// A query that a person wrote, and that can never be answered here.
static bool refuse_rejected(const struct evidence *evidence, const struct plan_step *step,
                            struct error *err)
{
    SCRATCH(tmp);
    const struct target *target = &evidence->inspection->target;
    struct error failure = {0};

    if (!step->is_given ||
        target->driver->session->query(target->engine, mem_printf(tmp, "EXPLAIN %s", step->sql),
                                       no_row, NULL, &failure) ||
        !is_rejection(&failure))
        return true;
    error_set(err, ERROR_INPUT, "plan: step '%s' (%s): the database rejects its query: %s",
              step->name, step->proof, failure.message);
    return error_hint(err, "mend the query; what it names must be there before the change");
}

// Whether anything is counted is known at the first row, how much by going through all of them:
// that is worth it only for what must be mended, and may take too long.
static bool ask_decision(const struct evidence *evidence, const struct invariant *asked,
                         const char *decision, struct result *out, struct error *err)
{
    struct invariant cheap = *asked, whole = *asked;
    struct result counted;

    cheap.sql = decision;
    TRY(question_ask(evidence->mem, &evidence->questions, &cheap, out, err));
    if (out->status != STATUS_FAIL && out->status != STATUS_WARN)
        return true;
    whole.samples = NULL;
    TRY(question_ask(evidence->mem, &evidence->questions, &whole, &counted, err));
    bool is_counted = counted.status != STATUS_UNKNOWN;
    out->observed = is_counted ? counted.observed : "1 or more";
    out->has_value = is_counted;
    out->value = counted.value;
    out->took_ms += counted.took_ms;
    return true;
}

static bool ask(const struct evidence *evidence, struct plan_step *step, struct error *err)
{
    const struct invariant asked = {
        .name = step->name,
        .title = step->title,
        .kind = step->answer,
        .sql = step->sql,
        .samples = step->samples,
        .expect = step->expect,
        .is_required = step->is_required,
    };
    struct result result;

    TRY(refuse_rejected(evidence, step, err));
    if (step->decision != NULL)
        TRY(ask_decision(evidence, &asked, step->decision, &result, err));
    else
        TRY(question_ask(evidence->mem, &evidence->questions, &asked, &result, err));
    // Of rows that a person looks at, the query only shows them.
    bool is_shown = step->kind == STEP_MANUAL && result.status == STATUS_PASS;
    bool has_rows = is_shown && result.detail != NULL;
    observe(evidence, step, is_shown ? STATUS_MANUAL : result.status,
            has_rows ? result.detail : result.observed);
    step->detail = has_rows ? NULL : result.detail;
    step->has_value = result.has_value;
    step->value = result.value;
    step->took_ms = result.took_ms;
    return true;
}

// --- the baseline

static const char *ago(TALLOC_CTX *mem, int64_t at_ms)
{
    return mem_printf(mem, "%s ago", quantity_duration(mem, clock_wall_ms() - at_ms));
}

static void judge_baseline(const struct evidence *evidence, struct plan_step *step,
                           const struct baseline *baseline, const char *verdict)
{
    TALLOC_CTX *mem = evidence->mem;
    const char *when = ago(mem, baseline->taken_ms);
    int64_t max_age_ms = evidence->plan->baseline_max_age_ms;
    struct error ignored;

    // A release without migrations contradicts no baseline: the last one is of what is there by
    // now.
    if (evidence->plan->n_migrations == 0 && json_array_size(baseline->migrations) > 0)
        observe(evidence, step, STATUS_UNKNOWN,
                mem_printf(mem, "saved %s, before migrations that are applied by now", when));
    else if (!plan_is_of(evidence->plan, baseline->migrations))
        fail(evidence, step, mem_printf(mem, "saved %s, for other migrations than these", when));
    else if (!baseline_check_age(baseline, clock_wall_ms(), max_age_ms, &ignored))
        fail(evidence, step, mem_printf(mem, "saved %s: too old", when));
    else if (strcmp(verdict, verdict_name(VERDICT_GO)) == 0)
        observe(evidence, step, STATUS_PASS,
                mem_printf(mem, "saved %s, %zu tables, GO", when, baseline->n_tables));
    else if (strcmp(verdict, verdict_name(VERDICT_NO_GO)) == 0)
        fail(evidence, step, mem_printf(mem, "saved %s, and it says NO-GO", when));
    else
        observe(evidence, step, STATUS_UNKNOWN,
                mem_printf(mem, "saved %s, and it says HOLD", when));
    step->detail = baseline->path;
}

static bool look_for_baseline(const struct evidence *evidence, struct plan_step *step,
                              struct error *err)
{
    SCRATCH(tmp);
    const struct inspection *inspection = evidence->inspection;
    struct baseline *baseline;
    struct error refused = {0};
    json_t *event;

    TRY(journal_last(inspection->journal, EVENT_BASELINE_SAVED, "database",
                     inspection->target.identity.database, &event, err));
    const char *verdict = mem_strdup(tmp, json_get_text(json_object_get(event, "data"), "verdict"));
    bool is_saved = event != NULL;
    json_decref(event);
    if (!is_saved)
        observe(evidence, step, STATUS_UNKNOWN, "none was saved yet");
    else if (!inspection_open_baseline(tmp, inspection, NULL, &baseline, &refused) ||
             !baseline_check_identity(baseline, &inspection->target.identity, &refused))
        fail(evidence, step, mem_strdup(evidence->mem, refused.message));
    else {
        judge_baseline(evidence, step, baseline, verdict == NULL ? "" : verdict);
        step->detail = mem_strdup(evidence->mem, step->detail);
    }
    return true;
}

// --- the record, and what verify said

static bool event_time(struct journal *journal, const char *name, const char *member,
                       const char *value, json_t **event, int64_t *at_ms, struct error *err)
{
    struct error ignored;

    *at_ms = 0;
    TRY(journal_last(journal, name, member, value, event, err));
    if (*event != NULL && !clock_parse(json_get_text(*event, "ts"), at_ms, &ignored))
        *at_ms = 0;
    return true;
}

static bool look_for_record(const struct evidence *evidence, struct plan_step *step,
                            struct error *err)
{
    int64_t n = (int64_t)evidence->plan->n_migrations;

    (void)err;
    if (evidence->n_applied < 0)
        observe(evidence, step, STATUS_UNKNOWN, "no record of migrations can be read");
    else if (evidence->n_applied == n)
        observe(evidence, step, STATUS_PASS, "all are recorded");
    else
        fail(evidence, step,
             mem_printf(evidence->mem, "%lld of %lld are recorded", (long long)evidence->n_applied,
                        (long long)n));
    return true;
}

// The last answer of verify, if it is about what is there now.
static bool look_for_verification(const struct evidence *evidence, struct plan_step *step,
                                  struct error *err)
{
    SCRATCH(tmp);
    struct journal *journal = evidence->inspection->journal;
    const struct engine_identity *identity = &evidence->inspection->target.identity;
    json_t *verified, *migrated;
    int64_t verified_ms, migrated_ms;

    TRY(event_time(journal, EVENT_MIGRATION_APPLIED, "database", identity->database, &migrated,
                   &migrated_ms, err));
    json_decref(migrated);
    TRY(event_time(journal, EVENT_VERIFIED, "database", identity->database, &verified, &verified_ms,
                   err));
    const char *verdict =
        mem_strdup(tmp, json_get_text(json_object_get(verified, "data"), "verdict"));
    json_decref(verified);
    if (verdict == NULL || verified_ms < migrated_ms) {
        observe(evidence, step, STATUS_UNKNOWN, "not verified since the migration");
        return true;
    }
    const char *observed =
        mem_printf(evidence->mem, "%s, %s%s", strcmp(verdict, "NO_GO") == 0 ? "NO-GO" : verdict,
                   ago(tmp, verified_ms),
                   migrated_ms > 0 && verified_ms - migrated_ms > LATE_MS
                       ? ", later than 5 minutes after the migration"
                       : "");
    if (strcmp(verdict, verdict_name(VERDICT_GO)) == 0)
        observe(evidence, step, STATUS_PASS, observed);
    else if (strcmp(verdict, verdict_name(VERDICT_NO_GO)) == 0)
        fail(evidence, step, observed);
    else
        observe(evidence, step, STATUS_UNKNOWN, observed);
    return true;
}

// --- the server

static bool is_in_the_way(const struct engine_activity *activity)
{
    if (strcmp(activity->kind, "prepared") == 0 || strcmp(activity->kind, "waiting") == 0)
        return true;
    return strcmp(activity->kind, "transaction") == 0 &&
           activity->age_ms > PLAN_TRANSACTION_MAX_AGE_MS;
}

static bool look_for_activity(const struct evidence *evidence, struct plan_step *step,
                              struct error *err)
{
    const struct target *target = &evidence->inspection->target;
    struct engine_activity *activity;
    size_t n, n_in_the_way = 0;
    struct error failure = {0};
    char *detail = NULL;

    (void)err;
    if (target->driver->catalog->activity == NULL)
        return true;
    if (!target->driver->catalog->activity(evidence->mem, target->engine, &activity, &n,
                                           &failure)) {
        observe(evidence, step, STATUS_UNKNOWN, mem_strdup(evidence->mem, failure.message));
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        n_in_the_way += is_in_the_way(&activity[i]);
        detail = mem_printf(evidence->mem, "%s%s%s", detail == NULL ? "" : detail,
                            detail == NULL ? "" : "\n", activity[i].text);
    }
    step->detail = detail;
    if (n_in_the_way == 0)
        observe(evidence, step, STATUS_PASS, "nothing in the way");
    else
        fail(evidence, step, mem_printf(evidence->mem, "%zu in the way", n_in_the_way));
    return true;
}

// --- the lines

static const struct {
    const char *name;
    bool (*look)(const struct evidence *evidence, struct plan_step *step, struct error *err);
} looks[] = {
    {"pre.baseline", look_for_baseline},
    {"pre.activity", look_for_activity},
    {"post.record", look_for_record},
    {"post.compare", look_for_verification},
};

static bool look(const struct evidence *evidence, struct plan_step *step, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (strcmp(looks[i].name, step->name) == 0)
            return looks[i].look(evidence, step, err);
    return true;
}

// The same question at +1h, +4h and +24h is asked once.
static const struct plan_step *find_asked(const struct plan_section *section, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (section->steps[i].at != NULL && section->steps[i].sql != NULL &&
            section->steps[i].answer == section->steps[end].answer &&
            strcmp(section->steps[i].sql, section->steps[end].sql) == 0)
            return &section->steps[i];
    return NULL;
}

static bool ask_once(const struct evidence *evidence, struct plan_section *section, size_t i,
                     struct error *err)
{
    struct plan_step *step = &section->steps[i];
    const struct plan_step *asked = find_asked(section, i);

    if (asked == NULL)
        return ask(evidence, step, err);
    observe(evidence, step, asked->status, asked->observed);
    step->detail = asked->detail;
    step->has_value = asked->has_value;
    step->value = asked->value;
    return true;
}

static bool look_at_section(const struct evidence *evidence, struct plan_section *section,
                            struct error *err)
{
    struct inspection *inspection = evidence->inspection;

    for (size_t i = 0; i < section->n_steps; i++)
        TRY(look(evidence, &section->steps[i], err));
    for (size_t i = 0; i < section->n_steps; i++) {
        if (inspection->target.progress != NULL)
            inspection->target.progress(inspection->target.context, "questions", (int64_t)i,
                                        (int64_t)section->n_steps);
        if (section->steps[i].sql != NULL)
            TRY(ask_once(evidence, section, i, err));
    }
    return true;
}

static bool look_in_snapshot(const struct evidence *evidence, enum plan_section_kind from,
                             enum plan_section_kind to, struct error *err)
{
    const struct target *target = &evidence->inspection->target;
    struct error ignored;
    bool is_done = true;

    TRY(target->driver->session->snapshot_begin(target->engine, err));
    for (int kind = from; is_done && kind <= (int)to; kind++)
        is_done = look_at_section(evidence, &evidence->plan->sections[kind], err);
    bool is_ended = target->driver->session->snapshot_end(target->engine, is_done ? err : &ignored);
    return is_done && is_ended;
}

// --- which of the plan's migrations are recorded

static bool read_versions(TALLOC_CTX *mem, const struct inspection *inspection,
                          const struct plan *plan, const struct change *change, int64_t *out,
                          struct error *err)
{
    bool *is_applied = mem_array(mem, bool, change->n_migrations + 1);
    int64_t n_known;

    *out = -1;
    TRY(inspection_count_applied(mem, inspection, change, is_applied, &n_known, err));
    if (n_known < 0)
        return true;
    *out = 0;
    for (size_t i = 0; i < plan->n_migrations; i++)
        for (size_t j = 0; j < change->n_migrations; j++)
            *out += is_applied[j] && change->migrations[j].version != NULL &&
                    strcmp(change->migrations[j].version, plan->migrations[i].version) == 0;
    return true;
}

bool plan_look(TALLOC_CTX *mem, struct inspection *inspection, struct plan *plan,
               const struct change *change, struct error *err)
{
    struct evidence evidence = {.mem = mem, .inspection = inspection, .plan = plan};

    TRY(read_versions(mem, inspection, plan, change, &evidence.n_applied, err));
    bool is_applied = plan->n_migrations > 0 && evidence.n_applied == (int64_t)plan->n_migrations;
    enum plan_section_kind from = is_applied ? PLAN_POST_DEPLOY : PLAN_PRE_DEPLOY;
    enum plan_section_kind to = is_applied ? PLAN_MONITORING : PLAN_PRE_DEPLOY;
    int64_t started_ms = clock_monotonic_ms();

    TRY(questions_begin(mem, &inspection->target, &evidence.questions, err));
    TRY(look_in_snapshot(&evidence, from, to, err));
    int64_t took_ms = clock_monotonic_ms() - started_ms;
    if (took_ms > LATE_MS)
        plan_note(mem, plan,
                  mem_printf(mem,
                             "late: the questions took %s, and the answer is wanted within 5 "
                             "minutes",
                             quantity_duration(mem, took_ms)));
    plan_decide(mem, plan, from);
    return true;
}
