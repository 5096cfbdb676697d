/*
 * libpq: finding the library and its functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/libpq.h"
#include <dlfcn.h>
#include <stddef.h>

#define LIBRARY "libpq.so.5" // its ABI since PostgreSQL 8.2

struct libpq libpq;

struct function {
    const char *name;
    size_t offset; // in struct libpq
};

#define FUNCTION(function) {#function, offsetof(struct libpq, function##_pointer)},
static const struct function functions[] = {LIBPQ_FUNCTIONS(FUNCTION)};

static bool fail_load(struct error *err)
{
    const char *why = dlerror();
    error_set(err, ERROR_SYSTEM, "PostgreSQL's client library cannot be loaded: %s",
              why == NULL ? LIBRARY : why);
    return error_hint(err, "install libpq 14 or later (Debian: libpq5)");
}

bool libpq_load(struct error *err)
{
    static bool is_loaded = false;
    if (is_loaded)
        return true;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); // stays until the program ends
    if (library == NULL)
        return fail_load(err);
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        void *found = dlsym(library, functions[i].name);
        if (found == NULL)
            return fail_load(err);
        memcpy((char *)&libpq + functions[i].offset, &found, sizeof(found));
    }
    is_loaded = true;
    return true;
}
