/*
 * JSON for people: printed with an indent of 2, members in the order in which they were set.
 *
 * jansson's own printing costs a call for each character and a hash table for each nesting, which
 * was a third of an assessment; its trees are walked here instead. They are trees that we built or
 * that jansson read, so they have no loops, and their depth is limited.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include <stdint.h>

// A real such as 0.1 is printed as 0.1 for people; the canonical form keeps every bit.
#define REAL_DIGITS_SHOWN 15

static void write_value(FILE *out, const json_t *value, int depth);

static void write_span(FILE *out, const char *text, size_t len)
{
    // A failed write stays in the stream's error flag, which main looks at.
    (void)fwrite_unlocked(text, 1, len, out);
}

static void write_line(FILE *out, int depth)
{
    putc_unlocked('\n', out);
    for (int i = 0; i < depth; i++)
        write_span(out, "  ", 2);
}

// RFC 8259, section 7: quotes, backslashes and what is below U+0020.
static void write_escape(FILE *out, unsigned char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; named[i] != '\0'; i += 2) {
        if (c != (unsigned char)named[i])
            continue;
        putc_unlocked('\\', out);
        putc_unlocked(named[i + 1], out);
        return;
    }
    fprintf(out, "\\u%04X", c);
}

static void write_text(FILE *out, const char *text, size_t len)
{
    size_t start = 0;
    putc_unlocked('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        write_span(out, text + start, i - start);
        write_escape(out, c);
        start = i + 1;
    }
    write_span(out, text + start, len - start);
    putc_unlocked('"', out);
}

static void write_array(FILE *out, const json_t *array, int depth)
{
    size_t n = json_array_size(array);
    putc_unlocked('[', out);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            putc_unlocked(',', out);
        write_line(out, depth + 1);
        write_value(out, json_array_get(array, i), depth + 1);
    }
    if (n > 0)
        write_line(out, depth);
    putc_unlocked(']', out);
}

static void write_object(FILE *out, const json_t *value, int depth)
{
    json_t *object = (json_t *)(uintptr_t)value; // iterators are made for those who change it, too
    void *first = json_object_iter(object);
    putc_unlocked('{', out);
    for (void *at = first; at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if (at != first)
            putc_unlocked(',', out);
        write_line(out, depth + 1);
        write_text(out, name, strlen(name));
        write_span(out, ": ", 2);
        write_value(out, json_object_iter_value(at), depth + 1);
    }
    if (first != NULL)
        write_line(out, depth);
    putc_unlocked('}', out);
}

static void write_real(FILE *out, const json_t *real)
{
    char text[64];
    size_t len = json_dumpb(real, text, sizeof(text),
                            JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS_SHOWN));
    write_span(out, text, len);
}

static void write_value(FILE *out, const json_t *value, int depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: write_object(out, value, depth); return;
    case JSON_ARRAY: write_array(out, value, depth); return;
    case JSON_STRING: write_text(out, json_string_value(value), json_string_length(value)); return;
    case JSON_INTEGER: fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value)); return;
    case JSON_REAL: write_real(out, value); return;
    case JSON_TRUE: write_span(out, "true", 4); return;
    case JSON_FALSE: write_span(out, "false", 5); return;
    case JSON_NULL: write_span(out, "null", 4); return;
    }
}

void json_write(FILE *out, const json_t *value)
{
    flockfile(out);
    write_value(out, value, 0);
    putc_unlocked('\n', out);
    funlockfile(out);
}
