/*
 * Content filters: bits of a Bloom filter, placed by the two halves of a content's hash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/content_filter.h"
#include <string.h>

#define BITS_MIN ((uint64_t)1 << 16)
#define BITS_MAX ((uint64_t)1 << 27)
#define BITS_PER_ROW 16
#define BITS_SET 6 // of each content: one in 1,500 is taken for another at 16 bits a row

struct content_filter {
    uint64_t *bits;
    uint64_t n_bits;
};

struct content_filter *content_filter_make(TALLOC_CTX *mem, int64_t rows)
{
    struct content_filter *filter = mem_new(mem, struct content_filter);
    filter->n_bits = BITS_MIN;
    while (filter->n_bits < BITS_MAX && (int64_t)(filter->n_bits / BITS_PER_ROW) < rows)
        filter->n_bits *= 2;
    filter->bits = mem_array(filter, uint64_t, filter->n_bits / 64);
    return filter;
}

static uint64_t place(const struct content_filter *filter, const uint8_t *content, uint64_t i)
{
    uint64_t halves[2];
    memcpy(halves, content, sizeof halves);
    return (halves[0] + i * (halves[1] | 1)) & (filter->n_bits - 1);
}

bool content_filter_has(const struct content_filter *filter, const uint8_t *content)
{
    for (uint64_t i = 0; i < BITS_SET; i++) {
        uint64_t at = place(filter, content, i);
        if ((filter->bits[at / 64] >> (at % 64) & 1) == 0)
            return false;
    }
    return true;
}

bool content_filter_add(struct content_filter *filter, const uint8_t *content)
{
    bool was_there = content_filter_has(filter, content);
    for (uint64_t i = 0; i < BITS_SET; i++) {
        uint64_t at = place(filter, content, i);
        filter->bits[at / 64] |= (uint64_t)1 << (at % 64);
    }
    return was_there;
}
