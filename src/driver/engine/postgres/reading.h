/*
 * Reading whole tables: as long as it takes, in the snapshot or in a transaction of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_READING_H
#define DRIVER_ENGINE_POSTGRES_READING_H

#include "driver/engine/postgres/postgres.h"

MUST_CHECK bool reading_begin(struct engine *engine, struct error *err);
// Nothing was written, so an end that fails loses nothing; the next statement says what is wrong.
void reading_end(struct engine *engine);

#endif
