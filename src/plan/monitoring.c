/*
 * Monitoring (24 Hours): what alerts, and what is looked at after one, four and twenty-four hours.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/making.h"

struct threshold {
    const char *key; // of thresholds: in tminus.yaml
    const char *name, *title;
    const char *fallback; // of the checklist or the runbook; NULL: only when it is configured
    bool is_ceiling;
};

// Source: the checklist's table of monitoring; the runbook, "Phase 4: Monitoring".
static const struct threshold thresholds[] = {
    {"rollback_error_rate", "monitor.error_rate", "Alert on the error rate", "1% for 5m", true},
    {"p95", "monitor.p95", "Alert on the response time (p95)", NULL, true},
    {"success_rate", "monitor.success_rate", "Alert on the success rate", NULL, false},
    {"cpu", "monitor.cpu", "Alert on CPU", NULL, true},
    {"memory", "monitor.memory", "Alert on memory", NULL, true},
    {"disk", "monitor.disk", "Alert on disk", NULL, true},
};

static void add_threshold(struct making *making, const struct threshold *threshold)
{
    const struct yaml *section = environment_section(making, "thresholds");
    const struct yaml *given =
        section == NULL || section->kind != YAML_MAP ? NULL : yaml_get(section, threshold->key);
    const char *limit = given != NULL && given->text != NULL ? given->text : threshold->fallback;

    if (limit == NULL)
        return;
    making_add(making, PLAN_MONITORING,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = threshold->name,
                   .title = threshold->title,
                   .proof = "the alert rule is there, and a test of it fires",
                   .expected = mem_printf(making->mem, "alerts when %s %s",
                                          threshold->is_ceiling ? "above" : "below", limit),
                   .is_required = true,
                   .undo = "remove the alert rule",
                   .owner = making->on_call,
               });
}

// The first that says of every row whether its new value is there; else the first that counts.
static const struct invariant *missing_data(const struct making *making)
{
    const struct invariants *invariants = making->facts->invariants;
    const struct invariant *first = NULL;

    for (size_t i = 0; i < invariants->n; i++) {
        const struct invariant *invariant = &invariants->list[i];
        if (invariant->kind != INVARIANT_ZERO || (invariant->moments & MOMENT_AFTER) == 0)
            continue;
        if (invariant->catalogue != NULL && strcmp(invariant->catalogue, "I1") == 0)
            return invariant;
        if (first == NULL)
            first = invariant;
    }
    return first;
}

static void add_missing_data(struct making *making, const struct invariant *invariant)
{
    making_add(making, PLAN_MONITORING,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = "monitor.missing_data",
                   .title = mem_printf(making->mem, "Alert on missing data: %s", invariant->title),
                   .command = command_query(making, invariant->sql),
                   .sql = invariant->sql,
                   .samples = invariant->samples,
                   .answer = INVARIANT_ZERO,
                   .proof = "the same query, once a minute",
                   .expected = "0; alerts when above 0 for 5m",
                   .is_required = true,
                   .owner = making->on_call,
               });
}

static void add_reports(struct making *making)
{
    making_add(making, PLAN_MONITORING,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "monitor.user_reports",
                   .title = "Watch what users report",
                   .proof = "the support queue, from the deploy on",
                   .expected = "no report about what the change touches; any one is looked at",
                   .is_required = true,
                   .undo = UNDO_READS,
                   .owner = making->on_call,
               });
}

static void add_point(struct making *making, const char *point, const struct invariant *invariant)
{
    bool is_asked = invariant != NULL;

    making_add(
        making, PLAN_MONITORING,
        (struct plan_step){
            .kind = STEP_CHECK,
            .name = mem_printf(making->mem, "monitor.%s", point + 1),
            .title = mem_printf(making->mem, "Look at %s: metrics, and the data once more", point),
            .command = is_asked ? command_console(making, invariant->sql)
                                : command_tminus(making, "verify"),
            .sql = is_asked ? invariant->sql : NULL,
            .samples = is_asked ? invariant->samples : NULL,
            .answer = INVARIANT_ZERO,
            .proof = is_asked ? invariant->title : "the tables are compared by key again",
            .expected = is_asked ? "0" : "GO",
            .is_required = true,
            .owner = making->on_call,
        });
}

static void add_close(struct making *making)
{
    making_add(making, PLAN_MONITORING,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "monitor.close",
                   .title = "Close the deployment ticket",
                   .proof = "the three points above are in it, each with its value and time",
                   .expected = "closed only if +1h, +4h and +24h were as expected",
                   .is_required = true,
                   .undo = "open the ticket again",
                   .owner = making->deployer,
               });
}

void making_monitoring(struct making *making)
{
    const struct invariant *missing = missing_data(making);

    for (size_t i = 0; i < COUNT_OF(thresholds); i++)
        add_threshold(making, &thresholds[i]);
    if (missing != NULL)
        add_missing_data(making, missing);
    add_reports(making);
    add_point(making, "+1h", missing);
    add_point(making, "+4h", missing);
    add_point(making, "+24h", missing);
    add_close(making);
    if (environment_section(making, "metrics") == NULL)
        plan_note(making->mem, making->plan,
                  "no metrics: in tminus.yaml: the alerts are set up by hand");
}
