/*
 * For tests of the SQLite reader: read one text, ask its only action.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SQLITE_READ_H
#define TEST_SQLITE_READ_H

#include "statement/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline struct reader *open_sqlite(TALLOC_CTX *mem)
{
    struct error err = {0};
    struct reader *reader = NULL;

    if (!reader_open(mem, DIALECT_SQLITE, &reader, &err))
        fail_msg("%s", err.message);
    return reader;
}

static inline struct script *read_part(TALLOC_CTX *mem, struct reader *reader, const char *text)
{
    struct error err = {0};
    struct script *script = NULL;
    struct script_source source = {
        .path = "m.sql", .text = text, .len = strlen(text), .end = strlen(text)};

    if (!reader_read(mem, reader, &source, &script, &err))
        fail_msg("%s", err.message);
    return script;
}

static inline struct script *read_sqlite(TALLOC_CTX *mem, const char *text)
{
    return read_part(mem, open_sqlite(mem), text);
}

// The last statement of `text`, which must be understood whole.
static inline struct statement *last_statement(TALLOC_CTX *mem, const char *text)
{
    struct script *script = read_sqlite(mem, text);

    if (script->n_not_understood > 0)
        fail_msg("%s: %s", text, script->not_understood[0].reason);
    assert_true(script->n_statements > 0);
    return &script->statements[script->n_statements - 1];
}

static inline struct action *last_action(TALLOC_CTX *mem, const char *text)
{
    struct statement *statement = last_statement(mem, text);

    if (statement->invalid_reason)
        fail_msg("%s: %s", text, statement->invalid_reason);
    assert_int_equal(statement->n_actions, 1);
    return &statement->actions[0];
}

static inline const char *joined(TALLOC_CTX *mem, const char *const *list, size_t n)
{
    char *text = mem_strdup(mem, "");

    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i ? " " : "", list[i]);
    return text;
}

static inline const char *joined_names(TALLOC_CTX *mem, const struct name *list, size_t n)
{
    char *text = mem_strdup(mem, "");

    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s%s%s", text, i ? " " : "",
                          list[i].schema ? list[i].schema : "", list[i].schema ? "." : "",
                          list[i].name);
    return text;
}

#endif
