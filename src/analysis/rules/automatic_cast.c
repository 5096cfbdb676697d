/*
 * Automatic casts, of the types that come with the server, of enums, arrays and domains.
 *
 * Source: pg_cast of PostgreSQL 15 where castcontext is 'a' or 'i', and its manual, CREATE CAST:
 * every type is cast to the string types on assignment. test/live/refusals/casts.sql asks the
 * server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/automatic_cast.h"
#include "base/text.h"

enum { DOMAIN_DEPTH_MAX = 16 };

// What each is cast to by itself besides the strings.
static const struct {
    const char *from;
    const char *to[9];
} casts[] = {
    {"int2", {"int4", "int8", "numeric", "float4", "float8", "oid"}},
    {"int4", {"int2", "int8", "numeric", "float4", "float8", "money", "oid"}},
    {"int8", {"int2", "int4", "numeric", "float4", "float8", "money", "oid"}},
    {"numeric", {"int2", "int4", "int8", "float4", "float8", "money"}},
    {"float4", {"int2", "int4", "int8", "numeric", "float8"}},
    {"float8", {"int2", "int4", "int8", "numeric", "float4"}},
    {"money", {"numeric"}},
    {"oid", {"int4", "int8"}},
    {"bool", {NULL}},
    {"text", {NULL}},
    {"varchar", {NULL}},
    {"bpchar", {NULL}},
    {"uuid", {NULL}},
    {"json", {"jsonb"}},
    {"jsonb", {"json"}},
    {"date", {"timestamp", "timestamptz"}},
    {"time", {"timetz", "interval"}},
    {"timetz", {"time"}},
    {"timestamp", {"date", "time", "timestamptz"}},
    {"timestamptz", {"date", "time", "timetz", "timestamp"}},
    {"interval", {"time"}},
    {"bytea", {NULL}},
    {"inet", {"cidr"}},
    {"cidr", {"inet"}},
    {"bit", {"varbit"}},
    {"varbit", {"bit"}},
    {"tsvector", {NULL}},
    {"tsquery", {NULL}},
    {"xml", {NULL}},
    {"line", {NULL}},
    {"lseg", {NULL}},
    {"macaddr", {"macaddr8"}},
    {"macaddr8", {"macaddr"}},
    {"pg_lsn", {NULL}},
    {"int4range", {"int4multirange"}},
    {"int8range", {"int8multirange"}},
    {"numrange", {"nummultirange"}},
    {"tsrange", {"tsmultirange"}},
    {"tstzrange", {"tstzmultirange"}},
    {"daterange", {"datemultirange"}},
};

// A type with its domains taken off.
struct cast_end {
    struct type_name type;
    const struct schema_type *label_type; // enum; NULL: another
    int row;                              // of `casts`; -1
};

static int row_of(const struct type_name *type)
{
    bool is_ours = type->schema == NULL || strcmp(type->schema, "pg_catalog") == 0;
    for (size_t i = 0; is_ours && i < COUNT_OF(casts); i++) {
        if (strcmp(casts[i].from, type->name) == 0)
            return (int)i;
    }
    return -1;
}

// False: a type of which nothing is known here.
static bool end_of(const struct rule_place *place, const struct type_name *type,
                   struct cast_end *end)
{
    *end = (struct cast_end){.type = *type, .row = -1};
    for (int i = 0; i < DOMAIN_DEPTH_MAX && end->type.name != NULL; i++) {
        const struct schema_type *known =
            schema_find_type(place->before, (struct name){end->type.schema, end->type.name});
        if (known == NULL) {
            end->row = row_of(&end->type);
            return end->row >= 0;
        }
        if (known->object == OBJECT_ENUM) {
            end->label_type = known;
            return true;
        }
        if (known->object != OBJECT_DOMAIN || end->type.is_array)
            return false;
        end->type = known->base;
    }
    return false;
}

static bool is_string(const struct cast_end *end)
{
    static const char *const strings[] = {"text", "varchar", "bpchar"};
    return end->row >= 0 && word_in(casts[end->row].from, strings, COUNT_OF(strings));
}

static bool has_user_casts(const struct schema *schema)
{
    const struct schema_named *named = NULL;
    while ((named = schema_next_named(schema, named)) != NULL) {
        if (strcmp(named->kind, "CAST") == 0)
            return true;
    }
    return false;
}

// A text is cast by itself to no type of an extension but these.
static bool text_is_cast(const struct rule_place *place, const struct type_name *to)
{
    static const char *const takers[] = {"citext", "geometry", "geography", "name", "char"};
    return to->is_array || word_in(to->name, takers, COUNT_OF(takers)) ||
           schema_find_type(place->before, (struct name){to->schema, to->name}) != NULL ||
           schema_find(place->before, (struct name){to->schema, to->name}) != NULL;
}

// There surely is no such cast. Types of others, and casts that a statement made, leave it open.
static bool cast_is_missing(const struct rule_place *place, const struct type_name *from,
                            const struct type_name *to)
{
    struct cast_end a, b;
    if (from->name == NULL || to->name == NULL || !end_of(place, from, &a) ||
        has_user_casts(place->before))
        return false;
    if (!end_of(place, to, &b))
        return is_string(&a) && !a.type.is_array && !text_is_cast(place, to);
    if (is_string(&b) && !b.type.is_array)
        return false;
    if (a.type.is_array != b.type.is_array)
        return true;
    if (a.label_type != NULL || b.label_type != NULL)
        return a.label_type != b.label_type && !is_string(&b);
    if (a.row == b.row || is_string(&b))
        return false;
    const char *const *taken = casts[a.row].to;
    for (size_t i = 0; i < COUNT_OF(casts[0].to) && taken[i] != NULL; i++) {
        if (strcmp(taken[i], casts[b.row].from) == 0)
            return false;
    }
    return true;
}

// --- defaults

// The type that the default has before it is made one of the column's; false: not known.
static bool default_type(const struct schema_column *column, struct type_name *type)
{
    const char *text = column->default_text;
    if (text == NULL || *text == '\0')
        return false;
    *type = (struct type_name){.name = "int4", .text = "integer"};
    size_t digits = strspn(text, "0123456789");
    if (text[digits] == '\0' && digits < 10)
        return true;
    if (strncasecmp(text, "nextval(", strlen("nextval(")) == 0) {
        type->name = "int8";
        type->text = "bigint";
        return true;
    }
    if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) {
        type->name = type->text = "bool";
        return true;
    }
    // A text is read as one of the column's type, and the server says so: 'new'::text.
    const char *end = *text == '\'' ? strrchr(text, '\'') : text;
    const char *cast = end + 1;
    *type = column->type;
    return end > text && (*cast == '\0' || strncmp(cast, "::", 2) == 0) &&
           strchr(text + 1, '\'') == end;
}

static bool statement_drops_default(const struct rule_place *place, const char *column)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        if (action->kind == ACTION_DROP_DEFAULT && strcmp(action->column, column) == 0)
            return true;
    }
    return false;
}

// A SET DEFAULT of the same statement comes behind the change (measured).
static const char *old_default_refusal(const struct rule_place *place,
                                       const struct schema_column *column,
                                       const struct type_name *to)
{
    struct type_name type;
    if (!column->has_default || column->is_generated || column->is_identity ||
        statement_drops_default(place, column->name) || !default_type(column, &type) ||
        !cast_is_missing(place, &type, to))
        return NULL;
    return mem_printf(place->mem,
                      "its default %s is not cast to %s by itself: DROP DEFAULT first, SET DEFAULT "
                      "behind it",
                      column->default_text, to->text);
}

// --- the whole

const char *type_change_refusal(const struct rule_place *place, const struct schema_column *column,
                                const struct action *action)
{
    static const char *const integers[] = {"int2", "int4", "int8"};
    static const char *const serials[] = {"serial", "bigserial", "smallserial"};
    const struct type_name *to = &action->definition->type;
    if (to->name == NULL || column->type.name == NULL)
        return NULL;
    if (to->schema == NULL && word_in(to->name, serials, COUNT_OF(serials)))
        return mem_printf(place->mem, "%s is no type: it stands for an integer with a sequence",
                          to->text);
    if (column->is_identity && !to->is_array && row_of(to) >= 0 &&
        !word_in(to->name, integers, COUNT_OF(integers)))
        return "an identity column is smallint, integer or bigint";
    if (action->using_expr == NULL && cast_is_missing(place, &column->type, to))
        return mem_printf(place->mem,
                          "%s is not cast to %s by itself: it needs USING with an expression",
                          column->type.text, to->text);
    return old_default_refusal(place, column, to);
}
