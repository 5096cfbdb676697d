/*
 * Binary forms of values that hold numbers of types.
 *
 * Which form a type has is told by its send function. Source of the forms: array_send, record_send,
 * range_send and multirange_send of PostgreSQL 15 (src/backend/utils/adt).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/value_layout.h"
#include <stdlib.h>

#define DEPTH_MAX 32 // of types within types; deeper ones count as without binary form
#define RANGE_EMPTY 0x01
#define RANGE_NO_LOWER (0x08 | 0x20) // infinite, NULL
#define RANGE_NO_UPPER (0x10 | 0x40)
#define ARRAY_DIMENSIONS_MAX 6

enum form { FORM_PLAIN, FORM_NONE, FORM_ARRAY, FORM_RECORD, FORM_RANGE, FORM_MULTIRANGE };

struct type {
    unsigned oid;
    unsigned base;    // of a domain; itself otherwise
    unsigned element; // of an array, a range, a multirange
    enum form form;
    const char *name;
    unsigned *fields; // of a composite type
    size_t n_fields;
    bool has_oids;
};

struct value_layout {
    struct type *types;
    size_t n;
    unsigned named;
};

static const struct type *find_type(const struct value_layout *layout, unsigned oid)
{
    for (size_t i = 0; i < layout->n; i++)
        if (layout->types[i].oid == oid)
            return &layout->types[i];
    return NULL;
}

// The type itself, or what a domain is over in the end.
static const struct type *resolve(const struct value_layout *layout, unsigned oid)
{
    const struct type *type = find_type(layout, oid);
    for (size_t depth = 0; type != NULL && type->base != type->oid && depth < DEPTH_MAX; depth++)
        type = find_type(layout, type->base);
    return type;
}

// --- reading pg_type

static const char types_sql[] =
    "WITH RECURSIVE reached(oid) AS ("
    " SELECT atttypid FROM pg_catalog.pg_attribute"
    "  WHERE attrelid = $1::pg_catalog.oid AND attnum > 0 AND NOT attisdropped"
    "  UNION SELECT pg_catalog.to_regtype($2)::pg_catalog.oid"
    " UNION SELECT next.oid FROM reached, LATERAL ("
    "  SELECT typbasetype AS oid FROM pg_catalog.pg_type"
    "   WHERE pg_type.oid = reached.oid AND typbasetype <> 0"
    "  UNION ALL SELECT typelem FROM pg_catalog.pg_type"
    "   WHERE pg_type.oid = reached.oid AND typelem <> 0"
    "     AND typsend = 'pg_catalog.array_send'::pg_catalog.regproc"
    "  UNION ALL SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = reached.oid"
    "  UNION ALL SELECT rngtypid FROM pg_catalog.pg_range WHERE rngmultitypid = reached.oid"
    "  UNION ALL SELECT a.atttypid FROM pg_catalog.pg_type y"
    "   JOIN pg_catalog.pg_attribute a ON a.attrelid = y.typrelid"
    "   WHERE y.oid = reached.oid AND y.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped"
    " ) next) "
    "SELECT t.oid, CASE WHEN t.typbasetype <> 0 THEN t.typbasetype ELSE t.oid END,"
    " COALESCE(r.rngsubtype, m.rngtypid, t.typelem),"
    " CASE WHEN t.typsend = 0::pg_catalog.regproc THEN 'none' ELSE t.typsend::pg_catalog.text END,"
    " pg_catalog.format_type(t.oid, NULL),"
    " (SELECT pg_catalog.string_agg(a.atttypid::pg_catalog.text, ' ') FROM pg_catalog.pg_attribute "
    "a"
    "   WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),"
    " t.oid = pg_catalog.to_regtype($2) "
    "FROM reached JOIN pg_catalog.pg_type t ON t.oid = reached.oid "
    "LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid "
    "LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid";

static enum form form_of(const char *send)
{
    static const struct {
        const char *send;
        enum form form;
    } forms[] = {
        {"none", FORM_NONE},
        {"array_send", FORM_ARRAY},
        {"record_send", FORM_RECORD},
        {"range_send", FORM_RANGE},
        {"multirange_send", FORM_MULTIRANGE},
    };
    if (strncmp(send, "pg_catalog.", strlen("pg_catalog.")) == 0)
        send += strlen("pg_catalog."); // where the search path does not begin with it
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strcmp(forms[i].send, send) == 0)
            return forms[i].form;
    return FORM_PLAIN;
}

static unsigned oid_of(const PGresult *result, int row, int column)
{
    return (unsigned)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

static void read_fields(TALLOC_CTX *mem, struct type *type, const char *text)
{
    char *end;
    for (unsigned long oid = strtoul(text, &end, 10); end != text; oid = strtoul(text, &end, 10)) {
        *mem_append(mem, type->fields, type->n_fields) = (unsigned)oid;
        text = end;
    }
}

static bool has_oids(const struct value_layout *layout, unsigned oid, int depth)
{
    const struct type *type = resolve(layout, oid);
    if (type == NULL || depth == 0)
        return false;
    switch (type->form) {
    case FORM_ARRAY:
    case FORM_RECORD: return true;
    case FORM_RANGE:
    case FORM_MULTIRANGE: return has_oids(layout, type->element, depth - 1);
    case FORM_PLAIN:
    case FORM_NONE: break;
    }
    return false;
}

bool value_layout_read(TALLOC_CTX *mem, struct engine *engine, unsigned relation_oid,
                       const char *named, struct value_layout **out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    const char *parameters[] = {mem_printf(tmp, "%u", relation_oid), named};
    TRY(connection_ask(tmp, engine->connection, types_sql, parameters, 2, &result, err));
    struct value_layout *layout = mem_new(mem, struct value_layout);
    layout->n = (size_t)PQntuples(result);
    layout->types = mem_array(layout, struct type, layout->n);
    for (int i = 0; i < PQntuples(result); i++) {
        struct type *type = &layout->types[i];
        type->oid = oid_of(result, i, 0);
        type->base = oid_of(result, i, 1);
        type->element = oid_of(result, i, 2);
        type->form = form_of(PQgetvalue(result, i, 3));
        type->name = mem_strdup(layout, PQgetvalue(result, i, 4));
        read_fields(layout, type, PQgetvalue(result, i, 5));
        if (PQgetvalue(result, i, 6)[0] == 't')
            layout->named = type->oid;
    }
    for (size_t i = 0; i < layout->n; i++)
        layout->types[i].has_oids = has_oids(layout, layout->types[i].oid, DEPTH_MAX);
    *out = layout;
    return true;
}

unsigned value_layout_named(const struct value_layout *layout)
{
    return layout->named;
}

unsigned value_layout_base(const struct value_layout *layout, unsigned type)
{
    const struct type *base = resolve(layout, type);
    return base == NULL ? type : base->oid;
}

bool value_layout_has_oids(const struct value_layout *layout, unsigned type)
{
    const struct type *known = find_type(layout, type);
    return known != NULL && known->has_oids;
}

static const char *without_form(const struct value_layout *layout, unsigned oid, int depth)
{
    const struct type *type = resolve(layout, oid);
    if (type == NULL || type->form == FORM_NONE || depth == 0)
        return type == NULL ? "an unknown type" : type->name;
    if (type->form == FORM_ARRAY || type->form == FORM_RANGE || type->form == FORM_MULTIRANGE)
        return without_form(layout, type->element, depth - 1);
    for (size_t i = 0; type->form == FORM_RECORD && i < type->n_fields; i++) {
        const char *name = without_form(layout, type->fields[i], depth - 1);
        if (name != NULL)
            return name;
    }
    return NULL;
}

const char *value_layout_without_form(const struct value_layout *layout, unsigned type)
{
    return without_form(layout, type, DEPTH_MAX);
}

// --- copying

struct copying {
    TALLOC_CTX *mem;
    const struct value_layout *layout;
    struct value_buffer *out;
    const uint8_t *at, *end;
};

static void put(struct copying *copying, const void *bytes, size_t len)
{
    struct value_buffer *out = copying->out;
    if (out->bytes == NULL || out->len + len > talloc_get_size(out->bytes))
        out->bytes =
            mem_checked(talloc_realloc_size(copying->mem, out->bytes, (out->len + len + 64) * 2));
    if (len > 0)
        memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

static bool take(struct copying *copying, size_t len)
{
    if (len > (size_t)(copying->end - copying->at))
        return false;
    put(copying, copying->at, len);
    copying->at += len;
    return true;
}

static bool read_number(struct copying *copying, int32_t *out)
{
    if (copying->end - copying->at < 4)
        return false;
    const uint8_t *at = copying->at;
    *out = (int32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
    copying->at += 4;
    return true;
}

static bool take_number(struct copying *copying, int32_t *out)
{
    TRY(read_number(copying, out));
    put(copying, copying->at - 4, 4);
    return true;
}

static bool copy_value(struct copying *copying, unsigned oid, int depth);

// A length of four bytes, -1 for NULL, and the value.
static bool copy_item(struct copying *copying, unsigned type, int depth)
{
    int32_t len;
    TRY(take_number(copying, &len));
    if (len < 0)
        return true;
    if (len > copying->end - copying->at)
        return false;
    struct copying item = *copying;
    item.end = copying->at + len;
    TRY(copy_value(&item, type, depth));
    copying->at = item.end;
    return true;
}

static bool copy_array(struct copying *copying, unsigned element, int depth)
{
    int32_t dimensions, flags, oid;
    TRY(take_number(copying, &dimensions));
    TRY(take_number(copying, &flags));
    TRY(read_number(copying, &oid));
    if (!value_layout_has_oids(copying->layout, element))
        return take(copying, (size_t)(copying->end - copying->at));
    if (dimensions < 0 || dimensions > ARRAY_DIMENSIONS_MAX)
        return false;
    TRY(take(copying, (size_t)dimensions * 8));
    while (copying->at < copying->end)
        TRY(copy_item(copying, element, depth));
    return true;
}

static bool copy_record(struct copying *copying, int depth)
{
    int32_t fields, oid;
    TRY(take_number(copying, &fields));
    for (int32_t i = 0; i < fields; i++) {
        TRY(read_number(copying, &oid));
        TRY(copy_item(copying, (unsigned)oid, depth));
    }
    return copying->at == copying->end;
}

static bool copy_range(struct copying *copying, unsigned bound, int depth)
{
    if (copying->at == copying->end)
        return false;
    uint8_t flags = *copying->at;
    TRY(take(copying, 1));
    bool is_empty = (flags & RANGE_EMPTY) != 0;
    if (!is_empty && (flags & RANGE_NO_LOWER) == 0)
        TRY(copy_item(copying, bound, depth));
    if (!is_empty && (flags & RANGE_NO_UPPER) == 0)
        TRY(copy_item(copying, bound, depth));
    return copying->at == copying->end;
}

static bool copy_multirange(struct copying *copying, unsigned range, int depth)
{
    int32_t n;
    TRY(take_number(copying, &n));
    for (int32_t i = 0; i < n; i++)
        TRY(copy_item(copying, range, depth));
    return copying->at == copying->end;
}

static bool copy_value(struct copying *copying, unsigned oid, int depth)
{
    const struct type *type = resolve(copying->layout, oid);
    if (type == NULL || depth == 0)
        return false;
    if (!type->has_oids)
        return take(copying, (size_t)(copying->end - copying->at));
    switch (type->form) {
    case FORM_ARRAY: return copy_array(copying, type->element, depth - 1);
    case FORM_RECORD: return copy_record(copying, depth - 1);
    case FORM_RANGE: return copy_range(copying, type->element, depth - 1);
    case FORM_MULTIRANGE: return copy_multirange(copying, type->element, depth - 1);
    case FORM_PLAIN:
    case FORM_NONE: break;
    }
    return false;
}

bool value_layout_copy(TALLOC_CTX *mem, const struct value_layout *layout, unsigned type,
                       const uint8_t *bytes, size_t len, struct value_buffer *out)
{
    struct copying copying = {
        .mem = mem, .layout = layout, .out = out, .at = bytes, .end = bytes + len};
    return copy_value(&copying, type, DEPTH_MAX);
}
