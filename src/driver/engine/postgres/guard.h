/*
 * What the files of the guard share: objects that guarded SQL reaches, and the judgement of one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_GUARD_H
#define DRIVER_ENGINE_POSTGRES_GUARD_H

#include "base/memory.h"
#include "driver/engine/postgres/postgres.h"
#include "statement/guard.h"
#include <stdbool.h>

enum guard_class {
    GUARD_CLASS_FUNCTION,
    GUARD_CLASS_RELATION,
    GUARD_CLASS_TYPE,
    GUARD_CLASS_OPERATOR,
    GUARD_CLASS_SAMPLING, // a method of TABLESAMPLE
    GUARD_CLASS_WRITING,  // no object: a stored query changes or locks something
    GUARD_CLASS_COUNT
};

// One object as the catalog tells of it.
struct guard_object {
    enum guard_class class;
    const char *oid;
    const char *label; // for people: "public.f(integer)"
    bool is_builtin;   // made with the server, not by anybody since
    char kind;         // of relations and functions, as in the catalog; 0: none
    // of functions
    const char *schema;
    const char *name;
    const char *language;
    char volatility;
    const char *extension; // that it belongs to, or NULL
    bool is_internal;      // takes or gives what SQL has no values of: not to be called by people
    bool is_constructor;   // of a range type, made with the type
    const char *body;      // in SQL, by text; NULL: there is none, or the server has resolved it
    const char *settings;  // "search_path=app\nwork_mem=1MB"; NULL: none
    const char *definer;   // whom it runs as; NULL: whoever calls it
};

// Ask sql/postgres/guard.sql, which tells what its three parameters are.
#define GUARD_PARAMETERS 3
MUST_CHECK bool guard_lookup(TALLOC_CTX *mem, struct connection *connection,
                             const char *const *parameters, PGresult **out, struct error *err);
// One row of its answer; valid as long as that.
struct guard_object guard_object_read(const PGresult *result, int row);

enum guard_judgement {
    GUARD_ALLOWED, // whatever stands in it
    GUARD_INSIDE,  // as far as what stands in it is allowed
    GUARD_REFUSED
};

// `*why` of a refusal continues a sentence that begins with the object.
enum guard_judgement guard_judge(TALLOC_CTX *mem, const struct guard_object *object,
                                 const char **why);

// --- guard_path.c: schemas in which names behind an object are looked for besides our own path's
struct guard_path {
    const char **names;
    size_t n;
};
// Of what stands behind `object`, that was itself reached by `path`.
struct guard_path guard_path_behind(TALLOC_CTX *mem, const struct guard_path *path,
                                    const struct guard_object *object);
bool guard_path_equal(const struct guard_path *a, const struct guard_path *b);

// --- guard_cache.c: names of questions that were allowed a moment ago

// Take those out of `names`.
void guard_cache_leave_out(const struct engine *engine, struct guard_names *names);
void guard_cache_add(struct engine *engine, const struct guard_names *names);

#endif
