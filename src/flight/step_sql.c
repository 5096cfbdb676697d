/*
 * Steps that are a file of SQL: run in one transaction on the flight's own database.
 *
 * A session of a process that is gone may still be at work on the server. Its transaction holds a
 * lock that the next run waits for; it never commits, because nobody is left to say so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "flight/stepping.h"

#define LOCK_TIMEOUT_MS 5000 // where the database has none of its own

static bool open_session(TALLOC_CTX *mem, const struct stepping *stepping, bool read_only,
                         const struct engine_driver **driver, struct engine **out,
                         struct error *err)
{
    const struct step_request *request = stepping->request;
    const struct config_database *database =
        config_environment_database(request->environment, request->step->database);
    if (database == NULL || database->url == NULL)
        return error_set(err, ERROR_CONFIG, "step '%s': there is no database '%s'",
                         request->step->name, request->step->database ?: "");
    const struct engine_open_options options = {
        .url = database->url,
        .read_only = read_only,
        .recovers = request->flight != NULL, // what it was killed in is taken back first
        .allow_superuser = true,             // asked are only questions of ours
        .name = "tminus/step",
        .wait = request->wait,
    };
    TRY(engine_driver_for(request->engines, database->url, driver, err));
    return (*driver)->session->open(mem, &options, out, err);
}

// --- the database

struct sought {
    const char *run;
    char *system, *database;
    TALLOC_CTX *mem;
};

static bool take_baseline(void *context, const json_t *event)
{
    struct sought *sought = context;
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");
    const json_t *data = json_object_get(event, "data");
    if (name == NULL || run == NULL || strcmp(name, EVENT_BASELINE_SAVED) != 0 ||
        strcmp(run, sought->run) != 0)
        return true;
    sought->system = mem_strdup(sought->mem, json_get_text(data, "system"));
    sought->database = mem_strdup(sought->mem, json_get_text(data, "database"));
    return true;
}

static bool is_other(const char *noted, const char *seen)
{
    return noted != NULL && seen != NULL && strcmp(noted, seen) != 0;
}

// The address may lead elsewhere by now: a step does not run where its flight did not begin.
static bool check_identity(TALLOC_CTX *mem, const struct stepping *stepping,
                           const struct engine_identity *identity, struct error *err)
{
    const struct step_request *request = stepping->request;
    struct sought sought = {.run = request->flight, .mem = mem};
    if (request->flight == NULL || request->journal == NULL || request->step->database != NULL)
        return true;
    TRY(journal_read(request->journal, 1, take_baseline, &sought, err));
    if (!is_other(sought.system, identity->system) &&
        !is_other(sought.database, identity->database))
        return true;
    error_set(err, ERROR_POLICY, "step '%s': %s is not the database of the flight's baseline",
              request->step->name, identity->text);
    return error_hint(err, "the address leads elsewhere than when the flight began; nothing was "
                           "touched");
}

static bool note_database(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_identity identity;
    TRY(open_session(mem, stepping, true, &driver, &engine, err));
    TRY(driver->session->identity(mem, engine, &identity, err));
    TRY(check_identity(mem, stepping, &identity, err));
    json_put_text(stepping->data, "database", identity.database);
    json_put_text(stepping->data, "system", identity.system);
    TALLOC_FREE(engine);
    if (!identity.is_standby)
        return true;
    return error_set(err, ERROR_INPUT, "step '%s': %s is a standby and cannot be written",
                     stepping->request->step->name, identity.text);
}

bool stepping_schema(const struct stepping *stepping, char digest[65], struct error *err)
{
    SCRATCH(tmp);
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_identity identity;
    TRY(open_session(tmp, stepping, true, &driver, &engine, err));
    TRY(driver->session->identity(tmp, engine, &identity, err));
    TRY(check_identity(tmp, stepping, &identity, err));
    return driver->catalog->digest(engine, digest, err);
}

// --- acting

static void pass_note(void *context, const char *text)
{
    (void)context;
    log_info("%s", text);
}

static struct engine_run_request make_run(const struct stepping *stepping)
{
    const struct step_request *request = stepping->request;
    const struct config_database *database =
        config_environment_database(request->environment, request->step->database);
    return (struct engine_run_request){
        .path = request->is_undo ? request->step->undo_sql : request->step->sql,
        .text = stepping->text,
        .end = stepping->len,
        .in_transaction = true,
        .lock_timeout_ms = database == NULL || database->lock_timeout_ms == 0
                               ? LOCK_TIMEOUT_MS
                               : database->lock_timeout_ms,
        .attempts = database == NULL ? 0 : database->attempts,
        .note = pass_note,
        .deadline_ms = request->step->timeout_ms,
    };
}

static bool run(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    SCRATCH(tmp);
    const struct stepping *stepping = context;
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_run result = {0};
    struct engine_run_request asked = make_run(stepping);
    (void)why;
    TRY(open_session(tmp, stepping, false, &driver, &engine, err));
    if (driver->dialect == DIALECT_POSTGRES)
        asked.first = mem_printf(tmp,
                                 "SET LOCAL lock_timeout = 0; "
                                 "SELECT pg_advisory_xact_lock(hashtext('tminus step')); "
                                 "SET LOCAL lock_timeout = %lld;",
                                 (long long)asked.lock_timeout_ms);
    TRY(driver->session->run(mem, engine, &asked, &result, err));
    json_put_integer(stepping->data, "statements", (int64_t)result.statements);
    return true;
}

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    (void)has_acted; // a committed transaction is seen at once
    return stepping_look(mem, context, false, out, err);
}

static bool read_text(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct step_request *request = stepping->request;
    const char *path = request->is_undo ? request->step->undo_sql : request->step->sql;
    char *text, *whole = config_resolve(mem, request->config, path);
    TRY(file_read(mem, whole, FILE_SIZE_MAX, &text, &stepping->len, err));
    json_put_text(stepping->data, "path", path);
    json_put_text(stepping->data, "sha256", digest_of(text, stepping->len).hex);
    stepping->text = text;
    return true;
}

bool stepping_sql(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct config_database *database = config_environment_database(
        stepping->request->environment, stepping->request->step->database);
    const struct engine_driver *driver;
    TRY(read_text(mem, stepping, err));
    TRY(note_database(mem, stepping, err));
    TRY(engine_driver_for(stepping->request->engines, database->url, &driver, err));
    const struct engine_run_request asked = make_run(stepping);
    if (driver->session->check != NULL)
        TRY(driver->session->check(&asked, err));
    stepping->inner = (struct act){.started = EVENT_STEP_ACT_STARTED,
                                   .done = EVENT_STEP_ACTED,
                                   .failed = EVENT_STEP_ACT_FAILED,
                                   .data = stepping->data,
                                   .needs_certainty = true,
                                   .context = stepping,
                                   .look = look,
                                   .act = run};
    return true;
}
