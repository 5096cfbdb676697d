/*
 * Memory: talloc with allocation that cannot fail, and the scope-bound context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/memory.h"
#include "base/error.h"
#include "base/pack.h"
#include <stdarg.h>
#include <stdint.h>

// A growing array has room for so many elements at first, or for one where they are large: most
// statements have one action, of half a kilobyte.
#define FIRST_ROOM 8
#define FIRST_BYTES 256
#define SPARE_MAX 16       // scratches that are kept for the next scope
#define SPARE_PACKED_MAX 8 // packed ones
#define SCRATCH_BLOCK 4096 // of a packed one

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

void *mem_zeroed_array(TALLOC_CTX *mem, size_t size, size_t n, const char *type)
{
    struct pack *pack = pack_find(mem);
    if (pack == NULL)
        return mem_checked(_talloc_zero_array(mem, size, (unsigned)n, type));
    void *array = pack_array(pack, NULL, n, size);
    memset(array, 0, n * size);
    return array;
}

static size_t array_room(const struct pack *pack, const void *array, size_t size)
{
    if (array == NULL)
        return 0;
    return pack != NULL ? pack_array_room(array) : talloc_get_size(array) / size;
}

void *mem_grow(TALLOC_CTX *mem, void *array, size_t n, size_t size)
{
    struct pack *pack = pack_find(mem);
    size_t room = array_room(pack, array, size);
    if (n >= room) {
        size_t new_room = room == 0 ? first_room(size) : room * 2;
        if (new_room > SIZE_MAX / 2 / size)
            bug("an array of %zu elements is too large", n);
        array = pack != NULL ? pack_array(pack, array, new_room, size)
                             : mem_checked(talloc_realloc_size(mem, array, new_room * size));
    }
    memset((char *)array + n * size, 0, size);
    return array;
}

static char *text_room(TALLOC_CTX *mem, size_t size)
{
    struct pack *pack = pack_find(mem);
    return pack != NULL ? pack_text(pack, size)
                        : mem_checked(talloc_named_const(mem, size, "char"));
}

char *mem_strdup(TALLOC_CTX *mem, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(text_room(mem, size), text, size);
}

char *mem_strndup(TALLOC_CTX *mem, const char *text, size_t len)
{
    // Not talloc_strndup: the strnlen that is linked is libpg_query's, byte by byte.
    const char *nul = memchr(text, '\0', len);
    size_t n = nul == NULL ? len : (size_t)(nul - text);
    char *copy = text_room(mem, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *mem_printf(TALLOC_CTX *mem, const char *format, ...)
{
    struct pack *pack = pack_find(mem);
    va_list values;
    va_start(values, format);
    char *text = pack != NULL ? pack_printf(pack, format, values)
                              : mem_checked(talloc_vasprintf(mem, format, values));
    va_end(values);
    return text;
}

void mem_pack(TALLOC_CTX *mem)
{
    pack_open(mem);
}

// --- scratches

static TALLOC_CTX *spare[SPARE_MAX];
static size_t n_spare;

// One parent that stays: what is in use when argp ends the program is no leak. Of one byte, since a
// pointer to an empty one is not seen to point into it.
static TALLOC_CTX *scratches(void)
{
    static TALLOC_CTX *all = NULL;
    if (all == NULL)
        all = mem_checked(talloc_named_const(NULL, 1, "scratches"));
    return all;
}

TALLOC_CTX *mem_scratch(void)
{
    if (n_spare > 0)
        return spare[--n_spare];
    return mem_checked(talloc_named_const(scratches(), 0, "scratch"));
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

static TALLOC_CTX *spare_packed[SPARE_PACKED_MAX];
static size_t n_spare_packed;

TALLOC_CTX *mem_scratch_packed(void)
{
    if (n_spare_packed > 0)
        return spare_packed[--n_spare_packed];
    char *block = mem_checked(talloc_named_const(scratches(), SCRATCH_BLOCK, "scratch"));
    pack_open_block(block, block, SCRATCH_BLOCK);
    return block;
}

void mem_scratch_packed_free(TALLOC_CTX **scratch)
{
    struct pack *pack = pack_find(*scratch);
    if (n_spare_packed == SPARE_PACKED_MAX) {
        if (pack != NULL)
            pack_close(pack);
        talloc_free(*scratch);
        return;
    }
    talloc_free_children(*scratch);
    if (pack != NULL)
        pack_empty(pack);
    spare_packed[n_spare_packed++] = *scratch;
}
