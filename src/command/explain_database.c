/*
 * Explaining with a database: see explain_database.h.
 *
 * A lock that conflicts with one that somebody holds waits, and everything that comes later waits
 * behind it: an open transaction makes an ALTER TABLE of a millisecond an outage.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/explain_database.h"
#include "base/clock.h"
#include "proof/known_schema.h"

bool explain_read_database(TALLOC_CTX *mem, const struct inspection *inspection,
                           struct assessment_options *options, struct explain_scene *scene,
                           struct error *err)
{
    TRY(known_schema_read(mem, &inspection->target, options, err));
    TRY(inspection_calibrate(mem, inspection, options, err));
    scene->database = inspection->target.identity.text;
    scene->read_at = mem_strdup(mem, clock_format(clock_wall_ms()).text);
    scene->schema = options->known;
    if (inspection->choice.config != NULL)
        options->budget = &inspection->choice.config->budget;
    return true;
}

static const struct engine_lock *find_conflict(const struct engine_activity *activity,
                                               const struct effects *effects)
{
    enum lock_mode held;
    for (size_t i = 0; i < activity->n_locks; i++) {
        for (size_t k = 0; k < effects->n_locks; k++) {
            if (strcmp(activity->locks[i].relation, effects->locks[k].relation) == 0 &&
                lock_mode_by_name(activity->locks[i].mode, &held) &&
                lock_mode_conflicts(held, effects->locks[k].mode))
                return &activity->locks[i];
        }
    }
    return NULL;
}

static bool is_concurrent(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (statement->actions[i].concurrently)
            return true;
    }
    return false;
}

static bool is_transaction(const struct engine_activity *activity)
{
    return strcmp(activity->kind, "transaction") == 0 || strcmp(activity->kind, "prepared") == 0;
}

static const char *words_of(TALLOC_CTX *mem, const struct engine_activity *activity,
                            const struct engine_lock *lock)
{
    enum lock_mode mode;
    if (lock == NULL || !lock_mode_by_name(lock->mode, &mode))
        return activity->text;
    return mem_printf(mem, "%s; %s %s on %s", activity->text,
                      strcmp(activity->kind, "waiting") == 0 ? "it wants" : "it holds",
                      lock_mode_sql(mode), lock->relation);
}

static void look_at(TALLOC_CTX *mem, const struct engine_activity *activity,
                    const struct statement *statement, const struct effects *effects,
                    struct explain_scene *scene)
{
    const struct engine_lock *lock = find_conflict(activity, effects);
    bool is_awaited = is_concurrent(statement) && is_transaction(activity);
    if (strcmp(activity->kind, "unknown") == 0)
        scene->unseen = activity->text;
    else if (lock != NULL || is_awaited)
        *mem_append(mem, scene->in_way, scene->n_in_way) =
            (struct explain_blocker){.kind = activity->kind,
                                     .who = activity->who,
                                     .age_ms = activity->age_ms,
                                     .has_lock = lock != NULL,
                                     .text = words_of(mem, activity, lock)};
}

bool explain_read_activity(TALLOC_CTX *mem, const struct inspection *inspection,
                           const struct assessment *assessment, struct explain_scene *scene,
                           struct error *err)
{
    const struct target *target = &inspection->target;
    struct engine_activity *list;
    size_t n;
    if (target->driver->catalog->activity == NULL)
        return true;
    if (target->identity.is_standby) {
        scene->unseen = "who is in the way on the primary cannot be seen on a standby";
        return true;
    }
    TRY(target->driver->catalog->activity(mem, target->engine, &list, &n, err));
    scene->is_watched = true;
    for (size_t i = 0; i < n; i++) {
        const struct assessed_script *assessed = &assessment->scripts[0];
        for (size_t j = 0; j < assessed->script->n_statements; j++) {
            size_t n_before = scene->n_in_way;
            look_at(mem, &list[i], &assessed->script->statements[j], assessed->effects[j], scene);
            if (scene->n_in_way > n_before)
                break; // once
        }
    }
    return true;
}
