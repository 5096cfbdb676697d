/*
 * Copies of a backup: the newest one, restored, and compared with what was recorded with it.
 *
 * A dump is restored into a database; of a physical backup the site's own server runs on the
 * restored folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "rehearsal/backup_find.h"
#include "rehearsal/copies_source.h"

struct restoring {
    struct backup_place place;
    struct backup backup;
};

bool copies_find_backup(TALLOC_CTX *mem, const struct copies_request *request,
                        struct backup_place *place, struct backup *out, struct error *err)
{
    const struct backup_place_request asking = {
        .drivers = request->backups,
        .config = request->config,
        .settings = request->backup,
        .database = request->database,
        .folder = file_join(mem, file_folder(mem, request->folder), "backup"),
        .url = request->source_url,
        .wait = request->wait,
    };
    TRY(backup_place_make(mem, &asking, place, err));
    const struct engine_identity *of = request->source ? &request->source->identity : NULL;
    return backup_find_newest(mem, place, of, 0, out, err);
}

// A physical backup, into the folder that the site's server will run on.
static bool fill(void *context, const char *folder, struct error *err)
{
    const struct restoring *restoring = context;
    return restoring->place.driver->restore(&restoring->place.options, &restoring->backup, NULL,
                                            folder, NULL, err);
}

static bool restore_physical(struct copies *copies, struct restoring *restoring, struct error *err)
{
    const struct copies_request *request = copies->request;
    struct copy_site_options site = {
        .like = request->source ? request->source_url : NULL,
        .fill = fill,
        .fill_context = restoring,
    };
    const char *database = restoring->backup.database;
    if (database == NULL && request->source != NULL)
        database = request->source->identity.database;
    if (database == NULL)
        return error_set(err, ERROR_UNREACHABLE,
                         "backup %s is of a whole server, and the database, whose name would be "
                         "asked for, does not answer",
                         restoring->backup.id);
    if (request->settings->server != NULL) {
        error_set(err, ERROR_CONFIG,
                  "backups of kind '%s' give back a whole server: they cannot "
                  "be restored on rehearsal.server",
                  restoring->backup.kind);
        return error_hint(err, "leave out rehearsal.server: then a scratch server is started here");
    }
    TRY(copies_open_site(copies, &site, restoring->backup.bytes, err));
    return request->driver->adopt(copies->site, database, COPY_BEFORE, err);
}

static bool restore_logical(struct copies *copies, struct restoring *restoring, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    const struct copy_driver *driver = request->driver;
    struct copy_site_options site = {.like = request->source ? request->source_url : NULL};
    int64_t bytes = request->source ? copies_source_bytes(request->source) : -1;
    struct secret *url;
    TRY(copies_open_site(copies, &site, bytes < 0 ? restoring->backup.bytes : bytes, err));
    // Its roles are on a scratch server that was made like the source.
    restoring->place.options.leaves_owners = request->settings->server != NULL || site.like == NULL;
    restoring->place.options.progress = site.progress;
    restoring->place.options.context = site.context;
    if (driver->dialect == DIALECT_POSTGRES) // a file of SQLite must not be there yet
        TRY(driver->create(copies->site, COPY_BEFORE, err));
    TRY(driver->url(tmp, copies->site, COPY_BEFORE, &url, err));
    return restoring->place.driver->restore(&restoring->place.options, &restoring->backup, url,
                                            NULL, NULL, err);
}

static bool make_from_backup(struct copies *copies, struct fingerprints **prints, struct error *err)
{
    struct restoring restoring = {0};
    const struct backup *backup = &restoring.backup;
    struct error why = {0};
    TRY(copies_find_backup(copies, copies->request, &restoring.place, &restoring.backup, err));
    bool is_physical = restoring.place.driver->is_physical;
    TRY(is_physical ? restore_physical(copies, &restoring, err)
                    : restore_logical(copies, &restoring, err));
    copies->source.backup = mem_strdup(copies, backup->id);
    copies->source.taken_ms = backup->taken_ms;
    copies->source.identity = mem_printf(copies, "backup %s (%s)%s%s", backup->id, backup->kind,
                                         backup->database ? " of database " : "",
                                         backup->database ? backup->database : "");
    if (backup->fingerprints == NULL)
        copies_set_equal(copies, STATUS_UNKNOWN, "no fingerprints were recorded with the backup");
    else if (!fingerprints_read(copies, backup->fingerprints, prints, &why))
        copies_set_equal(copies, STATUS_UNKNOWN, why.message);
    copies->is_recorded_beside = is_physical;
    return true;
}

const struct copies_source copies_source_backup = {
    .kind = "backup",
    .dialect = DIALECT_POSTGRES,
    .make = make_from_backup,
};

const struct copies_source copies_source_backup_file = {
    .kind = "backup",
    .dialect = DIALECT_SQLITE,
    .make = make_from_backup,
};
