/*
 * Shared libraries: see shared_library.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/shared_library.h"
#include <dlfcn.h>
#include <string.h>

static bool fail(const struct shared_library *library, struct error *err)
{
    const char *why = dlerror();
    error_set(err, ERROR_SYSTEM, "%s cannot be loaded: %s", library->what,
              why == NULL ? library->file : why);
    return error_hint(err, "%s", library->hint);
}

bool shared_library_load(const struct shared_library *library, struct error *err)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return fail(library, err);
    for (size_t i = 0; i < library->n_functions; i++) {
        void *found = dlsym(handle, library->functions[i].name);
        if (found == NULL)
            return fail(library, err);
        memcpy((char *)library->table + library->functions[i].offset, &found, sizeof(found));
    }
    return true;
}
