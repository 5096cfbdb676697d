/*
 * The data folder of a scratch server: made by initdb, or taken from a physical backup.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITDB_MS 300000

static bool fail_initdb(const struct process_result *result, struct error *err)
{
    SCRATCH(tmp);
    const char *why = scratch_said(tmp, result->errors, "error: ");
    if (why == NULL)
        why = scratch_said(tmp, result->errors, "FATAL: ");
    if (why == NULL)
        why = text_shorten(tmp, result->errors, result->errors_len, 300);
    return error_set(err, ERROR_SYSTEM, "initdb, which makes a scratch server, failed: %s", why);
}

static bool data_make(TALLOC_CTX *mem, const struct scratch *scratch, struct wait *wait,
                      const char *locale, struct process_result *result, struct error *err)
{
    SCRATCH(tmp);
    const char *password = mem_printf(tmp, "--pwfile=%s/password", scratch->folder);
    const char *const argv[] = {file_join(tmp, scratch->program.folder, "initdb"),
                                "-D",
                                file_join(tmp, scratch->folder, "data"),
                                "-U",
                                SUPERUSER,
                                "-E",
                                "UTF8",
                                locale,
                                "--no-sync",
                                "--no-instructions",
                                scratch->password ? "--auth=scram-sha-256" : "--auth=trust",
                                scratch->password ? password : NULL,
                                NULL};
    static const char *const environment[] = {"LC_ALL=C", NULL};
    const struct process_options running = {.argv = child_arguments_as(tmp, scratch->user, argv),
                                            .folder = scratch->folder,
                                            .environment = environment,
                                            .timeout_ms = INITDB_MS,
                                            .wait = wait};
    if (scratch->password != NULL)
        TRY(scratch_write(scratch, "password", mem_printf(tmp, "%s\n", scratch->password), err));
    return process_run(mem, &running, result, err);
}

static bool data_init(const struct scratch *scratch, struct wait *wait, struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    TRY(data_make(tmp, scratch, wait, "--locale=C.UTF-8", &result, err));
    if (result.status != 0 && strstr(result.errors, "locale") != NULL) // not every system has it
        TRY(data_make(tmp, scratch, wait, "--locale=C", &result, err));
    return result.status == 0 || fail_initdb(&result, err);
}

static bool is_recovery_line(const char *line)
{
    return text_starts_with(line, "restore_command") || text_starts_with(line, "recovery_target");
}

// Of ALTER SYSTEM's file, which goes before ours, only what says where the WAL comes from and how
// far it is replayed.
static bool data_settle_settings(const char *data, struct error *err)
{
    SCRATCH(tmp);
    const char *path = file_join(tmp, data, "postgresql.auto.conf");
    char *text;
    size_t len;
    if (file_kind(path) == FILE_MISSING)
        return true;
    TRY(file_read(tmp, path, SCRATCH_LOG_MAX, &text, &len, err));
    char *kept = mem_strdup(tmp, "");
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        if (is_recovery_line(line))
            kept = mem_printf(tmp, "%s%.*s\n", kept, (int)n, line);
        line += n + (line[n] == '\n');
    }
    kept = mem_printf(tmp, "%srecovery_target_action = 'promote'\n", kept);
    return file_write(path, kept, strlen(kept), 0600, err);
}

// A backup of a standby would follow its primary again.
static bool data_settle(const struct scratch *scratch, const char *data, struct error *err)
{
    SCRATCH(tmp);
    const char *standby = file_join(tmp, data, "standby.signal");
    const char *recovery = file_join(tmp, data, "recovery.signal");
    TRY(data_settle_settings(data, err));
    if (file_kind(standby) == FILE_REGULAR && rename(standby, recovery) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", standby, strerror(errno));
    unlink(file_join(tmp, data, "postmaster.pid"));
    if (chmod(data, 0700) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", data, strerror(errno));
    if (scratch->user != NULL)
        folder_give(data, scratch->user->uid, scratch->user->gid);
    return true;
}

bool scratch_fill(struct scratch *scratch, const struct copy_site_options *options,
                  struct error *err)
{
    SCRATCH(tmp);
    const char *data = file_join(tmp, scratch->folder, "data");
    const char *version_path = file_join(tmp, data, "PG_VERSION");
    char *version;
    size_t len;
    if (mkdir(data, 0700) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", data, strerror(errno));
    TRY(options->fill(options->fill_context, data, err));
    if (file_kind(version_path) != FILE_REGULAR)
        return error_set(err, ERROR_INPUT, "the backup gave no data folder of PostgreSQL");
    TRY(file_read(tmp, version_path, 64, &version, &len, err));
    int major = (int)strtol(version, NULL, 10);
    TRY(program_find(scratch, major, &scratch->program, err));
    if (scratch->program.major != major) {
        error_set(err, ERROR_INPUT, "the backup is of PostgreSQL %d, and only %d is installed here",
                  major, scratch->program.major);
        return error_hint(err, "install that server (Debian: postgresql-%d)", major);
    }
    return data_settle(scratch, data, err);
}

bool scratch_init(struct scratch *scratch, const struct copy_site_options *options,
                  const struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    int wanted = origin ? origin->version / 10000 : 0;
    TRY(program_find(scratch, wanted, &scratch->program, err));
    if (wanted != 0 && wanted != scratch->program.major && options->note != NULL)
        options->note(options->context,
                      mem_printf(tmp, "the scratch server is PostgreSQL %d, the source %s",
                                 scratch->program.major, origin->version_text));
    return data_init(scratch, options->wait, err);
}
