/*
 * Labels: a row's values as one text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/label.h"
#include "base/digest.h"

#define MASK_HASH_DIGITS 12
#define LABEL_HASH_DIGITS 16

// A NUL cannot stand in a text of C; outside of the quotes nothing else looks like it.
static char *add_text(char *label, const struct engine_value *value)
{
    size_t done = 0;

    label = talloc_strdup_append_buffer(label, "'");
    for (size_t i = 0; i <= value->len; i++) {
        char c = i < value->len ? value->text[i] : '\0';
        if (c != '\'' && c != '\0')
            continue;
        label = talloc_strndup_append_buffer(label, value->text + done, i - done);
        if (i < value->len)
            label = talloc_strdup_append_buffer(label, c == '\0' ? "'||char(0)||'" : "''");
        done = i + 1;
    }
    return mem_checked(talloc_strdup_append_buffer(label, "'"));
}

static char *add_masked(char *label, const struct engine_value *value)
{
    struct digest_text digest = digest_of(value->text, value->len);

    return mem_checked(
        talloc_asprintf_append_buffer(label, "****%.*s", MASK_HASH_DIGITS, digest.hex));
}

static char *add_value(char *label, const struct target *target, const char *name,
                       const struct engine_value *value)
{
    if (value->is_null)
        return mem_checked(talloc_strdup_append_buffer(label, "NULL"));
    if (target_is_masked(target, name))
        return add_masked(label, value);
    if (value->kind == VALUE_TEXT)
        return add_text(label, value);
    return mem_checked(talloc_strndup_append_buffer(label, value->text, value->len));
}

// Not in the middle of a UTF-8 character.
static char *shorten(TALLOC_CTX *mem, char *label, size_t len)
{
    struct digest_text digest = digest_of(label, len);
    size_t cut = LABEL_BYTES_MAX;

    while (cut > 0 && ((unsigned char)label[cut] & 0xc0) == 0x80)
        cut--;
    char *shortened =
        mem_printf(mem, "%.*s… #%.*s", (int)cut, label, LABEL_HASH_DIGITS, digest.hex);
    talloc_free(label);
    return shortened;
}

char *label_of(TALLOC_CTX *mem, const struct target *target, const char *const *names,
               const struct engine_value *values, size_t n)
{
    char *label = mem_strdup(mem, "");

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            label = mem_checked(talloc_strdup_append_buffer(label, ", "));
        label = add_value(label, target, names[i], &values[i]);
    }
    size_t len = strlen(label);
    return len <= LABEL_BYTES_MAX ? label : shorten(mem, label, len);
}
