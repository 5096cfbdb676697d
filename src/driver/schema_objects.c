/*
 * Objects of a schema: added in any order, kept by name, compared as two sorted lists.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/schema_objects.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void schema_objects_add(TALLOC_CTX *mem, struct schema_objects *objects, const char *name,
                        uint64_t hash)
{
    // A sum: what comes between two pieces of an object depends on other objects.
    uint64_t piece = XXH3_64bits(&hash, sizeof hash);
    struct schema_object *last = objects->n == 0 ? NULL : &objects->list[objects->n - 1];
    if (last != NULL && strcmp(last->name, name) == 0) {
        last->hash += piece;
        return;
    }
    *mem_append(mem, objects->list, objects->n) =
        (struct schema_object){.name = mem_strdup(mem, name), .hash = piece};
}

static int by_name(const void *a, const void *b)
{
    const struct schema_object *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void schema_objects_end(struct schema_objects *objects)
{
    size_t n = 0;
    if (objects->n == 0)
        return;
    qsort(objects->list, objects->n, sizeof *objects->list, by_name);
    for (size_t i = 1; i < objects->n; i++) {
        struct schema_object *kept = &objects->list[n];
        if (strcmp(kept->name, objects->list[i].name) == 0)
            kept->hash += objects->list[i].hash;
        else
            objects->list[++n] = objects->list[i];
    }
    objects->n = n + 1;
    for (size_t i = 0; i < objects->n; i++)
        if (objects->list[i].hash == 0)
            objects->list[i].hash = 1;
}

static int is_named(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

uint64_t schema_objects_hash(const struct schema_objects *objects, const char *name)
{
    static_assert(offsetof(struct schema_object, name) == 0, "is_named reads it there");
    const struct schema_object *found =
        objects->n == 0 ? NULL
                        : bsearch(name, objects->list, objects->n, sizeof *objects->list, is_named);
    return found == NULL ? 0 : found->hash;
}

char *schema_hash_text(TALLOC_CTX *mem, uint64_t hash)
{
    return hash == 0 ? NULL : mem_printf(mem, "%016" PRIx64, hash);
}

uint64_t schema_hash_read(const char *text)
{
    return text == NULL ? 0 : strtoull(text, NULL, 16);
}

void schema_objects_compare(TALLOC_CTX *mem, const struct schema_objects *before,
                            const struct schema_objects *after, struct schema_differences *out)
{
    size_t i = 0, k = 0;
    *out = (struct schema_differences){0};
    while (i < before->n || k < after->n) {
        const struct schema_object *old = i < before->n ? &before->list[i] : NULL;
        const struct schema_object *new = k < after->n ? &after->list[k] : NULL;
        int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->name, new->name);
        struct schema_difference difference = {
            .name = order <= 0 ? old->name : new->name,
            .before = order <= 0 ? old->hash : 0,
            .after = order >= 0 ? new->hash : 0,
        };
        i += order <= 0;
        k += order >= 0;
        if (difference.before != difference.after)
            *mem_append(mem, out->list, out->n) = difference;
    }
}

const struct schema_difference *schema_differences_find(
    const struct schema_differences *differences, const char *name)
{
    static_assert(offsetof(struct schema_difference, name) == 0, "is_named reads it there");
    return differences->n == 0 ? NULL
                               : bsearch(name, differences->list, differences->n,
                                         sizeof *differences->list, is_named);
}
