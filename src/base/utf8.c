/*
 * UTF-8: one character at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/utf8.h"
#include <stdbool.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

// Length that the first byte promises, its bits, and the smallest code point of that length.
static size_t read_head(unsigned char head, uint32_t *bits, uint32_t *smallest)
{
    if (head < 0x80) {
        *bits = head;
        *smallest = 0;
        return 1;
    }
    if ((head & 0xE0) == 0xC0) {
        *bits = head & 0x1Fu;
        *smallest = 0x80;
        return 2;
    }
    if ((head & 0xF0) == 0xE0) {
        *bits = head & 0x0Fu;
        *smallest = 0x800;
        return 3;
    }
    if ((head & 0xF8) == 0xF0) {
        *bits = head & 0x07u;
        *smallest = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_next(const char *text, size_t left, uint32_t *code_point)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t value = 0;
    uint32_t smallest = 0;
    size_t len = left == 0 ? 0 : read_head(bytes[0], &value, &smallest);
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(bytes[i]))
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest || value > 0x10FFFF || is_surrogate)
        return 0;
    *code_point = value;
    return len;
}

size_t utf8_ascii_run(const char *text, size_t len)
{
    const uint64_t highs = UINT64_C(0x8080808080808080);
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + at, sizeof(word));
        // A high bit is not ASCII; the second term has a high bit where a byte is NUL.
        if ((word & highs) != 0 || ((word - ones) & ~word & highs) != 0)
            break;
    }
    while (at < len && text[at] != '\0' && (unsigned char)text[at] < 0x80)
        at++;
    return at;
}
