/*
 * Binary forms of values that hold numbers of types.
 *
 * array_send and record_send put the OID of each element's or field's type beside the value. These
 * numbers are those of one database: after a dump and restore they are others, and the data are the
 * same. So they are left out of what is hashed, at every depth.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_VALUE_LAYOUT_H
#define DRIVER_ENGINE_POSTGRES_VALUE_LAYOUT_H

#include "driver/engine/postgres/postgres.h"
#include <stdint.h>

struct value_layout; // of all types that the columns of one relation reach

// A buffer that grows and is used again for the next value.
struct value_buffer {
    uint8_t *bytes;
    size_t len;
};

// Of the relation's columns, and of the type that is named besides (NULL: none).
MUST_CHECK bool value_layout_read(TALLOC_CTX *mem, struct engine *engine, unsigned relation_oid,
                                  const char *type, struct value_layout **out, struct error *err);
// The type that was named besides; 0: there is none of that name.
unsigned value_layout_named(const struct value_layout *layout);
// What a domain is over, else the type itself.
unsigned value_layout_base(const struct value_layout *layout, unsigned type);
bool value_layout_has_oids(const struct value_layout *layout, unsigned type);
// NULL, or the name of the first type in `type` that has no binary form.
const char *value_layout_without_form(const struct value_layout *layout, unsigned type);
// Append the value to `out` without the OIDs in it. False: it is not what the type's send function
// gives.
MUST_CHECK bool value_layout_copy(TALLOC_CTX *mem, const struct value_layout *layout, unsigned type,
                                  const uint8_t *bytes, size_t len, struct value_buffer *out);

#endif
