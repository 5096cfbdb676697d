/*
 * Undo logs of tables that are rewritten: what became of the rows of the copy until the migration's
 * end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_UNDO_COPY_H
#define DRIVER_ENGINE_SQLITE_UNDO_COPY_H

#include "driver/engine/sqlite/undo_table.h"

// f('ID', n), behind the migration: completes the rows of the log's table `n`.
#define UNDO_COMPLETE "tminus_undo_complete"

MUST_CHECK bool undo_copy_install(struct engine *engine, struct error *err);

#endif
