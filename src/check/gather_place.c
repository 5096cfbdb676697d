/*
 * What the machine tells a poll: the age of secrets, and room on the database's disk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "check/gather.h"
#include "check/gather_command.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

// --- secrets

// "2026-11-22T09:00:00Z", "2026-11-22", or seconds since 1970.
static bool read_moment(const char *text, int64_t *out)
{
    SCRATCH(tmp);
    struct error ignored;
    const char *line = mem_strndup(tmp, text, strcspn(text, "\r\n"));

    if (quantity_read_integer(line, out, &ignored)) {
        *out *= 1000;
        return true;
    }
    return clock_parse(strlen(line) == 10 ? mem_printf(tmp, "%sT00:00:00Z", line) : line, out,
                       &ignored);
}

static bool find_moment(TALLOC_CTX *mem, const struct poll_request *request,
                        const struct config_secret_age *secret, int64_t *out, struct error *err)
{
    char *output;
    size_t len;

    if (secret->path != NULL) {
        const char *path = config_resolve(mem, request->config, secret->path);
        struct stat status;
        if (stat(path, &status) != 0)
            return error_set(err, ERROR_UNKNOWN, "%s: %m", path);
        *out = (int64_t)status.st_mtim.tv_sec * 1000;
        return true;
    }
    TRY(gather_command(mem, request, secret->command, secret->n_command, &output, &len, err));
    if (!read_moment(output, out))
        return error_set(err, ERROR_UNKNOWN, "%s printed no time", secret->command[0]);
    return true;
}

bool gather_secrets(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                    struct error *err)
{
    for (size_t i = 0; i < facts->gates->n_secrets; i++) {
        SCRATCH(tmp);
        const struct config_secret_age *asked = &facts->gates->secrets[i];
        struct gate_secret *secret = mem_append(mem, facts->secrets, facts->n_secrets);
        struct error failure = {0};
        int64_t made_ms;
        *secret = (struct gate_secret){.name = asked->name, .max_age_ms = asked->max_age_ms};
        if (find_moment(tmp, request, asked, &made_ms, &failure)) {
            secret->age_ms = facts->now_ms - made_ms;
        } else if (failure.code == ERROR_INTERRUPTED) {
            *err = failure;
            return false;
        } else {
            secret->unknown = mem_strdup(mem, failure.message);
        }
    }
    return true;
}

// --- room

// Of the rewritten tables: all of them in WAL, and the largest twice.
struct rewriting {
    const struct schema *schema;
    int64_t file_bytes; // SQLite: what no table can be larger than; -1
    int64_t all, largest;
    const char *name;
    bool is_unknown;
};

static int64_t bytes_of(const struct rewriting *rewriting, const char *relation)
{
    SCRATCH(tmp);
    const char *dot = strchr(relation, '.');
    struct name name = {NULL, relation};

    if (dot != NULL)
        name = (struct name){mem_strndup(tmp, relation, (size_t)(dot - relation)), dot + 1};
    const struct schema_relation *found = schema_find(rewriting->schema, name);
    return found != NULL && found->bytes >= 0 ? found->bytes : rewriting->file_bytes;
}

static void add_rewrites(struct rewriting *rewriting, const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_rewrites; i++) {
        int64_t bytes = bytes_of(rewriting, effects->rewrites[i]);
        if (bytes < 0) {
            rewriting->is_unknown = true;
            rewriting->name = effects->rewrites[i];
            return;
        }
        rewriting->all += bytes;
        if (bytes >= rewriting->largest && !rewriting->is_unknown) {
            rewriting->largest = bytes;
            rewriting->name = effects->rewrites[i];
        }
    }
}

static void find_need(const struct poll_request *request, struct gate_disk *out)
{
    const struct assessment *assessment = request->plan->assessment;
    struct rewriting rewriting = {.schema = assessment->before, .file_bytes = -1};
    struct stat status;

    if (assessment->dialect == DIALECT_SQLITE &&
        stat(request->target->identity.database, &status) == 0)
        rewriting.file_bytes = status.st_size;
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        for (size_t s = 0; !script->is_down && s < script->script->n_statements; s++)
            if (script->effects[s] != NULL)
                add_rewrites(&rewriting, script->effects[s]);
    }
    out->largest = rewriting.name;
    out->needed_bytes = rewriting.is_unknown ? -1 : 2 * rewriting.largest + rewriting.all;
}

static bool ask_path(const char *path, int64_t *out, struct error *err)
{
    struct statvfs status;

    if (statvfs(path, &status) != 0)
        return error_set(err, ERROR_UNKNOWN, "%s: %m", path);
    *out = (int64_t)status.f_bavail * (int64_t)status.f_frsize;
    return true;
}

static bool ask_command(TALLOC_CTX *mem, const struct poll_request *request,
                        const struct config_gates *gates, int64_t *out, struct error *err)
{
    char *output;
    size_t len;
    struct error ignored;

    TRY(gather_command(mem, request, gates->disk_command, gates->n_disk_command, &output, &len,
                       err));
    if (!quantity_read_size(mem_strndup(mem, output, strcspn(output, "\r\n")), out, &ignored))
        return error_set(err, ERROR_UNKNOWN, "%s printed no number of bytes",
                         gates->disk_command[0]);
    return true;
}

static bool find_room(TALLOC_CTX *mem, const struct poll_request *request,
                      const struct config_gates *gates, int64_t *out, struct error *err)
{
    if (gates->n_disk_command > 0)
        return ask_command(mem, request, gates, out, err);
    if (gates->disk_path != NULL)
        return ask_path(config_resolve(mem, request->config, gates->disk_path), out, err);
    if (request->plan->assessment->dialect == DIALECT_SQLITE)
        return ask_path(request->target->identity.database, out, err);
    return error_set(err, ERROR_UNKNOWN,
                     "room on the server's disk is not known: gates: {disk: {command: […]}}");
}

bool gather_disk(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                 struct error *err)
{
    SCRATCH(tmp);
    const struct config_gates *gates = facts->gates;
    struct gate_disk *out = &facts->disk;
    struct error failure = {0};

    find_need(request, out);
    out->is_configured = gates->n_disk_command > 0 || gates->disk_path != NULL;
    if (out->needed_bytes == 0 || find_room(tmp, request, gates, &out->free_bytes, &failure))
        return true;
    if (failure.code == ERROR_INTERRUPTED) {
        *err = failure;
        return false;
    }
    out->unknown = mem_strdup(mem, failure.message);
    return true;
}
