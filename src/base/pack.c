/*
 * Pack: the blocks, and which contexts have them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/pack.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdint.h>

enum {
    PACKS_MAX = 16,
    BLOCK_FIRST = 1024,
    BLOCK_MAX = 16 * 1024,
    PIECE_MAX = 1024, // what is larger has a chunk of its own
    ALIGNMENT = 8,
};

#ifndef __has_feature // gcc before 14
#define __has_feature(feature) 0
#endif
// The tests see each piece in a chunk of its own, behind a gap: an overrun is found, and talloc
// aborts when a piece is freed, stolen or made a parent.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { IS_ALONE = true, GAP = 16 };
#else
enum { IS_ALONE = false, GAP = 8 };
#endif

struct pack {
    TALLOC_CTX *owner;
    char *at, *end; // what is left of the block
    size_t next;    // bytes of the next
    char *first;    // of pack_open_block
    size_t first_size;
};

// Before the first element.
struct array_head {
    uint32_t tag;
    uint32_t room;
};
#define ARRAY_TAG 0x5041434bu

static struct pack packs[PACKS_MAX];
static const void *owners[PACKS_MAX]; // of the packs, apart: this is what is searched
static size_t n_packs;                // up to the last that is not free
#define FREE_PLACE ((const void *)owners)

struct pack *pack_find(const void *owner)
{
    for (size_t i = 0; i < n_packs; i++) {
        if (owners[i] == owner)
            return &packs[i];
    }
    return NULL;
}

static struct pack *pack_add(TALLOC_CTX *owner)
{
    size_t place = 0;
    while (place < n_packs && owners[place] != FREE_PLACE)
        place++;
    if (place == PACKS_MAX)
        return NULL;
    if (place == n_packs)
        n_packs++;
    owners[place] = owner;
    packs[place] = (struct pack){.owner = owner, .next = BLOCK_FIRST};
    return &packs[place];
}

void pack_close(struct pack *pack)
{
    owners[pack - packs] = FREE_PLACE;
    while (n_packs > 0 && owners[n_packs - 1] == FREE_PLACE)
        n_packs--;
}

static int mark_close(struct pack **mark)
{
    pack_close(*mark);
    return 0;
}

void pack_open(TALLOC_CTX *owner)
{
    struct pack *pack = pack_add(owner);
    if (pack == NULL)
        return;
    struct pack **mark = mem_new(owner, struct pack *);
    *mark = pack;
    talloc_set_destructor(mark, mark_close);
}

void pack_open_block(TALLOC_CTX *owner, char *block, size_t size)
{
    struct pack *pack = pack_add(owner);
    if (pack == NULL || IS_ALONE)
        return;
    pack->first = block;
    pack->first_size = size;
    pack_empty(pack);
}

void pack_empty(struct pack *pack)
{
    pack->at = pack->first;
    pack->end = pack->first + pack->first_size;
    pack->next = BLOCK_FIRST;
}

static char *piece_alone(struct pack *pack, size_t size)
{
    return (char *)mem_checked(talloc_named_const(pack->owner, size + GAP, "piece")) + GAP;
}

// `size` bytes at the next multiple of `alignment`.
static char *piece(struct pack *pack, size_t size, size_t alignment)
{
    if (IS_ALONE || size > PIECE_MAX)
        return piece_alone(pack, size);
    size_t skip = -(uintptr_t)pack->at & (alignment - 1);
    if (skip + size > (size_t)(pack->end - pack->at)) {
        pack->at = mem_checked(talloc_named_const(pack->owner, pack->next, "block"));
        pack->end = pack->at + pack->next;
        pack->next = pack->next < BLOCK_MAX ? pack->next * 2 : pack->next;
        skip = 0;
    }
    char *found = pack->at + skip;
    pack->at = found + size;
    return found;
}

char *pack_text(struct pack *pack, size_t size)
{
    return piece(pack, size, 1);
}

char *pack_printf(struct pack *pack, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    size_t left = (size_t)(pack->end - pack->at);
    int n = vsnprintf(pack->at, left, format, values);
    if (n < 0)
        bug("vsnprintf failed");
    bool has_room = (size_t)n < left;
    char *text = has_room ? pack->at : pack_text(pack, (size_t)n + 1);
    if (has_room)
        pack->at += n + 1;
    else
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

// --- arrays

static struct array_head *head_of(const void *array)
{
    struct array_head *head = (struct array_head *)(uintptr_t)array - 1;
    if (head->tag != ARRAY_TAG)
        bug("an array grows in another context than its own");
    return head;
}

size_t pack_array_room(const void *array)
{
    return head_of(array)->room;
}

static bool is_chunk(size_t bytes)
{
    return IS_ALONE || bytes + GAP > PIECE_MAX;
}

// The last piece of the block grows where it is.
static bool extend(struct pack *pack, const char *end, size_t more)
{
    if (end != pack->at || more > (size_t)(pack->end - pack->at))
        return false;
    pack->at += more;
    return true;
}

static char *array_move(struct pack *pack, char *array, size_t old_bytes, size_t bytes)
{
    if (array != NULL && is_chunk(old_bytes))
        return (char *)mem_checked(talloc_realloc_size(pack->owner, array - GAP, bytes + GAP)) +
               GAP;
    char *moved =
        is_chunk(bytes) ? piece_alone(pack, bytes) : piece(pack, bytes + GAP, ALIGNMENT) + GAP;
    if (array != NULL)
        memcpy(moved, array, old_bytes);
    return moved;
}

void *pack_array(struct pack *pack, void *array, size_t room, size_t size)
{
    if (room > UINT32_MAX || room > SIZE_MAX / 2 / size)
        bug("an array of %zu elements is too large", room);
    size_t bytes = room * size;
    size_t old_bytes = array == NULL ? 0 : pack_array_room(array) * size;
    bool stays = array != NULL && !is_chunk(bytes) &&
                 extend(pack, (char *)array + old_bytes, bytes - old_bytes);
    char *grown = stays ? array : array_move(pack, array, old_bytes, bytes);
    ((struct array_head *)(void *)grown)[-1] =
        (struct array_head){.tag = ARRAY_TAG, .room = (uint32_t)room};
    return grown;
}
