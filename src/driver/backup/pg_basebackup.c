/*
 * Physical backups by pg_basebackup: a whole server's data folder as plain files, with the WAL that
 * makes it whole and a manifest by which pg_verifybackup finds a changed byte.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "driver/backup/tool_run.h"
#include "driver/backup_directory.h"
#include "driver/postgres_client.h"
#include <fcntl.h>
#include <unistd.h>

#define ENDING ".base"
#define MANIFEST "backup_manifest"
#define CONTROL "global/pg_control"
#define MANIFEST_MAX ((size_t)1024 * 1024 * 1024)

// --- listing

// The system identifier is the first member of ControlFileData.
static const char *read_system(TALLOC_CTX *mem, const char *folder)
{
    SCRATCH(tmp);
    uint64_t system;
    int fd = open(file_join(tmp, folder, CONTROL), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, &system, sizeof system);
    if (fd >= 0)
        close(fd);
    return n == sizeof system ? mem_printf(mem, "%llu", (unsigned long long)system) : NULL;
}

static const char *read_version(TALLOC_CTX *mem, const char *folder)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    struct error ignored = {0};
    if (!file_read(tmp, file_join(tmp, folder, "PG_VERSION"), 64, &text, &len, &ignored))
        return NULL;
    return mem_strndup(mem, text, strcspn(text, "\n"));
}

// When it began: backup_label's time in the manifest, which copying the files does not change.
// "… "Path": "backup_label", "Size": 227, "Last-Modified": "2026-11-22 08:19:59 GMT", …"
static int64_t begun_ms(const char *folder)
{
    SCRATCH(tmp);
    static const char label[] = "\"backup_label\"", member[] = "\"Last-Modified\": \"";
    char *text;
    size_t len;
    int64_t ms;
    struct error ignored = {0};
    if (!file_read(tmp, file_join(tmp, folder, MANIFEST), MANIFEST_MAX, &text, &len, &ignored))
        return -1;
    const char *at = strstr(text, label);
    at = at != NULL ? strstr(at, member) : NULL;
    if (at == NULL || strlen(at) < sizeof member + 19)
        return -1;
    at += strlen(member);
    char *time = mem_printf(tmp, "%.10sT%.8s.000Z", at, at + 11);
    return clock_parse(time, &ms, &ignored) ? ms : -1;
}

static bool is_ours(const struct directory_entry *entry)
{
    SCRATCH(tmp);
    return entry->is_folder && (text_ends_with(entry->name, ENDING) ||
                                text_ends_with(entry->name, ENDING DIRECTORY_PARTIAL) ||
                                file_kind(file_join(tmp, entry->path, MANIFEST)) == FILE_REGULAR);
}

static bool backup_read(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct directory_entry *entry, struct backup *out)
{
    (void)options;
    if (!is_ours(entry))
        return false;
    SCRATCH(tmp);
    directory_describe(mem, entry, out);
    out->kind = backup_pg_basebackup.name;
    out->system = read_system(mem, entry->path);
    out->version = read_version(mem, entry->path);
    if (out->taken_ms == entry->modified_ms && begun_ms(entry->path) >= 0)
        out->taken_ms = begun_ms(entry->path);
    if (out->damage == NULL && file_kind(file_join(tmp, entry->path, MANIFEST)) != FILE_REGULAR)
        out->damage = "has no " MANIFEST ": half-written, or taken without one";
    if (out->damage == NULL && (out->system == NULL || out->version == NULL))
        out->damage = "has no " CONTROL " or no PG_VERSION";
    return true;
}

static bool base_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                      size_t *n, struct error *err)
{
    return directory_backups(mem, options, backup_read, out, n, err);
}

// Bytes of the last whole one, for the time left of the next; -1: none.
static int64_t last_bytes(const struct backup_options *options)
{
    SCRATCH(tmp);
    struct backup *backups;
    size_t n;
    struct error ignored = {0};
    if (!base_list(tmp, options, &backups, &n, &ignored))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (backups[i].damage == NULL)
            return backups[i].bytes;
    return -1;
}

// --- taking

static bool base_run(const struct backup_options *options, const struct directory_begun *begun,
                     struct error *err)
{
    SCRATCH(tmp);
    struct postgres_client client;
    struct process_result result;
    char *program;
    TRY(postgres_client_program(tmp, "pg_basebackup", &program, err));
    TRY(postgres_client_address(tmp, options->url, &client, err));
    const char *const argv[] = {
        program,
        "--format=plain",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--no-password",
        "--manifest-checksums=SHA256",
        mem_printf(tmp, "--pgdata=%s", begun->partial),
        mem_printf(tmp, "--dbname=%s", client.conninfo),
        NULL,
    };
    const struct tool_run run = {.argv = argv,
                                 .environment = client.environment,
                                 .what = "backup",
                                 .watched = begun->partial,
                                 .total = last_bytes(options)};
    TRY(tool_run(tmp, options, &run, &result, err));
    return result.status == 0 || tool_fail(&result, "pg_basebackup", ERROR_DATABASE, err);
}

static bool base_take(TALLOC_CTX *mem, const struct backup_options *options, const char *snapshot,
                      struct backup *out, struct error *err)
{
    SCRATCH(tmp);
    struct directory_begun *begun;
    (void)snapshot;
    TRY(directory_begin(tmp, options, "server", ENDING, &begun, err));
    TRY(base_run(options, begun, err));
    TRY(directory_finish(begun, err));
    const struct directory_entry entry = {
        .name = begun->id, .path = begun->path, .is_folder = true};
    if (!backup_read(mem, options, &entry, out))
        bug("a backup that was just taken is none");
    return true;
}

// --- checking, restoring

static bool base_check(const struct backup_options *options, const struct backup *backup,
                       struct error *err)
{
    SCRATCH(tmp);
    char *program;
    struct process_result result;
    if (backup->damage != NULL)
        return error_set(err, ERROR_INPUT, "%s: %s", backup->path, backup->damage);
    TRY(postgres_client_program(tmp, "pg_verifybackup", &program, err));
    const char *const argv[] = {program, "--quiet", "--exit-on-error", backup->path, NULL};
    const char *const environment[] = {"LC_ALL=C", NULL};
    const struct tool_run run = {.argv = argv, .environment = environment, .what = "check"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status == 0)
        return true;
    tool_fail(&result, backup->path, ERROR_INPUT, err);
    return err->hint[0] == '\0' ? error_hint(err, "it is damaged: use another backup") : false;
}

// A server can run on it: the backup itself stays as it is.
static bool base_restore(const struct backup_options *options, const struct backup *backup,
                         const struct secret *into, const char *folder, const struct name *table,
                         struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    (void)into;
    if (table != NULL) {
        error_set(err, ERROR_USAGE, "a physical backup gives no table alone");
        return error_hint(err,
                          "restore all of it into a folder, start a server on it, and copy the "
                          "table from there");
    }
    TRY(base_check(options, backup, err));
    const char *const argv[] = {
        "cp", "-a", "--reflink=auto", mem_printf(tmp, "%s/.", backup->path), folder, NULL};
    const char *const environment[] = {"LC_ALL=C", NULL};
    const struct tool_run run = {.argv = argv,
                                 .environment = environment,
                                 .what = "restore",
                                 .watched = folder,
                                 .total = backup->bytes};
    TRY(tool_run(tmp, options, &run, &result, err));
    return result.status == 0 || tool_fail(&result, folder, ERROR_SYSTEM, err);
}

const struct backup_driver backup_pg_basebackup = {
    .name = "pg_basebackup",
    .dialect = DIALECT_POSTGRES,
    .is_physical = true,
    .take = base_take,
    .list = base_list,
    .check = base_check,
    .restore = base_restore,
};
