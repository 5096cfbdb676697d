/*
 * What a flight consists of: see launch_plan.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/launch_plan.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "change/migration.h"
#include "command/inspection.h"
#include "command/launch_steps.h"
#include "command/plan.h"
#include "flight/binding.h"
#include "flight/maintenance.h"
#include "flight/record.h"
#include "flight/task.h"
#include "journal/events.h"
#include <string.h>

#define HOUR_MS ((int64_t)3600 * 1000)
#define WATCH_LEAST_MS (HOUR_MS / 2) // source: the runbook, "monitor for at least 30 minutes"

struct making {
    TALLOC_CTX *mem;
    const struct flight_work *work;
    struct flight *flight;
};

static void add_step(struct making *making, const struct step *step)
{
    struct flight *flight = making->flight;
    *mem_append(making->mem, flight->steps, flight->n_steps) = *step;
}

// "tminus WORD…" as a person types it.
static const char *const *own_command(const struct making *making, const char *const *words)
{
    const char **argv = NULL;
    size_t n = 0;

    *mem_append(making->mem, argv, n) = "tminus";
    for (; *words != NULL; words++)
        *mem_append(making->mem, argv, n) = *words;
    (void)mem_append(making->mem, argv, n);
    return argv;
}

#define OWN(making, ...) own_command((making), (const char *const[]){__VA_ARGS__, NULL})

static void add_preparation(struct making *making)
{
    const struct config_environment *environment = making->work->choice.environment;
    const char *version = making->flight->version;

    if (environment != NULL && environment->release.has_tag && version != NULL)
        add_step(making, &(struct step){.name = "tag",
                                        .phase = STEP_PREPARE,
                                        .kind = "tag",
                                        .argv = OWN(making, "tag", version),
                                        .timeout_ms = HOUR_MS / 6});
    if (environment != NULL && environment->release.n_build > 0 && version != NULL)
        add_step(making, &(struct step){.name = "build",
                                        .phase = STEP_PREPARE,
                                        .kind = "build",
                                        .argv = OWN(making, "build", "--version", version),
                                        .timeout_ms = HOUR_MS});
    if (!making->flight->is_after_release) // steps are the release's
        launch_steps_add(making->mem, environment, STEP_AT_PREPARE, making->flight);
    if (environment != NULL && environment->backup.kind != NULL)
        add_step(making, &(struct step){.name = "backup",
                                        .phase = STEP_PREPARE,
                                        .kind = "backup",
                                        .argv = OWN(making, "backup"),
                                        .timeout_ms = 4 * HOUR_MS});
    add_step(making, &(struct step){.name = "baseline",
                                    .phase = STEP_PREPARE,
                                    .kind = "baseline",
                                    .argv = OWN(making, "baseline", "save"),
                                    .timeout_ms = 4 * HOUR_MS});
}

// --- the release

// What ran before, as the journal tells it; NULL: it does not.
static bool find_previous(struct making *making, const char **out, struct error *err)
{
    json_auto_t *event = NULL;

    TRY(journal_last(making->work->journal, EVENT_RELEASED, "environment",
                     making->flight->environment, &event, err));
    *out = mem_strdup(making->mem, json_get_text(json_object_get(event, "data"), "version"));
    return true;
}

// Behind the migrations, which it may need. What ran before is deployed again on the way back;
// where nobody knows what that was, nothing goes back by itself, and a person names the version.
static bool add_release(struct making *making, struct error *err)
{
    const struct config_environment *environment = making->work->choice.environment;
    const char *version = making->flight->version, *previous;

    if (environment == NULL || environment->release.n_deploy == 0)
        return true;
    if (version == NULL) {
        error_set(err, ERROR_USAGE, "which version is released is not said");
        return error_hint(err,
                          "tminus launch --version V; release.deploy of tminus.yaml deploys it");
    }
    TRY(find_previous(making, &previous, err));
    add_step(making, &(struct step){.name = "release",
                                    .phase = STEP_DEPLOY,
                                    .kind = "release",
                                    .argv = OWN(making, "release", "--version", version),
                                    .timeout_ms = HOUR_MS});
    if (previous == NULL)
        making->flight->can_go_back = false;
    add_step(making, &(struct step){.name = "back.release",
                                    .phase = STEP_BACK,
                                    .kind = "release",
                                    .argv = previous == NULL
                                                ? NULL
                                                : OWN(making, "release", "--version", previous),
                                    .undoes = "release",
                                    .timeout_ms = HOUR_MS});
    return true;
}

// --- maintenance, where a flight is to switch it

static void add_maintenance(struct making *making, const char *name, enum step_phase phase,
                            const char *action)
{
    const struct config_environment *environment = making->work->choice.environment;

    if (environment == NULL || !environment->maintenance.in_flight)
        return;
    add_step(making,
             &(struct step){.name = name,
                            .phase = phase,
                            .kind = "maintenance",
                            .argv = OWN(making, "maintenance", action),
                            .undoes = phase == STEP_BACK ? "maintenance.on" : NULL,
                            .timeout_ms = environment->maintenance.timeout_ms +
                                          environment->maintenance.ready_ms + HOUR_MS / 60});
}

// --- the migrations

// The last of the pending ones.
static const struct migration *find_last(const struct change *pending, size_t *n)
{
    const struct migration *last = NULL;

    *n = 0;
    for (size_t i = 0; i < pending->n_migrations; i++) {
        const struct migration *migration = &pending->migrations[i];
        if (migration->is_context || migration->up.path == NULL)
            continue;
        last = migration;
        (*n)++;
    }
    return last;
}

// How many wait for a flight of their own, after the release. One that is numbered before what runs
// before the release would stand in the way of tools that know one order only.
static bool count_after_release(const struct change *change, const bool *is_applied,
                                const struct migration *last, int64_t *out, struct error *err)
{
    *out = 0;
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (is_applied[i] || migration->phase != PHASE_AFTER_RELEASE || migration->up.path == NULL)
            continue;
        (*out)++;
        if (migration->version == NULL || last == NULL || last->version == NULL ||
            migration_compare_versions(migration->version, last->version) > 0)
            continue;
        error_set(err, ERROR_INPUT,
                  "%s: comes after '%s', which is to run after the release; one flight cannot "
                  "run it before",
                  last->up.path, migration->up.path);
        return error_hint(err, "give it a version before that one's");
    }
    return true;
}

struct migrating_steps {
    const struct migration *last; // NULL: nothing is pending
    size_t n;
    bool has_undo_log; // the way back rests on it
    json_t *settings;
    json_t *bound; // the same, with the bytes that the flight is bound to
};

// "migrate --undo-log --to 0002"
static const char *const *migrate_command(struct making *making,
                                          const struct migrating_steps *steps)
{
    const char *words[5] = {"migrate"};
    size_t n = 1;

    if (steps->has_undo_log)
        words[n++] = "--undo-log";
    if (steps->last->version != NULL) {
        words[n++] = "--to";
        words[n++] = steps->last->version;
    }
    return own_command(making, words);
}

static void add_migrate(struct making *making, const struct migrating_steps *steps)
{
    if (steps->last != NULL)
        add_step(making, &(struct step){.name = "migrate",
                                        .phase = STEP_DEPLOY,
                                        .kind = "migrate",
                                        .argv = migrate_command(making, steps),
                                        .timeout_ms = 4 * HOUR_MS,
                                        .settings = steps->bound});
}

static void add_back_migrate(struct making *making, const struct migrating_steps *steps)
{
    if (steps->last != NULL)
        add_step(making, &(struct step){.name = "back.migrate",
                                        .phase = STEP_BACK,
                                        .kind = "undo",
                                        .argv = OWN(making, "migrate", "--undo", "--steps",
                                                    mem_printf(making->mem, "%zu", steps->n)),
                                        .undoes = "migrate",
                                        .timeout_ms = 4 * HOUR_MS,
                                        .settings = steps->settings});
}

// A release may well come without migrations; then the data stays as it is.
static bool check_change(struct making *making, const struct migrating_steps *steps,
                         struct error *err)
{
    const struct config_environment *environment = making->work->choice.environment;
    struct flight *flight = making->flight;
    bool has_release = !flight->is_after_release && environment != NULL &&
                       (environment->release.n_deploy > 0 || environment->n_steps > 0);

    if (steps->last != NULL)
        return true;
    if (!has_release || flight->version == NULL) {
        error_set(err, ERROR_INPUT, "%s: nothing is pending: there is no change to fly",
                  making->work->lease_name);
        return error_hint(err, has_release
                                   ? "a release without migrations: tminus launch --version V"
                                   : "tminus plan shows what is known of it");
    }
    flight->can_go_back = true;
    flight->way_back = (struct flight_way_back){.class = rollback_class_name(ROLLBACK_ROUND_TRIP),
                                                .reason = "no migration is part of it",
                                                .old_release_survives = status_name(STATUS_PASS)};
    return true;
}

static bool add_change(struct making *making, const struct change *pending, int64_t n_applied,
                       struct error *err)
{
    struct migrating_steps steps = {.settings = json_keep(making->mem, json_object())};
    bool is_after = making->flight->is_after_release;
    // Steps and release are the release's own flight's.
    const struct config_environment *environment =
        is_after ? NULL : making->work->choice.environment;

    steps.last = find_last(pending, &steps.n);
    steps.has_undo_log =
        making->flight->way_back.class != NULL &&
        strcmp(making->flight->way_back.class, rollback_class_name(ROLLBACK_UNDO_LOG)) == 0;
    TRY(check_change(making, &steps, err));
    json_put_integer(steps.settings, "applied", n_applied);
    json_put_integer(steps.settings, "pending", (int64_t)steps.n);
    json_put_text(steps.settings, "to", steps.last == NULL ? NULL : steps.last->version);
    steps.bound = json_keep(making->mem, json_copy(steps.settings));
    json_put(steps.bound, "migrations", binding_migrations_json(pending));
    add_maintenance(making, "maintenance.on", STEP_DEPLOY, "--enable");
    launch_steps_add(making->mem, environment, STEP_AT_BEFORE_MIGRATIONS, making->flight);
    add_migrate(making, &steps);
    launch_steps_add(making->mem, environment, STEP_AT_AFTER_MIGRATIONS, making->flight);
    // Back in the order of the checklist: the old release, then the data.
    launch_steps_add_back(making->mem, environment, STEP_AT_AFTER_RELEASE, making->flight);
    if (!is_after)
        TRY(add_release(making, err));
    add_maintenance(making, "maintenance.off", STEP_DEPLOY, "--disable");
    launch_steps_add(making->mem, environment, STEP_AT_AFTER_RELEASE, making->flight);
    launch_steps_add_back(making->mem, environment, STEP_AT_AFTER_MIGRATIONS, making->flight);
    add_back_migrate(making, &steps);
    launch_steps_add_back(making->mem, environment, STEP_AT_BEFORE_MIGRATIONS, making->flight);
    add_maintenance(making, "back.maintenance", STEP_BACK, "--disable");
    if (environment != NULL && environment->maintenance.in_flight)
        TRY(maintenance_check(environment, err));
    launch_steps_order(making->mem, making->flight);
    return launch_steps_check(environment, making->flight, err);
}

// --- the watch

// "T+30 min" "T+4 h" "T+90 s"
static char *point_name(TALLOC_CTX *mem, int64_t after_ms)
{
    if (after_ms % HOUR_MS == 0)
        return mem_printf(mem, "T+%lld h", (long long)(after_ms / HOUR_MS));
    if (after_ms % 60000 == 0)
        return mem_printf(mem, "T+%lld min", (long long)(after_ms / 60000));
    return mem_printf(mem, "T+%g s", (double)after_ms / 1000);
}

static void add_point(struct making *making, int64_t after_ms)
{
    const struct config_environment *environment = making->work->choice.environment;
    struct flight *flight = making->flight;
    *mem_append(making->mem, flight->points, flight->n_points) = (struct flight_point){
        .name = point_name(making->mem, after_ms),
        .after_ms = after_ms,
        .tolerance_ms = environment == NULL ? FLIGHT_TOLERANCE_MS : environment->watch_tolerance_ms,
    };
}

// Source: the runbook and the checklist: half an hour, one hour, four, a day.
static bool add_points(struct making *making, const char *reason, struct error *err)
{
    static const int64_t usual[] = {HOUR_MS / 2, HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS};
    const struct config_environment *environment = making->work->choice.environment;
    size_t n = environment == NULL ? 0 : environment->n_watch;
    int64_t last_ms = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t ms;
        TRY(quantity_read_duration(environment->watch[i], &ms, err));
        if (ms <= last_ms)
            return error_set(err, ERROR_CONFIG,
                             "watch: '%s' does not come after the point before "
                             "it",
                             environment->watch[i]);
        add_point(making, ms);
        last_ms = ms;
    }
    for (size_t i = 0; n == 0 && i < COUNT_OF(usual); i++)
        add_point(making, usual[i]);
    if (n == 0 || last_ms >= WATCH_LEAST_MS || reason != NULL)
        return true;
    error_set(err, ERROR_POLICY,
              "watch: it ends after %s; a deploy is watched for 30 minutes or "
              "more",
              environment->watch[n - 1]);
    return error_hint(err, "add a point such as 30m, or say why: --reason TEXT");
}

// --- the whole

// Back by itself only where a rehearsal of just this change showed that it comes back whole.
static bool can_go_back(const struct plan_rollback *rehearsed)
{
    return rehearsed != NULL &&
           (rollback_class_is_whole(rehearsed->class) || rehearsed->class == ROLLBACK_DUAL_WRITE);
}

static char *id_of(TALLOC_CTX *mem, const struct flight_work *work, int64_t now_ms)
{
    char *id = mem_printf(mem, "%s-%s", work->choice.environment_name ?: "flight",
                          clock_format(now_ms).text);
    for (char *at = id; *at != '\0'; at++)
        *at = *at == ':' ? '-' : *at;
    return id;
}

static bool read_after_release(TALLOC_CTX *mem, const struct inspection *inspection,
                               const struct change *change, const struct change *pending,
                               struct flight *flight, struct error *err)
{
    bool *is_applied = mem_array(mem, bool, change->n_migrations + 1);
    int64_t ignored;
    size_t n;

    if (flight->is_after_release)
        return true;
    TRY(inspection_count_applied(mem, inspection, change, is_applied, &ignored, err));
    return count_after_release(change, is_applied, find_last(pending, &n), &flight->n_after_release,
                               err);
}

// No record is there: as for migrate, the first migration makes it. Of a tool whose record is not
// known nothing could be read back.
static bool find_first(const struct change *change, const struct target *target, int64_t *n_applied,
                       struct error *err)
{
    const struct record_format *format;

    *n_applied = 0;
    return record_format_for(change->layout, target->driver->dialect, &format, err) &&
           record_format_check(format, target->driver->dialect, err);
}

bool launch_plan_make(TALLOC_CTX *mem, const struct flight_work *work,
                      const struct launch_request *request, struct flight **out, struct error *err)
{
    struct inspection inspection = {0};
    struct change *change, *pending;
    struct plan_rollback *rehearsed;
    int64_t n_applied;

    if (request->version != NULL)
        TRY(task_check_version(request->version, err));
    TRY(inspection_connect(mem, work->program, work->options, NULL, &inspection, err));
    inspection.journal = work->journal;
    TRY(database_read_change(mem, &inspection.choice, NULL, 0, &change, err));
    TRY(inspection_pending(mem, &inspection, change, &pending, &n_applied, err));
    if (n_applied < 0)
        TRY(find_first(change, &inspection.target, &n_applied, err));
    TRY(plan_find_rehearsal(mem, &inspection, pending, &rehearsed, err));

    struct flight *flight = mem_new(mem, struct flight);
    struct making making = {.mem = mem, .work = work, .flight = flight};
    flight->started_ms = clock_wall_ms();
    flight->id = id_of(mem, work, flight->started_ms);
    flight->service = work->choice.config->service;
    flight->environment = work->choice.environment_name;
    flight->version = request->version;
    flight->target = json_keep(mem, binding_target_json(&inspection.target.identity));
    flight->is_after_release = inspection.choice.phase == PHASE_AFTER_RELEASE;
    TRY(read_after_release(mem, &inspection, change, pending, flight, err));
    flight->start_at_ms = request->start_at_ms;
    flight->can_go_back = can_go_back(rehearsed);
    if (rehearsed != NULL)
        flight->way_back =
            (struct flight_way_back){.class = rollback_class_name(rehearsed->class),
                                     .reason = rehearsed->reason,
                                     .rows_lost = rehearsed->rows_lost,
                                     .old_release_survives = rehearsed->old_release_survives};
    add_preparation(&making);
    TRY(add_change(&making, pending, n_applied, err));
    TRY(add_points(&making, request->reason, err));
    *out = flight;
    return true;
}
