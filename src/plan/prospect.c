/*
 * Prospect: see prospect.h. Everything here is predicted from findings and effects, unless a
 * rehearsal showed it; what only a rehearsal can prove (a dual write, a round trip) is not claimed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/prospect.h"
#include "analysis/size.h"
#include "base/quantity.h"
#include "plan/work.h"
#include "proof/sql.h"

static const struct finding *find_rule(const struct making *making, const char *const *rules,
                                       size_t n, const char *path)
{
    const struct findings *findings = &making->facts->assessment->findings;

    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        if (path != NULL && strcmp(finding->path, path) != 0)
            continue;
        for (size_t j = 0; j < n; j++)
            if (strcmp(finding->rule, rules[j]) == 0)
                return finding;
    }
    return NULL;
}

static const char *place(TALLOC_CTX *mem, const struct finding *finding)
{
    const char *slash = strrchr(finding->path, '/');
    const char *name = slash == NULL ? finding->path : slash + 1;

    return finding->line == 0 ? name : mem_printf(mem, "%s:%zu", name, finding->line);
}

// --- the way back

static size_t count_without_down(const struct making *making)
{
    const struct change *change = making->facts->change;
    size_t n = 0;

    for (size_t i = 0; i < change->n_migrations; i++)
        n += !change->migrations[i].is_context && change->migrations[i].up.path != NULL &&
             change->migrations[i].down.path == NULL;
    return n;
}

static struct plan_rollback answer(enum rollback_class class, const char *reason)
{
    return (struct plan_rollback){
        .class = class, .layer = LAYER_PREDICTED, .reason = reason, .rows_lost = -1};
}

static struct plan_rollback answer_loss(const struct making *making, const struct loss *loss,
                                        const struct finding *irreversible)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = making->mem;
    bool has_backup = environment_section(making, "backup") != NULL;
    const char *rows =
        loss->rows < 0 ? "" : mem_printf(tmp, " of %s rows", quantity_count(tmp, loss->rows));
    const char *more =
        loss->n_objects == 1 ? "" : mem_printf(tmp, " and %zu more", loss->n_objects - 1);
    const char *lost = mem_printf(tmp, "%s%s%s", loss->objects[0], more, rows);

    if (!loss->is_unrecorded || has_backup)
        return answer(
            ROLLBACK_BACKUP,
            mem_printf(mem,
                       "the change overwrites or removes %s; only %s brings that back, "
                       "and what is written after it is lost",
                       lost,
                       has_backup ? "the backup from before it" : "the copy that pre.copy makes"));
    if (irreversible == NULL && count_without_down(making) == 0)
        return answer(ROLLBACK_PARTIAL,
                      mem_printf(mem, "code and schema can go back, %s cannot", lost));
    return answer(ROLLBACK_IRREVERSIBLE, mem_printf(mem, "%s is gone, and no copy is known", lost));
}

struct plan_rollback prospect_rollback(const struct making *making)
{
    static const char *const bad_downs[] = {"down-does-not-restore"};
    static const char *const irreversible_downs[] = {"irreversible-down"};
    const struct assessment *assessment = making->facts->assessment;
    struct loss loss = making_loss(making);
    const struct finding *bad = find_rule(making, bad_downs, 1, NULL);
    const struct finding *irreversible = find_rule(making, irreversible_downs, 1, NULL);
    size_t n_without = count_without_down(making);

    if (making->facts->rehearsed != NULL)
        return *making->facts->rehearsed;
    if (assessment->n_not_understood > 0)
        return answer(ROLLBACK_UNKNOWN, "not everything that the migrations do is understood");
    if (making->plan->n_migrations == 0)
        return answer(ROLLBACK_ROUND_TRIP, "nothing in the database changes by migration: the "
                                           "previous commit is deployed again");
    if (loss.n_objects > 0)
        return answer_loss(making, &loss, irreversible);
    if (n_without > 0)
        return answer(ROLLBACK_PARTIAL,
                      mem_printf(making->mem,
                                 "the previous commit can be deployed; %zu of %zu migrations have "
                                 "no down, so the new schema stays",
                                 n_without, making->plan->n_migrations));
    if (bad != NULL || irreversible != NULL) {
        const struct finding *why = bad != NULL ? bad : irreversible;
        return answer(ROLLBACK_PARTIAL, mem_printf(making->mem, "the down %s (%s)", why->message,
                                                   place(making->mem, why)));
    }
    return answer(ROLLBACK_ROUND_TRIP,
                  "every migration has a down that restores the schema, and no value that was "
                  "there before is touched; what is written into the new shape since is lost");
}

// --- the way of deploying

static const struct finding *breaking_rule(const struct making *making, const char *path)
{
    static const char *const rules[] = {"drop-in-use",   "rename-table", "rename-column",
                                        "drop-column",   "drop-table",   "not-null-no-default",
                                        "type-narrowing"};
    return find_rule(making, rules, COUNT_OF(rules), path);
}

static bool is_read_by_code(const struct schema_relation *relation)
{
    return relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED ||
           relation->kind == RELATION_VIEW;
}

// A column that is gone under the name that the release that still runs knows.
static const char *lost_column(const struct schema_relation *was, const struct schema_relation *is)
{
    for (size_t i = 0; i < was->n_columns; i++)
        if (is->n_columns > 0 && schema_find_column(is, was->columns[i].name) == NULL)
            return was->columns[i].name;
    return NULL;
}

// A column that it does not know, and without which its INSERT fails.
static const char *required_column(const struct schema_relation *was,
                                   const struct schema_relation *is)
{
    for (size_t i = 0; i < is->n_columns; i++) {
        const struct schema_column *column = &is->columns[i];
        bool is_filled = column->has_default || column->is_generated || column->is_identity;
        if (column->is_not_null && !is_filled && was->n_columns > 0 &&
            schema_find_column(was, column->name) == NULL)
            return column->name;
    }
    return NULL;
}

static const char *break_of(TALLOC_CTX *mem, const struct schema_relation *was,
                            const struct schema_relation *is)
{
    const char *shown = sql_shown(mem, was->name);

    if (is == NULL)
        return mem_printf(mem, "the loss of %s", shown);
    const char *lost = lost_column(was, is), *required = required_column(was, is);
    if (lost != NULL)
        return mem_printf(mem, "the loss of %s.%s", shown, lost);
    return required == NULL ? NULL
                            : mem_printf(mem, "%s.%s, which every row must have", shown, required);
}

// What of the schema the release that still runs cannot live with, or NULL; `*table` is where.
static const char *find_break(const struct making *making, struct name *table)
{
    const struct schema *before = making->facts->assessment->before;
    const struct schema *after = making->facts->assessment->schema;

    for (const struct schema_relation *was = schema_next_changed(before, after, NULL); was != NULL;
         was = schema_next_changed(before, after, was)) {
        const char *broken =
            is_read_by_code(was) ? break_of(making->mem, was, schema_find(after, was->name)) : NULL;
        *table = was->name;
        if (broken != NULL)
            return broken;
    }
    return NULL;
}

static bool locks_whole(const struct making *making, const struct migration *migration,
                        struct name table)
{
    SCRATCH(tmp);
    const struct assessed_script *up = making_up(making, migration);
    const char *name = schema_name_text(tmp, making->facts->assessment->before, table);

    for (size_t i = 0; up != NULL && i < up->script->n_statements; i++) {
        const struct effect_lock *lock = effects_lock_on(up->effects[i], name);
        if (lock != NULL && lock->mode == LOCK_ACCESS_EXCLUSIVE)
            return true;
    }
    return false;
}

const char *prospect_breaks(const struct making *making, const struct migration *migration)
{
    const struct finding *finding =
        breaking_rule(making, migration == NULL ? NULL : migration->path);
    struct name table;

    if (finding != NULL)
        return mem_printf(making->mem, "%s (%s)", finding->rule, place(making->mem, finding));
    const char *broken = find_break(making, &table);
    return broken == NULL || (migration != NULL && !locks_whole(making, migration, table)) ? NULL
                                                                                           : broken;
}

// Over all ups, the one that takes no writes longest.
static const char *find_locked(const struct making *making, const struct schema_relation **sized)
{
    const struct change *change = making->facts->change;
    const char *locked = NULL;

    for (size_t i = 0; i < change->n_migrations; i++) {
        if (change->migrations[i].is_context)
            continue;
        const struct work work = work_of(making, &change->migrations[i]);
        // A size that is not known is as bad as a large one, and the first is told.
        bool is_worse = locked == NULL || size_class(*sized) == SIZE_MEDIUM;
        if (work.locked == NULL || !is_worse)
            continue;
        locked = work.locked;
        *sized = work.locked_relation;
    }
    return locked;
}

static const char *configured_strategy(const struct making *making)
{
    const struct yaml *release = environment_section(making, "release");
    const struct yaml *strategy =
        release == NULL || release->kind != YAML_MAP ? NULL : yaml_get(release, "strategy");

    if (strategy == NULL || strategy->text == NULL)
        return NULL;
    return strcmp(strategy->text, "blue_green") == 0 ? "blue-green" : strategy->text;
}

static struct plan_strategy gradual(const struct making *making, const char *why)
{
    const char *configured = configured_strategy(making);
    const struct config_environment *environment = making->facts->environment;
    size_t n_slots = environment == NULL ? 0 : environment->n_slots;

    if (configured != NULL)
        return (struct plan_strategy){configured,
                                      mem_printf(making->mem, "%s; tminus.yaml asks for it", why)};
    if (environment_section(making, "traffic") != NULL)
        return (struct plan_strategy){
            "canary",
            mem_printf(making->mem, "%s, so both may run side by side while traffic moves", why)};
    if (n_slots >= 2)
        return (struct plan_strategy){
            "blue-green",
            mem_printf(making->mem, "%s, and there are %zu slots: the old one stays ready", why,
                       n_slots)};
    return (struct plan_strategy){
        "rolling", mem_printf(making->mem, "%s, so instances may be replaced one by one", why)};
}

static const char *lock_words(const struct making *making, const char *locked,
                              const struct schema_relation *sized)
{
    if (locked == NULL)
        return "";
    return mem_printf(making->mem, "; %s (%s) takes no writes while it is worked on", locked,
                      size_text(making->mem, sized));
}

struct plan_strategy prospect_strategy(const struct making *making)
{
    TALLOC_CTX *mem = making->mem;
    const struct schema_relation *sized = NULL;
    const char *breaks = prospect_breaks(making, NULL);
    const char *locked = find_locked(making, &sized);

    if (making->facts->assessment->n_not_understood > 0)
        return (struct plan_strategy){
            "maintenance", "not every statement is understood: assume that it locks everything and "
                           "that the old release cannot live with it"};
    if (breaks != NULL && making->facts->is_after_release)
        return (struct plan_strategy){
            "expand-contract",
            mem_printf(mem,
                       "its last part: what %s takes away is of releases before the one that "
                       "runs%s",
                       breaks, lock_words(making, locked, sized))};
    if (breaks != NULL)
        return (struct plan_strategy){
            "expand-contract",
            mem_printf(mem,
                       "the release that still runs cannot live with %s: add the new shape, "
                       "deploy the code that uses it, and take the old one away a release later%s",
                       breaks, lock_words(making, locked, sized))};
    if (locked != NULL)
        return (struct plan_strategy){
            "maintenance", mem_printf(mem,
                                      "%s (%s) takes no writes while it is worked on, longer than "
                                      "requests wait; or use the safe form that its finding names",
                                      locked, size_text(mem, sized))};
    return gradual(making, making->plan->n_migrations == 0
                               ? "the schema stays as it is"
                               : "the release that still runs can live with the new schema, and no "
                                 "lock is held long");
}
