/*
 * Opening an SQLite database: forms of URL, the file's checks, the connection's settings.
 *
 * A file that is not there is never created. What SQLite would only notice later (no database,
 * damaged, a journal to be rolled back) is asked for at once, so that the error has one place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "driver/engine/sqlite/undo_copy.h"
#include "driver/engine/sqlite/undo_pack.h"
#include <ctype.h>
#include <errno.h>

#define DEFAULT_TIMEOUT_MS 30000
#define BUSY_PAUSE_MS 10
#define TICK_MS 50
#define PROGRESS_OPERATIONS 2000 // of SQLite's virtual machine; well below 1 ms

static const char *const schemes[] = {"sqlite:", "sqlite3:", "file:"};

// The library's virtual tables that only read; others are taken away from an audit's connection.
// Left out: rtree (prepares its writes when it is first read, which the guard refuses),
// sqlite_stmt, and whatever other builds have (sqlite_dbpage, zipfile, csv).
static const char *modules_kept[] = {"fts3",      "fts4",      "fts4aux", "fts5", "fts5vocab",
                                     "json_each", "json_tree", "dbstat",  NULL};

bool sqlite_accepts(const char *url)
{
    return file_kind(url) == FILE_REGULAR;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *percent_decode(TALLOC_CTX *mem, const char *text)
{
    char *out = mem_strdup(mem, text);
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool is_coded = c[0] == '%' && hex_digit(c[1]) >= 0 && hex_digit(c[2]) >= 0;
        out[n++] = is_coded ? (char)(hex_digit(c[1]) * 16 + hex_digit(c[2])) : *c;
        c += is_coded ? 2 : 0;
    }
    out[n] = '\0';
    return out;
}

// Only parameters that change nothing for us: a silent `immutable=1` or `vfs=` would be a lie.
static bool check_parameters(const char *parameters, struct error *err)
{
    for (const char *p = parameters; *p != '\0';) {
        size_t len = strcspn(p, "&");
        size_t name = strcspn(p, "=&");
        bool is_known =
            (name == 4 && memcmp(p, "mode", 4) == 0) || (name == 5 && memcmp(p, "cache", 5) == 0);
        if (!is_known) {
            error_set(err, ERROR_CONFIG, "parameter '%.*s' of the SQLite URL is not supported",
                      (int)name, p);
            return error_hint(err, "known: mode, cache; write the URL without '%.*s'", (int)len, p);
        }
        p += len + (p[len] == '&');
    }
    return true;
}

bool sqlite_url_path(TALLOC_CTX *mem, const char *url, char **out, struct error *err)
{
    const char *rest = NULL;
    for (size_t i = 0; i < COUNT_OF(schemes) && rest == NULL; i++) {
        if (text_starts_with(url, schemes[i]))
            rest = url + strlen(schemes[i]);
    }
    if (rest == NULL) {
        *out = mem_strdup(mem, url);
        return true;
    }
    if (text_starts_with(rest, "//"))
        rest += 2;
    const char *question = strchr(rest, '?');
    if (question != NULL)
        TRY(check_parameters(question + 1, err));
    size_t len = question ? (size_t)(question - rest) : strlen(rest);
    *out = percent_decode(mem, mem_strndup(mem, rest, len));
    if (strcmp(*out, ":memory:") == 0 || **out == '\0') {
        error_set(err, ERROR_CONFIG, "the SQLite URL names no file");
        return error_hint(err, "write sqlite:FILE");
    }
    return true;
}

static bool check_file(const char *path, struct error *err)
{
    switch (file_kind(path)) {
    case FILE_REGULAR: return true;
    case FILE_MISSING:
        error_set(err, ERROR_INPUT, "%s: no such database file", path);
        error_hint(err, "tminus makes no database; is this the right folder to start in?");
        // SQLAlchemy and Django write sqlite:///relative.
        if (path[0] == '/' && file_kind(path + 1) == FILE_REGULAR)
            error_hint(err, "three slashes begin an absolute path; 'sqlite:%s' is there", path + 1);
        return false;
    case FILE_FOLDER:
        return error_set(err, ERROR_INPUT, "%s: a folder, not an SQLite database", path);
    case FILE_OTHER: break;
    }
    return error_set(err, ERROR_INPUT, "%s: not a regular file", path);
}

static int engine_close(struct engine *engine)
{
    sqlite3_close_v2(engine->handle);
    return 0;
}

// Serve everybody else for `ms`; false: somebody cancelled.
static bool turn(struct engine *engine, int64_t ms)
{
    if (engine->wait == NULL) {
        struct timespec pause = {.tv_nsec = (long)ms * 1000000};
        if (ms > 0)
            nanosleep(&pause, NULL);
        return wait_signal() == 0;
    }
    bool never = false;
    struct error err = {0};
    int64_t until = clock_monotonic_ms() + ms;
    return wait_until(engine->wait, &never, until, &err) || err.code != ERROR_INTERRUPTED;
}

static int on_progress(void *context)
{
    struct engine *engine = context;
    int64_t now = clock_monotonic_ms();
    if (engine->deadline_ms != 0 && now >= engine->deadline_ms)
        engine->stop = STOP_DEADLINE;
    else if (now - engine->ticked_ms >= TICK_MS) {
        engine->ticked_ms = now;
        if (!turn(engine, 0))
            engine->stop = STOP_INTERRUPTED;
    }
    return engine->stop != STOP_NONE;
}

static int on_busy(void *context, int times)
{
    struct engine *engine = context;
    int64_t now = clock_monotonic_ms();
    if (times == 0)
        engine->busy_until_ms = now + engine->timeout_ms;
    if (now >= engine->busy_until_ms)
        return 0; // SQLITE_BUSY says it better than a deadline
    if (turn(engine, BUSY_PAUSE_MS))
        return 1;
    engine->stop = STOP_INTERRUPTED;
    return 0;
}

static void set_up(struct engine *engine)
{
    sqlite3 *db = engine->handle;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_progress_handler(db, PROGRESS_OPERATIONS, on_progress, engine);
    sqlite3_busy_handler(db, on_busy, engine);
    guard_install(engine);
    if (!engine->is_read_only)
        return;
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    // A misspelt "column" must be an error, not the text 'column' that no row equals.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_drop_modules(db, modules_kept);
}

// `*is_half_way`: a process was killed within a transaction, which a reader cannot roll back.
static bool open_once(TALLOC_CTX *mem, const struct engine_open_options *options,
                      struct engine **out, bool *is_half_way, struct error *err)
{
    SCRATCH(tmp);
    char *path;
    TRY(sqlite_url_path(tmp, secret_reveal(options->url), &path, err));
    TRY(check_file(path, err));
    struct engine *engine = mem_new(tmp, struct engine);
    char *canonical = realpath(path, NULL);
    engine->path = mem_strdup(engine, canonical ? canonical : path);
    free(canonical);
    engine->is_read_only = options->read_only;
    engine->guard.is_copy = options->is_copy;
    engine->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    engine->query_timeout_ms = options->query_timeout_ms > engine->timeout_ms
                                   ? options->query_timeout_ms
                                   : engine->timeout_ms;
    engine->wait = options->wait;
    int flags = options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(engine->path, &engine->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    talloc_set_destructor(engine, engine_close);
    if (rc != SQLITE_OK)
        return sqlite_fail(engine, err, ERROR_INPUT, "open");
    set_up(engine);
    if (options->read_only)
        TRY(sqlite_execute(engine, "PRAGMA query_only = 1", err));
    else
        TRY(undo_pack_install(engine, err) && undo_copy_install(engine, err));
    // The first read: header, journal, schema.
    if (!sqlite_execute(engine, "SELECT count(*) FROM sqlite_schema", err)) {
        rc = sqlite3_extended_errcode(engine->handle);
        *is_half_way = rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY;
        return false;
    }
    *out = talloc_steal(mem, engine);
    return true;
}

bool sqlite_open(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                 struct error *err)
{
    SCRATCH(tmp);
    struct engine_open_options writing = *options;
    struct engine *writer;
    bool is_half_way = false;
    if (open_once(mem, options, out, &is_half_way, err))
        return true;
    if (!is_half_way || !options->recovers)
        return false;
    *err = (struct error){0};
    writing.read_only = false;
    TRY(open_once(tmp, &writing, &writer, &is_half_way, err));
    return open_once(mem, options, out, &is_half_way, err);
}
