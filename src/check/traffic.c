/*
 * Traffic by the hour: see traffic.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/traffic.h"
#include "base/clock.h"
#include "check/zone.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 200
#define SECONDS_LEAST 1000000000 // smaller numbers are hours

struct reading {
    const char *path, *zone;
    size_t line;
    struct traffic traffic;
};

static bool fail_line(const struct reading *reading, const char *what, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s:%zu: %s", reading->path, reading->line, what);
    return error_hint(err, "a line is HOUR,COUNT as 09:00,1200, or a moment and its count as "
                           "2026-11-15T09:00:00Z,1200");
}

static bool read_count(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    end += strspn(end, " \t\r\"");
    return end != text && *end == '\0' && isfinite(*out) && *out >= 0;
}

static bool put_moment(const struct reading *reading, int64_t ms, int *hour, struct error *err)
{
    struct zone_time local;

    TRY(zone_time(reading->zone, ms, &local, err));
    *hour = local.minute / 60;
    return true;
}

// "9" "09:00" "1763197200" "2026-11-15T09:00:00Z"
static bool read_hour(const struct reading *reading, const char *text, int *out, struct error *err)
{
    struct error ignored;
    char *end;
    int64_t ms;
    long long number = strtoll(text, &end, 10);

    if (end != text && (*end == '\0' || strcmp(end, ":00") == 0) && number >= 0 &&
        number < TRAFFIC_HOURS) {
        *out = (int)number;
        return true;
    }
    if (end != text && *end == '\0' && number >= SECONDS_LEAST && number < INT64_MAX / 1000)
        return put_moment(reading, number * 1000, out, err);
    if (clock_parse(text, &ms, &ignored))
        return put_moment(reading, ms, out, err);
    return fail_line(reading, "its first field is no hour", err);
}

static bool take_line(struct reading *reading, char *line, struct error *err)
{
    char *comma = strpbrk(line, ",;\t");
    double count;
    int hour = 0;

    line += strspn(line, " \"\r");
    if (*line == '\0' || *line == '#')
        return true;
    bool has_count = comma != NULL && read_count(comma + 1 + strspn(comma + 1, " \""), &count);
    if (!has_count && reading->line == 1)
        return true;
    if (!has_count)
        return fail_line(reading, "no count stands in it", err);
    *comma = '\0';
    line[strcspn(line, " \"")] = '\0';
    TRY(read_hour(reading, line, &hour, err));
    reading->traffic.sums[hour] += count;
    reading->traffic.n[hour]++;
    return true;
}

bool traffic_read(const char *path, const char *text, size_t len, const char *zone,
                  struct traffic *out, struct error *err)
{
    struct reading reading = {.path = path, .zone = zone};
    char line[LINE_MAX_LEN + 1];

    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end == NULL ? len - at : (size_t)(end - text) - at;
        reading.line++;
        if (n > LINE_MAX_LEN || memchr(text + at, '\0', n) != NULL)
            return fail_line(&reading, "it is no line of a table", err);
        memcpy(line, text + at, n);
        line[n] = '\0';
        TRY(take_line(&reading, line, err));
        at += n + 1;
    }
    *out = reading.traffic;
    return true;
}

double traffic_at(const struct traffic *traffic, int hour)
{
    return traffic->n[hour] == 0 ? 0 : traffic->sums[hour] / (double)traffic->n[hour];
}

size_t traffic_hours(const struct traffic *traffic)
{
    size_t n = 0;

    for (int hour = 0; hour < TRAFFIC_HOURS; hour++)
        n += traffic->n[hour] > 0;
    return n;
}

int traffic_busiest(const struct traffic *traffic)
{
    int busiest = 0;

    for (int hour = 1; hour < TRAFFIC_HOURS; hour++)
        if (traffic_at(traffic, hour) > traffic_at(traffic, busiest))
            busiest = hour;
    return busiest;
}

int traffic_quietest(const struct traffic *traffic)
{
    int quietest = 0;

    for (int hour = 1; hour < TRAFFIC_HOURS; hour++)
        if (traffic_at(traffic, hour) < traffic_at(traffic, quietest))
            quietest = hour;
    return quietest;
}
