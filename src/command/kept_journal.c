/*
 * The journal that a verb writes or looks at: see kept_journal.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/kept_journal.h"
#include "flight/verb.h"
#include "journal/lease.h"
#include "journal/state.h"

static const struct config_store *store_of(const struct config *config,
                                           const struct config_environment *environment)
{
    return environment != NULL && environment->store.kind != NULL ? &environment->store
                                                                  : &config->store;
}

static const struct store_driver *driver_named(const struct program *program, const char *name)
{
    for (size_t i = 0; program->stores[i] != NULL; i++)
        if (strcmp(program->stores[i]->name, name) == 0)
            return program->stores[i];
    bug("no store driver '%s'", name);
}

bool kept_journal_choose(TALLOC_CTX *mem, const struct options *options,
                         struct database_choice *out, struct error *err)
{
    struct database_choice choice = {.environment_name = options->environment};
    const char *slot;
    TRY(config_read(mem, options->config_path, true, &choice.config, err));
    if (choice.config->n_environments > 0) {
        TRY(config_find_environment(choice.config, options->environment, &choice.environment, &slot,
                                    err));
        choice.environment_name = choice.environment->name;
    }
    TRY(config_check_slot(choice.config, choice.environment, options->slot, err));
    const struct config_environment *environment = choice.environment;
    if (environment != NULL && environment->n_databases == 1 &&
        environment->missing.code == ERROR_NONE)
        choice.url = environment->databases[0].url;
    *out = choice;
    return true;
}

static bool find_file(TALLOC_CTX *mem, const struct config *config,
                      const struct config_store *store, const char *name, char **out,
                      struct error *err)
{
    if (store->path == NULL)
        return state_path(mem, config->service, name, "journal.db", out, err);
    *out = config_resolve(mem, config, store->path);
    return true;
}

bool kept_journal_find(TALLOC_CTX *mem, const struct program *program,
                       const struct database_choice *choice, struct journal_place *out,
                       struct error *err)
{
    const struct config *config = choice->config;
    const char *name = choice->environment_name;
    const struct config_store *store = store_of(config, choice->environment);
    struct journal_place place = {.name = state_name(mem, config->service, name)};
    char *path;
    if (store->missing.code != ERROR_NONE) {
        *err = store->missing;
        return false;
    }
    place.driver = driver_named(program, store->kind ? store->kind : "sqlite");
    place.location = store->url;
    if (store->url == NULL) {
        TRY(find_file(mem, config, store, name, &path, err));
        place.location = secret_make(mem, path);
    }
    *out = place;
    return true;
}

// --- not in the target

struct answer {
    TALLOC_CTX *mem;
    char *text;
};

static bool take_answer(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    struct answer *answer = context;
    (void)names;
    if (n > 0 && !values[0].is_null)
        answer->text = mem_strdup(answer->mem, values[0].text);
    return true;
}

// Which database the target is, in the words of a store that could be the same; NULL: none that
// could, or one that does not answer now.
static bool ask_target(TALLOC_CTX *mem, const struct program *program, const struct secret *url,
                       const struct store_driver *store, const char **out, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_driver *driver;
    struct engine *engine;
    struct answer answer = {.mem = mem};
    const struct engine_open_options options = {
        .url = url, .read_only = true, .allow_superuser = true, .name = "tminus/store"};
    struct error why;
    if (url == NULL)
        return true;
    TRY(engine_driver_for(program->engines, url, &driver, err));
    if (store->instance_sql == NULL || strcmp(driver->name, store->name) != 0)
        return true;
    if (driver->session->open(tmp, &options, &engine, &why) &&
        driver->session->query(engine, store->instance_sql, take_answer, &answer, &why)) {
        *out = answer.text;
        return true;
    }
    // Whoever works on it will say that it does not answer; a store that does is another one.
    if (why.code == ERROR_UNREACHABLE)
        return true;
    *err = why;
    return false;
}

// What a verb journals that a flight runs is the flight's, and fenced by its lease.
static void follow_flight(struct journal *journal)
{
    struct store_fence *fence = mem_new(journal, struct store_fence);

    if (verb_fence(fence, fence))
        journal_fence_at(journal, fence);
}

static bool open_place(TALLOC_CTX *mem, const struct journal_place *place, const char *run,
                       struct journal **out, struct error *err)
{
    const char *flight = getenv(VERB_FLIGHT);
    TRY(journal_open(mem, place, flight == NULL ? run : flight, out, err));
    follow_flight(*out);
    return journal_check(*out, err);
}

static bool open_kept(TALLOC_CTX *mem, const struct program *program,
                      const struct database_choice *choice, const char *run, bool is_only_read,
                      struct journal **out, struct error *err)
{
    SCRATCH(tmp);
    struct journal_place place;
    TRY(kept_journal_find(tmp, program, choice, &place, err));
    TRY(ask_target(tmp, program, choice->url, place.driver, &place.target, err));
    place.is_only_read = is_only_read;
    return open_place(mem, &place, run, out, err);
}

bool kept_journal_open(TALLOC_CTX *mem, const struct program *program,
                       const struct database_choice *choice, const char *run, struct journal **out,
                       struct error *err)
{
    return open_kept(mem, program, choice, run, false, out, err);
}

bool kept_journal_look(TALLOC_CTX *mem, const struct program *program,
                       const struct database_choice *choice, const char *run, struct journal **out,
                       struct error *err)
{
    return open_kept(mem, program, choice, run, true, out, err);
}
