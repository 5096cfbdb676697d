/*
 * Rows of a table back to what an undo log has of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_UNDO_ROWS_H
#define DRIVER_ENGINE_SQLITE_UNDO_ROWS_H

#include "driver/engine/sqlite/undo_table.h"

// PREFIX_answer: for each row of the log 'same', 'insert', 'update', or why it is left alone.
MUST_CHECK bool undo_rows_judge(struct engine *engine, const struct undo_table *table,
                                struct error *err);
// Writes those to insert and update, and adds how many they are.
MUST_CHECK bool undo_rows_write(struct engine *engine, const struct undo_table *table,
                                int64_t *n_rows, struct error *err);

#endif
