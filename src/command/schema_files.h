/*
 * Schema files: what --schema names, read whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_SCHEMA_FILES_H
#define COMMAND_SCHEMA_FILES_H

#include "analysis/assessment.h"

// Set the schemas of `options` to the content of the `n` files, in their order.
MUST_CHECK bool schema_files_read(TALLOC_CTX *mem, const char *const *paths, size_t n,
                                  struct assessment_options *options, struct error *err);

#endif
