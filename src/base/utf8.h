/*
 * UTF-8: one character at a time. For base/text and base/log; others use base/text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_SIZE_MAX 4                 // bytes of a character
#define UTF8_REPLACEMENT "\xEF\xBF\xBD" // U+FFFD

// Bytes of the character that starts at `text` (1 to 4, `left` bytes are there), and its code
// point; 0 when the bytes are no character (RFC 3629: overlong forms and surrogates are none).
size_t utf8_next(const char *text, size_t left, uint32_t *code_point);
// Length of the run of ASCII bytes other than NUL at `text`.
size_t utf8_ascii_run(const char *text, size_t len);

#endif
