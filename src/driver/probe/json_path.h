/*
 * Paths into JSON as checks write them: "version", "app.name", "app.builds[0].id".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_PROBE_JSON_PATH_H
#define DRIVER_PROBE_JSON_PATH_H

#include "base/json.h"

// NULL: there is nothing. A member whose name is the whole path comes first.
const json_t *json_path_find(const json_t *document, const char *path);
// A text as it is; numbers, true, false, null and the rest as JSON.
const char *json_path_text(TALLOC_CTX *mem, const json_t *value);

#endif
