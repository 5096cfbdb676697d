/*
 * libcurl: finding the library and its functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http_library.h"
#include "base/shared_library.h"

struct http_library http_library;

// As text before the header's name for the pointer is put in its place.
#define FUNCTION(function) {#function, offsetof(struct http_library, function##_pointer)},
static const struct shared_function functions[] = {CURL_FUNCTIONS(FUNCTION)};

static const struct shared_library library = {
    .file = "libcurl.so.4", // its ABI since 7.16
    .what = "the library for HTTP",
    .hint = "install libcurl 7.85 or later (Debian: libcurl4)",
    .functions = functions,
    .n_functions = COUNT_OF(functions),
    .table = &http_library,
};

bool http_library_load(struct error *err)
{
    static bool is_loaded = false;
    if (is_loaded)
        return true;
    TRY(shared_library_load(&library, err));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_SYSTEM, "the library for HTTP cannot be initialised");
    is_loaded = true;
    return true;
}
