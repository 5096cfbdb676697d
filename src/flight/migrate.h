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
#include "driver/engine.h"
#include "flight/binding.h"
#include "flight/migration_report.h"
#include "flight/record.h"
#include "journal/journal.h"

struct migrate_request {
    const struct engine_driver *driver;
    const struct secret *url;
    const struct change *change;
    const char *to;             // last version to apply, as the files write it; NULL: all
    enum migration_phase phase; // only those are applied or undone
    bool is_undo;
    int64_t steps;      // of an undo, from 1
    bool is_dry_run;    // plan only: nothing is opened for writing
    bool recovers;      // what a killed process left half-way is rolled back first (SQLite)
    int64_t timeout_ms; // of waiting for a lock; 0: the engine's own
    int64_t attempts;   // how often a migration may begin anew for a lock; 0: once
    struct wait *wait;
    const struct binding *binding; // of the flight whose step it is; NULL: of none
    // Called with the reader when there is something to run, before the first step; NULL: not.
    bool (*before)(void *context, struct engine *reader, struct error *err);
    void *context;
    struct journal *journal; // NULL in a dry run
};

// `*out` is set as soon as there is a plan, on failure too, so that what was done can be shown.
// Errors: as the engine's run; ERROR_PARTIAL also for a dirty record, and for an undo after which
// the schema is another one than before the up.
MUST_CHECK bool migrate_run(TALLOC_CTX *mem, const struct migrate_request *request,
                            struct migrate_report **out, struct error *err);

// --- migrate_plan.c
// Choose the steps and check all that can be checked before the first one.
MUST_CHECK bool migrate_plan(TALLOC_CTX *mem, const struct migrate_request *request,
                             const struct record *record, struct migrate_report *report,
                             struct error *err);

#endif
