/*
 * JSON: small helpers around jansson, which builds and reads our documents.
 *
 * Members keep the order in which they were set. Text that is not UTF-8 is mended, never dropped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/error.h"
#include "base/memory.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Set members of `object`; a NULL text becomes null. `value` of json_put is stolen.
void json_put(json_t *object, const char *name, json_t *value);
void json_put_text(json_t *object, const char *name, const char *text);
void json_put_integer(json_t *object, const char *name, int64_t value);
void json_put_real(json_t *object, const char *name, double value);
void json_put_bool(json_t *object, const char *name, bool value);
json_t *json_text(const char *text); // NULL → null; bad UTF-8 mended

// An array set as member `name`, for appending.
json_t *json_put_array(json_t *object, const char *name);
json_t *json_put_object(json_t *object, const char *name);

// Read `text`; the error names `path`, line and column.
MUST_CHECK bool json_read(const char *path, const char *text, size_t len, json_t **out,
                          struct error *err);
const char *json_get_text(const json_t *object, const char *name); // NULL when absent or no text
int64_t json_get_integer(const json_t *object, const char *name, int64_t fallback);

// `value`, stolen, as long as `mem` lives.
json_t *json_keep(TALLOC_CTX *mem, json_t *value);

// Texts in it as secret_hide gives them.
void json_hide(json_t *value);

// Canonical form for digests: sorted members, no blanks (RFC 8785 in the values that we use).
char *json_canonical(TALLOC_CTX *mem, const json_t *value);
// Indented by 2, newline at the end (json_writer.c).
void json_write(FILE *out, const json_t *value);

#endif
