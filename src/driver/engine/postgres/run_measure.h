/*
 * The inside of measuring a run: what is known of the relations that were there before it, and what
 * one reading of locks, files and counters says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_RUN_MEASURE_H
#define DRIVER_ENGINE_POSTGRES_RUN_MEASURE_H

#include "analysis/effects.h"
#include "driver/engine/postgres/run.h"

#define MEASURE_REMARKS_MAX 50        // of one statement
#define MEASURE_FLUSH_VERSION 150000U // from it on a session can be told to hand its counters over

struct measure_counts {
    int64_t scans;   // begun
    int64_t lookups; // scans of its indexes begun
    int64_t inserted, updated, deleted;
};

struct measure_relation { // that was there before the run
    unsigned oid;
    struct name name;
    char kind;      // pg_class.relkind
    unsigned table; // of an index; else 0
    unsigned file;  // as it was read last; 0: it has none
    unsigned modes; // bit i: the migration's transaction holds enum lock_mode i
    unsigned ours;  // likewise, by SQL of ours before the migration
    struct measure_counts counts;
    // Of the statement that is measured.
    unsigned got_modes;
    bool is_rewritten, is_emptied, is_indexed;
    struct measure_counts did;
};

struct run_measure {
    TALLOC_CTX *mem;
    struct measure_relation *relations; // by oid
    size_t n;
    unsigned *index_files; // of every index that was ever seen, sorted
    size_t n_index_files;
    bool has_baseline; // the transaction that is open: counters and files were read
    bool is_stale;     // files were given back: they must be read again
    bool is_watched;   // the statement that runs is looked at from outside
    int64_t wal;       // where the server's log stood last
    const char **remarks;
    size_t n_remarks;
};

// --- run_measure_read.c
// Every relation; in a run that goes on, only files and indexes of those that are known.
MUST_CHECK bool measure_read_relations(struct run *run, struct error *err);
// Add up the locks that are held now to `modes`, one for each relation; move `wal` on.
MUST_CHECK bool measure_read_locks(struct run *run, unsigned *modes, struct error *err);
MUST_CHECK bool measure_read_counts(struct run *run, struct error *err);
// Files, new indexes and counters of the relations in `oids` ("{1,2}").
MUST_CHECK bool measure_read_touched(struct run *run, const char *oids, struct error *err);
// Counters that the server keeps for everybody, with what this session holds back.
MUST_CHECK bool measure_read_stored(struct run *run, struct error *err);

#endif
