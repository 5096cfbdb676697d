/*
 * A plain folder of .sql files: tminus itself is their tool.
 *
 * Each file runs in one transaction, unless it begins one of its own, says "-- tminus: no
 * transaction", or holds nothing but one statement that PostgreSQL refuses inside a transaction.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/stem_pairs.h"
#include "change/transaction.h"

static int recognise(const char *folder, char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (folder == NULL || text_ends_with(paths[i], ".sql"))
            return 10;
    return 0;
}

static bool says_no_transaction(const struct migration_text *text)
{
    SCRATCH(tmp);
    for (struct line line = {.text = text->text}; line_next(&line, text->len);) {
        if (line_is_blank(&line))
            continue;
        if (!line_starts_with(&line, "--"))
            return false; // only comments at the start of the file count
        if (text_equal_nocase(text_shorten(tmp, line.text + line.start, line.end - line.start, 80),
                              "-- tminus: no transaction"))
            return true;
    }
    return false;
}

static void set_transaction(struct migration_text *text)
{
    if (text->path == NULL)
        return;
    struct transaction_shape shape = transaction_read(text);
    text->in_transaction =
        !shape.has_begin && !transaction_is_alone_outside(text) && !says_no_transaction(text);
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    TRY(stem_pairs_read(mem, folder, paths, n, change, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        set_transaction(&change->migrations[i].up);
        set_transaction(&change->migrations[i].down);
    }
    return true;
}

const struct migration_layout layout_plain = {
    .name = "plain",
    .file_pattern = "*.sql",
    .transaction_rule = "each file in one transaction, unless it begins its own or says "
                        "'-- tminus: no transaction'",
    .record_table = "tminus_migration",
    .recognise = recognise,
    .surest = 10,
    .read = read_files,
    .following = &following_plain,
};
