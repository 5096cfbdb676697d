/*
 * Printed SQL: what Alembic, Django and Rails print of migrations that are written in code.
 *
 * The SQL of code is not visible without running it. A folder of such code is recognised and
 * refused with the command that prints its SQL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_PRINTED_H
#define CHANGE_PRINTED_H

#include "change/change.h"

struct printed_tool {
    const char *name;    // "Django"
    const char *source;  // ending of a file of code: ".py"
    const char *mark;    // text that such a file holds
    const char *command; // prints the SQL
};

#define PRINTED_CODE_SCORE 60 // surer than a plain folder, less sure than printed SQL

// The first of `paths` that is code of this tool, NULL: none.
const char *printed_find_code(const struct printed_tool *tool, char *const *paths, size_t n);
// ERROR_INPUT with the command.
bool printed_refuse_code(const struct printed_tool *tool, const char *path, struct error *err);
// Is one of `paths` a .sql (or .log, when `also_log`) file in which `has_mark` finds printed SQL?
bool printed_find_sql(char *const *paths, size_t n, bool also_log,
                      bool (*has_mark)(const char *text));

#endif
