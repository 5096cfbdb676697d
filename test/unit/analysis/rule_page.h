/*
 * Pages of rules: the SQL of their examples.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_RULE_PAGE_H
#define TEST_RULE_PAGE_H

#include "base/file.h"
#include "base/memory.h"
#include "judged.h"

static inline char *page_path(TALLOC_CTX *mem, const char *rule)
{
    return mem_printf(mem, "%s/docs/rules/%s.md", getenv("SOURCE"), rule);
}

static inline char *page_read(TALLOC_CTX *mem, const char *rule)
{
    struct error err;
    char *text;
    size_t len;
    if (!file_read(mem, page_path(mem, rule), FILE_SIZE_MAX, &text, &len, &err))
        fail_msg("%s", err.message);
    return text;
}

// The SQL of the block that starts with "```INFO"; NULL: the page has none. `flags`: what follows.
static inline char *page_block(TALLOC_CTX *mem, const char *page, const char *info, const char **flags)
{
    char *fence = mem_printf(mem, "```sql %s", info);
    const char *start = strstr(page, fence);
    if (start == NULL)
        return NULL;
    const char *line_end = strchr(start, '\n');
    const char *end = strstr(line_end, "\n```");
    if (flags != NULL)
        *flags =
            mem_strndup(mem, start + strlen(fence), (size_t)(line_end - start) - strlen(fence));
    return mem_strndup(mem, line_end + 1, (size_t)(end - line_end));
}

#endif
