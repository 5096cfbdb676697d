/*
 * Names that were judged within a snapshot, so that hundreds of questions about one table ask the
 * catalog about it once.
 *
 * A name's judgement needs nothing of the question around it, and the catalog is read as of the
 * snapshot: asking again would give the same. It ends with the snapshot, for then somebody may have
 * put another function or view in the place of the judged one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/guard.h"

#include <stdlib.h>

#define CACHE_MAX 4096 // names; then it begins anew

struct guard_cache {
    struct guard_name *names; // sorted
    size_t n;
};

static bool is_known(const struct guard_cache *cache, const struct guard_name *name)
{
    return cache->n > 0 && bsearch(name, cache->names, cache->n, sizeof(*name), guard_name_compare);
}

void guard_cache_leave_out(const struct engine *engine, struct guard_names *names)
{
    const struct guard_cache *cache = engine->guard;
    if (cache == NULL)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < names->n; i++) {
        if (!is_known(cache, &names->names[i]))
            names->names[kept++] = names->names[i];
    }
    names->n = kept;
}

void guard_cache_add(struct engine *engine, const struct guard_names *names)
{
    if (names->n == 0 || !engine->is_in_snapshot)
        return;
    struct guard_cache *cache = engine->guard;
    if (cache == NULL || cache->n > CACHE_MAX) {
        talloc_free(cache);
        cache = engine->guard = mem_new(engine, struct guard_cache);
    }
    for (size_t i = 0; i < names->n; i++) {
        const struct guard_name *name = &names->names[i];
        *mem_append(cache, cache->names, cache->n) =
            (struct guard_name){.use = name->use,
                                .schema = mem_strdup(cache, name->schema),
                                .name = mem_strdup(cache, name->name),
                                .n_arguments = name->n_arguments};
    }
    qsort(cache->names, cache->n, sizeof(*cache->names), guard_name_compare);
}
