/*
 * Physical backups by pgBackRest: it keeps them in its own repository and is configured by its own
 * file; tminus names the stanza.
 *
 * `verify` ends with status 0 also when it finds damage: what it prints decides.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "driver/backup/tool_run.h"
#include "driver/backup_directory.h"
#include <inttypes.h>

#define PROGRAM "pgbackrest"
#define STATUS_OK 0
#define STATUS_NO_BACKUPS 2 // Source: "info" of pgBackRest's command reference

static const char *const environment[] = {"LC_ALL=C", NULL};

static bool stanza_argument(TALLOC_CTX *mem, const struct backup_options *options, char **out,
                            struct error *err)
{
    if (options->stanza == NULL) {
        error_set(err, ERROR_CONFIG, "no stanza of pgBackRest is configured");
        return error_hint(err, "write backup: {kind: pgbackrest, stanza: …} into tminus.yaml");
    }
    *out = mem_printf(mem, "--stanza=%s", options->stanza);
    return true;
}

// Its errors stand in its output.
static bool rest_fail(const struct process_result *result, const char *place, enum error_code code,
                      struct error *err)
{
    struct process_result said = *result;
    if (strstr(result->output, "unable to acquire lock") != NULL) {
        error_set(err, ERROR_POLICY, "%s: another backup is being taken", place);
        return error_hint(err, "wait until it is done");
    }
    if (*result->errors == '\0')
        said.errors = result->output;
    return tool_fail(&said, place, code, err);
}

// --- listing

static void backup_read(TALLOC_CTX *mem, const json_t *object, const json_t *stanza,
                        struct backup *out)
{
    const json_t *times = json_object_get(object, "timestamp");
    int64_t id = json_get_integer(json_object_get(object, "database"), "id", -1);
    const json_t *servers = json_object_get(stanza, "db");
    *out = (struct backup){
        .kind = backup_pgbackrest.name,
        .id = mem_strdup(mem, json_get_text(object, "label")),
        .taken_ms = json_get_integer(times, "start", 0) * 1000,
        .bytes = json_get_integer(json_object_get(object, "info"), "size", -1),
    };
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *server = json_array_get(servers, i);
        if (json_get_integer(server, "id", -1) != id)
            continue;
        out->system = mem_printf(mem, "%" PRId64, json_get_integer(server, "system-id", 0));
        out->version = mem_strdup(mem, json_get_text(server, "version"));
    }
    if (json_is_true(json_object_get(object, "error")))
        out->damage = "pages of it failed their checksums when it was taken";
}

static bool read_stanza(TALLOC_CTX *mem, const json_t *stanza, struct backup **out, size_t *n,
                        struct error *err)
{
    const json_t *backups = json_object_get(stanza, "backup");
    const json_t *status = json_object_get(stanza, "status");
    int64_t code = json_get_integer(status, "code", -1);
    struct backup *found = NULL;
    size_t n_found = 0;
    if (json_array_size(backups) == 0 && code != STATUS_OK && code != STATUS_NO_BACKUPS) {
        const char *message = json_get_text(status, "message");
        return error_set(err, ERROR_INPUT, PROGRAM ": stanza '%s': %s",
                         json_get_text(stanza, "name"), message ? message : "it has no status");
    }
    for (size_t i = 0; i < json_array_size(backups); i++) {
        const json_t *one = json_array_get(backups, i);
        if (json_get_text(one, "label") != NULL)
            backup_read(mem, one, stanza, mem_append(mem, found, n_found));
    }
    directory_sort(found, n_found);
    *out = found;
    *n = n_found;
    return true;
}

static bool rest_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                      size_t *n, struct error *err)
{
    SCRATCH(tmp);
    char *stanza;
    struct process_result result;
    json_auto_t *document = NULL;
    TRY(stanza_argument(tmp, options, &stanza, err));
    const char *const argv[] = {PROGRAM, stanza, "info", "--output=json", NULL};
    const struct tool_run run = {.argv = argv, .environment = environment, .what = "info"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status != 0)
        return rest_fail(&result, PROGRAM, ERROR_SYSTEM, err);
    TRY(json_read(PROGRAM " info", result.output, result.output_len, &document, err));
    if (!json_is_array(document) || json_array_size(document) != 1)
        return error_set(err, ERROR_INPUT, PROGRAM " info: tells of no stanza '%s'",
                         options->stanza);
    return read_stanza(mem, json_array_get(document, 0), out, n, err);
}

// --- taking

static bool rest_take(TALLOC_CTX *mem, const struct backup_options *options, const char *snapshot,
                      struct backup *out, struct error *err)
{
    SCRATCH(tmp);
    char *stanza;
    struct process_result result;
    struct backup *backups;
    size_t n;
    (void)snapshot;
    int64_t begun_ms = clock_wall_ms();
    TRY(stanza_argument(tmp, options, &stanza, err));
    const char *const argv[] = {PROGRAM, stanza, "--log-level-console=error", "backup", NULL};
    const struct tool_run run = {.argv = argv, .environment = environment, .what = "backup"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status != 0)
        return rest_fail(&result, PROGRAM, ERROR_SYSTEM, err);
    TRY(rest_list(mem, options, &backups, &n, err));
    // Seconds there, milliseconds here.
    if (n == 0 || backups[0].taken_ms < begun_ms / 1000 * 1000)
        return error_set(err, ERROR_UNKNOWN,
                         PROGRAM ": says that it took a backup, and lists none since");
    *out = backups[0];
    return true;
}

// --- checking, restoring

// "  backup: 20261122-090610F, status: invalid, total files checked: …": what stands behind status.
static char *verified_status(TALLOC_CTX *mem, const char *text, const char *id)
{
    SCRATCH(tmp);
    char *lead = mem_printf(tmp, "backup: %s, status: ", id);
    const char *at = strstr(text, lead);
    if (at == NULL)
        return NULL;
    at += strlen(lead);
    return mem_strndup(mem, at, strcspn(at, ",\n"));
}

static bool rest_check(const struct backup_options *options, const struct backup *backup,
                       struct error *err)
{
    SCRATCH(tmp);
    char *stanza;
    struct process_result result;
    if (backup->damage != NULL)
        return error_set(err, ERROR_INPUT, "%s: %s", backup->id, backup->damage);
    TRY(stanza_argument(tmp, options, &stanza, err));
    const char *const argv[] = {PROGRAM, stanza, "verify", "--output=text", "--verbose", NULL};
    const struct tool_run run = {.argv = argv, .environment = environment, .what = "check"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status != 0)
        return rest_fail(&result, PROGRAM, ERROR_SYSTEM, err);
    char *status = verified_status(tmp, result.output, backup->id);
    if (status == NULL)
        return error_set(err, ERROR_UNKNOWN, PROGRAM " verify: says nothing of %s", backup->id);
    if (strcmp(status, "valid") == 0)
        return true;
    error_set(err, ERROR_INPUT, "%s: " PROGRAM " verify finds it %s", backup->id, status);
    return error_hint(err, PROGRAM " %s verify --output=text names the files", stanza);
}

// Recovered no further than the backup itself: what came later in the archive is not of it.
static bool rest_restore(const struct backup_options *options, const struct backup *backup,
                         const struct secret *into, const char *folder, const struct name *table,
                         struct error *err)
{
    SCRATCH(tmp);
    char *stanza;
    struct process_result result;
    (void)into;
    if (table != NULL) {
        error_set(err, ERROR_USAGE, "a physical backup gives no table alone");
        return error_hint(err,
                          "restore all of it into a folder, start a server on it, and copy the "
                          "table from there");
    }
    TRY(stanza_argument(tmp, options, &stanza, err));
    const char *const argv[] = {PROGRAM,
                                stanza,
                                mem_printf(tmp, "--set=%s", backup->id),
                                mem_printf(tmp, "--pg1-path=%s", folder),
                                "--archive-mode=off", // it must not write into the archive
                                "--type=immediate",
                                "--target-action=promote",
                                "--log-level-console=error",
                                "restore",
                                NULL};
    const struct tool_run run = {.argv = argv,
                                 .environment = environment,
                                 .what = "restore",
                                 .watched = folder,
                                 .total = backup->bytes};
    TRY(tool_run(tmp, options, &run, &result, err));
    return result.status == 0 || rest_fail(&result, backup->id, ERROR_INPUT, err);
}

const struct backup_driver backup_pgbackrest = {
    .name = "pgbackrest",
    .dialect = DIALECT_POSTGRES,
    .is_physical = true,
    .take = rest_take,
    .list = rest_list,
    .check = rest_check,
    .restore = rest_restore,
};
