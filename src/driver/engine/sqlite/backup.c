/*
 * Backups of SQLite databases: a file each, copied page by page within one read transaction.
 *
 * With a rollback journal that transaction keeps writers waiting until the copy is made; with a WAL
 * it hinders nobody. The file that is copied into is written beside and renamed when it is whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/backup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "driver/backup_directory.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".db"
#define STEP_PAGES 500
#define HEAD_BYTES 100

// --- listing

static uint32_t big_endian(const uint8_t *bytes, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

// What is wrong with the file at first sight; NULL: nothing. `is_database` false: it is none.
// Source: "The Database Header" of SQLite's fileformat2.html.
static const char *first_sight(const char *path, int64_t bytes, bool *is_database)
{
    uint8_t head[HEAD_BYTES] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    *is_database = n >= 16 && memcmp(head, "SQLite format 3", 16) == 0;
    if (!*is_database)
        return "no SQLite database, or its head is damaged";
    if (n < HEAD_BYTES)
        return "cut off within its head";
    int64_t page = big_endian(head + 16, 2) == 1 ? 65536 : big_endian(head + 16, 2);
    bool is_counted = big_endian(head + 24, 4) == big_endian(head + 92, 4);
    if (is_counted && bytes < page * big_endian(head + 28, 4))
        return "cut off: it is shorter than its head says";
    return NULL;
}

// The stored id of the database that it is a copy of. Immutable: no files are made beside it.
static const char *read_system(TALLOC_CTX *mem, const char *path)
{
    SCRATCH(tmp);
    struct engine engine = {.path = path};
    struct engine_identity identity = {0};
    struct error ignored = {0};
    char *uri = mem_strdup(tmp, "file:");
    for (const char *c = path; *c != '\0'; c++)
        uri =
            mem_checked(strchr("%?#", *c) != NULL ? talloc_asprintf_append_buffer(uri, "%%%02x", *c)
                                                  : talloc_asprintf_append_buffer(uri, "%c", *c));
    uri = mem_printf(tmp, "%s?immutable=1", uri);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(uri, &engine.handle, flags, NULL) == SQLITE_OK)
        (void)!sqlite_identity(tmp, &engine, &identity, &ignored);
    const char *system = mem_strdup(mem, identity.system);
    sqlite3_close_v2(engine.handle);
    return system;
}

static bool backup_read(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct directory_entry *entry, struct backup *out)
{
    (void)options;
    bool is_database, is_named_so = text_ends_with(entry->name, ENDING) ||
                                    text_ends_with(entry->name, ENDING DIRECTORY_PARTIAL);
    if (entry->is_folder)
        return false;
    directory_describe(mem, entry, out);
    const char *damage = first_sight(entry->path, out->bytes, &is_database);
    if (!is_database && !is_named_so)
        return false;
    out->kind = backup_sqlite.name;
    out->version = sqlite3_libversion();
    if (out->damage == NULL)
        out->damage = damage;
    if (out->damage == NULL)
        out->system = read_system(mem, entry->path);
    return true;
}

static bool file_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                      size_t *n, struct error *err)
{
    return directory_backups(mem, options, backup_read, out, n, err);
}

// --- copying

struct copying {
    struct engine *from;
    sqlite3 *to;
    sqlite3_backup *backup;
    const struct backup_options *options;
    const char *what;
    const char *path; // of `to`
};

static int copying_end(struct copying *copying)
{
    sqlite3_backup_finish(copying->backup);
    sqlite3_close_v2(copying->to);
    return 0;
}

static bool copying_fail(const struct copying *copying, int code, struct error *err)
{
    // A failure of reading is the source's; all else is of the file that is written.
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        return error_set(err, ERROR_INPUT, "%s: damaged: %s", copying->from->path,
                         sqlite3_errstr(code));
    bool is_full = (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
    error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", copying->path, sqlite3_errstr(code));
    return is_full ? error_hint(err, "make room there") : false;
}

static bool copying_turn(const struct copying *copying, struct error *err)
{
    const struct backup_options *options = copying->options;
    int total = sqlite3_backup_pagecount(copying->backup);
    int left = sqlite3_backup_remaining(copying->backup);
    bool never = false;
    struct error ended = {0};
    struct stat status = {0};
    if (options->progress != NULL && total > 0 && stat(copying->from->path, &status) == 0)
        options->progress(options->context, copying->what, status.st_size / total * (total - left),
                          status.st_size);
    bool goes_on = options->wait == NULL
                       ? wait_signal() == 0
                       : wait_until(options->wait, &never, clock_monotonic_ms(), &ended) ||
                             ended.code != ERROR_INTERRUPTED;
    return goes_on || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

// The whole database into a new file of mode 0600; what was written stays there on failure.
static bool sqlite_copy_pages(struct engine *from, const char *path, const char *what,
                              const struct backup_options *options, struct error *err)
{
    SCRATCH(tmp);
    struct copying *copying = mem_new(tmp, struct copying);
    *copying = (struct copying){.from = from, .options = options, .what = what, .path = path};
    talloc_set_destructor(copying, copying_end);
    mode_t before = umask(077);
    int code = sqlite3_open_v2(
        path, &copying->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    umask(before);
    if (code != SQLITE_OK)
        return copying_fail(copying, code, err);
    sqlite3_extended_result_codes(copying->to, 1);
    // What is half-written is thrown away: it needs no journal to be taken back by.
    sqlite3_exec(copying->to, "PRAGMA journal_mode = OFF", NULL, NULL, NULL);
    copying->backup = sqlite3_backup_init(copying->to, "main", from->handle, "main");
    if (copying->backup == NULL)
        return copying_fail(copying, sqlite3_extended_errcode(copying->to), err);
    while ((code = sqlite3_backup_step(copying->backup, STEP_PAGES)) == SQLITE_OK)
        TRY(copying_turn(copying, err));
    return code == SQLITE_DONE || copying_fail(copying, code, err);
}

// --- taking

static char *stem_of(TALLOC_CTX *mem, const char *path)
{
    const char *name = file_base(path), *dot = strrchr(name, '.');
    return mem_strndup(mem, name, dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name));
}

static bool copy_snapshot(struct engine *engine, const struct backup_options *options,
                          const char *path, struct error *err)
{
    struct error ignored = {0};
    if (engine == options->engine) // its snapshot is the caller's
        return sqlite_copy_pages(engine, path, "backup", options, err);
    TRY(sqlite_snapshot_begin(engine, err));
    bool is_copied = sqlite_copy_pages(engine, path, "backup", options, err);
    return sqlite_snapshot_end(engine, is_copied ? err : &ignored) && is_copied;
}

static bool file_take(TALLOC_CTX *mem, const struct backup_options *options, const char *snapshot,
                      struct backup *out, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_open_options open = {
        .url = options->url, .read_only = true, .wait = options->wait};
    struct engine *engine = options->engine;
    struct directory_begun *begun;
    (void)snapshot;
    if (engine == NULL)
        TRY(sqlite_open(tmp, &open, &engine, err));
    TRY(directory_begin(tmp, options, stem_of(tmp, engine->path), ENDING, &begun, err));
    TRY(copy_snapshot(engine, options, begun->partial, err));
    TRY(directory_finish(begun, err));
    const struct directory_entry entry = {.name = begun->id, .path = begun->path};
    if (!backup_read(mem, options, &entry, out))
        bug("a backup that was just taken is none");
    out->database = mem_strdup(mem, engine->path);
    return true;
}

// --- checking, restoring

static bool open_backup(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct backup *backup, struct engine **out, struct error *err)
{
    const struct engine_open_options open = {
        .url = secret_make(mem, backup->path), .read_only = true, .wait = options->wait};
    if (backup->damage != NULL)
        return error_set(err, ERROR_INPUT, "%s: %s", backup->path, backup->damage);
    return sqlite_open(mem, &open, out, err);
}

static bool file_check(const struct backup_options *options, const struct backup *backup,
                       struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine;
    struct cursor *cursor;
    bool has_row;
    TRY(open_backup(tmp, options, backup, &engine, err));
    TRY(cursor_make(tmp, engine, "PRAGMA integrity_check(1)", &cursor, err));
    deadline_set(engine, options->timeout_ms);
    TRY(cursor_step(engine, cursor, &has_row, err));
    const char *said = cursor_text(cursor, 0);
    if (has_row && strcmp(said, "ok") == 0)
        return true;
    const char *line = strrchr(said, '\n'); // "*** in database main ***" stands before it
    return error_set(err, ERROR_INPUT, "%s: damaged: %s", backup->path, line ? line + 1 : said);
}

// The name of a file that is not there yet, out of any form of address.
static bool path_into(TALLOC_CTX *mem, const struct secret *into, char **out, struct error *err)
{
    TRY(sqlite_url_path(mem, secret_reveal(into), out, err));
    if (file_kind(*out) == FILE_MISSING)
        return true;
    error_set(err, ERROR_POLICY, "%s: is there already; a backup is never restored over a database",
              *out);
    return error_hint(err, "name a file that is not there");
}

static bool file_restore(const struct backup_options *options, const struct backup *backup,
                         const struct secret *into, const char *folder, const struct name *table,
                         struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine;
    struct error ignored = {0};
    char *path;
    (void)folder;
    TRY(path_into(tmp, into, &path, err));
    TRY(file_check(options, backup, err));
    TRY(open_backup(tmp, options, backup, &engine, err));
    char *partial = mem_printf(tmp, "%s" DIRECTORY_PARTIAL, path);
    bool is_restored = table == NULL ? sqlite_copy_pages(engine, partial, "restore", options, err)
                                     : sqlite_copy_table(engine, partial, table->name, err);
    if (is_restored && rename(partial, path) != 0)
        is_restored = error_set(err, ERROR_SYSTEM, "%s: cannot be renamed: %m", partial);
    if (!is_restored)
        (void)!directory_remove(partial, &ignored);
    return is_restored;
}

const struct backup_driver backup_sqlite = {
    .name = "sqlite",
    .dialect = DIALECT_SQLITE,
    .takes_snapshot = true,
    .gives_tables = true,
    .take = file_take,
    .list = file_list,
    .check = file_check,
    .restore = file_restore,
};
