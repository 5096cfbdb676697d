/*
 * Copies of SQLite files: by SQLite's backup API from a file that is in use, by its bytes from one
 * that is not.
 *
 * A source in WAL mode is held at one instant for the whole copy, which hinders nobody. One with a
 * rollback journal is read in steps, between which others may write; the API then begins anew, and
 * after some times it is said that the source changes too fast, because holding it would keep its
 * writers waiting for as long as the copy takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/copy/sqlite_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sqlite3.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_PAGES 2000
#define RESTARTS_MAX 5
#define BUSY_PAUSE_MS 20

static const char *const journals[] = {"-wal", "-shm", "-journal"};

void sqlite_file_remove(const char *path)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < COUNT_OF(journals); i++)
        unlink(mem_printf(tmp, "%s%s", path, journals[i]));
    unlink(path);
}

bool sqlite_file_fail_room(const char *path, int64_t needed, int64_t room, struct error *err)
{
    SCRATCH(tmp);
    error_set(err, ERROR_SYSTEM, "%s: no room: %s are needed, %s are free", path,
              quantity_size(tmp, needed), quantity_size(tmp, room));
    return error_hint(err, "make room, or name another folder: rehearsal: {folder: …}");
}

// --- by bytes

static bool fail_file(const char *path, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "%s: cannot be copied: %s", path, strerror(errno));
}

static bool bytes_copy(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0)
        return true;
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)64 << 20, 0);
        if (n <= 0)
            return n == 0;
        if (wait_signal() != 0) {
            errno = EINTR;
            return false;
        }
    }
}

bool sqlite_file_clone(const char *source, const char *path, struct error *err)
{
    int from;
    TRY(file_open(source, &from, err));
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) {
        fail_file(path, err);
        close(from);
        return false;
    }
    bool is_copied = bytes_copy(from, to);
    if (!is_copied) {
        fail_file(path, err);
        unlink(path);
    }
    close(from);
    close(to);
    return is_copied;
}

// --- by SQLite

struct database {
    sqlite3 *handle;
};

static int database_close(struct database *database)
{
    sqlite3_close_v2(database->handle);
    return 0;
}

static bool fail_sqlite(const char *path, int code, const char *why, struct error *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(err, ERROR_UNREACHABLE, "%s: locked by another program", path);
        return error_hint(err, "find it with: fuser '%s'", path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return error_set(err, ERROR_INPUT, "%s: damaged: %s", path, why);
    case SQLITE_FULL:
    case SQLITE_IOERR: return error_set(err, ERROR_SYSTEM, "%s: %s", path, why);
    default: return error_set(err, ERROR_INPUT, "%s: cannot be copied: %s", path, why);
    }
}

static bool database_open(TALLOC_CTX *mem, const char *path, int flags, struct database **out,
                          struct error *err)
{
    struct database *database = mem_new(mem, struct database);
    int code = sqlite3_open_v2(path, &database->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    talloc_set_destructor(database, database_close);
    if (code != SQLITE_OK)
        return fail_sqlite(path, code, sqlite3_errmsg(database->handle), err);
    *out = database;
    return true;
}

static bool database_execute(const struct database *database, const char *path, const char *sql,
                             struct error *err)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail_sqlite(path, code, sqlite3_errmsg(database->handle), err);
}

bool sqlite_file_settle(const char *path, struct error *err)
{
    SCRATCH(tmp);
    struct database *database = NULL;
    TRY(database_open(tmp, path, SQLITE_OPEN_READWRITE, &database, err));
    return database_execute(
        database, path, "SELECT count(*) FROM sqlite_schema; PRAGMA wal_checkpoint(TRUNCATE)", err);
}

struct copying {
    const char *source;
    const struct copy_site_options *options;
    sqlite3_backup *backup;
    int64_t page_size;
    int remaining; // pages, before the step
    int restarts;
    int64_t busy_until_ms;
};

static bool pause_for(const struct copying *copying, struct error *err)
{
    SCRATCH(tmp);
    const bool never = false;
    struct error why = {0};
    struct wait *wait = copying->options->wait ? copying->options->wait : wait_make(tmp);
    if (wait_until(wait, &never, clock_monotonic_ms() + BUSY_PAUSE_MS, &why) ||
        why.code != ERROR_INTERRUPTED)
        return true;
    *err = why;
    return false;
}

// Between two steps: progress, signals, a source that made the API begin anew.
static bool copying_look(struct copying *copying, struct error *err)
{
    int remaining = sqlite3_backup_remaining(copying->backup);
    int total = sqlite3_backup_pagecount(copying->backup);
    if (copying->options->progress != NULL)
        copying->options->progress(copying->options->context, "copying the database",
                                   (total - remaining) * copying->page_size,
                                   total * copying->page_size);
    if (copying->remaining >= 0 && remaining >= copying->remaining)
        copying->restarts++;
    copying->remaining = remaining;
    if (copying->restarts > RESTARTS_MAX) {
        error_set(err, ERROR_UNREACHABLE,
                  "%s: changes while it is copied; begun anew %d times, and still no copy",
                  copying->source, RESTARTS_MAX);
        return error_hint(err, "copy it when less is written to it, rehearse on a backup, or put "
                               "it into WAL mode, which lets it be copied while it is written to");
    }
    if (wait_signal() != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    return true;
}

static bool copying_run(struct copying *copying, int *code, struct error *err)
{
    int64_t timeout_ms = copying->options->timeout_ms ? copying->options->timeout_ms : 60000;
    for (;;) {
        *code = sqlite3_backup_step(copying->backup, STEP_PAGES);
        if (*code == SQLITE_DONE)
            return true;
        bool is_busy = *code == SQLITE_BUSY || *code == SQLITE_LOCKED;
        if (*code != SQLITE_OK && !is_busy)
            return true;
        if (!is_busy) {
            copying->busy_until_ms = 0;
            TRY(copying_look(copying, err));
            continue;
        }
        int64_t now_ms = clock_monotonic_ms();
        if (copying->busy_until_ms == 0)
            copying->busy_until_ms = now_ms + timeout_ms;
        if (now_ms >= copying->busy_until_ms)
            return true;
        TRY(pause_for(copying, err));
    }
}

static int read_number(void *context, int n, char **values, char **names)
{
    int64_t *out = context;
    (void)n;
    (void)names;
    *out = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return 0;
}

static int read_is_wal(void *context, int n, char **values, char **names)
{
    bool *out = context;
    (void)n;
    (void)names;
    *out = values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

static bool is_unchanged(const struct stat *before, const char *source)
{
    struct stat after;
    return stat(source, &after) == 0 && before->st_size == after.st_size &&
           before->st_mtim.tv_sec == after.st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == after.st_mtim.tv_nsec;
}

// A source with a journal that a killed writer left, which reading alone can neither roll back nor
// replay: its bytes and the journal's are taken, and SQLite mends the copy. Nobody writes to the
// source, or SQLite would have mended that.
static bool copy_interrupted(const char *source, const char *journal, const char *path,
                             struct error *err)
{
    SCRATCH(tmp);
    struct stat before;
    const char *beside = mem_printf(tmp, "%s%s", source, journal);
    if (stat(source, &before) != 0)
        return fail_file(source, err);
    TRY(sqlite_file_clone(source, path, err));
    TRY(sqlite_file_clone(beside, mem_printf(tmp, "%s%s", path, journal), err));
    if (!is_unchanged(&before, source) || file_kind(beside) != FILE_REGULAR)
        return error_set(err, ERROR_UNREACHABLE, "%s: changed while it was copied", source);
    return sqlite_file_settle(path, err);
}

// The journal that keeps a source from being read; NULL: it is something else.
static const char *journal_in_the_way(const char *source, int code)
{
    SCRATCH(tmp);
    if (code == SQLITE_READONLY_ROLLBACK)
        return "-journal";
    bool has_wal = file_kind(mem_printf(tmp, "%s-wal", source)) == FILE_REGULAR;
    bool may_be_wal = code == SQLITE_READONLY_RECOVERY || (code & 0xff) == SQLITE_CANTOPEN;
    return has_wal && may_be_wal ? "-wal" : NULL;
}

static bool copy_pages(const struct database *from, struct copying *copying, const char *path,
                       struct error *err)
{
    SCRATCH(tmp);
    struct database *to = NULL;
    int code;
    TRY(database_open(tmp, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to, err));
    TRY(database_execute(to, path, "PRAGMA synchronous = OFF", err));
    copying->backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (copying->backup == NULL)
        return fail_sqlite(path, sqlite3_errcode(to->handle), sqlite3_errmsg(to->handle), err);
    bool is_run = copying_run(copying, &code, err);
    (void)!sqlite3_backup_finish(copying->backup);
    TRY(is_run);
    return code == SQLITE_DONE || fail_sqlite(copying->source, code, sqlite3_errstr(code), err);
}

static bool copy_by_sqlite(const struct database *from, const char *source, const char *path,
                           const struct copy_site_options *options, struct error *err)
{
    struct copying copying = {.source = source, .options = options, .remaining = -1};
    bool is_wal = false;
    sqlite3_exec(from->handle, "PRAGMA page_size", read_number, &copying.page_size, NULL);
    sqlite3_exec(from->handle, "PRAGMA journal_mode", read_is_wal, &is_wal, NULL);
    if (is_wal)
        TRY(database_execute(from, source, "BEGIN; SELECT count(*) FROM sqlite_schema", err));
    return copy_pages(from, &copying, path, err);
}

bool sqlite_file_copy(const char *source, const char *path, const struct copy_site_options *options,
                      struct error *err)
{
    SCRATCH(tmp);
    struct database *from = NULL;
    int fd;
    TRY(file_open(source, &fd, err)); // says why better than SQLite
    close(fd);
    TRY(database_open(tmp, source, SQLITE_OPEN_READONLY, &from, err));
    sqlite3_busy_timeout(from->handle, options->timeout_ms ? (int)options->timeout_ms : 60000);
    sqlite3_extended_result_codes(from->handle, 1);
    bool is_copied;
    int code = sqlite3_exec(from->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    const char *journal = journal_in_the_way(source, code);
    if (journal != NULL)
        is_copied = copy_interrupted(source, journal, path, err);
    else if (code != SQLITE_OK)
        is_copied = fail_sqlite(source, code, sqlite3_errmsg(from->handle), err);
    else
        is_copied = copy_by_sqlite(from, source, path, options, err);
    if (!is_copied)
        sqlite_file_remove(path);
    return is_copied;
}
