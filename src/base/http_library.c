/*
 * libcurl: finding the library and its functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http_library.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libcurl.so.4" // its ABI since 7.16

struct http_library http_library;

struct function {
    const char *name;
    size_t offset; // in struct http_library
};

// As text before the header's name for the pointer is put in its place.
#define FUNCTION(function) {#function, offsetof(struct http_library, function##_pointer)},
static const struct function functions[] = {CURL_FUNCTIONS(FUNCTION)};

static bool fail_load(struct error *err)
{
    const char *why = dlerror();
    error_set(err, ERROR_SYSTEM, "the library for HTTP cannot be loaded: %s",
              why == NULL ? LIBRARY : why);
    return error_hint(err, "install libcurl 7.85 or later (Debian: libcurl4)");
}

bool http_library_load(struct error *err)
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
        memcpy((char *)&http_library + functions[i].offset, &found, sizeof(found));
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_SYSTEM, "the library for HTTP cannot be initialised");
    is_loaded = true;
    return true;
}
