/*
 * Reading: a change is read from a path, or fails in the way that a test expects.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_CHANGE_READING_H
#define TEST_CHANGE_READING_H

#include "tree.h"

#include "change/layout.h"

static inline struct change *read_ok(TALLOC_CTX *mem, const char *path)
{
    struct error err = {0};
    struct change *change = NULL;
    if (!change_read(mem, &path, 1, NULL, &change, &err))
        fail_msg("%s", err.message);
    return change;
}

static inline struct error read_fails(TALLOC_CTX *mem, const char *path)
{
    struct error err = {0};
    struct change *change = NULL;
    assert_false(change_read(mem, &path, 1, NULL, &change, &err));
    assert_null(change);
    return err;
}

static inline void assert_says(struct error err, enum error_code code, const char *part)
{
    assert_int_equal(err.code, code);
    if (strstr(err.message, part) == NULL && strstr(err.hint, part) == NULL)
        fail_msg("'%s' is not in '%s' / '%s'", part, err.message, err.hint);
}

static inline void assert_part(const struct migration_text *text, const char *expected)
{
    assert_int_equal(text->end - text->start, strlen(expected));
    assert_memory_equal(text->text + text->start, expected, strlen(expected));
}

#endif
