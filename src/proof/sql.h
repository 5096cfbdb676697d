/*
 * SQL that is derived: names quoted, and the few words in which the dialects differ.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_SQL_H
#define PROOF_SQL_H

#include "base/memory.h"
#include "statement/statement.h"

char *sql_name(TALLOC_CTX *mem, const char *name);         // "name", quotes inside doubled
char *sql_relation(TALLOC_CTX *mem, struct name relation); // "schema"."name"
// "a"."x", "a"."y": each name behind `prefix` (NULL: none), joined by `separator`.
char *sql_list(TALLOC_CTX *mem, const char *prefix, const char *const *names, size_t n,
               const char *separator);
// The operator that is true for two values of which one may be NULL.
const char *sql_is_distinct(enum dialect dialect); // "IS NOT", "IS DISTINCT FROM"

// For people: "emails", the schema only where it is not the search path's.
const char *sql_shown(TALLOC_CTX *mem, struct name relation);

#endif
