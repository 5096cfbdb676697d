/*
 * Pack: texts and arrays of one context, side by side in blocks.
 *
 * A talloc chunk has a header of 96 bytes, more than most texts, and a malloc of its own. A context
 * that is packed has neither for what base/memory.h's functions make in it: all of it goes when the
 * context does, none of it alone. Few contexts are packed at a time, so that asking whether one is
 * costs a few comparisons; one more than there is room for stays as talloc has it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdarg.h>
#include <stddef.h>
#include <talloc.h>

struct pack;

struct pack *pack_find(const void *owner); // NULL: it is not packed
void pack_open(TALLOC_CTX *owner);         // until the owner is freed
// As pack_open, beginning in `block`, which pack_empty goes back to; until pack_close.
void pack_open_block(TALLOC_CTX *owner, char *block, size_t size);
void pack_empty(struct pack *pack);
void pack_close(struct pack *pack);

char *pack_text(struct pack *pack, size_t size); // not zeroed
char *pack_printf(struct pack *pack, const char *format, va_list values) PRINTF_LIKE(2, 0);
// `array` (NULL: a new one) with room for so many elements; what is new is not zeroed.
void *pack_array(struct pack *pack, void *array, size_t room, size_t size);
size_t pack_array_room(const void *array);

#endif
