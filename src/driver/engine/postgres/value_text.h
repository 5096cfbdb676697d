/*
 * Values for people: texts of binary values, and keys as "id=42, name='x'".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_VALUE_TEXT_H
#define DRIVER_ENGINE_POSTGRES_VALUE_TEXT_H

#include "driver/engine/postgres/copy_rows.h"
#include "driver/engine/postgres/selection.h"

// Is the text made here, from the binary value? Otherwise the server is asked for it.
bool value_text_is_made(unsigned type_oid);
// A number, or a time as the number that it is stored as.
int64_t value_text_integer(unsigned type_oid, const struct copy_field *field);
struct engine_value value_text(TALLOC_CTX *mem, const struct selected_column *column,
                               const struct copy_field *fields);

// "id=42, name='x'"; "" without key. `text` is used again for the next row.
const char *value_text_key(TALLOC_CTX *mem, const struct selection *selection,
                           const struct copy_field *fields, struct value_buffer *text);

#endif
