/*
 * The objects of a database's schema by name, each with a hash of how it is, so that two readings
 * tell which objects differ, where digests only tell that something does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_SCHEMA_OBJECTS_H
#define DRIVER_SCHEMA_OBJECTS_H

#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

struct schema_object {
    const char *name; // "public.users", "function f(integer)": for people, and the same every time
    uint64_t hash;    // never 0
};

// By name, each once, after schema_objects_end.
struct schema_objects {
    struct schema_object *list;
    size_t n;
};

// What is known of one object may come in pieces; those of one name are one object.
void schema_objects_add(TALLOC_CTX *mem, struct schema_objects *objects, const char *name,
                        uint64_t hash);
void schema_objects_end(struct schema_objects *objects);
uint64_t schema_objects_hash(const struct schema_objects *objects,
                             const char *name); // 0: not there

// As records keep it; 0 is NULL.
char *schema_hash_text(TALLOC_CTX *mem, uint64_t hash);
uint64_t schema_hash_read(const char *text);

struct schema_difference {
    const char *name;
    uint64_t before, after; // 0: not there
};

struct schema_differences {
    struct schema_difference *list;
    size_t n;
};

// What is in one of the two only, or otherwise in both; names are those of the objects.
void schema_objects_compare(TALLOC_CTX *mem, const struct schema_objects *before,
                            const struct schema_objects *after, struct schema_differences *out);
const struct schema_difference *schema_differences_find(
    const struct schema_differences *differences, const char *name);

#endif
