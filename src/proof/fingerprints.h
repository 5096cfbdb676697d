/*
 * Fingerprints of a whole database at one instant: rows and columns of every table, to be kept
 * beside a backup, and compared with what is restored from it, or with another instant.
 *
 * Two tables are equal when every row is, by 128-bit sums (docs/fingerprints.md); sums of columns
 * tell which column differs. What could not be read is unknown, which is neither.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_FINGERPRINTS_H
#define PROOF_FINGERPRINTS_H

#include "base/json.h"
#include "proof/target.h"

struct table_fingerprint {
    struct name table;
    int64_t rows;
    const struct engine_fingerprint *print; // NULL: `unknown`
    const char *unknown;                    // why it could not be read; NULL
};

struct fingerprints {
    const char *engine;               // "postgres"
    const char *system;               // of the identity; NULL
    const char *database;             // name, or path
    const char *instant;              // the engine's own text; NULL
    const char *digest;               // of the schema
    int64_t taken_ms;                 // wall clock
    struct table_fingerprint *tables; // by name
    size_t n_tables;
    int64_t rows; // of all
};

struct fingerprints_request {
    const struct target *target;
    const struct schema *schema;  // of the catalog; NULL: read here
    const struct name *leave_out; // tables that are not looked at: records of migrations, ours
    size_t n_leave_out;
    bool is_in_snapshot; // the caller has begun one, and ends it
};

// Of every ordinary table and partition that is not temporary, at one instant.
MUST_CHECK bool fingerprints_take(TALLOC_CTX *mem, const struct fingerprints_request *request,
                                  struct fingerprints **out, struct error *err);
const struct table_fingerprint *fingerprints_find(const struct fingerprints *prints,
                                                  struct name table); // or NULL

struct fingerprint_difference {
    const char *table;  // "schema.name"
    const char *what;   // "is not there", "was not there", "rows", "columns", "values", "unknown"
    const char *column; // of "values": NULL: the rows as a whole
    const char *text;   // for people: "emails.status: values differ", "emails: 1,000 rows, 998 now"
};

struct fingerprint_differences {
    struct fingerprint_difference *list;
    size_t n;
    size_t n_unknown; // of them: what could not be compared
    size_t n_equal;   // tables
};

// Differences of `after`, seen from `before`, by table. No tables at all: one that is unknown.
void fingerprints_compare(TALLOC_CTX *mem, const struct fingerprints *before,
                          const struct fingerprints *after, struct fingerprint_differences *out);

// A file of JSON, mode 0600, for people and programs to read. ERROR_INPUT: not such a file.
MUST_CHECK bool fingerprints_write(const struct fingerprints *prints, const char *path,
                                   struct error *err);
MUST_CHECK bool fingerprints_read(TALLOC_CTX *mem, const char *path, struct fingerprints **out,
                                  struct error *err);

#endif
