/*
 * Configuration values: variables put in, and the small languages of single values.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "change/config_reading.h"
#include <ctype.h>
#include <math.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static void note_missing(struct config_reading *reading, const struct yaml *node, const char *name)
{
    SCRATCH(tmp);
    if (reading->missing != NULL && reading->missing->code == ERROR_NONE) {
        error_set(reading->missing, ERROR_CONFIG, "%s:%zu:%zu: ${%s} is not set", reading->path,
                  node->line, node->column, name);
        error_hint(reading->missing, "set %s in the environment of this process", name);
    }
    if (reading->missing == NULL || reading->reports_missing)
        config_problem(reading, node->line, node->column,
                       mem_printf(tmp, "set %s in the environment of this process", name),
                       "${%s} is not set", name);
}

// What is put into a key that may hold secrets is taken out of what people read. A database's
// address tells where something went wrong: only its password goes.
static void veil(struct config_reading *reading, const char *name, const char *value)
{
    SCRATCH(tmp);
    const char *written = mem_printf(tmp, "${%s}", name);
    const char *masked = secret_mask(tmp, secret_make(tmp, value));
    bool is_database = strcmp(masked, "****") != 0 && !text_starts_with(value, "http");
    if (reading->is_shown)
        return;
    if (!is_database || strcmp(masked, value) != 0)
        secret_veil(value, is_database ? masked : written);
}

// The value of the variable whose "${" is at `at`; `at` moves behind its "}". NULL: not set
// (noted).
static const char *variable(struct config_reading *reading, const struct yaml *node,
                            const char **at)
{
    size_t len = strspn(*at + 2, NAME_CHARACTERS);
    if (len == 0 || (*at)[2 + len] != '}') {
        config_problem(reading, node->line, node->column, "write $${ for the two characters ${",
                       "expected a name and '}' behind '${'");
        *at += 2;
        return NULL;
    }
    char *name = mem_strndup(reading->mem, *at + 2, len);
    *at += len + 3;
    const char *value = getenv(name);
    if (value == NULL)
        note_missing(reading, node, name);
    else
        veil(reading, name, value);
    return value;
}

static const char *expand(struct config_reading *reading, const struct yaml *node)
{
    char *out = mem_strdup(reading->mem, "");
    const char *at = node->text;
    for (;;) {
        const char *next = strstr(at, "${");
        if (next == NULL) {
            const char *value = mem_printf(reading->mem, "%s%s", out, at);
            if (at != node->text)
                *mem_append(reading->mem, reading->written, reading->n_written) =
                    (struct config_written){value, mem_strdup(reading->mem, node->text)};
            return value;
        }
        if (next > at && next[-1] == '$') { // $${ is ${
            out = mem_printf(reading->mem, "%s%.*s${", out, (int)(next - at - 1), at);
            at = next + 2;
            continue;
        }
        out = mem_printf(reading->mem, "%s%.*s", out, (int)(next - at), at);
        at = next;
        const char *value = variable(reading, node, &at);
        // One that is not set stays as it was written: the value can then be told to be open.
        out = value != NULL ? mem_printf(reading->mem, "%s%s", out, value)
                            : mem_printf(reading->mem, "%s%.*s", out, (int)(at - next), next);
    }
}

const char *config_scalar(struct config_reading *reading, const struct yaml *node, const char *what)
{
    if (node->kind != YAML_SCALAR || (node->text[0] == '\0' && !node->is_quoted)) {
        if (node->kind == YAML_SCALAR)
            config_problem(reading, node->line, node->column, NULL, "expected %s, found nothing",
                           what);
        else
            config_expected(reading, node, what);
        return NULL;
    }
    return reading->expand ? expand(reading, node) : mem_strdup(reading->mem, node->text);
}

bool config_is_open(const char *text)
{
    return strstr(text, "${") != NULL;
}

void config_read_texts(struct config_reading *reading, const struct yaml *node, const char ***list,
                       size_t *n)
{
    size_t n_items = node->kind == YAML_LIST ? node->n : 1;
    for (size_t i = 0; i < n_items; i++) {
        const struct yaml *item = node->kind == YAML_LIST ? node->items[i] : node;
        const char *text = config_scalar(reading, item, "a text or a list of texts");
        if (text != NULL)
            *mem_append(reading->mem, *list, *n) = text;
    }
}

static bool config_read_number(const char *text, double *value)
{
    char *end;
    // No blanks, hexadecimal, "nan" or "inf": what people write as a number.
    if (text[0] == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number))
        return false;
    *value = number;
    return true;
}

void config_parse_tolerance(struct config_reading *reading, const struct yaml *node, void *at)
{
    static const char what[] = "a tolerance: exact, learned, a number of rows, or a share as 1%";
    struct tolerance *tolerance = at;
    const char *text = config_scalar(reading, node, what);
    if (text == NULL || config_is_open(text))
        return;
    struct error ignored = {0};
    double value = 0;
    enum tolerance_kind kind = TOLERANCE_EXACT;
    if (strcmp(text, "learned") == 0)
        kind = TOLERANCE_LEARNED;
    else if (quantity_read_share(text, &value, &ignored))
        kind = TOLERANCE_SHARE;
    else if (config_read_number(text, &value) && value >= 0)
        kind = TOLERANCE_ABSOLUTE;
    else if (strcmp(text, "exact") != 0) {
        config_expected(reading, node, what);
        return;
    }
    *tolerance = (struct tolerance){.kind = kind, .value = value};
}

static bool read_bound(struct config_reading *reading, const struct yaml *node, double *out)
{
    const char *text = config_scalar(reading, node, "a number");
    if (text == NULL || config_is_open(text))
        return false;
    if (config_read_number(text, out))
        return true;
    config_expected(reading, node, "a number");
    return false;
}

static void read_between(struct config_reading *reading, const struct yaml *node,
                         struct config_expectation *expect)
{
    if (node->kind != YAML_LIST || node->n != 2) {
        config_expected(reading, node, "two numbers as [1, 5]");
        return;
    }
    expect->has_above = read_bound(reading, node->items[0], &expect->above);
    expect->has_below = read_bound(reading, node->items[1], &expect->below);
    expect->is_inclusive = true;
    if (expect->has_above && expect->has_below && expect->above > expect->below)
        config_problem(reading, node->line, node->column, NULL,
                       "the first number is greater than the second");
}

void config_parse_expect(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_expectation *expect = at;
    static const char what[] = "one or two of below, above, between, equals";
    if (node->kind != YAML_MAP || node->n == 0) {
        config_expected(reading, node, what);
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        if (strcmp(entry->key, "below") == 0)
            expect->has_below = read_bound(reading, entry->value, &expect->below);
        else if (strcmp(entry->key, "above") == 0)
            expect->has_above = read_bound(reading, entry->value, &expect->above);
        else if (strcmp(entry->key, "between") == 0)
            read_between(reading, entry->value, expect);
        else if (strcmp(entry->key, "equals") == 0)
            expect->has_equals =
                (expect->equals = config_scalar(reading, entry->value, "a value")) != NULL;
        else
            config_problem(reading, entry->key_line, entry->key_column, what,
                           "unknown key '%s' in an expectation", entry->key);
    }
    bool is_mixed = (expect->has_equals || yaml_get(node, "between") != NULL) && node->n > 1;
    if (is_mixed)
        config_problem(reading, node->line, node->column, NULL,
                       "'equals' and 'between' stand alone");
}

// --- values that are only checked

static bool is_quantity(const char *text)
{
    struct error ignored = {0};
    double number;
    int64_t integer;
    return quantity_read_share(text, &number, &ignored) ||
           quantity_read_duration(text, &integer, &ignored) || config_read_number(text, &number);
}

// "0.1%", "200ms", "1% for 5m"
static bool is_threshold(const char *text)
{
    SCRATCH(tmp);
    struct error ignored = {0};
    int64_t duration;
    const char *for_part = strstr(text, " for ");
    if (for_part == NULL)
        return is_quantity(text);
    return is_quantity(mem_strndup(tmp, text, (size_t)(for_part - text))) &&
           quantity_read_duration(for_part + 5, &duration, &ignored);
}

static void check_list(struct config_reading *reading, const struct yaml *node, bool is_shares)
{
    const char *what = is_shares ? "a list of shares as [5%, 100%]" : "a list of arguments";
    if (node->kind != YAML_LIST || node->n == 0) {
        config_expected(reading, node, what);
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        struct error ignored = {0};
        double share;
        const char *text = config_scalar(reading, node->items[i], what);
        if (text != NULL && is_shares && !config_is_open(text) &&
            !quantity_read_share(text, &share, &ignored))
            config_expected(reading, node->items[i], "a share as 5%");
    }
}

void config_check_value(struct config_reading *reading, const struct config_key *key,
                        const struct yaml *node)
{
    static const char what[] = "a threshold as 0.1%, 200ms or 1% for 5m";
    if (key->shape == KEY_SHARES || key->shape == KEY_COMMAND) {
        check_list(reading, node, key->shape == KEY_SHARES);
    } else if (key->shape == KEY_THRESHOLD) {
        const char *text = config_scalar(reading, node, what);
        if (text != NULL && !config_is_open(text) && !is_threshold(text))
            config_expected(reading, node, what);
    }
}
