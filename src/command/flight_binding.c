/*
 * Is the database still the flight's own: see flight_binding.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/flight_binding.h"
#include "base/file.h"
#include "command/kept_journal.h"
#include "flight/verb.h"

bool flight_binding_find(TALLOC_CTX *mem, const struct program *program,
                         const struct database_choice *choice, const struct binding **out,
                         struct error *err)
{
    SCRATCH(tmp);
    const char *flight = getenv(VERB_FLIGHT);
    struct journal_place place;
    struct journal *journal;

    *out = NULL;
    if (flight == NULL || flight[0] == '\0')
        return true;
    TRY(kept_journal_find(tmp, program, choice, &place, err));
    // Looking at a journal must not make one.
    if (strcmp(place.driver->name, "sqlite") == 0 &&
        file_kind(secret_reveal(place.location)) == FILE_MISSING)
        return true;
    TRY(journal_open(tmp, &place, "", &journal, err));
    struct binding *binding = mem_new(mem, struct binding);
    TRY(binding_read(mem, journal, flight, binding, err));
    *out = binding;
    return true;
}

bool flight_binding_check(const struct program *program, const struct database_choice *choice,
                          const struct engine_identity *identity, struct error *err)
{
    SCRATCH(tmp);
    const struct binding *binding;

    TRY(flight_binding_find(tmp, program, choice, &binding, err));
    return binding == NULL || binding_check_target(binding, identity, err);
}

// False only when it is another one, or this was interrupted.
static bool check_at(const struct program *program, const struct database_choice *choice,
                     const struct binding *binding, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_open_options options = {
        .url = choice->url,
        .read_only = true,
        .allow_superuser = true, // asked are only questions of ours
        .name = "tminus/flight",
        .wait = wait_make(tmp),
    };
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_identity identity;
    struct error cause = {0};

    if (binding->engine == NULL || choice->url == NULL)
        return true;
    TRY(engine_driver_for(program->engines, choice->url, &driver, err));
    if (driver->session->open(tmp, &options, &engine, &cause) &&
        driver->session->identity(tmp, engine, &identity, &cause))
        return binding_check_target(binding, &identity, err);
    if (cause.code != ERROR_INTERRUPTED)
        return true;
    *err = cause;
    return false;
}

bool flight_binding_look(const struct program *program, const struct database_choice *choice,
                         struct error *err)
{
    SCRATCH(tmp);
    const struct binding *binding;

    TRY(flight_binding_find(tmp, program, choice, &binding, err));
    return binding == NULL || check_at(program, choice, binding, err);
}

bool flight_binding_check_work(const struct flight_work *work, const char *verb, struct error *err)
{
    SCRATCH(tmp);
    struct binding binding;

    TRY(binding_read(tmp, work->journal, work->flight->id, &binding, err));
    if (check_at(work->program, &work->choice, &binding, err))
        return true;
    if (err->code != ERROR_UNKNOWN)
        return false;
    err->code = ERROR_POLICY;
    return error_hint(err,
                      "nothing was changed; give it the flight's own address (tminus.yaml, or "
                      "a variable of the shell), then: tminus %s",
                      verb);
}
