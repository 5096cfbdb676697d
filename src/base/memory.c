/*
 * Memory: talloc with allocation that cannot fail, and the scope-bound context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/memory.h"
#include "base/error.h"
#include <stdarg.h>
#include <stdint.h>

// A growing array has room for so many elements at first, or for one where they are large: most
// statements have one action, of half a kilobyte.
#define FIRST_ROOM 8
#define FIRST_BYTES 256
#define SPARE_MAX 16 // scratches that are kept for the next scope

void *mem_checked(void *memory)
{
    if (memory == NULL)
        bug("out of memory");
    return memory;
}

static size_t first_room(size_t size)
{
    size_t room = FIRST_BYTES / size;
    return room == 0 ? 1 : room < FIRST_ROOM ? room : FIRST_ROOM;
}

void *mem_grow(TALLOC_CTX *mem, void *array, size_t n, size_t size)
{
    size_t room = array == NULL ? 0 : talloc_get_size(array) / size;
    if (n >= room) {
        size_t new_room = room == 0 ? first_room(size) : room * 2;
        if (new_room > SIZE_MAX / 2 / size)
            bug("an array of %zu elements is too large", n);
        array = mem_checked(talloc_realloc_size(mem, array, new_room * size));
    }
    memset((char *)array + n * size, 0, size);
    return array;
}

char *mem_strdup(TALLOC_CTX *mem, const char *text)
{
    return text == NULL ? NULL : (char *)mem_checked(talloc_strdup(mem, text));
}

char *mem_strndup(TALLOC_CTX *mem, const char *text, size_t len)
{
    // Not talloc_strndup: the strnlen that is linked is libpg_query's, byte by byte.
    const char *nul = memchr(text, '\0', len);
    size_t n = nul == NULL ? len : (size_t)(nul - text);
    char *copy = mem_checked(talloc_named_const(mem, n + 1, "char"));
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *mem_printf(TALLOC_CTX *mem, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *text = talloc_vasprintf(mem, format, values);
    va_end(values);
    return (char *)mem_checked(text);
}

static TALLOC_CTX *spare[SPARE_MAX];
static size_t n_spare;

TALLOC_CTX *mem_scratch(void)
{
    // One parent that stays: what is in use when argp ends the program is no leak. Of one byte,
    // since a pointer to an empty one is not seen to point into it.
    static TALLOC_CTX *all = NULL;
    if (n_spare > 0)
        return spare[--n_spare];
    if (all == NULL)
        all = mem_checked(talloc_named_const(NULL, 1, "scratches"));
    return mem_checked(talloc_named_const(all, 0, "scratch"));
}

void mem_scratch_free(TALLOC_CTX **scratch)
{
    if (n_spare == SPARE_MAX) {
        talloc_free(*scratch);
        return;
    }
    talloc_free_children(*scratch);
    spare[n_spare++] = *scratch;
}
