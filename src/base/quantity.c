/*
 * Quantities: reading and writing durations, shares, sizes and counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};
static const struct unit size_units[] = {
    {"", 1},           {"B", 1},           {"KB", 1LL << 10}, {"KiB", 1LL << 10},
    {"MB", 1LL << 20}, {"MiB", 1LL << 20}, {"GB", 1LL << 30}, {"GiB", 1LL << 30},
    {"TB", 1LL << 40}, {"TiB", 1LL << 40},
};

// "12" or "1.5", no sign, no exponent; `rest` is what follows, blanks skipped.
static bool read_number(const char *text, double *number, const char **rest)
{
    size_t digits = strspn(text, "0123456789");
    size_t len = digits;
    if (text[len] == '.') {
        size_t decimals = strspn(text + len + 1, "0123456789");
        if (decimals == 0)
            return false;
        len += 1 + decimals;
    }
    if (digits == 0)
        return false;
    *number = strtod(text, NULL);
    *rest = text + len;
    *rest += strspn(*rest, " ");
    return true;
}

static bool read_with_unit(const char *text, const struct unit *units, size_t n_units,
                           int64_t *value)
{
    double number;
    const char *unit;
    if (!read_number(text, &number, &unit))
        return false;
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        double product = round(number * (double)units[i].factor);
        if (product >= 0x1p63)
            return false;
        *value = (int64_t)product;
        return true;
    }
    return false;
}

bool quantity_read_duration(const char *text, int64_t *ms, struct error *err)
{
    if (read_with_unit(text, duration_units, COUNT_OF(duration_units), ms))
        return true;
    return error_set(err, ERROR_CONFIG, "'%s' is no duration such as 200ms, 90s, 5m, 1h or 7d",
                     text);
}

bool quantity_read_share(const char *text, double *share, struct error *err)
{
    double percent;
    const char *rest;
    if (!read_number(text, &percent, &rest) || strcmp(rest, "%") != 0)
        return error_set(err, ERROR_CONFIG, "'%s' is no share such as 0.1%% or 5%%", text);
    if (percent > 100)
        return error_set(err, ERROR_CONFIG, "'%s' is more than 100%%", text);
    *share = percent / 100;
    return true;
}

bool quantity_read_size(const char *text, int64_t *bytes, struct error *err)
{
    if (read_with_unit(text, size_units, COUNT_OF(size_units), bytes))
        return true;
    return error_set(err, ERROR_CONFIG, "'%s' is no size such as 512, 64MB or 2GB", text);
}

bool quantity_read_integer(const char *text, int64_t *value, struct error *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool has_lead = isspace((unsigned char)*text) || *text == '+';
    if (end == text || *end != '\0' || has_lead)
        return error_set(err, ERROR_CONFIG, "'%s' is no whole number", text);
    if (errno == ERANGE)
        return error_set(err, ERROR_CONFIG, "'%s' is too large", text);
    *value = number;
    return true;
}

char *quantity_duration(TALLOC_CTX *mem, int64_t ms)
{
    const int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
    if (ms < second)
        return mem_printf(mem, "%ld ms", (long)ms);
    if (ms < 10 * second)
        return mem_printf(mem, "%ld.%ld s", (long)(ms / 1000), (long)(ms % 1000 / 100));
    if (ms < minute)
        return mem_printf(mem, "%ld s", (long)(ms / second));
    if (ms < hour)
        return mem_printf(mem, "%ld min %ld s", (long)(ms / minute), (long)(ms % minute / second));
    if (ms < day)
        return mem_printf(mem, "%ld h %ld min", (long)(ms / hour), (long)(ms % hour / minute));
    return mem_printf(mem, "%ld d %ld h", (long)(ms / day), (long)(ms % day / hour));
}

char *quantity_count(TALLOC_CTX *mem, int64_t count)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)count);
    char *text = mem_array(mem, char, 2 * sizeof(digits));
    char *out = text;
    for (int i = 0; i < len; i++) {
        bool is_group = i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0;
        if (is_group)
            *out++ = ',';
        *out++ = digits[i];
    }
    return text;
}

char *quantity_size(TALLOC_CTX *mem, int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double size = (double)bytes;
    size_t unit = 0;
    while (fabs(size) >= 1023.95 && unit + 1 < COUNT_OF(units)) { // 1024.0 when rounded
        size /= 1024;
        unit++;
    }
    if (unit == 0)
        return mem_printf(mem, "%ld B", (long)bytes);
    return mem_printf(mem, "%.1f %s", size, units[unit]);
}
