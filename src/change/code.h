/*
 * Code: which tables the changed code of a range writes.
 *
 * Three sources, the surest first: the `paths:` map of tminus.yaml; SQL strings in the changed
 * lines and the functions around them; names of ORM models and task files. What none of them
 * explains is "unmapped", and that is said: unknown is never pass.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_H
#define CHANGE_CODE_H

#include "change/change.h"
#include "change/config.h"

enum code_source { CODE_PATH_MAP, CODE_SQL, CODE_MODEL, CODE_TASK };

struct code_write {
    const char *path;
    size_t line; // 0: the whole file (path map)
    const char *table;
    enum code_source source;
    const char *evidence; // the SQL string, the model's name, the glob
    bool is_data_change;  // it writes rows (UPDATE, INSERT, DELETE, save!, …); false: it only
                          // changes what the model of this table is
    bool in_changed_line; // false: elsewhere in a changed file
};

struct code_report {
    struct code_write *writes;
    size_t n_writes;
    const char **unmapped; // changed code files that nothing explains
    size_t n_unmapped;
};

// Read the changed files of `change`, which git_read_range filled; `folder` is in its work tree.
MUST_CHECK bool code_read(TALLOC_CTX *mem, const char *folder, const struct change *change,
                          const struct config *config, struct code_report **out, struct error *err);

#endif
