/*
 * Baselines: what the data was at one instant before the change, as one SQLite file.
 *
 * It holds the identity of the database, the instant, the values of the invariants, and for each
 * table: rows, per column NULLs, least, greatest, sum and keyed fingerprint, and for each row its
 * key and short hashes, so that a difference can be named by key (docs/baseline.md). Its SHA-256
 * stands in the journal; a file whose SHA-256 does not is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_BASELINE_H
#define PROOF_BASELINE_H

#include "base/json.h"
#include "driver/table_file.h"
#include "proof/invariant.h"
#include "proof/target.h"

#define BASELINE_DISTINCT_MAX 50 // more different values than this: no group counts, no traits

struct baseline_column {
    const char *name; // before the change
    const char *type;
    struct engine_sum sum;
    int64_t nulls;
    const char *least, *greatest, *total; // NULL: not asked, or masked
    int64_t written_rows;                 // rows that the migration's WHERE names; -1: not known
    bool is_shown;                        // its value in each row is kept: few different ones
    const char *unknown;                  // why its values could not be read; NULL: they were
};

struct baseline_table {
    int64_t id;
    struct name name; // before the change
    int64_t rows;
    bool has_key;
    bool key_is_rowid; // no key is declared: a rebuild may number the rows anew
    const char **key;  // key columns; none: the rowid
    size_t n_key;
    struct baseline_column *columns; // in the order of the hashes
    size_t n_columns;
    struct engine_sum sum;
    struct engine_sum content;    // whatever the keys, where no key is declared
    int64_t removed_rows;         // rows that the migration's DELETE names; -1: not known
    const char *age_column, *age; // the greatest value of the column that tells age; NULL
    bool has_written;             // the server counted what was written to it until then
    struct engine_written written;
};

struct baseline {
    struct table_file *file;
    const char *path;
    const char *sha256;
    struct engine_identity identity;
    const char *schema_digest;
    json_t *schema_objects; // name → hash, released with the baseline; NULL: not kept
    const char *service, *environment, *title;
    int64_t taken_ms;
    const char *instant; // the engine's own word for it, for proof->wrote; NULL: it has none
    bool keeps_rows;     // no statement touches a row: there is no table to be compared
    const char *hidden;  // a statement that may write what its text does not name; NULL
    const char **masked; // columns whose values are not in it
    size_t n_masked;
    json_t *migrations;  // [{version, path, sha256}], released with the baseline
    bool changes_schema; // the change leaves another schema behind
    struct trace *trace;
    struct invariants invariants;
    struct baseline_table *tables;
    size_t n_tables;
};

struct baseline_request {
    const struct target *target;
    const struct schema *schema; // of the catalog
    const struct config *config;
    const struct invariants *invariants;
    struct trace *trace; // tables of `tables` and `is_all` are taken in
    json_t *migrations;  // as above; borrowed
    const char *service, *environment, *title;
    const char *const *tables; // asked for by name
    size_t n_tables;
    bool is_all;
    const char *path;    // of the file to make
    const char *earlier; // the baseline before it, for learned tolerances; NULL
};

// Take it, into a file that is not there yet. `*out` are the results of what must hold before the
// change. The file is there also when one of them failed. ERROR_INPUT: no such table, the file is
// there. ERROR_CONFIG: a key that is named for a table is not unique.
MUST_CHECK bool baseline_save(TALLOC_CTX *mem, const struct baseline_request *request,
                              struct results *out, struct error *err);

enum verdict baseline_verdict(const struct baseline *baseline, const struct results *results);

// ERROR_BASELINE: missing, no baseline, of a newer tminus, damaged.
MUST_CHECK bool baseline_open(TALLOC_CTX *mem, const char *path, struct baseline **out,
                              struct error *err);
// Is it of this database? ERROR_IDENTITY names both.
MUST_CHECK bool baseline_check_identity(const struct baseline *baseline,
                                        const struct engine_identity *identity, struct error *err);
// ERROR_BASELINE when it was taken longer than `max_age_ms` (0: any) before `moment_ms`.
MUST_CHECK bool baseline_check_age(const struct baseline *baseline, int64_t moment_ms,
                                   int64_t max_age_ms, struct error *err);

// The results at the moment when it was taken.
MUST_CHECK bool baseline_results(TALLOC_CTX *mem, const struct baseline *baseline,
                                 const struct target *target, struct results *out,
                                 struct error *err);

// Where two baselines differ, in words.
struct baseline_difference {
    const char *what; // "emails: rows", "emails.status: NULLs", "brief emails"
    const char *a, *b;
};
MUST_CHECK bool baseline_compare(TALLOC_CTX *mem, const struct baseline *a,
                                 const struct baseline *b, struct baseline_difference **out,
                                 size_t *n, struct error *err);

// The settings of a table in tminus.yaml, or NULL.
const struct config_table *baseline_settings(const struct config *config, struct name table);

#endif
