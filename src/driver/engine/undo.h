/*
 * Undo logs: what their engines share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_UNDO_H
#define DRIVER_ENGINE_UNDO_H

#include "driver/engine.h"

// It becomes part of names of tables.
MUST_CHECK bool undo_id_check(const char *id, struct error *err);
struct engine_undo_table_plan *undo_plan_add(TALLOC_CTX *mem, struct engine_undo_plan *plan,
                                             struct name table, enum engine_undo_how how,
                                             const char *why);
bool undo_fail_unknown(const char *id, struct error *err);
bool undo_fail_done(const char *id, const char *when, struct error *err);
bool undo_fail_missing(const char *id, const char *missing, struct error *err);

#endif
