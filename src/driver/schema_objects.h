/*
 * The objects of a database's schema by name, each with a hash of how it is, so that two readings
 * tell which objects differ, where digests only tell that something does. A second hash leaves the
 * order of columns out: it cannot be changed but by making a table anew, and few statements see it.
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
    uint64_t unordered; // the same, whatever the order of its columns; 0: not known
};

// By name, each once, after schema_objects_end.
struct schema_objects {
    struct schema_object *list;
    size_t n;
};

// What is known of one object may come in pieces; those of one name are one object. `unordered`:
// the hash of the piece without the place of its column; `hash` where it is of none.
void schema_objects_add(TALLOC_CTX *mem, struct schema_objects *objects, const char *name,
                        uint64_t hash, uint64_t unordered);
void schema_objects_end(struct schema_objects *objects);
// NULL: not there.
const struct schema_object *schema_objects_find(const struct schema_objects *objects,
                                                const char *name);

// As records keep it: the hash, and the one without the order where it is another one. NULL: none.
char *schema_object_text(TALLOC_CTX *mem, const struct schema_object *object);
// The hashes are 0 where `text` is NULL.
struct schema_object schema_object_read(const char *name, const char *text);
// The same but for the order of columns?
bool schema_object_is_reordered(const struct schema_object *before,
                                const struct schema_object *after);

struct schema_difference {
    const char *name;
    struct schema_object before, after; // of hash 0: not there
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
