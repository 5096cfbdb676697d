/*
 * Which plan a verb is about: see poll_options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/poll_options.h"
#include "base/clock.h"
#include "command/kept_journal.h"

#define KEY_BASE 0x300
#define KEY_DATABASE 0x301
#define KEY_PLAN 0x302

static const struct argp_option table[] = {
    {"base", KEY_BASE, "REV", 0, "of the plan: what changed since REV, as plan was told", 2},
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 2},
    {"plan", KEY_PLAN, "FILE", 0, "a plan that was written as JSON, instead of one made now", 2},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct plan_request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->assess.options; return 0;
    case KEY_BASE: request->assess.base = value; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_PLAN: request->check_path = value; return 0;
    case ARGP_KEY_ARG:
        *mem_append(request->assess.mem, request->assess.paths, request->assess.n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {.options = table, .parser = parse, .children = options_children};
const struct argp_child poll_children[] = {{.argp = &parser}, {0}};

bool poll_plan(TALLOC_CTX *mem, const struct program *program, const struct plan_request *request,
               struct plan_input *input, struct plan **out, struct error *err)
{
    struct plan_request online = *request;

    online.needs_database = true;
    TRY(plan_work(mem, program, &online, input, out, err));
    if (input->inspection != NULL)
        return true;
    error_set(err, ERROR_USAGE, "no database is named: what is signed and polled is for one");
    return error_hint(err, "give --database URL, or write environments: into tminus.yaml");
}

// --- the poll

static const struct config_environment *find_environment(const struct config *config,
                                                         const char *name)
{
    for (size_t i = 0; i < config->n_environments; i++)
        if (strcmp(config->environments[i].name, name) == 0)
            return &config->environments[i];
    return NULL;
}

// Staging itself has none before it.
static bool open_staging(TALLOC_CTX *mem, const struct program *program,
                         const struct database_choice *choice, struct poll_staging *out,
                         struct error *err)
{
    const struct config_environment *own = choice->environment;
    const char *given = own == NULL ? NULL : own->gates.staging;
    const char *name = given != NULL ? given : "staging";
    const struct config_environment *staging = find_environment(choice->config, name);
    const struct database_choice there = {
        .config = choice->config, .environment = staging, .environment_name = name};
    struct journal_place place;
    struct error failure = {0};

    if (staging == NULL && given != NULL)
        return error_set(err, ERROR_CONFIG, "gates: {staging: …}: there is no environment '%s'",
                         given);
    if (staging == NULL || staging == own)
        return true;
    out->name = name;
    TRY(kept_journal_find(mem, program, &there, &place, err));
    place.must_exist = true;
    if (!journal_open(mem, &place, "", &out->journal, &failure) ||
        !journal_check(out->journal, &failure)) {
        out->journal = NULL;
        out->unknown = mem_strdup(mem, failure.message);
    }
    return true;
}

bool poll_request_make(TALLOC_CTX *mem, const struct program *program,
                       const struct plan_input *input, const struct plan *plan,
                       struct poll_request *out, struct error *err)
{
    const struct inspection *inspection = input->inspection;
    const struct database_choice *choice = &inspection->choice;
    bool is_one_of_several = choice->environment != NULL && choice->database != NULL &&
                             choice->environment->n_databases > 1;

    *out = (struct poll_request){
        .plan = plan,
        .change = input->facts.change,
        .target = &inspection->target,
        .journal = inspection->journal,
        .config = choice->config,
        .environment = choice->environment,
        .environment_name = choice->environment_name,
        .database = is_one_of_several ? choice->database->name : NULL,
        .url = choice->url,
        .backups = program->backups,
        .flags = program->flags,
        .engines = program->engines,
        .options = input->facts.options,
        .paths = input->facts.paths,
        .now_ms = clock_wall_ms(),
    };
    return open_staging(mem, program, choice, &out->staging, err);
}
