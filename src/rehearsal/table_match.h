/*
 * Table matches: which table of one database is which of the other, and which of its columns.
 *
 * By name, as whoever reads them sees them; what lost its name is where the trace says, or what has
 * its number in the catalog. A renamed or moved table is one table; a partition is looked at in its
 * parent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_TABLE_MATCH_H
#define REHEARSAL_TABLE_MATCH_H

#include "rehearsal/effects_find.h"
#include "rehearsal/relation_numbers.h"

struct table_match {
    struct name before, after;                     // name NULL: that side has no such table
    const struct schema_relation *before_relation; // NULL
    const struct schema_relation *after_relation;
    const struct trace_table *traced;         // NULL: nothing is known of it but its name
    const struct relation_numbers *old, *now; // of all relations
    const struct config_table *settings;      // NULL
};

struct table_matches {
    struct table_match *list;
    size_t n;
};

// In the order of the names of afterwards. ERROR_UNKNOWN: the catalog could not be asked.
MUST_CHECK bool table_matches_find(TALLOC_CTX *mem, const struct effects_request *request,
                                   const struct schema *before, const struct schema *after,
                                   struct table_matches *out, struct error *err);

// "schema.name"; SQLite: "name".
char *table_match_text(TALLOC_CTX *mem, const struct target *target, struct name table);

struct column_match {
    const char *before, *after; // NULL: that side has no such column
    const char *type_before, *type_after;
    const char *unknown; // why its values cannot be compared; NULL
    bool is_retyped;     // values are compared, not bytes
    bool is_masked;
};

struct column_matches {
    struct column_match *list;
    size_t n;
};

// `before` and `after` describe the two tables; columns that tminus.yaml ignores are left out.
void column_matches_find(TALLOC_CTX *mem, const struct effects_request *request,
                         const struct table_match *table, const struct engine_fingerprint *before,
                         const struct engine_fingerprint *after, struct column_matches *out);
// NULL: there is none.
const struct column_match *column_matches_before(const struct column_matches *columns,
                                                 const char *name, enum dialect dialect);

#endif
