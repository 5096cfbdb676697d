/*
 * Releases on the copy: does the old release live with the new schema, and what would be lost of
 * what the new release writes?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_RELEASE_H
#define REHEARSAL_RELEASE_H

#include "proof/target.h"
#include "proof/trace.h"
#include "rehearsal/effects_find.h"
#include "rehearsal/rehearsal_report.h"

struct release_statement {
    const char *name; // of the result: "old_release.sql:12"
    const char *sql;
    int64_t calls; // that the server counted; -1
};

struct release_statements {
    struct release_statement *list;
    size_t n;
};

// Of a file of SQL: each statement, with the values that it has.
MUST_CHECK bool release_read(TALLOC_CTX *mem, const char *path, enum dialect dialect,
                             struct release_statements *out, struct error *err);
// Of pg_stat_statements of the target, those that name a table of the trace first; `*why` when it
// has none (not installed, no permission).
MUST_CHECK bool release_recorded(TALLOC_CTX *mem, const struct target *source,
                                 const struct trace *trace, struct release_statements *out,
                                 const char **why, struct error *err);
// Each on `before` and on `after`, taken back. What fails on `before` too says nothing.
MUST_CHECK bool release_try(TALLOC_CTX *mem, const struct target *before,
                            const struct target *after, const struct release_statements *statements,
                            struct results *out, struct error *err);

// What the new release would write: the statements of a file, or, of each table that the change
// touches, rows like one that is there, and values of new columns in rows that are there.
struct new_release_request {
    const struct target *before; // without the ups; NULL: keys of rows that they removed are taken
    const struct target *work;   // with the ups applied
    const struct schema *schema; // after them
    const struct trace *trace;
    const struct release_statements *statements; // NULL: none are known
};

struct new_rows {
    struct effects_exception *rows; // that were written, by table and key
    size_t n_rows;
    int64_t n_written;
    const char **notes; // what could not be written, and why
    size_t n_notes;
};

MUST_CHECK bool release_write(TALLOC_CTX *mem, const struct new_release_request *request,
                              struct new_rows *out, struct error *err);
// Which rows those are: `work` beside what it was before them. A table without a key is a note.
MUST_CHECK bool release_find_rows(TALLOC_CTX *mem, const struct new_release_request *request,
                                  const struct target *kept, struct new_rows *out,
                                  struct error *err);

#endif
