/*
 * Fingerprints of matched tables: how many rows they have, and which columns are told equal without
 * reading them again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_TABLE_PRINTS_H
#define REHEARSAL_TABLE_PRINTS_H

#include "proof/fingerprints.h"

// Of one database.
struct table_prints {
    const struct fingerprints *prints;
    const struct schema *schema;
};

// Of a table, or of all partitions of it; -1: not known.
int64_t table_prints_rows(const struct table_prints *prints, const struct schema_relation *table);
// Every row and value, and the types of all columns.
bool table_prints_are_equal(const struct table_prints *before, const struct schema_relation *old,
                            const struct table_prints *after, const struct schema_relation *new);
// The fingerprint of a table that is no parent; NULL: not known.
const struct engine_fingerprint *table_prints_find(const struct table_prints *prints,
                                                   const struct schema_relation *table);
// Of a column, by its name; NULL: not known.
const struct engine_column_print *table_prints_column(const struct engine_fingerprint *print,
                                                      const char *column);
bool table_prints_is_same_column(const struct engine_column_print *before,
                                 const struct engine_column_print *after);

#endif
