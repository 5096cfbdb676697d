/*
 * Inspection: see inspection.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/inspection.h"
#include "base/digest.h"
#include "base/file.h"
#include "command/flight_binding.h"
#include "command/kept_journal.h"
#include "flight/record.h"
#include "journal/events.h"
#include "journal/state.h"
#include "proof/known_schema.h"
#include "rehearsal/calibration_file.h"

static void show_progress(struct inspection *inspection, const char *what, bool is_size,
                          int64_t done, int64_t total)
{
    if (!inspection->shows_progress)
        return;
    if (inspection->progress_of == NULL || strcmp(inspection->progress_of, what) != 0) {
        inspection_end_progress(inspection);
        inspection->progress_of = what;
        log_progress_start(&inspection->progress, what);
        inspection->progress.is_size = is_size;
    }
    log_progress_set(&inspection->progress, done, total);
}

void inspection_show_progress(void *context, const char *what, int64_t done, int64_t total)
{
    show_progress(context, what, false, done, total);
}

void inspection_show_bytes(void *context, const char *what, int64_t done, int64_t total)
{
    show_progress(context, what, true, done, total);
}

void inspection_end_progress(struct inspection *inspection)
{
    if (inspection->progress_of != NULL)
        log_progress_end(&inspection->progress);
    inspection->progress_of = NULL;
}

static bool open_target(TALLOC_CTX *mem, const struct program *program,
                        struct inspection *inspection, struct error *err)
{
    struct target *target = &inspection->target;
    const struct database_choice *choice = &inspection->choice;
    const struct engine_open_options options = {
        .url = choice->url,
        .read_only = true,
        .query_timeout_ms = inspection->query_timeout_ms,
        .allow_superuser = choice->database != NULL && choice->database->allow_superuser,
        .name = "tminus/inspection",
        .wait = wait_make(mem),
    };

    TRY(engine_driver_for(program->engines, choice->url, &target->driver, err));
    TRY(target->driver->session->open(mem, &options, &target->engine, err));
    target->wait = options.wait;
    target->progress = inspection_show_progress;
    target->context = inspection;
    for (size_t i = 0; i < choice->config->n_tables; i++)
        target_mask(mem, target, choice->config->tables[i].mask, choice->config->tables[i].n_mask);
    return target->driver->session->identity(mem, target->engine, &target->identity, err);
}

static bool choose(TALLOC_CTX *mem, const struct options *options, const char *database,
                   struct inspection *inspection, struct error *err)
{
    inspection->shows_progress = !options->no_progress && options->verbosity >= 0;
    return database_choose(mem, options, database, &inspection->choice, err);
}

static bool open_journal(TALLOC_CTX *mem, const struct program *program,
                         struct inspection *inspection, struct error *err)
{
    SCRATCH(tmp);

    return kept_journal_open(mem, program, &inspection->choice, journal_run_name(tmp),
                             &inspection->journal, err);
}

bool inspection_connect(TALLOC_CTX *mem, const struct program *program,
                        const struct options *options, const char *database,
                        struct inspection *inspection, struct error *err)
{
    TRY(choose(mem, options, database, inspection, err));
    return open_target(mem, program, inspection, err);
}

bool inspection_open_journal(TALLOC_CTX *mem, const struct program *program,
                             const struct options *options, const char *database,
                             struct inspection *inspection, struct error *err)
{
    TRY(choose(mem, options, database, inspection, err));
    return open_journal(mem, program, inspection, err);
}

bool inspection_open(TALLOC_CTX *mem, const struct program *program, const struct options *options,
                     const char *database, struct inspection *inspection, struct error *err)
{
    TRY(inspection_connect(mem, program, options, database, inspection, err));
    TRY(flight_binding_check(program, &inspection->choice, &inspection->target.identity, err));
    return open_journal(mem, program, inspection, err);
}

bool inspection_calibrate(TALLOC_CTX *mem, const struct inspection *inspection,
                          struct assessment_options *options, struct error *err)
{
    SCRATCH(tmp);
    const struct database_choice *choice = &inspection->choice;
    struct error why;
    bool is_there;
    char *path;

    if (choice->config == NULL)
        return true;
    TRY(state_find(tmp, choice->config->service, choice->environment_name,
                   "rehearsal/" CALIBRATION_FILE, &path, err));
    struct calibration *calibration = mem_new(mem, struct calibration);
    if (!calibration_read(mem, path, calibration, &is_there, &why))
        log_warning("%s; estimates take general rates", why.message);
    else if (is_there)
        options->calibration = calibration;
    return true;
}

// --- migrations

bool inspection_count_applied(TALLOC_CTX *mem, const struct inspection *inspection,
                              const struct change *change, bool *is_applied, int64_t *out,
                              struct error *err)
{
    const struct target *target = &inspection->target;
    struct record_target from = {
        .driver = target->driver, .engine = target->engine, .database = target->identity.database};
    struct record record;
    struct error unknown;
    int64_t n = 0;

    *out = -1;
    // A tool whose record is not known: what is applied is not known either.
    if (!record_format_for(change->layout, target->driver->dialect, &from.format, &unknown))
        return true;
    TRY(record_read(mem, &from, change, &record, err));
    if (!record.is_there)
        return true;
    for (size_t i = 0; i < change->n_migrations; i++) {
        bool is_there =
            record_find(&record, record_version(mem, from.format, &change->migrations[i])) != NULL;
        n += is_there;
        if (is_applied != NULL)
            is_applied[i] = is_there;
    }
    *out = n;
    return true;
}

// What runs after the release runs behind what runs before it.
static bool check_none_before(const struct change *change, const bool *is_applied,
                              struct error *err)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        if (is_applied[i] || change->migrations[i].phase != PHASE_BEFORE_RELEASE)
            continue;
        error_set(err, ERROR_POLICY, "%s: is pending, and runs before the release",
                  change->migrations[i].path);
        return error_hint(err, "what runs after the release waits for it: tminus launch");
    }
    return true;
}

bool inspection_pending(TALLOC_CTX *mem, const struct inspection *inspection,
                        const struct change *change, struct change **out, int64_t *n_applied,
                        struct error *err)
{
    bool *is_applied = mem_array(mem, bool, change->n_migrations + 1);
    struct change *pending = mem_new(mem, struct change);
    enum migration_phase phase = inspection->choice.phase;

    TRY(inspection_count_applied(mem, inspection, change, is_applied, n_applied, err));
    if (phase == PHASE_AFTER_RELEASE && *n_applied >= 0)
        TRY(check_none_before(change, is_applied, err));
    *pending = *change;
    pending->migrations = NULL;
    pending->n_migrations = 0;
    for (size_t i = 0; i < change->n_migrations; i++) {
        if (is_applied[i] || change->migrations[i].phase != phase)
            continue;
        struct migration *migration = mem_append(mem, pending->migrations, pending->n_migrations);
        *migration = change->migrations[i];
        migration->is_context = false;
    }
    *out = pending;
    return true;
}

bool inspection_assess(TALLOC_CTX *mem, const struct inspection *inspection,
                       const struct change *change, struct assessment **out, struct error *err)
{
    const struct config *config = inspection->choice.config;
    struct assessment_options options = {.budget = config == NULL ? NULL : &config->budget};

    TRY(known_schema_read(mem, &inspection->target, &options, err));
    return assessment_make(mem, change, &options, out, err);
}

json_t *inspection_migrations(const struct change *change)
{
    json_t *list = json_array();

    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        const struct migration_text *up = &migration->up;
        json_t *object = json_object();
        json_put_text(object, "version", migration->version);
        json_put_text(object, "path", migration->path);
        json_put_text(object, "sha256",
                      up->text == NULL ? NULL
                                       : digest_of(up->text + up->start, up->end - up->start).hex);
        json_array_append_new(list, object);
    }
    return list;
}

// --- baselines

struct search {
    TALLOC_CTX *mem;
    const char *database;
    const char *than;
    const char *path;
    bool is_past; // `than` was met
};

static bool match_saved(void *context, const json_t *event)
{
    struct search *search = context;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event");
    const char *path = json_get_text(data, "path"), *database = json_get_text(data, "database");

    if (name == NULL || strcmp(name, EVENT_BASELINE_SAVED) != 0 || path == NULL ||
        database == NULL || strcmp(database, search->database) != 0 ||
        file_kind(path) != FILE_REGULAR)
        return true;
    search->is_past = search->is_past || (search->than != NULL && strcmp(path, search->than) == 0);
    if (!search->is_past)
        search->path = mem_strdup(search->mem, path);
    return true;
}

bool inspection_earlier_baseline(TALLOC_CTX *mem, const struct inspection *inspection,
                                 const char *than, const char **out, struct error *err)
{
    struct search search = {
        .mem = mem, .database = inspection->target.identity.database, .than = than};

    TRY(journal_read(inspection->journal, 1, match_saved, &search, err));
    *out = search.path;
    return true;
}

bool inspection_open_baseline(TALLOC_CTX *mem, const struct inspection *inspection,
                              const char *path, struct baseline **out, struct error *err)
{
    SCRATCH(tmp);
    struct digest_text digest;
    json_t *event = NULL;

    if (path == NULL)
        TRY(inspection_earlier_baseline(tmp, inspection, NULL, &path, err));
    if (path == NULL) {
        error_set(err, ERROR_BASELINE, "there is no baseline of %s",
                  inspection->target.identity.text);
        return error_hint(err, "take one before the change: tminus baseline save");
    }
    // First the digest: nothing of a file that was edited is looked at.
    if (file_kind(path) == FILE_REGULAR) {
        TRY(digest_of_file(path, &digest, err));
        TRY(journal_last(inspection->journal, EVENT_BASELINE_SAVED, "sha256", digest.hex, &event,
                         err));
        bool is_known = event != NULL;
        json_decref(event);
        if (!is_known) {
            error_set(err, ERROR_BASELINE,
                      "%s: not the file that was saved: its SHA-256 %.12s… is not in the journal",
                      path, digest.hex);
            return error_hint(
                err,
                "it was edited, or another journal knows it; save a new one before the change");
        }
    }
    return baseline_open(mem, path, out, err);
}
