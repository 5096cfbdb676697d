/*
 * Taking a backup: see backup_take.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/backup_take.h"
#include "base/clock.h"
#include "base/file.h"
#include "journal/events.h"

// Larger files are not read once more only to be named by their digest.
#define DIGEST_BYTES_MAX ((int64_t)1024 * 1024 * 1024)

static bool take_in_snapshot(TALLOC_CTX *mem, const struct backup_place *place,
                             const struct target *target, struct backup_taken *out,
                             struct error *err)
{
    SCRATCH(tmp);
    const struct engine_session_table *session = target->driver->session;
    const struct fingerprints_request request = {.target = target, .is_in_snapshot = true};
    struct backup_options options = place->options;
    char *name = NULL;
    options.engine = target->engine;
    if (session->snapshot_name != NULL)
        TRY(session->snapshot_name(tmp, target->engine, &name, err));
    TRY(fingerprints_take(mem, &request, &out->prints, err));
    return place->driver->take(mem, &options, name, &out->backup, err);
}

static bool take_at_once(TALLOC_CTX *mem, const struct backup_place *place,
                         const struct target *target, struct backup_taken *out, struct error *err)
{
    const struct engine_session_table *session = target->driver->session;
    struct error ignored = {0};
    TRY(session->snapshot_begin(target->engine, err));
    bool is_taken = take_in_snapshot(mem, place, target, out, err);
    // What the backup sees it has seen: that the snapshot's end fails changes nothing of it.
    (void)!session->snapshot_end(target->engine, &ignored);
    out->is_one_instant = true;
    return is_taken;
}

// --- fingerprints before and after

static bool is_same(const struct table_fingerprint *a, const struct table_fingerprint *b)
{
    return b != NULL && a->print != NULL && b->print != NULL && a->rows == b->rows &&
           strcmp(a->print->method, b->print->method) == 0 &&
           a->print->n_columns == b->print->n_columns &&
           memcmp(a->print->sum.bytes, b->print->sum.bytes, sizeof a->print->sum.bytes) == 0;
}

// What did not stand still is unknown. Tables that are only in `after` are known of nobody.
static void keep_still(struct fingerprints *before, const struct fingerprints *after)
{
    before->rows = 0;
    for (size_t i = 0; i < before->n_tables; i++) {
        struct table_fingerprint *table = &before->tables[i];
        if (!is_same(table, fingerprints_find(after, table->table))) {
            table->print = NULL;
            table->rows = 0;
            if (table->unknown == NULL)
                table->unknown = "it was written while the backup was taken";
        }
        before->rows += table->rows;
    }
    if (strcmp(before->digest, after->digest) != 0)
        before->digest = NULL;
}

static bool take_between(TALLOC_CTX *mem, const struct backup_place *place,
                         const struct target *target, struct backup_taken *out, struct error *err)
{
    SCRATCH(tmp);
    const struct fingerprints_request request = {.target = target};
    struct fingerprints *after;
    TRY(fingerprints_take(mem, &request, &out->prints, err));
    TRY(place->driver->take(mem, &place->options, NULL, &out->backup, err));
    TRY(fingerprints_take(tmp, &request, &after, err));
    keep_still(out->prints, after);
    return true;
}

// --- what is left of it

static bool digest_backup(struct backup_taken *taken, struct error *err)
{
    SCRATCH(tmp);
    static const char *const contents[] = {"", "/toc.dat", "/backup_manifest"};
    struct digest_text digest;
    for (size_t i = 0; i < COUNT_OF(contents) && taken->backup.path != NULL; i++) {
        char *path = mem_printf(tmp, "%s%s", taken->backup.path, contents[i]);
        if (file_kind(path) != FILE_REGULAR || (i == 0 && taken->backup.bytes > DIGEST_BYTES_MAX))
            continue;
        TRY(digest_of_file(path, &digest, err));
        snprintf(taken->sha256, sizeof taken->sha256, "%s", digest.hex);
    }
    return true;
}

static bool note_taken(struct journal *journal, const struct target *target,
                       const struct backup_taken *taken, struct error *err)
{
    const struct backup *backup = &taken->backup;
    json_t *data = json_object();
    json_put_text(data, "backup", backup->id);
    json_put_text(data, "kind", backup->kind);
    json_put_text(data, "path", backup->path);
    json_put_text(data, "database", target->identity.database);
    json_put_text(data, "system", target->identity.system);
    json_put_text(data, "taken_at", clock_format(backup->taken_ms).text);
    json_put_integer(data, "bytes", backup->bytes);
    json_put_integer(data, "took_ms", taken->took_ms);
    json_put_text(data, "sha256", taken->sha256[0] != '\0' ? taken->sha256 : NULL);
    json_put_text(data, "fingerprints", backup->fingerprints);
    json_put_integer(data, "tables", (int64_t)taken->prints->n_tables);
    json_put_integer(data, "rows", taken->prints->rows);
    json_put_integer(data, "unknown", (int64_t)taken->n_unknown);
    return journal_append(journal, EVENT_BACKUP_TAKEN, data, err);
}

// A tool that has its own configuration may back up another server than ours.
static bool check_system(const struct target *target, const struct backup *backup,
                         struct error *err)
{
    if (backup->system == NULL || target->identity.system == NULL ||
        strcmp(backup->system, target->identity.system) == 0)
        return true;
    error_set(err, ERROR_IDENTITY, "%s: of another system: %s; this one is %s", backup->id,
              backup->system, target->identity.system);
    return error_hint(err, "%s is configured for another server than the database's", backup->kind);
}

static bool record(TALLOC_CTX *mem, const struct backup_place *place, const struct target *target,
                   struct backup_taken *taken, struct error *err)
{
    char *path = backup_fingerprints_path(mem, place, &taken->backup);
    for (size_t i = 0; i < taken->prints->n_tables; i++)
        taken->n_unknown += taken->prints->tables[i].print == NULL;
    TRY(file_make_folders(file_folder(mem, path), 0700, err));
    TRY(fingerprints_write(taken->prints, path, err));
    taken->backup.fingerprints = path;
    taken->backup.system = target->identity.system;
    if (taken->backup.database == NULL)
        taken->backup.database = target->identity.database;
    return digest_backup(taken, err);
}

bool backup_take(TALLOC_CTX *mem, const struct backup_place *place, const struct target *target,
                 struct journal *journal, struct backup_taken *out, struct error *err)
{
    struct backup_taken taken = {0};
    if (!place->driver->serves_all && place->driver->dialect != target->driver->dialect) {
        error_set(err, ERROR_CONFIG, "backups of kind '%s' are of no %s database",
                  place->driver->name, target->driver->name);
        return error_hint(err, "backup: {kind: …} of tminus.yaml must be one of that database");
    }
    int64_t started_ms = clock_monotonic_ms();
    bool is_taken = place->driver->takes_snapshot ? take_at_once(mem, place, target, &taken, err)
                                                  : take_between(mem, place, target, &taken, err);
    TRY(is_taken);
    taken.took_ms = clock_monotonic_ms() - started_ms;
    TRY(check_system(target, &taken.backup, err));
    TRY(record(mem, place, target, &taken, err));
    TRY(note_taken(journal, target, &taken, err));
    *out = taken;
    return true;
}
