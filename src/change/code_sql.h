/*
 * Code SQL: which tables a piece of SQL text in a program writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_SQL_H
#define CHANGE_CODE_SQL_H

#include "base/memory.h"
#include <stdbool.h>

struct code_sql_write {
    const char *table;    // as written, unquoted and folded; NULL: put together at run time
    const char *evidence; // the statement, shortened
    size_t offset;        // in the text
};

// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY … FROM, REPLACE. A SELECT is no write, and prose
// that begins like a statement ("Update the settings") is none either: each form must go on as SQL
// does.
void code_sql_find(TALLOC_CTX *mem, const char *text, size_t len, struct code_sql_write **list,
                   size_t *n);

#endif
