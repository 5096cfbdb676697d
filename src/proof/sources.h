/*
 * Sources: which relation an alias in a statement means, and which columns its joins equate.
 *
 * Read off the tokens, because the statement's structs keep columns without their qualifiers. What
 * is not recognised is left out: fewer invariants are derived then, never wrong ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_SOURCES_H
#define PROOF_SOURCES_H

#include "base/memory.h"
#include "statement/lexer.h"

struct source {
    const char *alias; // the relation's own name where none is written
    struct name relation;
};

// `a.x = b.y` somewhere in ON, WHERE or a subquery.
struct equality {
    struct name left, right; // relations
    const char *left_column, *right_column;
};

struct sources {
    enum dialect dialect;
    struct source *list;
    size_t n;
    struct equality *equalities;
    size_t n_equalities;
};

// `sql`: the whole statement; `query`: its target and reads are the relations that are looked for.
struct sources *sources_read(TALLOC_CTX *mem, enum dialect dialect, const char *sql,
                             const struct query *query);
const struct source *sources_find(const struct sources *sources, const char *alias); // or NULL

// Is `expression` nothing but a column, perhaps behind a qualifier? `*qualifier` is NULL without
// one.
bool sources_plain_column(TALLOC_CTX *mem, enum dialect dialect,
                          const struct expression *expression, const char **qualifier,
                          const char **column);
// The SELECT (or WITH, VALUES) of an INSERT … SELECT or CREATE TABLE … AS, without ON CONFLICT and
// RETURNING; NULL when there is none.
char *sources_select(TALLOC_CTX *mem, enum dialect dialect, const char *sql);

#endif
