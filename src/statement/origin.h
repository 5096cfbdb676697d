/*
 * Origin: where the bytes of a text stand that is no plain part of its file: the body of a DO block
 * in quotes, what EXECUTE runs, an expression behind a SELECT of ours.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_ORIGIN_H
#define STATEMENT_ORIGIN_H

#include <stddef.h>

struct origin {
    const size_t *places; // in the file, of each byte and of the end; NULL: one behind the other
    size_t first;         // place of byte 0 when they are
    size_t prefix;        // so many bytes in front are ours
};

static inline size_t origin_place(const struct origin *origin, size_t offset)
{
    size_t at = offset < origin->prefix ? 0 : offset - origin->prefix;
    return origin->places == NULL ? origin->first + at : origin->places[at];
}

// Of the part that begins at `offset`; `origin` has no prefix.
static inline struct origin origin_part(const struct origin *origin, size_t offset)
{
    if (origin->places == NULL)
        return (struct origin){.first = origin->first + offset};
    return (struct origin){.places = origin->places + offset};
}

#endif
