/*
 * Exported journals, read back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/exported.h"
#include "journal/chain.h"

bool exported_add(TALLOC_CTX *mem, const char *path, const json_t *event, struct exported *exported,
                  struct error *err)
{
    const char *hash = json_get_text(event, "hash");
    if (!json_is_object(event) || hash == NULL || json_get_text(event, "event") == NULL)
        return error_set(err, ERROR_INPUT, "%s: event %zu is none of a journal", path,
                         exported->n + 1);
    json_auto_t *line = json_copy((json_t *)(uintptr_t)event);
    json_object_del(line, "hash");
    struct store_row *row = mem_append(mem, exported->rows, exported->n);
    row->sequence = json_get_integer(event, "seq", 0);
    row->line = json_canonical(mem, line);
    row->hash = mem_strdup(mem, hash);
    exported->head.sequence = row->sequence;
    snprintf(exported->head.hash, sizeof exported->head.hash, "%s", hash);
    return true;
}

bool exported_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                   struct exported *out, struct error *err)
{
    SCRATCH(tmp);
    struct exported exported = {0};
    size_t number = 1;
    for (const char *at = text; at < text + len; number++) {
        const char *end = memchr(at, '\n', (size_t)(text + len - at)) ?: text + len;
        json_t *event;
        if (end > at) {
            TRY(json_read(mem_printf(tmp, "%s, line %zu", path, number), at, (size_t)(end - at),
                          &event, err));
            bool is_added = exported_add(mem, path, event, &exported, err);
            json_decref(event);
            TRY(is_added);
        }
        at = end + 1;
    }
    if (exported.n == 0)
        return error_set(err, ERROR_INPUT, "%s: there is no event in it", path);
    *out = exported;
    return true;
}

void exported_verify(const struct exported *exported, const struct journal_head *expected,
                     struct journal_verdict *out)
{
    struct chain chain;
    chain_begin(&chain, expected);
    for (size_t i = 0; i < exported->n; i++)
        if (!chain_follow(&chain, &exported->rows[i]))
            break;
    chain_end(&chain);
    *out = chain.verdict;
}
