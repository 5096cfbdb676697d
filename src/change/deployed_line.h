/*
 * Lines of deployed code: what a line that names a table or column is worth.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_DEPLOYED_LINE_H
#define CHANGE_DEPLOYED_LINE_H

#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>

// The spellings of a name in programs: as it is, camelCase, PascalCase; of a table its model too.
struct deployed_words {
    const char *list[5];
    size_t n;
};
struct deployed_words deployed_words_of(TALLOC_CTX *mem, const char *name, bool is_table);
// Does `text` have one of the words, as a word?
bool deployed_names(const char *text, const struct deployed_words *words);

enum deployed_rank { RANK_COMMENT = 1, RANK_CODE = 2, RANK_MODEL = 3, RANK_SQL = 4 };
enum deployed_rank deployed_rank_of(const char *path, const char *text);

#endif
