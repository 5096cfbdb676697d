/*
 * Values for people: texts of binary values, and keys as "id=42, name='x'".
 *
 * Whole numbers, texts and UUIDs, which most keys are, are written here; the text of any other
 * value comes from the server beside it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/value_text.h"
#include "driver/engine/postgres/type_oids.h"

#define KEY_TEXT_BYTES_MAX 200 // of one value
#define UUID_SIZE 16

static bool is_text(unsigned type)
{
    return type == TYPE_TEXT || type == TYPE_VARCHAR || type == TYPE_NAME;
}

static bool is_whole(unsigned type)
{
    return type == TYPE_INT2 || type == TYPE_INT4 || type == TYPE_INT8 || type == TYPE_OID;
}

bool value_text_is_made(unsigned type_oid)
{
    return is_text(type_oid) || is_whole(type_oid) || type_oid == TYPE_UUID;
}

static enum engine_value_kind value_text_kind(unsigned type_oid)
{
    if (is_whole(type_oid))
        return VALUE_INTEGER;
    if (type_oid == TYPE_FLOAT4 || type_oid == TYPE_FLOAT8 || type_oid == TYPE_NUMERIC)
        return VALUE_REAL;
    return type_oid == TYPE_BYTEA ? VALUE_BYTES : VALUE_TEXT;
}

// --- a buffer of text

static void put_bytes(TALLOC_CTX *mem, struct value_buffer *text, const void *bytes, size_t len)
{
    if (text->bytes == NULL || text->len + len + 1 > talloc_get_size(text->bytes))
        text->bytes =
            mem_checked(talloc_realloc_size(mem, text->bytes, (text->len + len + 64) * 2));
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
}

static void put(TALLOC_CTX *mem, struct value_buffer *text, const char *part)
{
    put_bytes(mem, text, part, strlen(part));
}

int64_t value_text_integer(unsigned type, const struct copy_field *field)
{
    uint64_t number = 0;
    for (int32_t i = 0; i < field->len; i++)
        number = number << 8 | field->bytes[i];
    if (type == TYPE_INT2)
        return (int16_t)number;
    return type == TYPE_INT4 || type == TYPE_DATE ? (int32_t)number : (int64_t)number;
}

// By hand: it is done for every row of a stream, and printf takes longer than all the rest of a
// row.
static void put_integer(TALLOC_CTX *mem, struct value_buffer *text, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    put_bytes(mem, text, digits + at, sizeof digits - at);
}

static void put_uuid(TALLOC_CTX *mem, struct value_buffer *text, const uint8_t *bytes)
{
    for (int i = 0; i < UUID_SIZE; i++) {
        char digits[4];
        bool has_dash = i == 4 || i == 6 || i == 8 || i == 10;
        snprintf(digits, sizeof digits, "%s%02x", has_dash ? "-" : "", bytes[i]);
        put(mem, text, digits);
    }
}

// The text of a value that is not NULL, without quotes.
static void put_value(TALLOC_CTX *mem, struct value_buffer *text,
                      const struct selected_column *column, const struct copy_field *fields)
{
    const struct copy_field *field = &fields[column->place];
    unsigned type = column->type_oid;
    if (column->text != PLACE_NONE) {
        const struct copy_field *made = &fields[column->text];
        put_bytes(mem, text, made->bytes, made->len < 0 ? 0 : (size_t)made->len);
    } else if (is_whole(type)) {
        put_integer(mem, text, value_text_integer(type, field));
    } else if (type == TYPE_UUID && field->len == UUID_SIZE) {
        put_uuid(mem, text, field->bytes);
    } else {
        put_bytes(mem, text, field->bytes, (size_t)field->len);
    }
}

// PostgreSQL writes bytes as \x6162; for people they are x'6162'.
static size_t skipped_prefix(enum engine_value_kind kind, const struct value_buffer *text,
                             size_t start)
{
    return kind == VALUE_BYTES && text->len - start >= 2 && text->bytes[start] == '\\' ? 2 : 0;
}

struct engine_value value_text(TALLOC_CTX *mem, const struct selected_column *column,
                               const struct copy_field *fields)
{
    struct value_buffer text = {0};
    if (column->place == PLACE_NONE || fields[column->place].len < 0)
        return (struct engine_value){.kind = VALUE_NULL, .is_null = true, .text = ""};
    put(mem, &text, "");
    put_value(mem, &text, column, fields);
    struct engine_value value = {.kind = value_text_kind(column->type_oid)};
    size_t skipped = skipped_prefix(value.kind, &text, 0);
    value.text = value.kind == VALUE_BYTES
                     ? mem_printf(mem, "x'%s'", (const char *)text.bytes + skipped)
                     : (const char *)text.bytes;
    value.len = value.kind == VALUE_BYTES ? strlen(value.text) : text.len;
    return value;
}

// --- keys

// Not in the middle of a UTF-8 character.
static size_t cut(const uint8_t *text, size_t len)
{
    if (len <= KEY_TEXT_BYTES_MAX)
        return len;
    size_t at = KEY_TEXT_BYTES_MAX;
    while (at > 0 && (text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static void put_key_value(TALLOC_CTX *mem, struct value_buffer *text,
                          const struct selected_column *column, const struct copy_field *fields)
{
    enum engine_value_kind kind = value_text_kind(column->type_oid);
    const char *quote = kind == VALUE_TEXT || kind == VALUE_BYTES ? "'" : "";
    if (fields[column->place].len < 0) {
        put(mem, text, "NULL");
        return;
    }
    put(mem, text, kind == VALUE_BYTES ? "x'" : quote);
    size_t start = text->len;
    put_value(mem, text, column, fields);
    size_t skipped = skipped_prefix(kind, text, start);
    memmove(text->bytes + start, text->bytes + start + skipped, text->len - start - skipped + 1);
    text->len -= skipped;
    size_t shown = cut(text->bytes + start, text->len - start);
    bool is_cut = shown < text->len - start;
    text->len = start + shown;
    put(mem, text, is_cut ? "…" : "");
    put(mem, text, quote);
}

const char *value_text_key(TALLOC_CTX *mem, const struct selection *selection,
                           const struct copy_field *fields, struct value_buffer *text)
{
    text->len = 0;
    put(mem, text, "");
    for (size_t i = 0; i < selection->n_key; i++) {
        put(mem, text, i ? ", " : "");
        put(mem, text, selection->key[i].column->name);
        put(mem, text, "=");
        put_key_value(mem, text, &selection->key[i], fields);
    }
    return (const char *)text->bytes;
}
