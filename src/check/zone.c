/*
 * Zones: see zone.h.
 *
 * The C library knows one zone at a time, that of TZ; it is set for the moment of the question.
 * An unknown zone is UTC to it, without a word: so the file is looked for first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/zone.h"
#include "base/file.h"
#include <stdlib.h>
#include <time.h>

#define ZONES "/usr/share/zoneinfo"

static bool check_zone(const char *zone, struct error *err)
{
    SCRATCH(tmp);
    const char *folder = getenv("TZDIR");

    if (strcmp(zone, "UTC") == 0)
        return true;
    if (folder == NULL || folder[0] == '\0')
        folder = ZONES;
    bool is_name = zone[0] != '\0' && zone[0] != '/' && strstr(zone, "..") == NULL;
    if (is_name && file_kind(file_join(tmp, folder, zone)) == FILE_REGULAR)
        return true;
    error_set(err, ERROR_CONFIG, "no time zone '%s' is known here", zone);
    return error_hint(err, "zones are the files of %s (package tzdata), as Europe/Berlin", folder);
}

static void set_zone(const char *zone)
{
    if (zone == NULL)
        unsetenv("TZ");
    else
        setenv("TZ", zone, 1);
    tzset();
}

bool zone_time(const char *zone, int64_t wall_ms, struct zone_time *out, struct error *err)
{
    SCRATCH(tmp);
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;

    if (zone != NULL)
        TRY(check_zone(zone, err));
    const char *before = mem_strdup(tmp, getenv("TZ"));
    if (zone != NULL)
        set_zone(zone);
    bool is_told = localtime_r(&seconds, &local) != NULL;
    if (is_told) {
        strftime(out->moment, sizeof(out->moment), "%Y-%m-%d %H:%M", &local);
        snprintf(out->name, sizeof(out->name), "%s", local.tm_zone);
        out->weekday = local.tm_wday;
        out->minute = local.tm_hour * 60 + local.tm_min;
    }
    if (zone != NULL)
        set_zone(before);
    return is_told || error_set(err, ERROR_SYSTEM, "the clock is out of range");
}

const char *zone_weekday(int weekday)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
    return names[weekday];
}
