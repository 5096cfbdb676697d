/*
 * Undo logs, packed: what UPDATEs of named columns overwrote, many rows in one value.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_UNDO_PACK_H
#define DRIVER_ENGINE_SQLITE_UNDO_PACK_H

#include "driver/engine/sqlite/undo_table.h"

// Aggregates over a table in the order of its rowid, f('PREFIX', rowid, column …): the first keeps
// the values in PREFIX_before, the second what differs from those in PREFIX_packed.
#define UNDO_PACK "tminus_undo_pack"
#define UNDO_DIFFER "tminus_undo_differ"
#define UNDO_PACKED_COLUMNS_MAX 100 // SQLITE_MAX_FUNCTION_ARG is 127 at most

MUST_CHECK bool undo_pack_install(struct engine *engine, struct error *err);
// Rows of PREFIX_packed into PREFIX.
MUST_CHECK bool undo_unpack(struct engine *engine, const struct undo_table *table,
                            const char *prefix, struct error *err);

#endif
