/*
 * Types and trigger functions that come with the server and its extensions: whether one that no
 * statement made can be there.
 *
 * Source: pg_type and pg_proc of PostgreSQL 15 and of the extensions that come with it. Any other
 * extension may have made anything.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/server_object.h"
#include "base/text.h"

static const char *const types[] = {"any",
                                    "bit",
                                    "bool",
                                    "box",
                                    "bpchar",
                                    "bytea",
                                    "char",
                                    "cid",
                                    "cidr",
                                    "circle",
                                    "date",
                                    "datemultirange",
                                    "daterange",
                                    "float4",
                                    "float8",
                                    "inet",
                                    "int2",
                                    "int2vector",
                                    "int4",
                                    "int4multirange",
                                    "int4range",
                                    "int8",
                                    "int8multirange",
                                    "int8range",
                                    "interval",
                                    "json",
                                    "jsonb",
                                    "jsonpath",
                                    "line",
                                    "lseg",
                                    "macaddr",
                                    "macaddr8",
                                    "money",
                                    "name",
                                    "numeric",
                                    "nummultirange",
                                    "numrange",
                                    "oid",
                                    "oidvector",
                                    "path",
                                    "pg_lsn",
                                    "pg_snapshot",
                                    "point",
                                    "polygon",
                                    "refcursor",
                                    "regclass",
                                    "regcollation",
                                    "regconfig",
                                    "regdictionary",
                                    "regnamespace",
                                    "regoper",
                                    "regoperator",
                                    "regproc",
                                    "regprocedure",
                                    "regrole",
                                    "regtype",
                                    "text",
                                    "tid",
                                    "time",
                                    "timestamp",
                                    "timestamptz",
                                    "timetz",
                                    "tsmultirange",
                                    "tsquery",
                                    "tsrange",
                                    "tstzmultirange",
                                    "tstzrange",
                                    "tsvector",
                                    "txid_snapshot",
                                    "uuid",
                                    "varbit",
                                    "varchar",
                                    "xid",
                                    "xid8",
                                    "xml",
                                    "serial",
                                    "bigserial",
                                    "smallserial",
                                    "serial2",
                                    "serial4",
                                    "serial8",
                                    "aclitem",
                                    "gtsvector",
                                    "unknown",
                                    "record",
                                    "pg_node_tree"};

static const char *const functions[] = {"suppress_redundant_updates_trigger", "unique_key_recheck",
                                        "tsvector_update_trigger",
                                        "tsvector_update_trigger_column"};

// What each makes of the two kinds.
static const struct extension {
    const char *name;
    const char *made[16];
} extensions[] = {
    {"plpgsql", {NULL}},
    {"pgcrypto", {NULL}},
    {"uuid-ossp", {NULL}},
    {"pg_trgm", {"gtrgm"}},
    {"btree_gin", {NULL}},
    {"btree_gist", {"gbtreekey4", "gbtreekey8", "gbtreekey16", "gbtreekey32", "gbtreekey_var"}},
    {"pg_stat_statements", {NULL}},
    {"unaccent", {NULL}},
    {"fuzzystrmatch", {NULL}},
    {"tablefunc", {"tablefunc_crosstab_2", "tablefunc_crosstab_3", "tablefunc_crosstab_4"}},
    {"pgstattuple", {NULL}},
    {"pageinspect", {NULL}},
    {"pg_buffercache", {NULL}},
    {"pg_prewarm", {NULL}},
    {"citext", {"citext"}},
    {"hstore", {"hstore", "ghstore"}},
    {"ltree", {"ltree", "lquery", "ltxtquery", "ltree_gist"}},
    {"cube", {"cube"}},
    {"isn", {"ean13", "isbn13", "ismn13", "issn13", "isbn", "ismn", "issn", "upc"}},
    {"seg", {"seg"}},
    {"intarray", {"query_int", "intbig_gkey"}},
    {"earthdistance", {"earth"}},
    {"lo", {"lo", "lo_manage"}},
    {"moddatetime", {"moddatetime"}},
    {"autoinc", {"autoinc"}},
    {"insert_username", {"insert_username"}},
    {"refint", {"check_primary_key", "check_foreign_key"}},
    {"tcn", {"triggered_change_notification"}},
};

static const struct extension *extension_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        if (strcmp(extensions[i].name, name) == 0)
            return &extensions[i];
    }
    return NULL;
}

static bool extension_makes(const struct extension *extension, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(extension->made) && extension->made[i] != NULL; i++) {
        if (strcmp(extension->made[i], name) == 0)
            return true;
    }
    return false;
}

// Where the start of a history is not told, the administrator may have made the extension.
static bool may_be_extended(const struct schema *schema, const char *name)
{
    for (size_t i = 0; !schema_is_complete(schema) && i < COUNT_OF(extensions); i++) {
        if (extension_makes(&extensions[i], name))
            return true;
    }
    for (const struct schema_named *named = schema_next_named(schema, NULL); named != NULL;
         named = schema_next_named(schema, named)) {
        if (strcmp(named->kind, "EXTENSION") != 0)
            continue;
        const struct extension *extension = extension_find(named->name.name);
        if (extension == NULL || extension_makes(extension, name))
            return true;
    }
    return false;
}

// Of another schema than those that statements of ours fill.
static bool is_foreign(struct name name)
{
    return name.schema != NULL && name_is_system(name);
}

bool type_is_missing(const struct schema *schema, const struct type_name *type)
{
    struct name name = {type->schema, type->name};
    if (type->name == NULL || is_foreign(name) || schema_is_live(schema) ||
        word_in(type->name, types, COUNT_OF(types)) || type->name[0] == '_' ||
        strchr(type->name, '%') != NULL)
        return false;
    return schema_find_type(schema, name) == NULL && schema_find(schema, name) == NULL &&
           !may_be_extended(schema, type->name);
}

bool trigger_function_is_missing(const struct schema *schema, struct name function)
{
    if (function.name == NULL || is_foreign(function) || schema_is_live(schema) ||
        word_in(function.name, functions, COUNT_OF(functions)))
        return false;
    return schema_find_function(schema, function) == NULL &&
           !may_be_extended(schema, function.name);
}
