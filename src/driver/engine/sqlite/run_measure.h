/*
 * The inside of measuring a run on SQLite: what each statement did to the tables that were there
 * before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_RUN_MEASURE_H
#define DRIVER_ENGINE_SQLITE_RUN_MEASURE_H

#include "driver/engine/sqlite/sqlite.h"

struct measure;

MUST_CHECK bool measure_open(TALLOC_CTX *mem, struct engine *engine,
                             const struct engine_run_request *request, struct measure **out,
                             struct error *err);
// The first statement of `sql` is about to be prepared.
MUST_CHECK bool measure_begin(struct measure *measure, const char *sql, struct error *err);
// It has run: tell the request what it did. It stands at `start` of the request's text.
MUST_CHECK bool measure_end(struct measure *measure, size_t start, size_t len, int64_t took_us,
                            struct error *err);

#endif
