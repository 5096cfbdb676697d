/*
 * libpq: finding the library and its functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/libpq.h"
#include "base/shared_library.h"

struct libpq libpq;

#define FUNCTION(function) {#function, offsetof(struct libpq, function##_pointer)},
static const struct shared_function functions[] = {LIBPQ_FUNCTIONS(FUNCTION)};

static const struct shared_library library = {
    .file = "libpq.so.5", // its ABI since PostgreSQL 8.2
    .what = "PostgreSQL's client library",
    .hint = "install libpq 14 or later (Debian: libpq5)",
    .functions = functions,
    .n_functions = COUNT_OF(functions),
    .table = &libpq,
};

bool libpq_load(struct error *err)
{
    static bool is_loaded = false;
    if (is_loaded)
        return true;
    TRY(shared_library_load(&library, err));
    is_loaded = true;
    return true;
}
