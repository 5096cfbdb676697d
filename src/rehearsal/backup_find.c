/*
 * Finding backups: see backup_find.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/backup_find.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/backup_directory.h"
#include "proof/fingerprints.h"

#define CLOCKS_DIFFER_MS 60000 // at most, between two machines that are right

// --- the place

static bool fail_kind(const char *kind, const struct backup_driver *const *drivers,
                      struct error *err)
{
    SCRATCH(tmp);
    char *names = mem_strdup(tmp, "");
    for (size_t i = 0; drivers[i] != NULL; i++)
        names = mem_printf(tmp, "%s%s%s", names, i > 0 ? ", " : "", drivers[i]->name);
    error_set(err, ERROR_CONFIG, "backups of kind '%s' are not supported", kind);
    return error_hint(err, "backup: {kind: …} is one of %s", names);
}

// As an argument list: by a shell where the configuration says so.
static const char *const *argv_of(TALLOC_CTX *mem, const char **words, size_t n, bool is_shell)
{
    if (n == 0)
        return NULL;
    const char **argv = NULL;
    size_t n_argv = 0;
    if (is_shell) {
        *mem_append(mem, argv, n_argv) = "/bin/sh";
        *mem_append(mem, argv, n_argv) = "-c";
    }
    for (size_t i = 0; i < n; i++)
        *mem_append(mem, argv, n_argv) = words[i];
    *mem_append(mem, argv, n_argv) = NULL;
    return argv;
}

bool backup_place_make(TALLOC_CTX *mem, const struct backup_place_request *request,
                       struct backup_place *out, struct error *err)
{
    const struct config_backup *settings = request->settings;
    struct backup_place place = {.folder = request->folder};
    if (settings->kind == NULL) {
        error_set(err, ERROR_CONFIG, "no backups are configured");
        return error_hint(err, "write backup: {kind: pg_dump, directory: …} into tminus.yaml");
    }
    for (size_t i = 0; request->drivers[i] != NULL; i++)
        if (strcmp(request->drivers[i]->name, settings->kind) == 0)
            place.driver = request->drivers[i];
    if (place.driver == NULL)
        return fail_kind(settings->kind, request->drivers, err);
    char *directory = settings->directory != NULL
                          ? config_resolve(mem, request->config, settings->directory)
                          : NULL;
    if (directory != NULL && request->database != NULL)
        directory = file_join(mem, directory, request->database);
    place.options = (struct backup_options){
        .directory = directory,
        .url = request->url,
        .command = argv_of(mem, settings->command, settings->n_command, settings->is_shell),
        .restore = argv_of(mem, settings->restore, settings->n_restore, settings->is_shell),
        .stanza = settings->stanza,
        .wait = request->wait,
    };
    *out = place;
    return true;
}

// --- what is there

char *backup_fingerprints_path(TALLOC_CTX *mem, const struct backup_place *place,
                               const struct backup *backup)
{
    SCRATCH(tmp);
    if (backup->path != NULL)
        return mem_printf(mem, "%s" DIRECTORY_FINGERPRINTS, backup->path);
    // A label may be any text: its digest names the file.
    return file_join(mem, place->folder,
                     mem_printf(tmp, "%s-%.16s" DIRECTORY_FINGERPRINTS, backup->kind,
                                digest_of(backup->id, strlen(backup->id)).hex));
}

static void complete(TALLOC_CTX *mem, const struct backup_place *place, struct backup *backup)
{
    SCRATCH(tmp);
    char *path = backup_fingerprints_path(tmp, place, backup);
    struct fingerprints *prints;
    struct error ignored = {0};
    if (file_kind(path) != FILE_REGULAR)
        return;
    backup->fingerprints = mem_strdup(mem, path);
    // Unreadable ones are told where they are compared.
    if (!fingerprints_read(tmp, path, &prints, &ignored))
        return;
    if (backup->system == NULL)
        backup->system = mem_strdup(mem, prints->system);
    if (backup->database == NULL)
        backup->database = mem_strdup(mem, prints->database);
}

bool backup_list(TALLOC_CTX *mem, const struct backup_place *place, struct backup **out, size_t *n,
                 struct error *err)
{
    TRY(place->driver->list(mem, &place->options, out, n, err));
    for (size_t i = 0; i < *n; i++)
        complete(mem, place, &(*out)[i]);
    return true;
}

static const char *place_text(const struct backup_place *place)
{
    return place->options.directory != NULL ? place->options.directory : place->driver->name;
}

static bool fail_none(const struct backup_place *place, enum error_code code, struct error *err)
{
    error_set(err, code, "%s: there is no backup", place_text(place));
    return error_hint(err, "take one: tminus backup");
}

bool backup_find(TALLOC_CTX *mem, const struct backup_place *place, const char *id,
                 struct backup *out, struct error *err)
{
    struct backup *backups;
    size_t n;
    bool is_latest = id == NULL || strcmp(id, "latest") == 0;
    TRY(backup_list(mem, place, &backups, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (is_latest ? backups[i].damage != NULL : strcmp(backups[i].id, id) != 0)
            continue;
        *out = backups[i];
        return true;
    }
    if (is_latest && n == 0)
        return fail_none(place, ERROR_INPUT, err);
    error_set(err, ERROR_INPUT, is_latest ? "%s: every backup is damaged" : "%s: no backup '%s'",
              place_text(place), id);
    return error_hint(err, "tminus backup --list shows them");
}

bool backup_find_newest(TALLOC_CTX *mem, const struct backup_place *place,
                        const struct engine_identity *of, int64_t max_age_ms, struct backup *out,
                        struct error *err)
{
    SCRATCH(tmp);
    struct backup *backups;
    size_t n;
    const struct backup *newest = NULL;
    TRY(backup_list(mem, place, &backups, &n, err));
    // One that is being taken just now does not count yet.
    for (size_t i = 0; i < n && newest == NULL; i++)
        if (!text_ends_with(backups[i].id, DIRECTORY_PARTIAL))
            newest = &backups[i];
    if (newest == NULL)
        return fail_none(place, ERROR_BASELINE, err);
    if (newest->damage != NULL) {
        error_set(err, ERROR_BASELINE, "%s: the newest backup is damaged: %s: %s",
                  place_text(place), newest->id, newest->damage);
        return error_hint(err, "take another: tminus backup");
    }
    int64_t age_ms = clock_wall_ms() - newest->taken_ms;
    if (age_ms < -CLOCKS_DIFFER_MS)
        return error_set(err, ERROR_BASELINE,
                         "%s: taken at %s, which is yet to come: clocks disagree", newest->id,
                         clock_format(newest->taken_ms).text);
    if (max_age_ms > 0 && age_ms > max_age_ms) {
        error_set(err, ERROR_BASELINE, "%s: the newest backup, %s, is %s old; %s are allowed",
                  place_text(place), newest->id, quantity_duration(tmp, age_ms),
                  quantity_duration(tmp, max_age_ms));
        return error_hint(err, "take another: tminus backup");
    }
    if (of != NULL && of->system != NULL && newest->system != NULL &&
        strcmp(of->system, newest->system) != 0)
        return error_set(err, ERROR_IDENTITY, "%s: of another system: %s, this one is %s",
                         newest->id, newest->system, of->system);
    *out = *newest;
    return true;
}
