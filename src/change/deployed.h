/*
 * Deployed code: where the release that still runs names a table or column.
 *
 * The code is searched as it is at a git revision: programs, SQL, models; not tests, documents,
 * vendored and generated files, nor the migrations themselves. SQL that is put together at run time
 * is not seen: that no line names something proves nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_DEPLOYED_H
#define CHANGE_DEPLOYED_H

#include "change/change.h"
#include "change/config.h"

#define DEPLOYED_LINES_MAX 5 // kept of each name

// A table, type or function; or a column of a table.
struct deployed_name {
    const char *table;
    const char *column; // NULL: the table itself
};

struct deployed_line {
    const char *path; // from the top of the repository
    size_t line;
    const char *text; // shortened
    int rank;         // SQL and models above other code, comments last
};

struct deployed_lines {
    struct deployed_line list[DEPLOYED_LINES_MAX]; // the best
    size_t n;                                      // in the list
    size_t n_all;                                  // found
};

// Search for all `names` at once; `out` has an answer for each. `commit` is the revision's full
// name. Files of `change` and what lies beside them are left out. ERROR_INPUT: no repository, no
// such revision.
MUST_CHECK bool deployed_search(TALLOC_CTX *mem, const char *folder, const char *revision,
                                const struct change *change, const struct config *config,
                                const struct deployed_name *names, size_t n_names,
                                struct deployed_lines **out, const char **commit,
                                struct error *err);

#endif
