/*
 * Measures migrations of a folder on databases that are told on standard input, for test/bench/truth: what
 * the program's own measuring says, and where it contradicts its predictions.
 *
 *   measured_run FOLDER      reads lines "PATH MODE URL"; MODE is alone, tool or block
 *
 * Answers each with lines: S OFFSET KIND MICROSECONDS WAL, then of that statement L RELATION MODE, R, C, I RELATION, W RELATION
 * INSERTED UPDATED DELETED, M REMARK; F RULE SEVERITY LINE MESSAGE; E STATE FAILURE at the end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "change/layout.h"
#include "rehearsal/measured_run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct migration *find_migration(const struct change *change, const char *base)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        const char *path = change->migrations[i].up.path;
        if (path != NULL && strcmp(file_base(path), base) == 0)
            return &change->migrations[i];
    }
    return NULL;
}

static void tell_names(const char *what, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s\t%s\n", what, names[i]);
}

static void tell(const struct measured_statement *statement)
{
    const struct effects *effects = statement->effects;
    printf("S\t%zu\t%s\t%lld\t%lld\n", statement->offset, statement->kind, (long long)statement->took_us, (long long)statement->wal_bytes);
    for (size_t i = 0; i < effects->n_locks; i++)
        printf("L\t%s\t%s\n", effects->locks[i].relation, lock_mode_name(effects->locks[i].mode));
    tell_names("R", effects->rewrites, effects->n_rewrites);
    tell_names("C", effects->scans, effects->n_scans);
    tell_names("I", effects->index_builds, effects->n_index_builds);
    tell_names("M", statement->remarks, statement->n_remarks);
    for (size_t i = 0; i < statement->n_written; i++)
        printf("W\t%s\t%lld\t%lld\t%lld\n", statement->written[i].table, (long long)statement->written[i].inserted,
               (long long)statement->written[i].updated, (long long)statement->written[i].deleted);
}

static bool measure(const struct change *change, const struct assessment *assessment, const char *base, const char *mode, const char *url,
                    struct error *err)
{
    SCRATCH(tmp);
    struct target work = {.driver = strstr(url, "://") ? &engine_postgres : &engine_sqlite};
    const struct engine_open_options options = {.url = secret_make(tmp, url), .timeout_ms = 600000, .allow_superuser = true};
    const struct migration *migration = find_migration(change, base);
    if (migration == NULL)
        return error_set(err, ERROR_INPUT, "no migration %s", base);
    TRY(work.driver->session->open(tmp, &options, &work.engine, err));
    bool *in_transaction = (bool *)&migration->up.in_transaction;
    bool was = *in_transaction;
    *in_transaction = strcmp(mode, "tool") == 0 ? was : strcmp(mode, "block") == 0;
    struct measured_run run = {0};
    struct findings findings = {.mem = tmp};
    const struct run_request request = {.work = &work, .assessment = assessment, .migration = migration};
    bool is_told = measured_run_migration(tmp, &request, &run, err);
    *in_transaction = was;
    TRY(is_told);
    for (size_t i = 0; i < run.n_statements; i++)
        tell(&run.statements[i]);
    contradictions_find(&run, true, &findings);
    for (size_t i = 0; i < findings.n; i++)
        printf("F\t%s\t%s\t%zu\t%s\n", findings.list[i].rule, severity_name(findings.list[i].severity), findings.list[i].line, findings.list[i].message);
    printf("E\t%d\t%s\n", run.state, run.failure ? run.failure : "");
    return true;
}

int main(int argc, char **argv)
{
    SCRATCH(mem);
    struct error err = {0};
    struct change *change;
    struct assessment *assessment;
    char base[1024], mode[16], url[1024];
    const char *folder = argc > 1 ? argv[1] : ".";
    const struct assessment_options options = {.dialect = argc > 2 && strcmp(argv[2], "sqlite") == 0 ? DIALECT_SQLITE : DIALECT_POSTGRES};
    if (!change_read(mem, &folder, 1, NULL, &change, &err) || !assessment_make(mem, change, &options, &assessment, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    while (scanf("%1023s %15s %1023s", base, mode, url) == 3) {
        err = (struct error){0};
        if (!measure(change, assessment, base, mode, url, &err))
            printf("E\t-1\t%s\n", err.message);
        fflush(stdout);
    }
    return 0;
}
