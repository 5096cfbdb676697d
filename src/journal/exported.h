/*
 * Exported journals: the events of another machine's journal, as JSON lines or within a bundle,
 * turned back into the rows that they were.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_EXPORTED_H
#define JOURNAL_EXPORTED_H

#include "journal/journal.h"

#define EXPORTED_SIZE_MAX ((size_t)256 * 1024 * 1024) // of a file, JSON lines or a bundle

struct exported {
    struct store_row *rows;
    size_t n;
    struct journal_head head; // of the last row
};

// One event as the export prints it, with its hash.
MUST_CHECK bool exported_add(TALLOC_CTX *mem, const char *path, const json_t *event,
                             struct exported *exported, struct error *err);
// JSON lines. ERROR_INPUT, with path and line: not an event.
MUST_CHECK bool exported_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                              struct exported *out, struct error *err);
// From the first event on, unbroken? `expected` as for journal_verify.
void exported_verify(const struct exported *exported, const struct journal_head *expected,
                     struct journal_verdict *out);

#endif
