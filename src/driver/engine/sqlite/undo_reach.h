/*
 * Which other tables lose rows or values when one is written: by its triggers, and by theirs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_UNDO_REACH_H
#define DRIVER_ENGINE_SQLITE_UNDO_REACH_H

#include "driver/engine/sqlite/undo_table.h"

struct undo_reach {
    TALLOC_CTX *mem;
    const char **names;
    size_t n_names;
    bool has_virtual; // what is written to a virtual table (full text) is not kept
};

// What writing `table` updates or deletes rows of, itself too where a trigger does. Not known: its
// triggers do not compile, or write to a virtual table.
MUST_CHECK bool undo_reach_add(struct undo_reach *reach, struct engine *engine,
                               const struct undo_table *table, bool *is_known, struct error *err);
// The same of a view, by the triggers that write in its place.
MUST_CHECK bool undo_reach_add_view(struct undo_reach *reach, struct engine *engine,
                                    const char *view, bool *is_known, struct error *err);
bool undo_reach_has(const struct undo_reach *reach, const char *name);

#endif
