/*
 * Value forms: values compared across a change of type.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/value_form.h"
#include "base/json.h"
#include "base/text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// --- forms

static bool is_type(const char *type, const char *const *names, size_t n)
{
    size_t len = strcspn(type, "([");
    while (len > 0 && type[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == len && strncmp(names[i], type, len) == 0)
            return true;
    return false;
}

enum value_form value_form_of(const char *type)
{
    static const char *const numbers[] = {"smallint", "integer", "bigint",
                                          "numeric",  "oid",     "double precision"};
    static const char *const times[] = {"date", "timestamp", "timestamp without time zone",
                                        "timestamp with time zone"};
    if (strchr(type, '[') != NULL)
        return FORM_TEXT;
    if (is_type(type, numbers, COUNT_OF(numbers)))
        return FORM_NUMBER;
    if (is_type(type, times, COUNT_OF(times)) || text_starts_with(type, "timestamp("))
        return FORM_TIME;
    if (strcmp(type, "real") == 0)
        return FORM_REAL;
    if (strcmp(type, "boolean") == 0)
        return FORM_TRUTH;
    if (strcmp(type, "uuid") == 0)
        return FORM_UUID;
    return strcmp(type, "json") == 0 || strcmp(type, "jsonb") == 0 ? FORM_JSON : FORM_TEXT;
}

enum value_form value_form_of_value(const struct engine_value *value)
{
    return value->kind == VALUE_INTEGER || value->kind == VALUE_REAL ? FORM_NUMBER : FORM_TEXT;
}

// --- numbers: sign, digits without zeros around them, and where the point stands

struct decimal {
    bool is_negative;
    char *digits;
    size_t n;
    long exponent; // of the last digit
};

static bool read_digits(TALLOC_CTX *mem, const char **at, struct decimal *out)
{
    const char *text = *at;
    bool has_point = false;
    size_t n_read = 0;
    out->digits = mem_array(mem, char, strlen(text) + 1);
    for (; isdigit((unsigned char)*text) || (*text == '.' && !has_point); text++) {
        if (*text == '.') {
            has_point = true;
            continue;
        }
        n_read++;
        out->exponent -= has_point;
        if (out->n > 0 || *text != '0')
            out->digits[out->n++] = *text;
    }
    *at = text;
    return n_read > 0;
}

static bool read_decimal(TALLOC_CTX *mem, const char *text, struct decimal *out)
{
    *out = (struct decimal){.is_negative = *text == '-'};
    text += *text == '-' || *text == '+';
    TRY(read_digits(mem, &text, out));
    if (*text == 'e' || *text == 'E') {
        char *end;
        out->exponent += strtol(text + 1, &end, 10);
        text = end;
    }
    while (out->n > 0 && out->digits[out->n - 1] == '0') {
        out->n--;
        out->exponent++;
    }
    return *text == '\0';
}

static bool is_same_number(const char *before, const char *after)
{
    SCRATCH(tmp);
    struct decimal a, b;
    if (!read_decimal(tmp, before, &a) || !read_decimal(tmp, after, &b))
        return strcmp(before, after) == 0;
    if (a.n == 0 || b.n == 0)
        return a.n == b.n;
    return a.is_negative == b.is_negative && a.exponent == b.exponent && a.n == b.n &&
           memcmp(a.digits, b.digits, a.n) == 0;
}

// A real that was widened has the digits of its bytes.
static bool is_widened(const char *before, const char *after)
{
    double widened = (double)strtof(before, NULL);
    double now = strtod(after, NULL);
    return memcmp(&widened, &now, sizeof now) == 0;
}

// --- truth, times, UUIDs, JSON

static bool read_truth(const char *text, bool *out)
{
    static const char *const words[] = {"true",  "t", "1", "yes", "y", "on",
                                        "false", "f", "0", "no",  "n", "off"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text_equal_nocase(words[i], text)) {
            *out = i < COUNT_OF(words) / 2;
            return true;
        }
    return false;
}

static bool is_same_truth(const char *before, const char *after)
{
    bool a, b;
    return read_truth(before, &a) && read_truth(after, &b) && a == b;
}

static void cut_end(char *text, const char *end)
{
    if (text_ends_with(text, end))
        text[strlen(text) - strlen(end)] = '\0';
}

// As "2026-01-02 03:04:05.6", of midnight the day alone; UTC is not written.
static char *plain_time(TALLOC_CTX *mem, const char *text)
{
    char *plain = mem_strdup(mem, text);
    if (strlen(plain) > 10 && plain[10] == 'T')
        plain[10] = ' ';
    cut_end(plain, "Z");
    cut_end(plain, "+00:00");
    cut_end(plain, "+00");
    for (size_t n = strlen(plain); strchr(plain, '.') != NULL && n > 0; n = strlen(plain)) {
        if (plain[n - 1] != '0' && plain[n - 1] != '.')
            break;
        plain[n - 1] = '\0';
    }
    cut_end(plain, " 00:00:00");
    return plain;
}

static bool is_same_time(const char *before, const char *after)
{
    SCRATCH(tmp);
    return strcmp(plain_time(tmp, before), plain_time(tmp, after)) == 0;
}

static char *plain_uuid(TALLOC_CTX *mem, const char *text)
{
    char *plain = text_lower(mem, text);
    size_t n = 0;
    for (const char *at = plain; *at != '\0'; at++)
        if (strchr("{}-", *at) == NULL)
            plain[n++] = *at;
    plain[n] = '\0';
    return plain;
}

static bool is_same_uuid(const char *before, const char *after)
{
    SCRATCH(tmp);
    return strcmp(plain_uuid(tmp, before), plain_uuid(tmp, after)) == 0;
}

// jsonb keeps the last of two equal names and no blanks: the same document.
static bool is_same_json(const struct engine_value *before, const struct engine_value *after)
{
    json_auto_t *a = json_loadb(before->text, before->len, JSON_DECODE_ANY, NULL);
    json_auto_t *b = json_loadb(after->text, after->len, JSON_DECODE_ANY, NULL);
    return a != NULL && b != NULL && json_equal(a, b);
}

// --- any two

static bool is_number(enum value_form form)
{
    return form == FORM_NUMBER || form == FORM_REAL;
}

bool value_is_same(enum value_form before_form, const struct engine_value *before,
                   enum value_form after_form, const struct engine_value *after)
{
    if (before->is_null || after->is_null)
        return before->is_null == after->is_null;
    if (before->len == after->len && memcmp(before->text, after->text, before->len) == 0)
        return true;
    if (before_form == FORM_REAL && after_form == FORM_NUMBER &&
        is_widened(before->text, after->text))
        return true;
    if (is_number(before_form) && is_number(after_form))
        return is_same_number(before->text, after->text);
    if (before_form == FORM_TRUTH || after_form == FORM_TRUTH)
        return is_same_truth(before->text, after->text);
    if (before_form == FORM_TIME || after_form == FORM_TIME)
        return is_same_time(before->text, after->text);
    if (before_form == FORM_UUID || after_form == FORM_UUID)
        return is_same_uuid(before->text, after->text);
    if (before_form == FORM_JSON || after_form == FORM_JSON)
        return is_same_json(before, after);
    return false;
}
