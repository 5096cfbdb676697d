/*
 * Copies: made of a source, kept, begun anew and removed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/copies.h"
#include "base/file.h"
#include "base/quantity.h"
#include "rehearsal/copies_source.h"

#define TIMEOUT_MS 30000
#define DEADLINE_MS ((int64_t)4 * 60 * 60 * 1000) // of one statement, when nothing else is said
// `before` and `work`, and what a change may rewrite.
#define ROOM_FACTOR 2.2

static void copies_note(struct copies *copies, const char *text)
{
    *mem_append(copies, copies->notes, copies->n_notes) = mem_strdup(copies, text);
}

void copies_set_equal(struct copies *copies, enum status status, const char *detail)
{
    copies->source.fingerprint_equal = status;
    copies->source.fingerprint_detail = mem_strdup(copies, detail);
}

// --- targets

static void close_target(struct target *target)
{
    TALLOC_FREE(target->engine);
}

bool copies_open_target(struct copies *copies, const struct secret *url, bool read_only,
                        struct target *out, struct error *err)
{
    const struct copies_request *request = copies->request;
    const struct engine_session_table *session = request->engine->session;
    int64_t deadline_ms = request->settings->deadline_ms;
    const struct engine_open_options options = {
        .url = url,
        .read_only = read_only,
        .allow_superuser = true,
        .is_copy = true,
        .timeout_ms = TIMEOUT_MS,
        .query_timeout_ms = deadline_ms > 0 ? deadline_ms : DEADLINE_MS,
        .name = "tminus/rehearsal",
        .wait = request->wait,
    };
    struct target target = {.driver = request->engine,
                            .progress = request->progress,
                            .context = request->context,
                            .wait = request->wait};
    TRY(session->open(copies, &options, &target.engine, err));
    if (!session->identity(target.engine, target.engine, &target.identity, err)) {
        close_target(&target);
        return false;
    }
    if (request->source != NULL)
        target_mask(target.engine, &target, request->source->masked, request->source->n_masked);
    *out = target;
    return true;
}

static bool open_copy(struct copies *copies, const char *name, struct target *out,
                      struct error *err)
{
    SCRATCH(tmp);
    struct secret *url;
    TRY(copies->request->driver->url(tmp, copies->site, name, &url, err));
    return copies_open_target(copies, url, false, out, err);
}

// --- the site

static void on_progress(void *context, const char *what, int64_t done, int64_t total)
{
    const struct copies *copies = context;
    if (copies->request->progress != NULL)
        copies->request->progress(copies->request->context, what, done, total);
}

static void on_note(void *context, const char *text)
{
    copies_note(context, text);
}

static const char *folder_of(TALLOC_CTX *mem, const struct copies_request *request)
{
    if (request->settings->folder == NULL)
        return request->folder;
    return request->config ? config_resolve(mem, request->config, request->settings->folder)
                           : request->settings->folder;
}

// What killed runs left here. That it cannot be cleared away is no reason to stop.
static void clear_leftovers(struct copies *copies, const struct copy_site_options *options)
{
    SCRATCH(tmp);
    const struct copy_driver *driver = copies->request->driver;
    struct copy_leftover *list = NULL;
    size_t n = 0;
    struct error why = {0};
    if (!driver->leftovers(tmp, options, &list, &n, &why))
        return; // opening says it
    for (size_t i = 0; i < n; i++) {
        bool is_removed = driver->remove(options, list[i].id, &why);
        copies_note(copies,
                    is_removed
                        ? mem_printf(tmp, "removed what a killed run left: %s", list[i].what)
                        : mem_printf(tmp, "a killed run left a %s: %s", list[i].what, why.message));
    }
}

static bool check_room(const struct copies *copies, int64_t source_bytes, struct error *err)
{
    SCRATCH(tmp);
    const struct copy_driver *driver = copies->request->driver;
    int64_t room = driver->room(copies->site);
    int64_t needed = (int64_t)((double)source_bytes * ROOM_FACTOR);
    if (room < 0 || source_bytes < 0 || needed <= room)
        return true;
    error_set(err, ERROR_SYSTEM,
              "%s: no room for two copies of %s and what the change writes: %s are needed, %s are "
              "free",
              file_folder(tmp, driver->folder(copies->site)), quantity_size(tmp, source_bytes),
              quantity_size(tmp, needed), quantity_size(tmp, room));
    return error_hint(err, "make room, or name a folder on another disk: rehearsal: {folder: …}");
}

bool copies_open_site(struct copies *copies, struct copy_site_options *options, int64_t needed,
                      struct error *err)
{
    static const char *const logged[] = {"log_statement = all", "log_duration = on", NULL};
    const struct copies_request *request = copies->request;
    options->folder = folder_of(copies, request);
    options->server = request->settings->server;
    options->settings = request->is_logged ? logged : NULL;
    options->wait = request->wait;
    options->progress = on_progress;
    options->note = on_note;
    options->context = copies;
    clear_leftovers(copies, options);
    TRY(request->driver->open(copies, options, &copies->site, err));
    return check_room(copies, needed, err);
}

// --- comparing with the source

#define SHOWN_DIFFERENCES 5

// Records of migrations are not looked at in the copy, and may stand among what was recorded.
static bool is_left_out(const struct copies_request *request, const char *table)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < request->n_leave_out; i++) {
        const struct name *name = &request->leave_out[i];
        const char *text =
            name->schema ? mem_printf(tmp, "%s.%s", name->schema, name->name) : name->name;
        if (strcmp(text, table) == 0)
            return true;
    }
    return false;
}

void copies_compare(struct copies *copies, const struct fingerprints *source)
{
    SCRATCH(tmp);
    struct fingerprint_differences differences;
    fingerprints_compare(tmp, source, copies->start, &differences);
    char *detail = NULL;
    size_t n = 0;
    bool is_different = false;
    for (size_t i = 0; i < differences.n; i++) {
        const struct fingerprint_difference *difference = &differences.list[i];
        if (difference->table != NULL && is_left_out(copies->request, difference->table))
            continue;
        is_different = is_different || strcmp(difference->what, "unknown") != 0;
        if (n++ < SHOWN_DIFFERENCES)
            detail = mem_printf(tmp, "%s%s%s", detail ? detail : "", detail ? "; " : "",
                                difference->text);
    }
    if (n > SHOWN_DIFFERENCES)
        detail = mem_printf(tmp, "%s; and %zu more", detail, n - SHOWN_DIFFERENCES);
    // What differs may have moved between the two instants.
    bool is_failure = is_different && !copies->is_recorded_beside;
    copies_set_equal(copies,
                     is_failure ? STATUS_FAIL
                     : n > 0    ? STATUS_UNKNOWN
                                : STATUS_PASS,
                     detail);
}

// --- making

static bool make_work(struct copies *copies, struct error *err)
{
    const struct copy_driver *driver = copies->request->driver;
    TRY(driver->clone(copies->site, COPY_BEFORE, COPY_WORK, err));
    TRY(open_copy(copies, COPY_BEFORE, &copies->before, err));
    return open_copy(copies, COPY_WORK, &copies->work, err);
}

// --- who runs on them

struct role {
    TALLOC_CTX *mem;
    const char *name; // NULL: a superuser, or not known
};

static bool take_role(void *context, const char *const *names, const struct engine_value *values,
                      size_t n)
{
    struct role *role = context;
    (void)names;
    if (n > 0 && !values[0].is_null)
        role->name = mem_strdup(role->mem, values[0].text);
    return false;
}

// On a scratch server everything is run by its superuser.
static void note_role(struct copies *copies)
{
    SCRATCH(tmp);
    const struct copies_request *request = copies->request;
    struct role role = {.mem = tmp};
    struct error ignored;
    if (request->source == NULL || request->settings->server != NULL ||
        request->driver->dialect == DIALECT_SQLITE)
        return;
    if (request->engine->session->query(request->source->engine,
                                        "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = "
                                        "current_user AND NOT rolsuper",
                                        take_role, &role, &ignored) &&
        role.name != NULL)
        copies_note(copies,
                    mem_printf(tmp,
                               "the copy's superuser runs the change: rights that role '%s' of the "
                               "target lacks do not show",
                               role.name));
}

static bool take_start(struct copies *copies, struct error *err)
{
    const struct fingerprints_request request = {.target = &copies->before,
                                                 .leave_out = copies->request->leave_out,
                                                 .n_leave_out = copies->request->n_leave_out};
    TRY(fingerprints_take(copies, &request, &copies->start, err));
    copies->source.restored_rows = copies->start->rows;
    copies->source.tables = (int64_t)copies->start->n_tables;
    return true;
}

static int copies_close(struct copies *copies)
{
    for (size_t i = 0; i < copies->n_kept; i++)
        talloc_free(copies->kept[i].engine);
    close_target(&copies->before);
    close_target(&copies->work);
    TALLOC_FREE(copies->site);
    return 0;
}

bool copies_make(TALLOC_CTX *mem, const struct copies_request *request, struct copies **out,
                 struct error *err)
{
    SCRATCH(tmp);
    const struct copies_source *source;
    struct fingerprints *prints = NULL;
    struct copies *copies = mem_new(tmp, struct copies);
    copies->request = request;
    talloc_set_destructor(copies, copies_close);
    TRY(copies_source_find(request, &source, err));
    copies->source.kind = source->kind;
    copies_set_equal(copies, STATUS_UNKNOWN, "nothing was recorded of the source at that instant");
    TRY(source->make(copies, &prints, err));
    if (request->driver->seal != NULL)
        TRY(request->driver->seal(copies->site, COPY_BEFORE, err));
    TRY(make_work(copies, err));
    note_role(copies);
    TRY(request->driver->bytes(copies->site, COPY_BEFORE, &copies->source.bytes, err));
    TRY(take_start(copies, err));
    if (prints != NULL)
        copies_compare(copies, prints);
    if (source->compare != NULL)
        TRY(source->compare(copies, err));
    *out = talloc_steal(mem, copies);
    return true;
}

// --- during the rehearsal

bool copies_keep(TALLOC_CTX *mem, struct copies *copies, const char *name, struct target *out,
                 struct error *err)
{
    (void)mem;
    close_target(&copies->work);
    TRY(copies->request->driver->clone(copies->site, COPY_WORK, name, err));
    TRY(open_copy(copies, COPY_WORK, &copies->work, err));
    TRY(open_copy(copies, name, out, err));
    *mem_append(copies, copies->kept, copies->n_kept) =
        (struct copies_kept){.engine = out->engine, .name = mem_strdup(copies, name)};
    return true;
}

bool copies_forget(struct copies *copies, struct target *kept, struct error *err)
{
    for (size_t i = 0; i < copies->n_kept; i++) {
        const struct copies_kept found = copies->kept[i];
        if (found.engine != kept->engine)
            continue;
        copies->kept[i] = copies->kept[--copies->n_kept];
        close_target(kept);
        return copies->request->driver->drop(copies->site, found.name, err);
    }
    bug("a copy that was not kept is forgotten");
}

bool copies_begin_anew(struct copies *copies, struct error *err)
{
    const struct copy_driver *driver = copies->request->driver;
    close_target(&copies->work);
    close_target(&copies->before);
    TRY(driver->drop(copies->site, COPY_WORK, err));
    return make_work(copies, err);
}

bool copies_end(struct copies *copies, struct error *err)
{
    SCRATCH(tmp);
    const struct copy_driver *driver = copies->request->driver;
    const char *folder = mem_strdup(tmp, driver->folder(copies->site));
    close_target(&copies->before);
    close_target(&copies->work);
    while (copies->n_kept > 0)
        TALLOC_FREE(copies->kept[--copies->n_kept].engine);
    if (copies->request->settings->server != NULL) {
        TRY(driver->drop(copies->site, COPY_WORK, err));
        TRY(driver->drop(copies->site, COPY_BEFORE, err));
    }
    TALLOC_FREE(copies->site);
    if (file_kind(folder) == FILE_MISSING)
        return true;
    error_set(err, ERROR_SYSTEM, "%s: the copies could not be removed", folder);
    return error_hint(err, "tminus clean removes them");
}
