/*
 * Rollback (If Needed): the way back, in the document's order: flag, code, schema, data, proof.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/making.h"

static void add_flag(struct making *making)
{
    making_add(making, PLAN_ROLLBACK,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "rollback.flag",
                   .title = "Disable the feature flag, where there is one",
                   .proof = "the flag's value is read back where it is kept",
                   .expected = "off",
                   .is_required = true,
                   .undo = "deploy.flag",
                   .owner = making->deployer,
               });
}

static void add_release(struct making *making, const char *slot)
{
    SCRATCH(tmp);
    const char *previous = making->facts->previous;
    const char *const *argv = release_argv(making, "rollback", slot, previous);
    const char *what = previous == NULL ? "that ran before" : mem_strndup(tmp, previous, 12);

    if (argv == NULL)
        argv = release_argv(making, "deploy", slot, previous);
    making_add(
        making, PLAN_ROLLBACK,
        (struct plan_step){
            .kind = argv == NULL ? STEP_MANUAL : STEP_ACTION,
            .name = slot == NULL ? "rollback.release"
                                 : mem_printf(making->mem, "rollback.release.%s", slot),
            .title = mem_printf(making->mem, "Deploy the commit %s again%s%s", what,
                                slot == NULL ? "" : " to ", slot == NULL ? "" : slot),
            .command = command_of(making->mem, argv),
            .argv = argv,
            .proof = "each instance is asked for the version that it runs",
            .expected = mem_printf(making->mem, "every instance answers with the version %s", what),
            .is_required = true,
            .undo = "deploy.release",
            .owner = making->deployer,
        });
}

static void add_releases(struct making *making)
{
    const struct config_environment *environment = making->facts->environment;
    bool has_slots = release_has_slots(making, "rollback") || release_has_slots(making, "deploy");

    if (environment == NULL || environment->n_slots == 0 || !has_slots) {
        add_release(making, NULL);
        return;
    }
    for (size_t i = 0; i < environment->n_slots; i++)
        add_release(making, environment->slots[i].name);
}

// As many of the last ones as have a down, one after the other.
static size_t count_undoable(const struct making *making)
{
    const struct change *change = making->facts->change;
    size_t n = 0;

    for (size_t i = change->n_migrations; i-- > 0;) {
        const struct migration *migration = &change->migrations[i];
        if (migration->is_context || migration->up.path == NULL)
            continue;
        if (migration->down.path == NULL)
            break;
        n++;
    }
    return n;
}

static void add_migrations(struct making *making)
{
    size_t n = count_undoable(making), n_all = making->plan->n_migrations;
    const char *command = n == 0 ? NULL : command_undo(making, n);

    if (n_all == 0)
        return;
    making_add(
        making, PLAN_ROLLBACK,
        (struct plan_step){
            .kind = command == NULL ? STEP_MANUAL : STEP_ACTION,
            .name = "rollback.migrations",
            .title = command == NULL ? "The migrations stay: no down is known for the last one"
                     : n < n_all     ? mem_printf(making->mem,
                                                  "Undo the last %zu of %zu migrations: those before "
                                                      "have no down",
                                                  n, n_all)
                                 : mem_printf(making->mem, "Undo %zu migration%s, the last first",
                                              n, n == 1 ? "" : "s"),
            .command = command,
            .proof = "the record of migrations, and the schema compared with the one before",
            .expected = command == NULL ? "the previous release runs on the new schema"
                                        : "ends with 0; the schema is that of before",
            .detail = making->plan->rollback.reason,
            .is_required = true,
            .batching = "none: a down runs as it is written",
            .undo = command_tminus(making, "migrate"),
            .owner = making->database_owner,
        });
}

static const char *restore_command(const struct making *making)
{
    const char *copy = making_copy_name(making);

    if (making->facts->assessment->dialect == DIALECT_SQLITE)
        return mem_printf(making->mem, "sqlite3 %s '.restore %s.db'", making->facts->url, copy);
    // Into a database of its own: a table that is live is never written over unseen.
    return mem_printf(making->mem,
                      "createdb restored && pg_restore --exit-on-error --dbname=restored %s.dump",
                      copy);
}

static void add_restore(struct making *making)
{
    struct loss loss = making_loss(making);
    enum rollback_class class = making->plan->rollback.class;
    bool is_whole = rollback_class_is_whole(class);
    bool has_copy = loss.n_tables > 0 && !loss.is_unrecorded;
    bool is_sqlite = making->facts->assessment->dialect == DIALECT_SQLITE;

    making_add(
        making, PLAN_ROLLBACK,
        (struct plan_step){
            .kind = STEP_MANUAL,
            .name = "rollback.restore",
            .title = class == ROLLBACK_UNDO_LOG ? "Restore data: the undo log has done it"
                     : is_whole                 ? "Restore data: nothing needs it"
                     : has_copy                 ? "Restore what the change overwrote or removed"
                                                : "Restore data by hand",
            .command = has_copy ? restore_command(making) : NULL,
            .proof = "rollback.verify compares every row with the baseline",
            .expected =
                class == ROLLBACK_UNDO_LOG ? "every row that the change overwrote or deleted "
                                             "is back, but for those that others changed "
                                             "since"
                : is_whole                 ? "no row that was there before was changed"
                : !has_copy ? "what rollback.verify still names is mended, row by row"
                : is_sqlite ? "the database is that of before; what was written since is gone"
                            : "the copy is beside the live database, and the rows that "
                              "rollback.verify names are taken from it",
            .is_required = !is_whole,
            .batching = "none: what is restored is decided by rollback.verify",
            .undo = has_copy && !is_sqlite ? "dropdb restored"
                    : has_copy             ? "none: it takes the place of the whole database"
                                           : "none: nothing is run",
            .owner = making->database_owner,
        });
}

static void add_verification(struct making *making)
{
    making_add(making, PLAN_ROLLBACK,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = "rollback.verify",
                   .title = "Verify with the queries of before",
                   .command = command_tminus(making, "verify --expect as-before"),
                   .proof = "every row of every touched table is compared with the baseline by key",
                   .expected = "GO: everything is as it was; what traffic wrote since is named",
                   .is_required = true,
                   .undo = "none: it reads, and notes its answer in the journal",
                   .owner = making->database_owner,
               });
}

void making_rollback(struct making *making)
{
    if (!making->facts->is_after_release) {
        add_flag(making);
        add_releases(making);
    }
    add_migrations(making);
    add_restore(making);
    add_verification(making);
}
