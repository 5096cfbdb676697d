/*
 * Table copies: were a table's rows carried over to another table before it is dropped?
 *
 * SQLite changes what ALTER TABLE cannot by a rebuild: CREATE new, INSERT … SELECT from the old
 * one, DROP the old one, RENAME the new one. The DROP loses nothing when the copy is complete.
 * Source: lang_altertable.html, 7 (twelve steps).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_TABLE_COPY_H
#define ANALYSIS_TABLE_COPY_H

#include "analysis/schema.h"

struct table_copy {
    size_t statement; // of the script: INSERT … SELECT or CREATE TABLE AS
    struct name target;
    const char *lost_column; // the first column that the copy does not read; NULL: all are read
};

// A copy of every row of `table` by a statement before `end`. `schema` is the one before the drop.
// False: none is proven. A copy whose target is dropped before `end` counts for nothing.
bool table_copy_find(const struct script *script, size_t end, const struct schema *schema,
                     struct name table, struct table_copy *out);

#endif
