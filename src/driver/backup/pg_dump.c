/*
 * Backups by pg_dump: folders (-Fd), taken by several connections at one instant; archives in one
 * file (-Fc) that others took are read too.
 *
 * `pg_restore --list` accepts every damaged archive; reading all of it (check) finds what is cut or
 * does not unpack. A changed byte of a value that was not compressed is found by fingerprints only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "driver/backup/archive.h"
#include "driver/backup/archive_table.h"
#include "driver/backup/tool_run.h"
#include "driver/backup_directory.h"
#include "driver/postgres_client.h"
#include <unistd.h>

#define ENDING ".dump"
#define TOC "toc.dat"
#define JOBS_MAX 4
// Smaller ones are restored in one transaction, so that nothing stays of one that fails.
#define SMALL_BYTES ((int64_t)64 * 1024 * 1024)

static char *jobs_text(TALLOC_CTX *mem, const struct backup_options *options)
{
    long jobs = options->jobs > 0 ? (long)options->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    return mem_printf(mem, "--jobs=%ld", jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs);
}

// --- listing

static const char *archive_path(TALLOC_CTX *mem, const struct directory_entry *entry)
{
    return entry->is_folder ? file_join(mem, entry->path, TOC) : entry->path;
}

static bool is_named_so(const struct directory_entry *entry)
{
    static const char *const endings[] = {ENDING, ENDING DIRECTORY_PARTIAL, ".backup", ".pgdump"};
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (text_ends_with(entry->name, endings[i]))
            return true;
    return false;
}

// One of ours by its name or by what it is; false: something else.
static bool backup_read(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct directory_entry *entry, struct backup *out)
{
    (void)options;
    SCRATCH(tmp);
    struct archive archive;
    struct error why = {0};
    bool is_archive = archive_read(mem, archive_path(tmp, entry), &archive, &why);
    if (!is_archive && !is_named_so(entry))
        return false;
    directory_describe(mem, entry, out);
    out->kind = backup_pg_dump.name;
    if (is_archive) {
        out->database = archive.database;
        out->version = archive.server;
        if (out->taken_ms == entry->modified_ms) // the name tells nothing: a copied file is younger
            out->taken_ms = archive.created_ms;
    } else if (out->damage == NULL) {
        out->damage = entry->is_folder && file_kind(archive_path(tmp, entry)) == FILE_MISSING
                          ? "has no table of contents (" TOC ")"
                          : "no archive of pg_dump, or its head is damaged";
    }
    return true;
}

static bool dump_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                      size_t *n, struct error *err)
{
    return directory_backups(mem, options, backup_read, out, n, err);
}

// Bytes of the last whole one of this database, for the time left of the next; -1: none.
static int64_t last_bytes(const struct backup_options *options, const char *database)
{
    SCRATCH(tmp);
    struct backup *backups;
    size_t n;
    struct error ignored = {0};
    if (!dump_list(tmp, options, &backups, &n, &ignored))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (backups[i].damage == NULL && backups[i].database != NULL &&
            strcmp(backups[i].database, database) == 0)
            return backups[i].bytes;
    return -1;
}

// --- taking

static bool dump_run(const struct backup_options *options, const char *snapshot,
                     const struct postgres_client *client, const struct directory_begun *begun,
                     struct error *err)
{
    SCRATCH(tmp);
    char *program;
    struct process_result result;
    TRY(postgres_client_program(tmp, "pg_dump", &program, err));
    const char *const argv[] = {
        program,
        "--format=directory",
        jobs_text(tmp, options),
        "--no-password",
        "--lock-wait-timeout=60s", // never in a queue without an end
        mem_printf(tmp, "--file=%s", begun->partial),
        mem_printf(tmp, "--dbname=%s", client->conninfo),
        snapshot != NULL ? mem_printf(tmp, "--snapshot=%s", snapshot) : NULL,
        NULL,
    };
    const struct tool_run run = {.argv = argv,
                                 .environment = client->environment,
                                 .what = "backup",
                                 .watched = begun->partial,
                                 .total = last_bytes(options, client->database)};
    TRY(tool_run(tmp, options, &run, &result, err));
    return result.status == 0 || tool_fail(&result, "pg_dump", ERROR_DATABASE, err);
}

static bool dump_take(TALLOC_CTX *mem, const struct backup_options *options, const char *snapshot,
                      struct backup *out, struct error *err)
{
    SCRATCH(tmp);
    struct postgres_client client;
    struct directory_begun *begun;
    TRY(postgres_client_address(tmp, options->url, &client, err));
    if (client.database == NULL)
        client.database = "database";
    TRY(directory_begin(tmp, options, client.database, ENDING, &begun, err));
    TRY(dump_run(options, snapshot, &client, begun, err));
    TRY(directory_finish(begun, err));
    const struct directory_entry entry = {
        .name = begun->id, .path = begun->path, .is_folder = true};
    if (!backup_read(mem, options, &entry, out))
        bug("a backup that was just taken is none");
    return true;
}

// --- checking, restoring

static bool dump_check(const struct backup_options *options, const struct backup *backup,
                       struct error *err)
{
    SCRATCH(tmp);
    char *program;
    struct process_result result;
    if (backup->damage != NULL)
        return error_set(err, ERROR_INPUT, "%s: %s", backup->path, backup->damage);
    TRY(postgres_client_program(tmp, "pg_restore", &program, err));
    const char *const argv[] = {program, "--file=/dev/null", backup->path, NULL};
    const char *const environment[] = {"LC_ALL=C", NULL};
    const struct tool_run run = {.argv = argv, .environment = environment, .what = "check"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status == 0)
        return true;
    tool_fail(&result, backup->path, ERROR_INPUT, err);
    return err->hint[0] == '\0' ? error_hint(err, "it is damaged: use another backup") : false;
}

// Several connections are faster, and leave what they did when one fails.
static const char *restore_manner(TALLOC_CTX *mem, const struct backup_options *options,
                                  const struct backup *backup)
{
    if (options->jobs == 1 || backup->bytes < SMALL_BYTES)
        return "--single-transaction";
    return jobs_text(mem, options);
}

static bool dump_restore(const struct backup_options *options, const struct backup *backup,
                         const struct secret *into, const char *folder, const struct name *table,
                         struct error *err)
{
    SCRATCH(tmp);
    struct postgres_client client;
    char *program, *list = NULL;
    struct process_result result;
    (void)folder;
    TRY(dump_check(options, backup, err));
    TRY(postgres_client_program(tmp, "pg_restore", &program, err));
    TRY(postgres_client_address(tmp, into, &client, err));
    if (table != NULL)
        TRY(archive_table_list(tmp, options, backup, *table, &list, err));
    const char *argv[10] = {
        program,
        "--exit-on-error",
        "--no-password",
        restore_manner(tmp, options, backup),
        mem_printf(tmp, "--dbname=%s", client.conninfo),
    };
    size_t n = 5;
    if (options->leaves_owners) {
        argv[n++] = "--no-owner";
        argv[n++] = "--no-privileges";
    }
    if (list != NULL)
        argv[n++] = mem_printf(tmp, "--use-list=%s", list);
    argv[n] = backup->path;
    const struct tool_run run = {
        .argv = argv, .environment = client.environment, .what = "restore"};
    TRY(tool_run(tmp, options, &run, &result, err));
    return result.status == 0 || tool_fail(&result, backup->path, ERROR_INPUT, err);
}

const struct backup_driver backup_pg_dump = {
    .name = "pg_dump",
    .dialect = DIALECT_POSTGRES,
    .takes_snapshot = true,
    .gives_tables = true,
    .take = dump_take,
    .list = dump_list,
    .check = dump_check,
    .restore = dump_restore,
};
