/*
 * Text index: finds where something stands by its name, among thousands.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_TEXT_INDEX_H
#define BASE_TEXT_INDEX_H

#include "base/memory.h"
#include <stddef.h>
#include <stdint.h>

struct text_index;

#define TEXT_INDEX_NONE SIZE_MAX

struct text_index *text_index_make(TALLOC_CTX *mem);
// The place of `text`, TEXT_INDEX_NONE where it has none.
size_t text_index_find(const struct text_index *index, const char *text);
// Give `text` (copied) that place, unless it has one already; what it has now.
size_t text_index_add(struct text_index *index, const char *text, size_t place);

#endif
