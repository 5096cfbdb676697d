/*
 * Guard: may this text be asked of PostgreSQL, as far as its words tell?
 *
 * The pure half of guarded SQL (docs/guarded-sql.md). PostgreSQL's own grammar reads the text, and
 * an allow-list over the kinds of nodes of its tree decides: what is not known is refused. What
 * words cannot tell is given back by name, for the server's catalog to resolve: which function a
 * name means, what stands behind a view, who wrote an operator.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_GUARD_H
#define STATEMENT_GUARD_H

#include "base/error.h"
#include "base/memory.h"
#include <stddef.h>

#define GUARD_BYTES_MAX ((size_t)1024 * 1024) // one text that a check asks

enum guard_use {
    GUARD_FUNCTION,  // f(…), also by the grammar's own syntax: EXTRACT, AT TIME ZONE, …; of one
                     // argument also a cast to type f
    GUARD_ATTRIBUTE, // x.f or (x).f: a column, or else the same as f(x)
    GUARD_OPERATOR,  // a + b, also one that is only meant: IN, BETWEEN, USING, CASE x WHEN
    GUARD_RELATION,  // read; names of WITH queries are left out
    GUARD_TYPE,      // cast to, or the type of a column that a function returns
    GUARD_SAMPLING,  // TABLESAMPLE f (…)
    GUARD_USE_COUNT
};

// One name that the text uses; each once, at its first place.
struct guard_name {
    enum guard_use use;
    const char *schema; // NULL: found by search_path
    const char *name;
    int n_arguments; // of a function; -1: cannot be told
    size_t offset;   // in the text
};

struct guard_names {
    struct guard_name *names; // in the order of the text
    size_t n;
};

// Of two struct guard_name whatever their places, for qsort and bsearch.
int guard_name_compare(const void *a, const void *b);

enum guard_form {
    GUARD_QUESTION, // one statement: SELECT, VALUES, TABLE, SHOW, EXPLAIN of a query
    GUARD_BODY,     // of a function in SQL: one query or more
};

// ERROR_UNKNOWN: refused, or syntax that PostgreSQL 15's grammar does not know. The message has the
// form of a sentence behind "refused, a check may only read: ".
MUST_CHECK bool guard_read(TALLOC_CTX *mem, const char *sql, enum guard_form form,
                           struct guard_names *out, struct error *err);

#endif
