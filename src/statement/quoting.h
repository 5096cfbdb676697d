/*
 * Quoting: names and texts written so that a server reads them as they are meant, and no more
 * quotes than that takes.
 *
 * For SQL that people are to read and run: `emails`, and `"Emails"` only where the dialect would
 * fold it or take it for a keyword.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_QUOTING_H
#define STATEMENT_QUOTING_H

#include "base/memory.h"
#include "statement/statement.h"

char *quoting_name(TALLOC_CTX *mem, enum dialect dialect, const char *name);
char *quoting_relation(TALLOC_CTX *mem, enum dialect dialect, struct name relation);
char *quoting_text(TALLOC_CTX *mem, const char *text); // 'it''s'

// Keywords that are no names unless quoted (postgres_keyword.c, sqlite_keyword.c).
bool postgres_reserves(const char *word);
bool sqlite_reserves(const char *word);

#endif
