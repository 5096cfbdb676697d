/*
 * Explaining with a database: its schema and sizes, and who is in the way right now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_EXPLAIN_DATABASE_H
#define COMMAND_EXPLAIN_DATABASE_H

#include "command/inspection.h"
#include "report/explain.h"

// The schema of the database into `options`, and the database into `scene`.
MUST_CHECK bool explain_read_database(TALLOC_CTX *mem, const struct inspection *inspection,
                                      struct assessment_options *options,
                                      struct explain_scene *scene, struct error *err);
// Transactions whose locks conflict with those of the statements.
MUST_CHECK bool explain_read_activity(TALLOC_CTX *mem, const struct inspection *inspection,
                                      const struct assessment *assessment,
                                      struct explain_scene *scene, struct error *err);

#endif
