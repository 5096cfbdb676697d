/*
 * Generated columns: filled by a sequence, by chance or by the clock, so that the same statement
 * run twice leaves other values in them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_GENERATED_COLUMN_H
#define REHEARSAL_GENERATED_COLUMN_H

#include "analysis/schema.h"

// By its default, its identity or its sequence.
bool generated_column(const struct schema_column *column);
// An expression that asks a sequence, the clock or chance.
bool generated_value(const char *sql);
// The key that SQLite itself numbers: an only key column of type INTEGER.
bool generated_rowid(const struct schema_relation *table, const struct schema_column *column);

#endif
