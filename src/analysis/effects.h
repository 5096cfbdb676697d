/*
 * Effects: what a statement does to schema and data, and from which layer that is known.
 *
 * `effects_predict` looks at a statement and at the schema as it is before it, and says locks,
 * rewrites, scans, index builds and what is destroyed. It changes nothing; the caller applies the
 * statement to the schema afterwards. Facts and their sources: docs/effects.md.
 *
 * Locks are those on relations that existed before the migration: the altered, referenced, parent
 * and default ones, indexes and sequences too. A relation that the migration itself created is left
 * out. ACCESS SHARE is listed as well.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_EFFECTS_H
#define ANALYSIS_EFFECTS_H

#include "analysis/schema.h"
#include "base/memory.h"
#include "statement/statement.h"
#include <stdbool.h>
#include <stddef.h>

enum layer { LAYER_PREDICTED, LAYER_KNOWN, LAYER_MEASURED };
const char *layer_name(enum layer layer); // "predicted" "known" "measured"

// In order of strength. SQLite's whole-database lock is told as LOCK_ACCESS_EXCLUSIVE of the
// relation written for DDL and LOCK_ROW_EXCLUSIVE for DML (docs/effects.md says what it means
// there).
enum lock_mode {
    LOCK_ACCESS_SHARE,
    LOCK_ROW_SHARE,
    LOCK_ROW_EXCLUSIVE,
    LOCK_SHARE_UPDATE_EXCLUSIVE,
    LOCK_SHARE,
    LOCK_SHARE_ROW_EXCLUSIVE,
    LOCK_EXCLUSIVE,
    LOCK_ACCESS_EXCLUSIVE,
    LOCK_MODE_COUNT
};
const char *lock_mode_name(enum lock_mode mode);   // "AccessExclusiveLock", as in pg_locks
const char *lock_mode_sql(enum lock_mode mode);    // "ACCESS EXCLUSIVE"
bool lock_mode_blocks_writes(enum lock_mode mode); // SHARE and stronger
bool lock_mode_blocks_reads(enum lock_mode mode);  // ACCESS EXCLUSIVE
bool lock_mode_conflicts(enum lock_mode a, enum lock_mode b);
bool lock_mode_by_name(const char *name, enum lock_mode *out); // pg_locks' or SQL's words

struct effect_lock {
    const char *relation; // "schema.name"
    enum lock_mode mode;  // the strongest of this statement
    enum layer layer;
};

struct effect_destroy {
    const char *object; // "public.emails.status"
    const char *what;   // "column" "table" "rows" "constraint" "index" "values" …
};

struct postgres_fact; // analysis/postgres_fact.h

struct effects {
    struct effect_lock *locks; // each relation once
    size_t n_locks;
    const char **rewrites;
    size_t n_rewrites;
    const char **scans;
    size_t n_scans;
    const char **index_builds; // tables whose index is built
    size_t n_index_builds;
    const char **blocks_writes_long; // long work under a lock that blocks writes
    size_t n_blocks_writes_long;
    struct effect_destroy *destroys;
    size_t n_destroys;
    const struct postgres_fact **facts; // PostgreSQL: the rows that this follows from, each once
    size_t n_facts;
    size_t n_bodies; // of functions that were looked into
    enum layer layer;
    const char *unknown_reason; // NULL; else what cannot be predicted ("DO block", "CALL")
};

struct effects *effects_predict(TALLOC_CTX *mem, const struct schema *schema,
                                const struct statement *statement, unsigned pg_version);

const struct effect_lock *effects_lock_on(const struct effects *effects, const char *relation);

#endif
