/*
 * Migrating: applies pending migrations in order, or undoes the last ones, with the tool's record
 * in the same transaction, and reads back from a second session what the database then holds.
 *
 * Before anything is touched, everything that can be known is checked: versions, checksums, downs,
 * a dirty record. Each migration is journaled before and after.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MIGRATE_H
#define FLIGHT_MIGRATE_H

#include "change/change.h"
#include "change/config.h"
#include "driver/engine.h"
#include "flight/binding.h"
#include "flight/migration_report.h"
#include "flight/record.h"
#include "journal/journal.h"

enum migrate_undo_log {
    UNDO_LOG_AS_IS, // none is kept; an undo takes those that are there
    UNDO_LOG_KEPT,  // before-images of what is overwritten and deleted
    UNDO_LOG_LEFT   // of an undo: the data stays as it is
};

struct migrate_request {
    const struct engine_driver *driver;
    const struct secret *url;
    const struct change *change;
    const char *to;             // last version to apply, as the files write it; NULL: all
    enum migration_phase phase; // only those are applied or undone
    bool is_undo;
    int64_t steps; // of an undo, from 1
    enum migrate_undo_log undo_log;
    bool needs_whole_log;        // a flight's way back rests on it
    const struct config *config; // what an undo log is to keep is derived with it
    bool is_dry_run;             // plan only: nothing is opened for writing
    bool recovers;      // what a killed process left half-way is rolled back first (SQLite)
    int64_t timeout_ms; // of waiting for a lock; 0: the engine's own
    int64_t attempts;   // how often a migration may begin anew for a lock; 0: once
    struct wait *wait;
    const struct binding *binding; // of the flight whose step it is; NULL: of none
    // Called with the reader when there is something to run, before the first step; NULL: not.
    bool (*before)(void *context, struct engine *reader, struct error *err);
    void *context;
    struct journal *journal; // of a dry run: to look; NULL where it applies
};

// `*out` is set as soon as there is a plan, on failure too, so that what was done can be shown.
// Errors: as the engine's run; ERROR_PARTIAL also for a dirty record, and for an undo after which
// the schema is another one than before the up.
MUST_CHECK bool migrate_run(TALLOC_CTX *mem, const struct migrate_request *request,
                            struct migrate_report **out, struct error *err);

// --- migrate_plan.c
// What the undo logs of the target say of a migration.
struct migrate_undo {
    bool waits;         // its data did not go back
    bool is_data_alone; // it needs no down: all that it did is in its log
};

// Choose the steps and check all that can be checked before the first one. `undo` has one for each
// migration of the change; of one whose down ran and whose data waits, the data is a step.
MUST_CHECK bool migrate_plan(TALLOC_CTX *mem, const struct migrate_request *request,
                             const struct record *record, const struct migrate_undo *undo,
                             struct migrate_report *report, struct error *err);
void migrate_sha256(const struct migration *migration, char out[65]); // of the up; "": none

#endif
