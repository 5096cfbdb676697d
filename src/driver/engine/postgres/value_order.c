/*
 * In which order the values of a type come, on every server alike.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/value_order.h"
#include "driver/engine/postgres/type_oids.h"
#include "driver/engine/postgres/value_text.h"

enum value_order value_order(unsigned type_oid)
{
    switch (type_oid) {
    case TYPE_BOOL:
    case TYPE_BYTEA:
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_OID:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_UUID: return ORDER_NATIVE;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_NAME: return ORDER_TEXT;
    default: return ORDER_BY_TEXT;
    }
}

void value_order_put(TALLOC_CTX *mem, struct order_image *image,
                     const struct selected_column *column, const struct copy_field *fields)
{
    const struct copy_field *value = &fields[column->place];
    const struct copy_field *text = column->text == PLACE_NONE ? value : &fields[column->text];
    if (value_order(column->type_oid) != ORDER_NATIVE)
        order_put_text(mem, image, text->bytes, (size_t)text->len);
    else if (column->type_oid == TYPE_BYTEA || column->type_oid == TYPE_UUID)
        order_put_bytes(mem, image, value->bytes, (size_t)value->len);
    else
        order_put_integer(mem, image, value_text_integer(column->type_oid, value));
}
