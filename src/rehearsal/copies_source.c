/*
 * Sources of copies: which one it is, and the simple ones: a file, a golden clone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/copies_source.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include <sys/stat.h>

// --- which

static const struct copies_source copies_source_file, copies_source_template;

static const struct copies_source *const sources[] = {
    &copies_source_file,   &copies_source_template,    &copies_source_dump,
    &copies_source_backup, &copies_source_backup_file,
};

static bool fail_nothing(struct error *err)
{
    error_set(err, ERROR_CONFIG, "nothing says what the copies for the rehearsal are made of");
    return error_hint(
        err, "write into the environment of tminus.yaml: rehearsal: {from: dump} (of the "
             "database itself), or rehearsal: {from: template, template: NAME, server: URL} "
             "(of a golden clone), or backup: {kind: pg_dump, directory: …}");
}

bool copies_source_find(const struct copies_request *request, const struct copies_source **out,
                        struct error *err)
{
    const char *from = request->settings->from;
    enum dialect dialect = request->driver->dialect;
    if (from == NULL && dialect == DIALECT_SQLITE)
        from = "file";
    if (from == NULL && request->backup != NULL && request->backup->kind != NULL)
        from = "backup";
    if (from == NULL)
        return fail_nothing(err);
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (strcmp(sources[i]->kind, from) == 0 && sources[i]->dialect == dialect) {
            *out = sources[i];
            return true;
        }
    }
    error_set(err, ERROR_CONFIG, "rehearsal.from: copies of %s cannot be made from '%s'",
              dialect == DIALECT_SQLITE ? "an SQLite database" : "a PostgreSQL database", from);
    return error_hint(err, "known for it: %s",
                      dialect == DIALECT_SQLITE ? "file, backup" : "backup, dump, template");
}

// --- file

static const char *file_source(TALLOC_CTX *mem, const struct copies_request *request)
{
    if (request->settings->file != NULL)
        return request->config ? config_resolve(mem, request->config, request->settings->file)
                               : request->settings->file;
    return request->source ? request->source->identity.database : NULL;
}

static int64_t file_bytes(const char *path)
{
    SCRATCH(tmp);
    struct stat info, wal;
    if (stat(path, &info) != 0)
        return -1;
    if (stat(mem_printf(tmp, "%s-wal", path), &wal) == 0)
        info.st_size += wal.st_size;
    return info.st_size;
}

static bool make_from_file(struct copies *copies, struct fingerprints **prints, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    struct copy_site_options options = {0};
    const char *path = file_source(tmp, request);
    (void)prints;
    if (path == NULL)
        return error_set(err, ERROR_UNREACHABLE,
                         "the database that the copies are made of cannot be read");
    if (file_kind(path) != FILE_REGULAR)
        return error_set(err, ERROR_INPUT, "%s: no such database file", path);
    TRY(copies_open_site(copies, &options, file_bytes(path), err));
    copies->source.identity = mem_printf(copies, "SQLite database %s", path);
    TRY(request->driver->adopt(copies->site, path, COPY_BEFORE, err));
    copies->source.taken_ms = clock_wall_ms();
    return true;
}

struct file_state {
    struct stat file, wal;
};

static struct file_state file_state(const char *path)
{
    SCRATCH(tmp);
    struct file_state state = {0};
    (void)!stat(path, &state.file);
    (void)!stat(mem_printf(tmp, "%s-wal", path), &state.wal);
    return state;
}

static bool is_newer(const struct stat *info, int64_t ms)
{
    // A second's doubt: not every file system has finer times.
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000 >= ms - 1000;
}

// SQLite exports no instant: the source is read once more, and what it is now counts unless it was
// written to since.
static bool compare_with_file(struct copies *copies, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    const char *path = file_source(tmp, request);
    struct target opened = {0};
    struct fingerprints *prints;
    if (request->source == NULL || request->settings->file != NULL) {
        const struct secret *url =
            secret_make(tmp, mem_printf(tmp, "sqlite:%s", text_percent_encoded(tmp, path)));
        TRY(copies_open_target(copies, url, true, &opened, err));
    }
    const struct fingerprints_request asking = {.target = opened.engine ? &opened : request->source,
                                                .leave_out = request->leave_out,
                                                .n_leave_out = request->n_leave_out};
    bool is_taken = fingerprints_take(tmp, &asking, &prints, err);
    talloc_free(opened.engine);
    TRY(is_taken);
    copies_compare(copies, prints);
    struct file_state now = file_state(path);
    bool is_written =
        is_newer(&now.file, copies->source.taken_ms) || is_newer(&now.wal, copies->source.taken_ms);
    if (copies->source.fingerprint_equal == STATUS_FAIL && is_written)
        copies_set_equal(copies, STATUS_UNKNOWN, "the source was written to after it was copied");
    return true;
}

static const struct copies_source copies_source_file = {
    .kind = "file",
    .dialect = DIALECT_SQLITE,
    .make = make_from_file,
    .compare = compare_with_file,
};

// --- template

static bool fail_template(const char *template, struct error *err)
{
    error_set(err, ERROR_POLICY,
              "rehearsal.template: '%s' is the very database that is deployed to", template);
    return error_hint(err, "a golden clone is another database, that nobody else uses; from: dump "
                           "copies this one while it is used");
}

static bool check_template(struct copies *copies, struct error *err)
{
    const struct copies_request *request = copies->request;
    const char *template = request->settings->template;
    struct target server;
    if (template == NULL || request->settings->server == NULL) {
        error_set(err, ERROR_CONFIG, "rehearsal: from: template needs %s",
                  template == NULL ? "the name of the golden clone" : "the server that it is on");
        return error_hint(err, "rehearsal: {from: template, template: NAME, server: "
                               "postgresql://USER@HOST/postgres}");
    }
    if (request->source == NULL || strcmp(template, request->source->identity.database) != 0)
        return true;
    TRY(copies_open_target(copies, request->settings->server, true, &server, err));
    bool is_same = strcmp(server.identity.system, request->source->identity.system) == 0 ||
                   text_starts_with(server.identity.system, "database-"); // it may not be read
    talloc_free(server.engine);
    return !is_same || fail_template(template, err);
}

static bool make_from_template(struct copies *copies, struct fingerprints **prints,
                               struct error *err)
{
    const struct copies_request *request = copies->request;
    const char *template = request->settings->template;
    struct copy_site_options options = {0};
    (void)prints;
    TRY(check_template(copies, err));
    TRY(copies_open_site(copies, &options, -1, err));
    TRY(request->driver->adopt(copies->site, template, COPY_BEFORE, err));
    copies->source.identity = mem_printf(copies, "golden clone %s", template);
    return true;
}

static const struct copies_source copies_source_template = {
    .kind = "template",
    .dialect = DIALECT_POSTGRES,
    .make = make_from_template,
};
