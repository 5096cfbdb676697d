/*
 * Copies of a dump that is taken now: pg_dump and the fingerprints read one exported snapshot, so
 * that the copy can be compared with the very instant that it is of.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "rehearsal/copies_source.h"

static const struct backup_driver *find_driver(const struct copies_request *request,
                                               const char *name)
{
    const struct backup_driver *const *driver = request->backups;
    while (driver != NULL && *driver != NULL && strcmp((*driver)->name, name) != 0)
        driver++;
    return driver == NULL ? NULL : *driver;
}

static bool read_size(void *context, const char *const *names, const struct engine_value *values,
                      size_t n)
{
    int64_t *out = context;
    (void)names;
    (void)n;
    *out = values[0].is_null ? -1 : strtoll(values[0].text, NULL, 10);
    return true;
}

int64_t copies_source_bytes(const struct target *source)
{
    int64_t bytes = -1;
    struct error ignored = {0};
    (void)!source->driver->session->query(
        source->engine, "SELECT pg_database_size(current_database())", read_size, &bytes, &ignored);
    return bytes;
}

static bool dump_in_snapshot(struct copies *copies, const struct backup_driver *driver,
                             const struct backup_options *options, struct backup *backup,
                             struct fingerprints **prints, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    const struct target *source = request->source;
    char *snapshot;
    TRY(source->driver->session->snapshot_name(tmp, source->engine, &snapshot, err));
    copies->source.taken_ms = clock_wall_ms();
    TRY(driver->take(copies, options, snapshot, backup, err));
    const struct fingerprints_request asking = {.target = source,
                                                .leave_out = request->leave_out,
                                                .n_leave_out = request->n_leave_out,
                                                .is_in_snapshot = true};
    return fingerprints_take(copies, &asking, prints, err);
}

static bool dump(struct copies *copies, const struct backup_driver *driver,
                 const struct backup_options *options, struct backup *backup,
                 struct fingerprints **prints, struct error *err)
{
    const struct target *source = copies->request->source;
    const struct engine_session_table *session = source->driver->session;
    struct error ending;
    TRY(session->snapshot_begin(source->engine, err));
    bool is_dumped = dump_in_snapshot(copies, driver, options, backup, prints, err);
    bool is_ended = session->snapshot_end(source->engine, is_dumped ? err : &ending);
    return is_dumped && is_ended;
}

static bool make_from_dump(struct copies *copies, struct fingerprints **prints, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    const struct copy_driver *driver = request->driver;
    const struct backup_driver *dumping = find_driver(request, "pg_dump");
    struct copy_site_options site = {.like = request->source_url};
    struct backup backup;
    struct secret *url;
    if (request->source == NULL)
        return error_set(err, ERROR_UNREACHABLE,
                         "rehearsal: from: dump: the database does not answer");
    if (dumping == NULL)
        bug("no driver of dumps");
    TRY(copies_open_site(copies, &site, copies_source_bytes(request->source), err));
    struct backup_options options = {.directory =
                                         file_join(tmp, driver->folder(copies->site), "dump"),
                                     .url = request->source_url,
                                     .leaves_owners = request->settings->server != NULL,
                                     .wait = request->wait,
                                     .progress = site.progress,
                                     .context = site.context};
    TRY(dump(copies, dumping, &options, &backup, prints, err));
    copies->source.identity = mem_printf(copies, "dump of %s", request->source->identity.text);
    TRY(driver->create(copies->site, COPY_BEFORE, err));
    TRY(driver->url(tmp, copies->site, COPY_BEFORE, &url, err));
    return dumping->restore(&options, &backup, url, NULL, NULL, err);
}

const struct copies_source copies_source_dump = {
    .kind = "dump",
    .dialect = DIALECT_POSTGRES,
    .make = make_from_dump,
};
