/*
 * Lexer: tokens go forward, stay within the text and end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/lexer.h"
#include "target.h"

static void read_all(TALLOC_CTX *mem, enum dialect dialect, const char *text, size_t len)
{
    struct lexer lexer = lexer_make(dialect, text, 0, len);
    size_t at = 0;
    struct token token;
    while ((token = lexer_next(&lexer)).kind != TOKEN_END) {
        if (token.offset < at || token.len == 0 || token.len > len - token.offset)
            bug("a token outside of its place");
        at = token.offset + token.len;
        if (token_value(mem, &lexer, token) == NULL)
            bug("a token without value");
    }
    size_t deepest;
    (void)lexer_depth(dialect, text, 0, len, &deepest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    const char *text = target_text(tmp, data, len);
    read_all(tmp, DIALECT_POSTGRES, text, len);
    read_all(tmp, DIALECT_SQLITE, text, len);
    return 0;
}
