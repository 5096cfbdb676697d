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

// A sum: what comes between two pieces of an object depends on other objects.
static uint64_t piece(uint64_t hash)
{
    return XXH3_64bits(&hash, sizeof hash);
}

void schema_objects_add(TALLOC_CTX *mem, struct schema_objects *objects, const char *name,
                        uint64_t hash, uint64_t unordered)
{
    struct schema_object *last = objects->n == 0 ? NULL : &objects->list[objects->n - 1];
    if (last == NULL || strcmp(last->name, name) != 0) {
        last = mem_append(mem, objects->list, objects->n);
        *last = (struct schema_object){.name = mem_strdup(mem, name)};
    }
    last->hash += piece(hash);
    last->unordered += piece(unordered);
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
        if (strcmp(kept->name, objects->list[i].name) == 0) {
            kept->hash += objects->list[i].hash;
            kept->unordered += objects->list[i].unordered;
        } else {
            objects->list[++n] = objects->list[i];
        }
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

const struct schema_object *schema_objects_find(const struct schema_objects *objects,
                                                const char *name)
{
    static_assert(offsetof(struct schema_object, name) == 0, "is_named reads it there");
    return objects->n == 0
               ? NULL
               : bsearch(name, objects->list, objects->n, sizeof *objects->list, is_named);
}

char *schema_object_text(TALLOC_CTX *mem, const struct schema_object *object)
{
    if (object == NULL || object->hash == 0)
        return NULL;
    return object->unordered == 0 || object->unordered == object->hash
               ? mem_printf(mem, "%016" PRIx64, object->hash)
               : mem_printf(mem, "%016" PRIx64 "/%016" PRIx64, object->hash, object->unordered);
}

struct schema_object schema_object_read(const char *name, const char *text)
{
    const char *slash = text == NULL ? NULL : strchr(text, '/');
    return (struct schema_object){
        .name = name,
        .hash = text == NULL ? 0 : strtoull(text, NULL, 16),
        .unordered = slash == NULL ? 0 : strtoull(slash + 1, NULL, 16),
    };
}

bool schema_object_is_reordered(const struct schema_object *before,
                                const struct schema_object *after)
{
    return before->hash != 0 && after->hash != 0 && before->hash != after->hash &&
           before->unordered != 0 && before->unordered == after->unordered;
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
        };
        if (order <= 0)
            difference.before = *old;
        if (order >= 0)
            difference.after = *new;
        i += order <= 0;
        k += order >= 0;
        if (difference.before.hash != difference.after.hash)
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
