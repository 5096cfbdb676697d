/*
 * Text: places in it, encoding, names that are nearly right, escaping.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Line and column of a byte offset, both from 1; the column counts characters (UTF-8), not bytes.
struct text_place {
    size_t line;
    size_t column;
};
struct text_place text_place(const char *text, size_t len, size_t offset);

// Is it UTF-8? When not, `bad_offset` is the first byte that is not.
bool text_is_utf8(const char *text, size_t len, size_t *bad_offset);
// A copy in which every byte that is not UTF-8 (and NUL) is U+FFFD.
char *text_to_utf8(TALLOC_CTX *mem, const char *text, size_t len);

// The candidate nearest to `word` (at most a third of its letters apart), or NULL.
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

// Most texts differ in their first letter, which is looked at without a call.
static inline bool text_equal(const char *a, const char *b)
{
    return *a == *b && strcmp(a, b) == 0;
}
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);
bool text_equal_nocase(const char *a, const char *b); // ASCII; NULL equals only NULL
// Does `word` stand in `text`, with no letter, digit or '_' (ASCII) beside it?
bool text_has_word(const char *text, const char *word);
bool text_has_word_nocase(const char *text, const char *word);
// Is `word` among the `n` words? NULL is not.
bool word_in(const char *word, const char *const *words, size_t n);
// Are they the same words, in any order?
bool words_are_same(const char *const *a, size_t n_a, const char *const *b, size_t n_b);
char *text_lower(TALLOC_CTX *mem, const char *text); // ASCII only
// One line of at most `width` columns for people: whitespace folded, "…" when cut.
char *text_shorten(TALLOC_CTX *mem, const char *text, size_t len, size_t width);
size_t text_width(const char *text); // characters of valid UTF-8

// `text` between two `quote`s; each character of `doubled` in it stands twice.
char *text_enclosed(TALLOC_CTX *mem, const char *text, char quote, const char *doubled);
// As one word of a POSIX shell: in quotes, but for words that need none.
char *text_shell_quoted(TALLOC_CTX *mem, const char *text);

// Every `what` (not empty) in it is `by`.
char *text_replaced(TALLOC_CTX *mem, const char *text, const char *what, const char *by);

char *text_percent_encoded(TALLOC_CTX *mem, const char *text); // a path or value within a URI

// Does a path match a glob with `**` (any folders), `*`, `?`, `[…]`?
bool text_glob_match(const char *glob, const char *path);

// Write escaped for XML (characters that XML 1.0 forbids become U+FFFD), HTML likewise, and
// Markdown tables.
void text_write_xml(FILE *out, const char *text);
void text_write_markdown(FILE *out, const char *text);
// For terminals without UTF-8: a few signs have their like, others are told by their code point.
void text_write_ascii(FILE *out, const char *text);

#endif
