/*
 * Clones a database of PostgreSQL by the program's own code and removes the clone, for
 * test/bench/run: prints how many seconds the clone took.
 *
 *   database_clone URL DATABASE
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/copy.h"
#include <stdio.h>

static bool clone_timed(TALLOC_CTX *mem, const char *url, const char *database, struct error *err)
{
    struct copy_site *site;
    const struct copy_site_options options = {.folder = "/var/tmp/tminus-bench", .server = secret_make(mem, url)};
    TRY(copy_postgres.open(mem, &options, &site, err));
    int64_t begun_ms = clock_monotonic_ms();
    TRY(copy_postgres.adopt(site, database, "clone", err));
    printf("%.3f\n", (double)(clock_monotonic_ms() - begun_ms) / 1000);
    return true;
}

int main(int argc, char **argv)
{
    SCRATCH(tmp);
    struct error err = {0};
    if (argc == 3 && clone_timed(tmp, argv[1], argv[2], &err))
        return 0;
    fprintf(stderr, "database_clone: %s\n", err.message);
    return 1;
}
