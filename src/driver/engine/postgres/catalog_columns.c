/*
 * Columns of the PostgreSQL catalog, and types as statements name them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/catalog.h"
#include "statement/type_name.h"

// --- types

enum { MODS_HEADER = 4, PRECISION_NONE = 0xffff, SCALE_MASK = 0x7ff, SCALE_SIGN = 1024 };

// Source: PostgreSQL 15, numeric.c (make_numeric_typmod), varchar.c, timestamp.c (INTERVAL_MASK).
static void read_mods(struct type_name *type, int64_t typmod)
{
    static const char *const lengths[] = {"varchar", "bpchar"};
    static const char *const plain[] = {"bit",       "varbit", "time",
                                        "timestamp", "timetz", "timestamptz"};
    if (typmod < 0)
        return;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        if (strcmp(type->name, lengths[i]) == 0)
            type->mods[type->n_mods++] = (int)typmod - MODS_HEADER;
    }
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (strcmp(type->name, plain[i]) == 0)
            type->mods[type->n_mods++] = (int)typmod;
    }
    if (strcmp(type->name, "numeric") == 0) {
        int64_t packed = typmod - MODS_HEADER;
        int scale = (int)(((packed & SCALE_MASK) ^ SCALE_SIGN) - SCALE_SIGN);
        type->mods[type->n_mods++] = (int)((packed >> 16) & PRECISION_NONE);
        if (scale != 0)
            type->mods[type->n_mods++] = scale;
    } else if (strcmp(type->name, "interval") == 0 && (typmod & PRECISION_NONE) != PRECISION_NONE) {
        type->mods[type->n_mods++] = (int)(typmod & PRECISION_NONE);
    }
}

struct type_name catalog_type(struct catalog *catalog, const char *schema, const char *name,
                              int64_t typmod, bool is_array)
{
    SCRATCH(tmp);
    struct type_name type = {.schema = catalog_keep(catalog, schema),
                             .name = catalog_keep(catalog, name),
                             .is_array = is_array};
    if (strcmp(type.schema, "pg_catalog") == 0)
        read_mods(&type, typmod);
    type.text = catalog_keep(catalog, type_name_text(tmp, &type));
    return type;
}

// --- columns

// attrelid, attnum, attname, type's schema, type, is_array, typmod, attnotnull, is_identity,
// is_generated, expression, collation
void catalog_add_column(struct catalog *catalog, const PGresult *row)
{
    struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    if (owner == NULL)
        return;
    catalog_turn(catalog, owner);
    struct schema_relation *table = owner->relation;
    size_t n = table->n_columns;
    *mem_append(catalog->tmp, owner->numbers, n) = (int16_t)field_integer(row, 1);
    struct schema_column *column = mem_append(table, table->columns, table->n_columns);
    column->name = catalog_keep(catalog, field_text(row, 2));
    column->type = catalog_type(catalog, field_text(row, 3), field_text(row, 4),
                                field_integer(row, 6), field_bool(row, 5));
    column->is_not_null = field_bool(row, 7);
    column->is_identity = field_bool(row, 8);
    column->is_generated = field_bool(row, 9);
    column->has_default = !column->is_generated && field_text(row, 10) != NULL;
    if (column->has_default)
        column->default_text = catalog_keep(catalog, field_text(row, 10));
    else if (column->is_generated)
        column->generated_text = catalog_keep(catalog, field_text(row, 10));
    column->collation = catalog_keep(catalog, field_text(row, 11));
    column->distinct_values = -1;
}

// relation, column, how many
void catalog_add_statistic(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    struct schema_column *column =
        owner != NULL ? schema_find_column(owner->relation, field_text(row, 1)) : NULL;
    int64_t distinct = field_integer(row, 2);
    if (column != NULL && distinct > 0) // 0: ANALYZE could not tell
        column->distinct_values = distinct;
}
