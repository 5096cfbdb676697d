/*
 * Traffic: which rows the application wrote between the baseline and the migrations.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/traffic.h"
#include "base/digest.h"
#include "base/file.h"
#include "journal/events.h"
#include "proof/row_images.h"
#include "proof/runs.h"
#include <unistd.h>

struct noting {
    const struct target *target;
    const struct baseline *baseline;
    struct writers writers;
    struct attribution attribution;
    struct table_file *file;
    const struct baseline_table *table; // the one that is read
    struct table_query *insert;
    int64_t rows;
    struct error err; // the file's
    bool has_failed;
};

// Whoever wrote since, but a migration that was run since the baseline already. What may be older
// is not noted: damage to a row that is noted is taken for traffic's.
static bool is_traffic(const struct writers *writers, const struct engine_row_image *image)
{
    enum writer writer = writers_of(writers, image);

    return (writer == WRITER_TRAFFIC || writer == WRITER_UNKNOWN) &&
           writers->target->driver->proof->wrote(writers->instant, image->writer) == WROTE_SINCE;
}

static bool take_row(void *context, const struct engine_row_image *image)
{
    struct noting *noting = context;

    if (!is_traffic(&noting->writers, image))
        return true;
    noting->rows++;
    row_images_bind_key(noting->insert, 1, noting->target, image);
    if (table_query_run(noting->insert, &noting->err))
        return true;
    noting->has_failed = true;
    return false;
}

static void say_progress(void *context, int64_t rows)
{
    const struct noting *noting = context;

    if (noting->target->progress != NULL)
        noting->target->progress(noting->target->context, noting->table->name.name, rows,
                                 noting->table->rows);
}

// A table that cannot be read any more has nothing to be noted: verify says so.
static bool read_rows(struct noting *noting, struct error *err)
{
    SCRATCH(tmp);
    const struct baseline_table *table = noting->table;
    struct engine_fingerprint *ignored;
    struct error failure = {0};
    const struct engine_fingerprint_request request = {
        .table = table->name,
        .columns = table->key,
        .n_columns = 1,
        .key = table->key,
        .n_key = table->n_key,
        .image = take_row,
        .wants_writer = true,
        .context = noting,
        .progress = say_progress,
    };

    if (noting->target->driver->proof->fingerprint(tmp, noting->target->engine, &request, &ignored,
                                                   &failure))
        return true;
    if (noting->has_failed)
        *err = noting->err;
    else if (failure.code == ERROR_INTERRUPTED || failure.code == ERROR_UNREACHABLE)
        *err = failure;
    else
        return true;
    return false;
}

// Of an earlier note: what it knew stays.
static bool keep_earlier(struct noting *noting, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool is_there;
    long long id = (long long)noting->table->id;

    TRY(table_query_make(
        tmp, noting->file,
        mem_printf(tmp, "SELECT 1 FROM earlier.sqlite_schema WHERE name = 'noted_%lld'", id),
        &query, err));
    TRY(table_query_next(query, &is_there, err));
    table_query_reset(query);
    return !is_there ||
           table_file_run(
               noting->file,
               mem_printf(tmp,
                          "INSERT INTO noted_%lld SELECT key FROM earlier.noted_%lld;"
                          "INSERT INTO noted SELECT * FROM earlier.noted WHERE id = %lld",
                          id, id, id),
               err);
}

static bool note_counters(struct noting *noting, struct error *err)
{
    SCRATCH(tmp);
    struct engine_written written = {0};
    bool is_known = false;
    struct error ignored;

    if (noting->target->driver->proof->written != NULL &&
        !noting->target->driver->proof->written(noting->target->engine, noting->table->name,
                                                &written, &is_known, &ignored))
        is_known = false;
    return table_file_run(noting->file,
                          mem_printf(tmp,
                                     "INSERT OR IGNORE INTO noted VALUES (%lld, %d, %lld, %lld, "
                                     "%lld)",
                                     (long long)noting->table->id, is_known,
                                     (long long)written.inserted, (long long)written.updated,
                                     (long long)written.deleted),
                          err);
}

static bool note_table(struct noting *noting, bool has_earlier, struct error *err)
{
    SCRATCH(tmp);
    long long id = (long long)noting->table->id;

    TRY(table_file_run(
        noting->file,
        mem_printf(tmp, "CREATE TABLE noted_%lld (key BLOB PRIMARY KEY) WITHOUT ROWID", id), err));
    if (has_earlier)
        TRY(keep_earlier(noting, err));
    // Before the rows: who writes in between is counted and noted, and explained twice at worst.
    TRY(note_counters(noting, err));
    if (noting->table->n_key == 0)
        return true;
    TRY(table_query_make(tmp, noting->file,
                         mem_printf(tmp, "INSERT OR IGNORE INTO noted_%lld VALUES (?1)", id),
                         &noting->insert, err));
    return read_rows(noting, err);
}

static bool fill(TALLOC_CTX *mem, struct noting *noting, const char *path, const char *earlier,
                 struct error *err)
{
    bool has_earlier = file_kind(earlier) == FILE_REGULAR;

    TRY(table_file_open(mem, path, TABLE_FILE_WRITE, &noting->file, err));
    TRY(table_file_run(noting->file, "PRAGMA journal_mode = OFF", err));
    if (has_earlier)
        TRY(table_file_attach(noting->file, earlier, "earlier", err));
    TRY(table_file_run(noting->file,
                       "BEGIN; CREATE TABLE noted (id INTEGER PRIMARY KEY, has_written INTEGER NOT "
                       "NULL, inserted INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER "
                       "NOT NULL)",
                       err));
    for (size_t i = 0; i < noting->baseline->n_tables; i++) {
        noting->table = &noting->baseline->tables[i];
        TRY(note_table(noting, has_earlier, err));
    }
    return table_file_run(noting->file, "COMMIT", err);
}

// Whole or not at all: the file of an earlier note stays until then.
static bool write_file(struct noting *noting, const char *path, struct error *err)
{
    SCRATCH(tmp);
    const char *unfinished = mem_printf(tmp, "%s.unfinished", path);

    unlink(unfinished);
    bool is_filled = fill(tmp, noting, unfinished, path, err);
    TALLOC_FREE(noting->file);
    if (is_filled && rename(unfinished, path) != 0)
        is_filled = error_set(err, ERROR_SYSTEM, "%s: %m", path);
    if (!is_filled)
        unlink(unfinished);
    return is_filled;
}

static bool journal_note(struct journal *journal, const struct noting *noting, const char *path,
                         struct error *err)
{
    struct digest_text digest;
    json_t *data = json_object();

    if (!digest_of_file(path, &digest, err)) {
        json_decref(data);
        return false;
    }
    json_put_text(data, "baseline", noting->baseline->sha256);
    json_put_text(data, "path", path);
    json_put_text(data, "sha256", digest.hex);
    json_put_text(data, "database", noting->baseline->identity.database);
    json_put_text(data, "system", noting->baseline->identity.system);
    json_put_integer(data, "tables", (int64_t)noting->baseline->n_tables);
    json_put_integer(data, "rows", noting->rows);
    return journal_append(journal, EVENT_TRAFFIC_NOTED, data, err);
}

// The last baseline of this database that is still the file which was saved; NULL: none.
static bool find_baseline(TALLOC_CTX *mem, const struct target *target, struct journal *journal,
                          struct baseline **out, struct error *err)
{
    json_auto_t *event = NULL;
    struct digest_text digest;
    struct error ignored;

    *out = NULL;
    TRY(journal_last(journal, EVENT_BASELINE_SAVED, "database", target->identity.database, &event,
                     err));
    const json_t *data = json_object_get(event, "data");
    const char *path = json_get_text(data, "path"), *sha256 = json_get_text(data, "sha256");
    if (path == NULL || sha256 == NULL || file_kind(path) != FILE_REGULAR ||
        !digest_of_file(path, &digest, &ignored) || strcmp(digest.hex, sha256) != 0 ||
        !baseline_open(mem, path, out, &ignored))
        return true;
    if (!baseline_check_identity(*out, &target->identity, &ignored))
        *out = NULL;
    return true;
}

bool traffic_note(TALLOC_CTX *mem, const struct target *target, struct journal *journal,
                  struct traffic_noted *out, struct error *err)
{
    SCRATCH(tmp);
    struct baseline *baseline;
    struct noting noting = {.target = target};
    struct traffic_noted noted = {0};

    TRY(find_baseline(tmp, target, journal, &baseline, err));
    noting.baseline = baseline;
    noting.writers = (struct writers){.target = target,
                                      .instant = baseline == NULL ? NULL : baseline->instant,
                                      .attribution = &noting.attribution};
    if (baseline != NULL && writers_are_told(&noting.writers)) {
        TRY(runs_read(tmp, journal, baseline, false, &noting.attribution, err));
        noted.path = mem_printf(mem, "%s.traffic", baseline->path);
        TRY(write_file(&noting, noted.path, err));
        TRY(journal_note(journal, &noting, noted.path, err));
        noted.is_noted = true;
        noted.tables = (int64_t)baseline->n_tables;
        noted.rows = noting.rows;
    }
    *out = noted;
    return true;
}

bool traffic_find(TALLOC_CTX *mem, struct journal *journal, const struct baseline *baseline,
                  const char **out, struct error *err)
{
    json_auto_t *event = NULL;
    struct digest_text digest;

    *out = NULL;
    TRY(journal_last(journal, EVENT_TRAFFIC_NOTED, "baseline", baseline->sha256, &event, err));
    const json_t *data = json_object_get(event, "data");
    const char *path = json_get_text(data, "path"), *sha256 = json_get_text(data, "sha256");
    if (path == NULL || sha256 == NULL || file_kind(path) != FILE_REGULAR)
        return true;
    TRY(digest_of_file(path, &digest, err));
    if (strcmp(digest.hex, sha256) != 0) {
        error_set(err, ERROR_BASELINE,
                  "%s: not the file that was noted: its SHA-256 %.12s… is not in the journal", path,
                  digest.hex);
        return error_hint(err, "it was edited; remove it, and what traffic wrote before the "
                               "migration counts as unknown");
    }
    *out = mem_strdup(mem, path);
    return true;
}
