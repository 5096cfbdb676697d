/*
 * Clock: reading it, and RFC 3339 in and out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include <ctype.h>

static int64_t read_us(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        bug("clock_gettime failed");
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_us(CLOCK_BOOTTIME) / 1000;
}

struct clock_text clock_format(int64_t wall_ms)
{
    int64_t ms = (wall_ms % 1000 + 1000) % 1000; // also before 1970
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc;
    struct clock_text text = {"?"};
    if (gmtime_r(&seconds, &utc) == NULL)
        return text;
    // Not %Y, which writes the year 226 with three digits.
    int n = snprintf(text.text, sizeof(text.text), "%04d", utc.tm_year + 1900);
    n += (int)strftime(text.text + n, sizeof(text.text) - n, "-%m-%dT%H:%M:%S", &utc);
    snprintf(text.text + n, sizeof(text.text) - n, ".%03dZ", (int)ms);
    return text;
}

// Two digits at `text` and the letter behind them.
static bool read_pair(const char **text, char behind, int max, int *value)
{
    const char *at = *text;
    if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]) ||
        (behind != '\0' && at[2] != behind))
        return false;
    *value = (at[0] - '0') * 10 + at[1] - '0';
    *text = at + 2 + (behind != '\0');
    return *value <= max;
}

static bool read_fraction(const char **text, int *ms)
{
    *ms = 0;
    if (**text != '.')
        return true;
    int scale = 100;
    const char *at = *text + 1;
    for (; isdigit((unsigned char)*at); at++, scale /= 10)
        *ms += (*at - '0') * scale;
    bool has_digits = at > *text + 1;
    *text = at;
    return has_digits;
}

static bool read_offset(const char **text, int *minutes)
{
    char sign = **text;
    (*text)++;
    *minutes = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    int hour, minute;
    if ((sign != '+' && sign != '-') || !read_pair(text, ':', 23, &hour) ||
        !read_pair(text, '\0', 59, &minute))
        return false;
    *minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return true;
}

static bool read_instant(const char *text, int64_t *wall_ms)
{
    int century, year, month, day, hour, minute, second, ms, offset;
    if (!read_pair(&text, '\0', 99, &century) || !read_pair(&text, '-', 99, &year) ||
        !read_pair(&text, '-', 12, &month) || !read_pair(&text, 'T', 31, &day) ||
        !read_pair(&text, ':', 23, &hour) || !read_pair(&text, ':', 59, &minute) ||
        !read_pair(&text, '\0', 60, &second) || !read_fraction(&text, &ms) ||
        !read_offset(&text, &offset) || *text != '\0')
        return false;
    struct tm utc = {.tm_year = century * 100 + year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute,
                     .tm_sec = second};
    struct tm normal = utc;
    time_t seconds = timegm(&normal); // turns February 30 into March
    if (month < 1 || day < 1 || normal.tm_mon != utc.tm_mon)
        return false;
    *wall_ms = ((int64_t)seconds - (int64_t)offset * 60) * 1000 + ms;
    return true;
}

bool clock_parse(const char *text, int64_t *wall_ms, struct error *err)
{
    if (!read_instant(text, wall_ms))
        return error_set(err, ERROR_INPUT,
                         "'%s' is no time of the form 2026-11-21T14:00:00Z (RFC 3339)", text);
    return true;
}
