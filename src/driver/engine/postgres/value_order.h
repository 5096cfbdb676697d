/*
 * In which order the values of a type come, on every server alike (driver/engine/order.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_VALUE_ORDER_H
#define DRIVER_ENGINE_POSTGRES_VALUE_ORDER_H

#include "driver/engine/order.h"
#include "driver/engine/postgres/copy_rows.h"
#include "driver/engine/postgres/selection.h"

enum value_order {
    ORDER_NATIVE,  // the server's own order can be told from the binary form
    ORDER_TEXT,    // by bytes: COLLATE "C"
    ORDER_BY_TEXT, // of the value's text, by bytes
};

enum value_order value_order(unsigned type_oid);
// Append a value that is not NULL.
void value_order_put(TALLOC_CTX *mem, struct order_image *image,
                     const struct selected_column *column, const struct copy_field *fields);

#endif
