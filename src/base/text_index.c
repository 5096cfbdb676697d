/*
 * Text index: a tree of the C library's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text_index.h"
#include <search.h>
#include <string.h>

struct text_index {
    void *root;
};

struct index_entry {
    const char *text;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct index_entry *one = a;
    const struct index_entry *other = b;
    return strcmp(one->text, other->text);
}

static void keep(void *entry)
{
    (void)entry; // is the index's, as talloc sees it
}

static int index_close(struct text_index *index)
{
    tdestroy(index->root, keep);
    return 0;
}

struct text_index *text_index_make(TALLOC_CTX *mem)
{
    struct text_index *index = mem_new(mem, struct text_index);
    talloc_set_destructor(index, index_close);
    return index;
}

size_t text_index_find(const struct text_index *index, const char *text)
{
    struct index_entry asked = {.text = text};
    struct index_entry *const *found = tfind(&asked, &index->root, compare);
    return found == NULL ? TEXT_INDEX_NONE : (*found)->place;
}

size_t text_index_add(struct text_index *index, const char *text, size_t place)
{
    struct index_entry asked = {.text = text, .place = place};
    struct index_entry **found = mem_checked(tsearch(&asked, &index->root, compare));
    if (*found == &asked) {
        *found = mem_new(index, struct index_entry);
        **found = (struct index_entry){.text = mem_strdup(*found, text), .place = place};
    }
    return (*found)->place;
}
