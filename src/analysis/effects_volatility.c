/*
 * Volatility: does an expression give another value for each row?
 *
 * Functions of pg_catalog that are VOLATILE and could stand in a default, and those of the
 * extensions that come with PostgreSQL; the user's own as the schema knows them. Any other function
 * counts as not volatile: of the 2,700 names in pg_catalog all but 223 are.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

#include <ctype.h>

enum { INLINE_DEPTH_MAX = 8 }; // SQL functions that call SQL functions

// Source: select proname from pg_proc where provolatile = 'v' on PostgreSQL 15 with uuid-ossp and
// pgcrypto, without those that only administer; uuidv4, uuidv7, random_normal, gen_salt from the
// manuals of 16 to 18. Sorted.
static const char *const volatile_functions[] = {"clock_timestamp",
                                                 "currval",
                                                 "gen_random_bytes",
                                                 "gen_random_uuid",
                                                 "gen_salt",
                                                 "lastval",
                                                 "nextval",
                                                 "pg_backend_memory_contexts",
                                                 "pg_current_wal_lsn",
                                                 "pg_database_size",
                                                 "pg_relation_size",
                                                 "pg_sleep",
                                                 "pg_table_size",
                                                 "pg_total_relation_size",
                                                 "pgp_pub_encrypt",
                                                 "pgp_pub_encrypt_bytea",
                                                 "pgp_sym_encrypt",
                                                 "pgp_sym_encrypt_bytea",
                                                 "random",
                                                 "random_normal",
                                                 "set_config",
                                                 "setseed",
                                                 "setval",
                                                 "timeofday",
                                                 "uuid_generate_v1",
                                                 "uuid_generate_v1mc",
                                                 "uuid_generate_v4",
                                                 "uuidv4",
                                                 "uuidv7"};

static int compare_text(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool name_is_volatile(const char *name)
{
    return bsearch(name, volatile_functions, COUNT_OF(volatile_functions), sizeof(char *),
                   compare_text) != NULL;
}

static bool function_is_volatile(const struct schema *schema, struct name name, int depth);

// A word of `body` followed by "(" that names a volatile function?
static bool body_calls_volatile(const struct schema *schema, const char *body, int depth)
{
    SCRATCH(tmp);
    for (const char *at = body; *at;) {
        size_t len = 0;
        while (isalnum((unsigned char)at[len]) || at[len] == '_')
            len++;
        if (len == 0) {
            at++;
            continue;
        }
        char *word = mem_strndup(tmp, at, len);
        at += len;
        if (at[strspn(at, " \t\n")] == '(' &&
            function_is_volatile(schema, (struct name){NULL, word}, depth + 1))
            return true;
    }
    return false;
}

// The planner puts a one-line SQL function's body in the place of the call: then the body counts,
// not what the function is declared to be (measured: postgres-ddl.md 3.5, 12).
static bool is_inlined(const struct schema_function *function)
{
    const char *body = function->body;
    if (!body || !function->language || strcmp(function->language, "sql") != 0)
        return false;
    SCRATCH(tmp);
    char *lower = mem_strdup(tmp, body);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *first = lower + strspn(lower, " \t\n");
    const char *end = strchr(first, ';');
    bool is_single = !end || end[1 + strspn(end + 1, " \t\n;")] == '\0';
    return strncmp(first, "select", 6) == 0 && is_single && !strstr(first, " from ");
}

static bool function_is_volatile(const struct schema *schema, struct name name, int depth)
{
    const struct schema_function *function = name.schema && strcmp(name.schema, "pg_catalog") == 0
                                                 ? NULL
                                                 : schema_find_function(schema, name);
    if (!function)
        return name_is_volatile(name.name);
    if (function->volatility != 'v' || depth > INLINE_DEPTH_MAX)
        return function->volatility == 'v';
    return !is_inlined(function) || body_calls_volatile(schema, function->body, depth);
}

bool expression_is_volatile(const struct schema *schema, const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_functions; i++) {
        if (function_is_volatile(schema, expression->functions[i], 0))
            return true;
    }
    return false;
}
