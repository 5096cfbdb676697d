/*
 * What an event of the journal costs: appends one after the other, each on the disk before the next.
 *
 *   journal_appends sqlite|postgres LOCATION SECONDS [fenced]
 *
 * Prints "EVENTS_PER_SECOND CPU_US_PER_EVENT"; CPU is that of this process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "journal/lease.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(bool is_done, const struct error *err)
{
    if (is_done)
        return;
    fprintf(stderr, "journal_appends: %s\n", err->message);
    exit(1);
}

static double cpu_us(void)
{
    return (double)clock() * 1e6 / CLOCKS_PER_SEC;
}

// As large as the event of a migration's start.
static json_t *event_data(void)
{
    json_t *data = json_object();
    json_put_text(data, "migration", "db/migrations/20261122093000_split_emails_by_category.up.sql");
    json_put_text(data, "version", "20261122093000");
    json_put_text(data, "direction", "up");
    json_put_text(data, "database", "shop");
    json_put_text(data, "system", "7435216843218721234");
    json_put_text(data, "sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    json_put_text(data, "schema_before", "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752");
    return data;
}

int main(int argc, char **argv)
{
    SCRATCH(tmp);
    struct journal *journal;
    struct lease *lease;
    struct error err = {0};
    if (argc < 4)
        return 2;
    const struct journal_place place = {.driver = strcmp(argv[1], "sqlite") == 0 ? &store_sqlite : &store_postgres,
                                        .location = secret_make(tmp, argv[2])};
    check(journal_open(tmp, &place, "bench", &journal, &err), &err);
    if (argc > 4) {
        check(lease_take(tmp, journal, "bench", 60000, &lease, &err), &err);
        journal_fence(journal, lease);
    }
    int64_t n = 0, started_us = clock_monotonic_us(), end_us = started_us + strtoll(argv[3], NULL, 10) * 1000000;
    double cpu_before = cpu_us();
    for (; clock_monotonic_us() < end_us; n++)
        check(journal_append(journal, "migration-started", event_data(), &err), &err);
    double seconds = (double)(clock_monotonic_us() - started_us) / 1e6;
    printf("%.0f %.0f\n", (double)n / seconds, (cpu_us() - cpu_before) / (double)n);
    return 0;
}
