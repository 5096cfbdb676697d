/*
 * Suppressions: comments in the SQL that allow a finding until a day, with a reason.
 *
 *     -- tminus: allow RULE[, RULE…] until 2027-01-31: reason
 *     -- tminus: allow-file RULE[, RULE…] until 2027-01-31: reason
 *
 * Rule, day and reason are all required; what is written otherwise allows nothing, and says so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SUPPRESSION_H
#define ANALYSIS_SUPPRESSION_H

#include "base/memory.h"
#include "statement/statement.h"
#include <stdbool.h>
#include <stddef.h>

struct suppression {
    const char *path;
    size_t line, column; // of the comment
    const char *text;    // as written, from "tminus" on
    const char **rules;
    size_t n_rules;
    const char *until; // "2027-01-31", the last day (UTC)
    const char *reason;
    bool is_file;        // of every finding of the file
    const char *problem; // NULL: well formed; else why not, and what to do
    const char *problem_hint;
    // The statement that it stands at, [start, end) in the file; none of a whole file, or where
    // there is no statement that was understood.
    bool has_statement;
    size_t start, end;
};

// Read one line of a comment without its signs. False: it does not speak to us. Everything lives
// under `mem`; path and places are left to the caller.
bool suppression_read(TALLOC_CTX *mem, const char *text, size_t len, struct suppression *out);

struct suppressions {
    struct suppression *list;
    size_t n;
};

// A file with the scripts that were read of it (two: up and down in one file).
struct suppression_source {
    const char *path;
    const char *text;
    size_t len;
    const struct script *scripts[2];
    size_t n_scripts;
};

// Append what the comments of `source` say.
void suppressions_scan(TALLOC_CTX *mem, const struct suppression_source *source,
                       struct suppressions *suppressions);

#endif
