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
// A type as a declaration or CAST writes it: "varchar"(20), "public"."mood"[]. NULL when there is
// none.
char *sql_type(TALLOC_CTX *mem, enum dialect dialect, const struct type_name *type);
// A value of this type (of sql_type; NULL: any) in a form that can be compared and grouped: types
// without equality as text.
char *sql_comparable(TALLOC_CTX *mem, enum dialect dialect, const char *type, const char *value);
// Is `value`, of this type, another than what `expression` gives when it is stored as that type?
char *sql_differs(TALLOC_CTX *mem, enum dialect dialect, const char *type, const char *value,
                  const char *expression);
// "TABLE's COLUMN has no partner": of `rows`, a relation or a (SELECT …), none has `key` equal to
// it. For a row with a value in the column.
char *sql_no_partner(TALLOC_CTX *mem, enum dialect dialect, struct name table, const char *column,
                     const char *rows, const char *key);

// For people: "emails", the schema only where it is not the search path's.
const char *sql_shown(TALLOC_CTX *mem, struct name relation);

#endif
