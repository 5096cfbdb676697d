/*
 * Content filters: which contents were seen, perhaps: false is sure. A Bloom filter of fixed size.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_CONTENT_FILTER_H
#define REHEARSAL_CONTENT_FILTER_H

#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

#define CONTENT_SIZE 16

struct content_filter;

// For `rows` contents, at most 16 MB.
struct content_filter *content_filter_make(TALLOC_CTX *mem, int64_t rows);
// Was it there already, perhaps?
bool content_filter_add(struct content_filter *filter, const uint8_t *content);
bool content_filter_has(const struct content_filter *filter, const uint8_t *content);

#endif
