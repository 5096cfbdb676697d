/*
 * Memory: talloc contexts, with allocation that cannot fail.
 *
 * A function that returns memory takes `mem` first and its result is a child of it. Everything else
 * hangs under SCRATCH(tmp), freed when the scope ends. Out of memory aborts: the journal is made so
 * that a flight can be resumed.
 *
 * What is made in a packed context (base/pack.h) goes with it only: none of its texts and arrays is
 * freed, stolen, grown by talloc or a parent. An array grows in the context that it was made in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <talloc.h>

// Zeroed object or array as a child of `mem`; the talloc name is the type, for leak reports.
#define mem_new(mem, type) ((type *)mem_checked(_talloc_zero(mem, sizeof(type), #type)))
#define mem_array(mem, type, n) ((type *)mem_zeroed_array((mem), sizeof(type), (n), #type))

// Append one zeroed element to `array` (a pointer variable, NULL at first) of `n` elements, counted
// up; yields the address of the new element. Room grows by doubling.
#define mem_append(mem, array, n)                                                                  \
    ((array) = mem_grow((mem), (array), (n)++, sizeof(*(array))), &(array)[(n)-1])

char *mem_strdup(TALLOC_CTX *mem, const char *text); // NULL stays NULL
char *mem_strndup(TALLOC_CTX *mem, const char *text, size_t len);
char *mem_printf(TALLOC_CTX *mem, const char *format, ...) PRINTF_LIKE(2, 3);

// Texts and arrays of `mem`, an object of talloc, are packed from now on.
void mem_pack(TALLOC_CTX *mem);

// Scope-bound context: `SCRATCH(tmp);` declares it and frees it with everything under it.
#define SCRATCH(name) __attribute__((cleanup(mem_scratch_free))) TALLOC_CTX *name = mem_scratch()
// The same, packed; its first block is there already.
#define SCRATCH_PACKED(name)                                                                       \
    __attribute__((cleanup(mem_scratch_packed_free))) TALLOC_CTX *name = mem_scratch_packed()

// --- for the macros above
void *mem_checked(void *memory);
void *mem_zeroed_array(TALLOC_CTX *mem, size_t size, size_t n, const char *type);
void *mem_grow(TALLOC_CTX *mem, void *array, size_t n, size_t size);
TALLOC_CTX *mem_scratch(void);
void mem_scratch_free(TALLOC_CTX **scratch);
TALLOC_CTX *mem_scratch_packed(void);
void mem_scratch_packed_free(TALLOC_CTX **scratch);

#endif
