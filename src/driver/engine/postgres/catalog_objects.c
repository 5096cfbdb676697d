/*
 * Types, functions and publications of the PostgreSQL catalog.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/catalog.h"

static enum object_kind type_kind_of(char typtype)
{
    switch (typtype) {
    case 'c': return OBJECT_COMPOSITE;
    case 'd': return OBJECT_DOMAIN;
    case 'e': return OBJECT_ENUM;
    case 'r': return OBJECT_RANGE;
    default: return OBJECT_TYPE;
    }
}

// schema, name, typtype, label, base's schema, base, typmod, is_array, is_constrained; the rows of
// an enum come together
void catalog_add_type(struct catalog *catalog, const PGresult *row)
{
    struct name name = {.schema = field_text(row, 0), .name = field_text(row, 1)};
    enum object_kind kind = type_kind_of(PQgetvalue(row, 0, 2)[0]);
    struct schema_type *type = schema_find_type(catalog->schema, name);
    if (type == NULL)
        type = schema_add_type(catalog->schema, name, kind);
    if (kind == OBJECT_DOMAIN) {
        type->base = catalog_type(catalog, field_text(row, 4), field_text(row, 5),
                                  field_integer(row, 6), field_bool(row, 7));
        type->has_constraint = field_bool(row, 8);
    }
    if (field_text(row, 3) != NULL)
        *mem_append(type, type->labels, type->n_labels) = catalog_keep(catalog, field_text(row, 3));
}

// schema, name, language, volatility, body
void catalog_add_function(struct catalog *catalog, const PGresult *row)
{
    struct name name = {.schema = field_text(row, 0), .name = field_text(row, 1)};
    struct schema_function *function = schema_add_function(catalog->schema, name);
    function->language = catalog_keep(catalog, field_text(row, 2));
    function->volatility = PQgetvalue(row, 0, 3)[0];
    function->body = mem_strdup(function, field_text(row, 4));
}

// publication, has_all_tables, schema, table
void catalog_add_publication(struct catalog *catalog, const PGresult *row)
{
    struct schema_publication *publication =
        schema_add_publication(catalog->schema, field_text(row, 0));
    publication->has_all_tables = field_bool(row, 1);
    if (field_text(row, 3) != NULL)
        *mem_append(schema_memory(catalog->schema), publication->tables, publication->n_tables) =
            catalog_keep_name(catalog, field_text(row, 2), field_text(row, 3));
}
