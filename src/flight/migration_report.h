/*
 * What a run of migrations did, step by step, as plain structs for whoever shows it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MIGRATION_REPORT_H
#define FLIGHT_MIGRATION_REPORT_H

#include "change/change.h"
#include <stdint.h>

enum migrate_state { MIGRATE_PENDING, MIGRATE_DONE, MIGRATE_TAKEN_BACK, MIGRATE_PARTIAL };
const char *migrate_state_name(enum migrate_state state, bool is_undo); // "pending" "applied" …

// Is the schema after an undo that of before its up? The journal knows, if it saw the up.
enum migrate_restored {
    RESTORED_UNKNOWN,
    RESTORED_YES,
    RESTORED_BESIDE_OTHERS, // what the up changed is, and others changed something else since
    RESTORED_BUT_ORDER,     // of columns, which no ALTER TABLE can bring back
    RESTORED_NO
};

struct migrate_written {
    const char *table; // "schema.name"
    int64_t inserted, updated, deleted;
};

struct migrate_unkept {
    const char *table, *why;
};

struct migrate_conflict { // a row that was left alone
    const char *table;
    const char *key; // "id=4"; "": the whole table
    const char *why;
};
#define MIGRATE_CONFLICTS_SHOWN 10

struct migrate_log {
    const char *id; // NULL: there is none
    bool is_asked;  // it was to be kept; without an id nothing is overwritten
    bool is_whole;
    const char **tables; // whose before-images are kept
    size_t n_tables;
    struct migrate_unkept *unkept;
    size_t n_unkept;
    // Of an undo.
    bool has_gone_back; // in this run
    bool was_back;      // in an earlier one, which ended before the down
    int64_t rows, conflicts, took_ms;
    struct migrate_conflict *shown; // the first
    size_t n_shown;
};

struct migrate_step {
    const struct migration *migration;
    const struct migration *previous; // the last applied one before it, NULL: none
    const char *version;              // as the record writes it
    char sha256[65];                  // of the up
    bool is_data_only;                // of an undo: its down ran before, its data did not go back
    enum migrate_state state;
    size_t statements;
    int64_t took_ms;
    char schema_before[65]; // "" until it ran
    char schema_after[65];
    enum migrate_restored restored;
    int64_t attempts;         // 1: no lock had to be waited for anew
    uint64_t transaction;     // that it ran in; 0: none, or the engine does not number them
    uint64_t transaction_end; // the first number that was not given when it ended
    bool has_written;         // `written` is all that the transaction wrote
    struct migrate_written *written;
    size_t n_written;
    struct migrate_log log;
};
// Where its text stands: of the direction that runs, where it has one.
const struct migration_text *migrate_step_text(const struct migrate_step *step, bool is_undo);

// Rows whose foreign key points nowhere; -1: it could not be asked.
struct migrate_orphans {
    bool is_asked; // false: the engine lets none be
    int64_t before, after;
    const char *tables; // those that have some, joined by ", "
};

struct migrate_report {
    const char *database;      // one line for people
    const char *database_name; // as in the identity: a name or a canonical path
    const char *system;        // NULL: the database has no identity stored yet
    const char *layout;
    const char *record_table;
    bool is_undo;
    bool is_dry_run;
    const char *at_work; // another session that migrates this database now, in words; NULL: none
    bool keeps_undo_log;
    size_t n_waiting; // migrations that are not applied, and whose data did not go back
    bool is_complete; // of an undo: all is done, whatever rows were left alone
    size_t n_applied; // before this run
    struct migrate_step *steps;
    size_t n_steps;
    const char **notes;
    size_t n_notes;
    struct migrate_orphans orphans;
};

#endif
