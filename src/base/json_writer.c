/*
 * JSON writer: bytes of a document in order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json_writer.h"
#include "base/utf8.h"
#include <endian.h>

#define INDENT 2
#define ESCAPE_SIZE sizeof("\\u001F")
// A real such as 0.1 is printed as 0.1 for people; the canonical form keeps every bit.
#define REAL_DIGITS_SHOWN 15

static void flush(struct json_writer *writer)
{
    // A failed write stays in the stream's error flag, which main looks at.
    (void)fwrite(writer->text, 1, writer->n, writer->out);
    writer->n = 0;
}

static void put(struct json_writer *writer, const char *piece, size_t len)
{
    while (len > JSON_WRITER_ROOM - writer->n) {
        size_t taken = JSON_WRITER_ROOM - writer->n;
        memcpy(writer->text + writer->n, piece, taken);
        writer->n += taken;
        piece += taken;
        len -= taken;
        flush(writer);
    }
    memcpy(writer->text + writer->n, piece, len);
    writer->n += len;
}

static void put_byte(struct json_writer *writer, char byte)
{
    if (writer->n == JSON_WRITER_ROOM)
        flush(writer);
    writer->text[writer->n++] = byte;
}

#define BLANKS "                "

static void put_line(struct json_writer *writer)
{
    const size_t step = sizeof(BLANKS) - 1;
    size_t n = writer->depth * INDENT;
    if (1 + n + step > JSON_WRITER_ROOM - writer->n) {
        put_byte(writer, '\n');
        for (size_t i = 0; i < n; i++)
            put_byte(writer, ' ');
        return;
    }
    char *out = writer->text + writer->n;
    *out++ = '\n';
    for (size_t i = 0; i < n; i += step) // of a fixed size: no call
        memcpy(out + i, BLANKS, step);
    writer->n += 1 + n;
}

// --- text

static size_t escape(unsigned char byte, char out[ESCAPE_SIZE])
{
    static const char letters[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                   ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    char letter = byte < sizeof(letters) ? letters[byte] : '\0';
    if (letter == '\0')
        return (size_t)snprintf(out, ESCAPE_SIZE, "\\u%04X", byte);
    out[0] = '\\';
    out[1] = letter;
    return 2;
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

// The high bit of each byte that is zero; perhaps also of one above a zero.
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

// The high bit of each of the eight bytes that is not plain; the lowest that is set is exact.
static uint64_t special_bytes(uint64_t word)
{
    uint64_t is_control = (word - EACH_BYTE(0x20)) & ~word;
    uint64_t is_quoted = zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\'));
    return (word | is_control | is_quoted) & EACH_BYTE(0x80);
}

static uint64_t word_at(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return le64toh(word);
}

// Length of the run of plain bytes at `text`, eight at a time; the last eight overlap others.
static size_t plain_run(const char *text, size_t len)
{
    const size_t step = sizeof(uint64_t);
    size_t n = 0;
    while (len < step && n < len && is_plain((unsigned char)text[n]))
        n++;
    if (len < step)
        return n;
    while (n < len) {
        size_t at = n + step <= len ? n : len - step;
        uint64_t special = special_bytes(word_at(text + at));
        if (special != 0)
            return at + (size_t)__builtin_ctzll(special) / 8;
        n = at + step;
    }
    return len;
}

// What stands at `text` and is not plain; gives its bytes.
static size_t put_special(struct json_writer *writer, const char *text, size_t left)
{
    char escaped[ESCAPE_SIZE];
    uint32_t code_point;
    if ((unsigned char)*text < 0x80) {
        put(writer, escaped, escape((unsigned char)*text, escaped));
        return 1;
    }
    size_t bytes = utf8_next(text, left, &code_point);
    if (bytes == 0)
        put(writer, UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1);
    else
        put(writer, text, bytes);
    return bytes == 0 ? 1 : bytes;
}

// Sixteen bytes that the processor looks at together; signed, so that those above ASCII are low.
typedef int8_t chunk __attribute__((vector_size(16)));

// Copies a chunk; what comes back is not zero where a byte is not plain.
static chunk copy_chunk(char *out, const char *text)
{
    chunk bytes;
    memcpy(&bytes, text, sizeof(bytes));
    memcpy(out, &bytes, sizeof(bytes));
    return (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
}

// Fewer than a chunk: two words or half words that overlap, or what is less than one.
static bool copy_plain_short(char *out, const char *text, size_t len)
{
    uint64_t first, last;
    uint32_t low, high;
    bool is_all_plain = true;
    if (len >= sizeof(first)) {
        memcpy(&first, text, sizeof(first));
        memcpy(&last, text + len - sizeof(last), sizeof(last));
        memcpy(out, &first, sizeof(first));
        memcpy(out + len - sizeof(last), &last, sizeof(last));
        return (special_bytes(first) | special_bytes(last)) == 0;
    }
    if (len >= sizeof(low)) {
        memcpy(&low, text, sizeof(low));
        memcpy(&high, text + len - sizeof(high), sizeof(high));
        memcpy(out, &low, sizeof(low));
        memcpy(out + len - sizeof(high), &high, sizeof(high));
        return special_bytes((uint64_t)high << 32 | low) == 0;
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = text[i];
        is_all_plain &= is_plain((unsigned char)text[i]);
    }
    return is_all_plain;
}

// Copies `text`; false: something in it is not plain. The last chunk overlaps the one before.
static bool copy_plain(char *out, const char *text, size_t len)
{
    const size_t step = sizeof(chunk);
    if (len < step)
        return copy_plain_short(out, text, len);
    chunk special = copy_chunk(out + len - step, text + len - step);
    for (size_t at = 0; at + step < len; at += step)
        special |= copy_chunk(out + at, text + at);
    uint64_t halves[2];
    memcpy(halves, &special, sizeof(halves));
    return (halves[0] | halves[1]) == 0;
}

// Apart, so that the usual way saves no registers for it.
static __attribute__((noinline)) void put_escaped(struct json_writer *writer, const char *text,
                                                  size_t len)
{
    put_byte(writer, '"');
    for (size_t at = 0; at < len;) {
        size_t n = plain_run(text + at, len - at);
        put(writer, text + at, n);
        at += n;
        if (at < len)
            at += put_special(writer, text + at, len - at);
    }
    put_byte(writer, '"');
}

static void put_string(struct json_writer *writer, const char *text, size_t len)
{
    if (len + 2 <= JSON_WRITER_ROOM - writer->n) {
        char *out = writer->text + writer->n;
        out[0] = '"';
        if (copy_plain(out + 1, text, len)) { // nearly all are
            out[len + 1] = '"';
            writer->n += len + 2;
            return;
        }
    }
    put_escaped(writer, text, len);
}

// --- members

static void put_name(struct json_writer *writer, const char *name)
{
    if (writer->has_members)
        put_byte(writer, ',');
    if (writer->depth > 0)
        put_line(writer);
    writer->has_members = true;
    if (name == NULL)
        return;
    put_string(writer, name, strlen(name));
    put(writer, ": ", 2);
}

static void open_list(struct json_writer *writer, const char *name, char bracket)
{
    put_name(writer, name);
    put_byte(writer, bracket);
    writer->depth++;
    writer->has_members = false;
}

static void close_list(struct json_writer *writer, char bracket)
{
    writer->depth--;
    if (writer->has_members)
        put_line(writer);
    writer->has_members = true;
    put_byte(writer, bracket);
}

void json_writer_begin(struct json_writer *writer, FILE *out)
{
    writer->out = out;
    writer->depth = 0;
    writer->has_members = false;
    writer->n = 0;
}

void json_writer_end(struct json_writer *writer)
{
    put_byte(writer, '\n');
    flush(writer);
}

void json_writer_open_object(struct json_writer *writer, const char *name)
{
    open_list(writer, name, '{');
}

void json_writer_close_object(struct json_writer *writer)
{
    close_list(writer, '}');
}

void json_writer_open_array(struct json_writer *writer, const char *name)
{
    open_list(writer, name, '[');
}

void json_writer_close_array(struct json_writer *writer)
{
    close_list(writer, ']');
}

void json_writer_text(struct json_writer *writer, const char *name, const char *text)
{
    if (text == NULL) {
        json_writer_null(writer, name);
        return;
    }
    put_name(writer, name);
    put_string(writer, text, strlen(text));
}

void json_writer_integer(struct json_writer *writer, const char *name, int64_t value)
{
    char digits[sizeof("-9223372036854775808")];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    put_name(writer, name);
    put(writer, digits + at, sizeof(digits) - at);
}

void json_writer_bool(struct json_writer *writer, const char *name, bool value)
{
    put_name(writer, name);
    put(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_writer_null(struct json_writer *writer, const char *name)
{
    put_name(writer, name);
    put(writer, "null", 4);
}

// --- what was built

static void put_real(struct json_writer *writer, const char *name, const json_t *value)
{
    char *digits = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS_SHOWN));
    if (digits == NULL)
        bug("json: a number cannot be printed");
    put_name(writer, name);
    put(writer, digits, strlen(digits));
    free(digits);
}

void json_writer_real(struct json_writer *writer, const char *name, double value)
{
    json_t *real = json_real(value);
    if (real == NULL) // not finite
        json_writer_null(writer, name);
    else
        put_real(writer, name, real);
    json_decref(real);
}

static void put_value(struct json_writer *writer, const char *name, const json_t *value);

void json_writer_members(struct json_writer *writer, const json_t *object)
{
    json_t *whole = (json_t *)(uintptr_t)object; // jansson's iterators take no const
    for (void *at = json_object_iter(whole); at != NULL; at = json_object_iter_next(whole, at))
        put_value(writer, json_object_iter_key(at), json_object_iter_value(at));
}

// As deep as the value: made by us, or read by jansson, which limits it.
static void put_value(struct json_writer *writer, const char *name, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        json_writer_open_object(writer, name);
        json_writer_members(writer, value);
        json_writer_close_object(writer);
        return;
    case JSON_ARRAY:
        json_writer_open_array(writer, name);
        for (size_t i = 0; i < json_array_size(value); i++)
            put_value(writer, NULL, json_array_get(value, i));
        json_writer_close_array(writer);
        return;
    case JSON_STRING:
        put_name(writer, name);
        put_string(writer, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER: json_writer_integer(writer, name, json_integer_value(value)); return;
    case JSON_REAL: put_real(writer, name, value); return;
    case JSON_TRUE:
    case JSON_FALSE: json_writer_bool(writer, name, json_is_true(value)); return;
    case JSON_NULL: json_writer_null(writer, name); return;
    }
    bug("json type %d", (int)json_typeof(value));
}

void json_write(FILE *out, const json_t *value)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    put_value(&writer, NULL, value);
    json_writer_end(&writer);
}
