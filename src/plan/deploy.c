/*
 * Deploy Steps: migrations, the release, the flag, in the order that the old release survives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/making.h"
#include "plan/prospect.h"
#include "plan/work.h"

// Does it make something that the new release may need?
static bool is_expanding(const struct making *making, const struct migration *migration)
{
    static const enum action_kind kinds[] = {
        ACTION_CREATE_TABLE, ACTION_CREATE_TABLE_AS, ACTION_ADD_COLUMN,  ACTION_CREATE_VIEW,
        ACTION_RENAME,       ACTION_RENAME_COLUMN,   ACTION_CREATE_TYPE, ACTION_CREATE_FUNCTION};
    const struct assessed_script *up = making_up(making, migration);

    for (size_t i = 0; up != NULL && i < up->script->n_statements; i++)
        for (size_t j = 0; j < up->script->statements[i].n_actions; j++)
            for (size_t k = 0; k < COUNT_OF(kinds); k++)
                if (up->script->statements[i].actions[j].kind == kinds[k])
                    return true;
    return false;
}

// What only takes away waits until the release that does not need it is everywhere.
bool making_is_after_release(const struct making *making, const struct migration *migration)
{
    return migration->phase == PHASE_AFTER_RELEASE ||
           (prospect_breaks(making, migration) != NULL && !is_expanding(making, migration));
}

// Why it stands where it stands, when the old release cannot live with it.
static const char *order_words(const struct making *making, const struct migration *migration)
{
    const char *breaks = prospect_breaks(making, migration);

    if (breaks == NULL)
        return NULL;
    if (making_is_after_release(making, migration))
        return mem_printf(making->mem, "after the release: the one before it cannot live with %s",
                          breaks);
    return mem_printf(making->mem,
                      "before the release, which may need what it adds; until that is everywhere, "
                      "the one before it fails on %s",
                      breaks);
}

static const char *undo_of(const struct making *making, const struct migration *migration)
{
    const char *undo = command_undo(making, 1);

    if (migration->down.path == NULL)
        return making_loss(making).n_tables > 0 ? "none: it has no down; see rollback.restore"
                                                : "none: it has no down; the new schema stays";
    return undo != NULL ? undo : "none: this tool runs no downs; see rollback.restore";
}

// Before-images take a lock for longer than the migration itself may, and room.
static const char *undo_log_words(const struct making *making)
{
    if (!making->facts->has_undo_log)
        return NULL;
    return making->facts->assessment->dialect == DIALECT_SQLITE
               ? "before-images of the rows that it overwrites or deletes are kept (undo_log)"
               : "before-images of the rows that it overwrites or deletes are kept (undo_log): "
                 "their "
                 "tables are locked SHARE ROW EXCLUSIVE from its first statement to the commit, "
                 "and "
                 "ACCESS EXCLUSIVE just before that";
}

// Lines, those that are there.
static const char *joined(TALLOC_CTX *mem, const char *a, const char *b)
{
    return a == NULL ? b : b == NULL ? a : mem_printf(mem, "%s\n%s", a, b);
}

static void add_migration(struct making *making, const struct migration *migration)
{
    struct work work = work_of(making, migration);
    const char *label = migration->version != NULL ? migration->version : migration->name;
    const char *name = migration->name != NULL ? migration->name : "";
    const char *why = order_words(making, migration);

    making_add(making, PLAN_DEPLOY,
               (struct plan_step){
                   .kind = STEP_ACTION,
                   .name = mem_printf(making->mem, "deploy.%s", label),
                   .title = mem_printf(making->mem, "Run migration %s%s%s", label,
                                       name[0] == '\0' ? "" : " ", name),
                   .command = command_apply(making, migration),
                   .proof = "the tool's record has it, and the schema is read back",
                   .expected = "ends with 0; it is recorded as applied",
                   .detail = joined(making->mem, joined(making->mem, why, work.detail),
                                    undo_log_words(making)),
                   .is_required = true,
                   .estimate = work.estimate,
                   .batching = work.batching,
                   .undo = undo_of(making, migration),
                   .owner = making->database_owner,
               });
}

static void add_migrations(struct making *making, bool after_release)
{
    const struct change *change = making->facts->change;

    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (!migration->is_context && migration->up.path != NULL &&
            making_is_after_release(making, migration) == after_release)
            add_migration(making, migration);
    }
}

// --- the release

static const char *short_name(TALLOC_CTX *mem, const char *version)
{
    return mem_strndup(mem, version, 12);
}

static void add_release(struct making *making, const char *slot)
{
    SCRATCH(tmp);
    const char *version = making->facts->version;
    const char *const *argv = release_argv(making, "deploy", slot, version);
    const char *const *back = release_argv(making, "rollback", slot, making->facts->previous);
    const char *what = version == NULL ? "the release" : short_name(tmp, version);

    if (back == NULL)
        back = release_argv(making, "deploy", slot, making->facts->previous);
    making_add(
        making, PLAN_DEPLOY,
        (struct plan_step){
            .kind = argv == NULL ? STEP_MANUAL : STEP_ACTION,
            .name = slot == NULL ? "deploy.release"
                                 : mem_printf(making->mem, "deploy.release.%s", slot),
            .title = mem_printf(making->mem, "Deploy %s%s%s%s", version == NULL ? "" : "commit ",
                                what, slot == NULL ? "" : " to ", slot == NULL ? "" : slot),
            .command = command_of(making->mem, argv),
            .argv = argv,
            .proof = "each instance is asked for the version that it runs",
            .expected = version == NULL
                            ? "every instance answers with the new version"
                            : mem_printf(making->mem, "every instance answers with %s", what),
            .is_required = true,
            .undo = back != NULL ? command_of(making->mem, back)
                                 : "rollback.release says which commit is deployed again",
            .owner = making->deployer,
        });
    if (argv == NULL)
        plan_note(making->mem, making->plan,
                  version == NULL
                      ? "no release commit is known: with --base REV in a git repository the plan "
                        "names it"
                      : "how a commit is deployed is not in tminus.yaml: release: {deploy: […]} "
                        "makes deploy.release a command");
}

static void add_releases(struct making *making)
{
    const struct config_environment *environment = making->facts->environment;

    if (environment == NULL || environment->n_slots == 0 || !release_has_slots(making, "deploy")) {
        add_release(making, NULL);
        return;
    }
    for (size_t i = 0; i < environment->n_slots; i++)
        add_release(making, environment->slots[i].name);
}

static void add_flag(struct making *making)
{
    making_add(making, PLAN_DEPLOY,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "deploy.flag",
                   .title = "Enable the feature flag that guards the change, where there is one",
                   .proof = "the flag's value is read back where it is kept",
                   .expected = "on, and only after post.compare and the queries of Post-Deploy are "
                               "as expected",
                   .undo = "switch the same flag off again: rollback.flag",
                   .owner = making->deployer,
               });
}

static void add_maintenance(struct making *making, bool begins)
{
    if (strcmp(making->plan->strategy.name, "maintenance") != 0)
        return;
    making_add(
        making, PLAN_DEPLOY,
        (struct plan_step){
            .kind = STEP_MANUAL,
            .name = begins ? "deploy.maintenance_on" : "deploy.maintenance_off",
            .title = begins ? "Keep writers out: maintenance mode on" : "Maintenance mode off",
            .proof = "a request from outside shows it",
            .expected = begins ? "requests are answered with 503 and nothing is written"
                               : "requests are answered as before",
            .is_required = true,
            .undo = begins ? "maintenance mode off" : "maintenance mode on",
            .owner = making->deployer,
        });
}

void making_deploy(struct making *making)
{
    bool has_release = !making->facts->is_after_release;

    add_maintenance(making, true);
    add_migrations(making, false);
    if (has_release)
        add_releases(making);
    add_migrations(making, true);
    add_maintenance(making, false);
    if (has_release)
        add_flag(making);
}
