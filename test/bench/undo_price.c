/*
 * What an undo log costs: one UPDATE of a table, with and without the log, in turn on the same rows.
 *
 *   undo_price URL TABLE COLUMN RUNS
 *
 * Prints for each run "plain WALL_MS CPU_MS" and "undo WALL_MS CPU_MS"; CPU is that of the server's
 * process where it can be read (schedstat), of this one for SQLite. Each run begins with the rows
 * written anew by VACUUM FULL or VACUUM, so that all find the same table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/engine.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench {
    TALLOC_CTX *mem;
    const struct engine_driver *driver;
    struct engine *engine;
    char process[32]; // of the server; "": this one
};

static void check(bool is_done, const struct error *err)
{
    if (is_done)
        return;
    fprintf(stderr, "undo_price: %s\n", err->message);
    exit(1);
}

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    struct bench *bench = context;
    (void)names;
    (void)n;
    snprintf(bench->process, sizeof bench->process, "%s", values[0].text);
    return true;
}

static double cpu_ms(const struct bench *bench)
{
    struct timespec own;
    char path[64];
    unsigned long long ns = 0;
    if (bench->process[0] == '\0') {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
        return (double)own.tv_sec * 1e3 + (double)own.tv_nsec / 1e6;
    }
    snprintf(path, sizeof path, "/proc/%s/schedstat", bench->process);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    if (file != NULL)
        fclose(file);
    return (double)ns / 1e6;
}

static void run(struct bench *bench, const char *text, bool in_transaction, const char *first, const char *last)
{
    struct error err = {0};
    struct engine_run result;
    const struct engine_run_request request = {.path = "bench.sql", .text = text, .end = strlen(text),
                                               .in_transaction = in_transaction, .first = first, .last = last};
    check(bench->driver->session->run(bench->mem, bench->engine, &request, &result, &err), &err);
}

static void measure(struct bench *bench, const char *name, const char *update, const struct engine_undo_plan *plan)
{
    int64_t begun_ms = clock_monotonic_ms();
    double begun_cpu = cpu_ms(bench);
    run(bench, update, true, plan ? plan->first : NULL, plan ? plan->last : NULL);
    printf("%s %" PRId64 " %.1f\n", name, clock_monotonic_ms() - begun_ms, cpu_ms(bench) - begun_cpu);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct bench bench = {.mem = tmp};
    const struct engine_driver *const drivers[] = {&engine_postgres, &engine_sqlite, NULL};
    if (argc != 5) {
        fprintf(stderr, "usage: undo_price URL TABLE COLUMN RUNS\n");
        return 2;
    }
    const struct engine_open_options options = {.url = secret_make(tmp, argv[1]), .timeout_ms = 60000, .allow_superuser = true};
    check(engine_driver_for(drivers, options.url, &bench.driver, &err), &err);
    check(bench.driver->session->open(tmp, &options, &bench.engine, &err), &err);
    const char *update = mem_printf(tmp, "UPDATE %s SET %s = %s + 1", argv[2], argv[3], argv[3]);
    const char *const updated[] = {argv[3]};
    const struct engine_undo_subject subject = {.table.name = argv[2], .updated = updated, .n_updated = 1, .is_updated_only = true};
    const struct engine_undo_request request = {.id = "bench", .subjects = &subject, .n_subjects = 1, .in_transaction = true};
    bool is_server = strcmp(bench.driver->name, "postgres") == 0;
    for (long i = 0; i < strtol(argv[4], NULL, 10); i++) {
        for (int is_kept = 0; is_kept < 2; is_kept++) {
            struct engine_undo_plan plan;
            run(&bench, mem_printf(tmp, is_server ? "VACUUM FULL %s" : "VACUUM", argv[2]), false, NULL, NULL);
            if (is_server) {
                run(&bench, "CHECKPOINT", false, NULL, NULL);
                check(bench.driver->session->query(bench.engine, "SELECT pg_backend_pid()", see, &bench, &err), &err);
            }
            check(bench.driver->undo->plan(tmp, bench.engine, &request, &plan, &err), &err);
            measure(&bench, is_kept ? "undo" : "plain", update, is_kept ? &plan : NULL);
            if (is_kept)
                check(bench.driver->undo->drop(bench.engine, "bench", &err), &err);
        }
    }
    return 0;
}
