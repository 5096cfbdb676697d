/*
 * The place that a backup is restored into: see restore_into.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/restore_into.h"
#include "base/file.h"
#include "base/quantity.h"
#include "journal/state.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static bool engine_of(const struct restore_into *into, enum dialect dialect,
                      const struct engine_driver **out, struct error *err)
{
    const struct engine_driver *const *engines = into->program->engines;
    for (size_t i = 0; engines[i] != NULL; i++) {
        if (engines[i]->dialect != dialect)
            continue;
        *out = engines[i];
        return true;
    }
    return error_set(err, ERROR_CONFIG, "no engine for such a backup");
}

// A command serves every engine: the address decides, and a file that is not there is SQLite's.
static bool choose_engine(const struct restore_into *into, const struct secret *url,
                          const struct engine_driver **out, struct error *err)
{
    struct error ignored = {0};
    const struct backup_driver *driver = into->work->place.driver;
    if (!driver->serves_all)
        return engine_of(into, driver->dialect, out, err);
    return engine_driver_for(into->program->engines, url, out, &ignored) ||
           engine_of(into, DIALECT_SQLITE, out, err);
}

static bool open_target(TALLOC_CTX *mem, const struct restore_into *into, const struct secret *url,
                        const struct engine_driver *driver, struct target *out, struct error *err)
{
    const struct engine_open_options options = {
        .url = url,
        .read_only = true,
        // What is looked at is our own restore, and restoring is often a superuser's.
        .allow_superuser = true,
        .query_timeout_ms = INSPECTION_LONG_MS,
        .name = "tminus/restore",
        .wait = into->work->wait,
    };
    *out = (struct target){.driver = driver,
                           .progress = inspection_show_progress,
                           .context = &into->work->inspection,
                           .wait = into->work->wait};
    TRY(driver->session->open(mem, &options, &out->engine, err));
    return driver->session->identity(mem, out->engine, &out->identity, err);
}

static bool fail_not_empty(const char *shown, const char *holds, struct error *err)
{
    error_set(err, ERROR_POLICY, "%s: %s; a backup is restored into an empty place only", shown,
              holds);
    return error_hint(err,
                      "make a new database, prove the restore there, and switch to it; over a "
                      "live one only a plan may restore that says so, prints what is lost, and "
                      "whose digest was approved");
}

static bool check_version(const struct backup *backup, const struct engine_identity *identity,
                          struct error *err)
{
    unsigned long of = backup->version ? strtoul(backup->version, NULL, 10) : 0;
    unsigned long into = identity->version ? strtoul(identity->version, NULL, 10) : 0;
    if (of == 0 || into == 0 || of <= into)
        return true;
    error_set(err, ERROR_INPUT, "%s: of version %s, and the server restored into is %s", backup->id,
              backup->version, identity->version);
    return error_hint(err, "restore it into a server of version %lu or newer", of);
}

static bool check_empty(const struct restore_into *into, const struct secret *url,
                        const struct engine_driver *driver, const struct backup *backup,
                        struct error *err)
{
    SCRATCH(tmp);
    struct target target;
    struct schema *schema;
    size_t n = 0;
    TRY(open_target(tmp, into, url, driver, &target, err));
    TRY(driver->catalog->read(tmp, target.engine, &schema, err));
    for (const struct schema_relation *relation = schema_next(schema, NULL); relation != NULL;
         relation = schema_next(schema, relation))
        n++;
    if (n > 0)
        return fail_not_empty(into->shown,
                              mem_printf(tmp, "holds %zu relation%s", n, n == 1 ? "" : "s"), err);
    return check_version(backup, &target.identity, err);
}

// --- a folder, of a physical backup

static size_t entries_of(const char *path)
{
    size_t n = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (struct dirent *one = readdir(folder); one != NULL; one = readdir(folder))
        n += strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0;
    closedir(folder);
    return n;
}

static bool check_room(const char *folder, const struct backup *backup, struct error *err)
{
    SCRATCH(tmp);
    struct statvfs room;
    if (backup->bytes < 0 || statvfs(folder, &room) != 0)
        return true;
    int64_t free_bytes = (int64_t)room.f_bavail * (int64_t)room.f_frsize;
    if (free_bytes >= backup->bytes)
        return true;
    error_set(err, ERROR_SYSTEM, "%s: no room: %s are needed, %s are free", folder,
              quantity_size(tmp, backup->bytes), quantity_size(tmp, free_bytes));
    return error_hint(err, "make room there, or name another folder");
}

static bool make_folder(const char *folder, struct error *err)
{
    enum file_kind kind = file_kind(folder);
    if (kind == FILE_MISSING)
        return file_make_folders(folder, 0700, err);
    if (kind != FILE_FOLDER)
        return error_set(err, ERROR_INPUT, "%s: a physical backup is restored into a folder",
                         folder);
    return entries_of(folder) == 0 || fail_not_empty(folder, "is not an empty folder", err);
}

static bool into_folder(const struct restore_into *into, const struct backup *backup,
                        const struct name *table, struct error *err)
{
    const struct backup_place *place = &into->work->place;
    TRY(make_folder(into->address, err));
    TRY(check_room(into->address, backup, err));
    return place->driver->restore(&place->options, backup, NULL, into->address, table, err);
}

// --- a database

static bool into_database(TALLOC_CTX *mem, const struct restore_into *into,
                          const struct backup *backup, const struct name *table, struct target *out,
                          struct error *err)
{
    const struct backup_place *place = &into->work->place;
    const struct secret *url = secret_make(mem, into->address);
    const struct engine_driver *driver;
    TRY(choose_engine(into, url, &driver, err));
    // A SQLite file is made; that it is not there its driver holds.
    if (driver->dialect != DIALECT_SQLITE)
        TRY(check_empty(into, url, driver, backup, err));
    else if (file_kind(into->address) != FILE_MISSING)
        return fail_not_empty(into->shown, "is there already", err);
    TRY(place->driver->restore(&place->options, backup, url, NULL, table, err));
    inspection_end_progress(&into->work->inspection);
    return open_target(mem, into, url, driver, out, err);
}

// --- a place of our own

struct filling {
    const struct restore_into *into;
    const struct backup *backup;
};

static bool fill_folder(void *context, const char *folder, struct error *err)
{
    const struct filling *filling = context;
    const struct backup_place *place = &filling->into->work->place;
    return place->driver->restore(&place->options, filling->backup, NULL, folder, NULL, err);
}

static const struct copy_driver *copy_of(const struct program *program, enum dialect dialect)
{
    size_t i = 0;
    while (program->copies[i]->dialect != dialect)
        i++;
    return program->copies[i];
}

// Like the source, so that roles that policies name are there; without it where it is gone.
static bool open_site(TALLOC_CTX *mem, const struct restore_into *into, struct filling *filling,
                      const struct copy_driver *copies, struct copy_site **out, struct error *err)
{
    const struct database_choice *choice = &into->work->inspection.choice;
    bool is_physical = into->work->place.driver->is_physical;
    struct error why = {0};
    char *folder;
    TRY(state_path(mem, choice->config->service, choice->environment_name, "rehearsal", &folder,
                   err));
    struct copy_site_options options = {
        .folder = folder,
        .like = is_physical ? NULL : choice->url,
        .fill = is_physical ? fill_folder : NULL,
        .fill_context = filling,
        .wait = into->work->wait,
        .progress = backup_work_show,
        .context = into->work,
    };
    if (copies->open(mem, &options, out, &why))
        return true;
    if (options.like != NULL && (why.code == ERROR_UNREACHABLE || why.code == ERROR_INPUT)) {
        options.like = NULL;
        return copies->open(mem, &options, out, err);
    }
    *err = why;
    return false;
}

// `*url`: what was restored.
static bool restore_at(TALLOC_CTX *mem, const struct restore_into *into,
                       const struct copy_driver *copies, struct copy_site *site,
                       const struct backup *backup, const struct name *table, struct secret **url,
                       struct error *err)
{
    static const char name[] = "restored";
    const struct backup_place *place = &into->work->place;
    if (place->driver->is_physical) {
        if (backup->database == NULL)
            return error_set(err, ERROR_UNKNOWN, "%s: nothing says which of its databases is ours",
                             backup->id);
        TRY(copies->adopt(site, backup->database, name, err));
        return copies->url(mem, site, name, url, err);
    }
    if (copies->dialect == DIALECT_SQLITE) {
        *url = secret_make(mem, file_join(mem, copies->folder(site), "restored.db"));
    } else {
        TRY(copies->create(site, name, err));
        TRY(copies->url(mem, site, name, url, err));
    }
    return place->driver->restore(&place->options, backup, *url, NULL, table, err);
}

static bool into_our_own(TALLOC_CTX *mem, struct restore_into *into, const struct backup *backup,
                         const struct name *table, struct target *out, struct error *err)
{
    const struct database_choice *choice = &into->work->inspection.choice;
    const struct engine_driver *driver;
    struct filling filling = {.into = into, .backup = backup};
    struct copy_site *site;
    struct secret *url;
    TRY(choose_engine(into, choice->url, &driver, err));
    const struct copy_driver *copies = copy_of(into->program, driver->dialect);
    into->shown = "a place of its own";
    TRY(open_site(mem, into, &filling, copies, &site, err));
    TRY(restore_at(mem, into, copies, site, backup, table, &url, err));
    inspection_end_progress(&into->work->inspection);
    return open_target(mem, into, url, driver, out, err);
}

bool restore_into(TALLOC_CTX *mem, struct restore_into *into, const struct backup *backup,
                  const struct name *table, struct target *out, struct error *err)
{
    *out = (struct target){0};
    if (into->address == NULL)
        return into_our_own(mem, into, backup, table, out, err);
    if (into->work->place.driver->is_physical) {
        into->shown = into->address;
        return into_folder(into, backup, table, err);
    }
    // A file's name is no secret; an address may hold one.
    into->shown = strstr(into->address, ":") == NULL
                      ? into->address
                      : secret_mask(mem, secret_make(mem, into->address));
    return into_database(mem, into, backup, table, out, err);
}
