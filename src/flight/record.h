/*
 * Records: the table in the target database that says which migrations were applied.
 *
 * Each migration tool keeps its own; tminus reads and writes it as the tool does, so that the tool
 * may go on where tminus stopped and the other way round. A plain folder has no tool: its record is
 * tminus_migration. What cannot be written faithfully is refused by name; on PostgreSQL all are
 * read. This file makes SQL; it runs none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_RECORD_H
#define FLIGHT_RECORD_H

#include "base/error.h"
#include "base/memory.h"
#include "change/change.h"
#include "driver/engine.h"

struct record_format; // one row of the table in record.c

struct record_entry {
    const char *version; // normalised: record_version
    const char *sha256;  // of the up as it was applied; NULL: this record does not keep it
    bool is_dirty;       // begun and not finished
};

struct record {
    const struct record_format *format;
    const char *table;        // as SQL writes it
    const char *table_title;  // as people do
    bool is_there;            // the table exists
    bool needs_identity;      // SQLite: tminus_identity is not there
    bool may_write;           // the role has what its SQL needs
    const char *lock;         // SQL that keeps the tool and others of us out: within a transaction,
    const char *lock_session; // for the session; NULL: none is needed
    const char *guard; // SQL that fails when the record is not as it was read; NULL: not needed
    struct record_entry *entries;
    size_t n;
};

// The format of `layout` on an engine, to be read. ERROR_CONFIG: it is not known.
MUST_CHECK bool record_format_for(const struct migration_layout *layout, enum dialect dialect,
                                  const struct record_format **out, struct error *err);
// May it be written? ERROR_CONFIG names the tool that must be used instead.
MUST_CHECK bool record_format_check(const struct record_format *format, enum dialect dialect,
                                    struct error *err);
// The table that it keeps; `schema` where the connection alone says which.
struct name record_table(TALLOC_CTX *mem, const struct record_format *format, const char *schema);
// Does the tool refuse a pending migration below an applied one?
bool record_refuses_gaps(const struct record_format *format);

struct record_target {
    const struct engine_driver *driver;
    struct engine *engine;
    const char *database; // its name
    const struct record_format *format;
};

// Read what was applied, in the order of `change` where the record only holds the last version.
// ERROR_INPUT: the table has other columns than the tool's, lies where the connection does not
// look, or another tool keeps this database. ERROR_UNKNOWN: its rows do not say which were applied.
MUST_CHECK bool record_read(TALLOC_CTX *mem, const struct record_target *target,
                            const struct change *change, struct record *out, struct error *err);

// The version as the record writes it: "0042" is 42 for goose and golang-migrate.
const char *record_version(TALLOC_CTX *mem, const struct record_format *format,
                           const struct migration *migration);
const struct record_entry *record_find(const struct record *record, const char *version);

// --- SQL
// What makes the record's table and the database's identity where they are missing; NULL: nothing.
const char *record_sql_prepare(TALLOC_CTX *mem, const struct record *record);
// What keeps everybody else out while a migration runs, and fails when the record is not as it was
// read; NULL: one writer at a time is all that the engine has.
const char *record_sql_lock(TALLOC_CTX *mem, const struct record *record, bool in_transaction);
// What a migration's end is recorded with. `previous` is the migration that is the last applied one
// after an undo, NULL: none.
struct record_step {
    const struct migration *migration;
    const char *sha256; // of the up
    bool is_undo;
    const struct migration *previous;
};
const char *record_sql_done(TALLOC_CTX *mem, const struct record *record,
                            const struct record_step *step);
// A mark that it began, for migrations that run without a transaction; NULL: this record has none.
const char *record_sql_begun(TALLOC_CTX *mem, const struct record *record,
                             const struct record_step *step);
// Take that mark away again: nothing of the migration stayed.
const char *record_sql_unbegun(TALLOC_CTX *mem, const struct record *record,
                               const struct record_step *step);

#endif
