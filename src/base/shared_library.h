/*
 * Shared libraries that are loaded when they are first needed: their functions, put into a table of
 * pointers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_SHARED_LIBRARY_H
#define BASE_SHARED_LIBRARY_H

#include "base/error.h"
#include <stddef.h>

struct shared_function {
    const char *name;
    size_t offset; // of its pointer in the table
};

struct shared_library {
    const char *file; // "libpq.so.5"
    const char *what; // for people: "PostgreSQL's client library"
    const char *hint; // what to install
    const struct shared_function *functions;
    size_t n_functions;
    void *table;
};

// It stays until the program ends. ERROR_SYSTEM: it, or one of the functions, is not there.
MUST_CHECK bool shared_library_load(const struct shared_library *library, struct error *err);

#endif
