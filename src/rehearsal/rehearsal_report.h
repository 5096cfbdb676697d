/*
 * What a rehearsal found, as plain structs for whoever shows, stores or compares it.
 *
 * A rehearsal runs a change on a copy: the ups, then what the old and the new release would do, the
 * downs, and the ups again. Everything in here was measured on the copy unless its layer says
 * otherwise. Relations are "schema.name" (SQLite: "name") as they print, without quotes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_REHEARSAL_REPORT_H
#define REHEARSAL_REHEARSAL_REPORT_H

#include "analysis/assessment.h"
#include "proof/result.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- the copy

struct rehearsal_source {
    const char *kind;     // "backup" "dump" "template" "file", as tminus.yaml writes it
    const char *identity; // one line for people: of what, from when
    const char *backup;   // the backup that was restored; NULL: none was
    int64_t taken_ms;     // wall clock: when the copy was equal to the source; 0: not known
    const char *taken_at; // the same, RFC 3339; NULL
    int64_t bytes;        // of the copy
    int64_t restored_rows;
    int64_t tables;
    // Is the copy what the source was? UNKNOWN where nothing was recorded of that instant.
    enum status fingerprint_equal;  // PASS FAIL UNKNOWN
    const char *fingerprint_detail; // which tables and columns differ; why it is not known; NULL
};

// --- a run

struct rehearsal_written {
    const char *table;
    int64_t inserted, updated, deleted;
};

struct measured_statement {
    const char *path; // of the migration
    size_t line, column;
    size_t offset;
    const char *sql;
    const char *kind;                // as in an assessment's STATEMENT
    const struct effects *effects;   // layer measured: of relations that were there before
    const struct effects *predicted; // NULL: it is not in the assessment
    int64_t took_us;
    int64_t wal_bytes; // -1: the engine has none
    struct rehearsal_written *written;
    size_t n_written;
    const char **remarks; // of the server: "rewriting table …", "verifying table …", notices
    size_t n_remarks;
};

enum run_state {
    RUN_NOT_TRIED, // there is nothing to run, or what comes before it failed
    RUN_DONE,
    RUN_FAILED,
    RUN_OVERDUE // the deadline ended it
};

struct measured_run {
    enum run_state state;
    const char *failure; // with its place; NULL
    bool reaches_out;    // it failed because a copy reaches no server, program or file of others
    int64_t took_us;     // of the statements
    int64_t wal_bytes;   // -1
    struct measured_statement *statements;
    size_t n_statements;
};

// --- effects

#define EFFECT_PAIRS 20
#define EFFECT_KEYS 10

// An old value and what it became; NULL is SQL's NULL. Of a masked column there are none.
struct value_pair {
    const char *before, *after;
    int64_t rows;
};

struct column_effect {
    const char *column; // as it is afterwards; of a dropped one: as it was
    const char *before; // its name before; NULL: the change adds it
    bool is_dropped;
    int64_t changed;   // rows, there before and after, whose value differs; of a new column: which
                       // now hold something else than NULL
    int64_t to_null;   // of them: whose value became NULL
    int64_t from_null; // of them: whose value was NULL
    int64_t distinct_before, distinct_after; // values in the changed rows; -1: not counted
    struct value_pair *pairs;                // most rows first, at most EFFECT_PAIRS
    size_t n_pairs;
    bool has_all_pairs; // there are no others
    bool is_masked;
    const char *unknown; // why its values were not compared; NULL
};

struct key_sample {
    int64_t rows;
    const char **keys; // the first: "id=42", at most EFFECT_KEYS
    size_t n_keys;
};

struct table_effect {
    const char *table;  // as it is afterwards; of a dropped one: as it was
    const char *before; // its name before; NULL: the change creates it
    bool is_dropped;
    int64_t rows_before, rows_after; // -1: there is no such table then
    struct key_sample added, removed;
    struct key_sample changed;     // in a column that existed before
    struct key_sample duplicated;  // added rows that equal another row but for a generated key
    struct column_effect *columns; // that changed, were added or dropped
    size_t n_columns;
    bool has_key;        // false: rows were compared as a multiset, and `changed` is not known
    const char *unknown; // why it was not compared, or not row by row; NULL
};

struct object_effect {
    const char *object; // "public.users", "function f(integer)"
    const char *what;   // "added" "removed" "changed"
    bool is_reordered;  // changed in the order of its columns alone
};

struct measured_effects {
    struct table_effect *tables; // that are not as they were, worst first
    size_t n_tables;
    struct object_effect *objects; // of the schema
    size_t n_objects;
    int64_t compared_tables, compared_rows;
};

struct migration_effects { // of one migration
    const struct migration *migration;
    struct measured_effects effects;
};

// --- going back

enum rehearsal_class {
    CLASS_ROUND_TRIP, // the downs restore schema and data
    CLASS_UNDO_LOG,   // the downs and the before-images that are kept restore schema and data
    CLASS_DUAL_WRITE, // both shapes are written: nothing is lost by leaving the new one
    CLASS_BACKUP,     // what does not come back is in the backup, or in the plan's copy
    CLASS_PARTIAL,    // some rows or values do not come back
    CLASS_IRREVERSIBLE
};
const char *rehearsal_class_name(enum rehearsal_class class); // "round_trip" …

struct lost_rows {
    const char *table;
    const char *what; // "rows written since the release", "values of category_id"
    struct key_sample rows;
};

struct rollback_answer {
    enum rehearsal_class class;
    const char *why; // one sentence
    // Class backup: why nothing holds the data that the downs do not bring back; NULL: a backup
    // does.
    const char *unkept;
    enum status schema_restored, data_restored;
    const char *schema_detail; // "but for the order of columns of t"; NULL
    int64_t rows_lost;         // -1: not known
    struct lost_rows *lost;
    size_t n_lost;
    struct measured_effects left; // what differs from the start after the downs, without what the
                                  // new release wrote
    enum status again;            // the ups after the downs come to the same as the first time
    const char *again_detail;
    enum status old_release_survives; // UNKNOWN: nothing of it was tried
    const char *old_release_detail;
    enum status
        undo; // the undo log brings back what UPDATE and DELETE overwrote; UNKNOWN: not tried
    int64_t undo_rows;
    int64_t undo_bytes; // of the logs, on the copy
    const char *undo_detail;
};

// --- the whole

struct phase_time {
    const char *phase; // "restore" "clone" "fingerprint" "up" "compare" …
    int64_t took_ms;
};

struct rehearsal_estimate {
    const char *what;     // "up", a statement's place
    double low_s, high_s; // at the target's size
    const char *basis;    // "measured 41 MB/s on 120 MB; the target has 5.2 GB"
};

struct rehearsal_report {
    enum verdict verdict;
    const char *why;     // what decided it; one line
    const char *made_at; // RFC 3339
    struct rehearsal_source source;
    struct measured_run up, down, again;
    struct measured_effects effects; // of all ups together
    struct migration_effects *migrations;
    size_t n_migrations;
    struct rollback_answer rollback;
    struct results old_release;      // a result a statement
    struct results invariants;       // derived and the user's own, worst first
    struct findings *findings;       // mined invariants that no longer hold, effects not approved
    struct findings *contradictions; // between layers
    struct rehearsal_estimate *estimates;
    size_t n_estimates;
    struct phase_time *phases;
    size_t n_phases;
    const char **notes; // what was not tried, and why
    size_t n_notes;
    int64_t took_ms;
};

#endif
