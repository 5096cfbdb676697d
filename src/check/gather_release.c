/*
 * What a flight needs besides the database: are its programs and files here, and what do its flags
 * say?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "check/gather.h"
#include "journal/events.h"
#include <string.h>

struct gathering {
    TALLOC_CTX *mem;
    const char *folder; // of tminus.yaml
    struct gate_facts *facts;
};

// --- programs and files

static void add(const struct gathering *gathering, const char *key, const char *name, bool is_there)
{
    struct gate_facts *facts = gathering->facts;
    *mem_append(gathering->mem, facts->commands, facts->n_commands) =
        (struct gate_command){.key = key, .name = name, .is_there = is_there};
}

// Of a text for a shell nobody knows beforehand what it runs, nor of a name that is filled in.
static void add_command(const struct gathering *gathering, const char *key,
                        const char *const *words, size_t n, bool is_shell)
{
    if (n == 0 || strchr(words[0], '{') != NULL)
        return;
    const char *name = is_shell ? "sh" : words[0];
    add(gathering, key, name, file_is_program(name, gathering->folder));
}

static void add_file(const struct gathering *gathering, const char *key, const char *name)
{
    SCRATCH(tmp);
    if (name == NULL)
        return;
    const char *path = name[0] == '/' ? name : file_join(tmp, gathering->folder, name);
    add(gathering, key, name, file_kind(path) == FILE_REGULAR);
}

static void add_step(const struct gathering *gathering, const struct config_step *step)
{
    const char *key = mem_printf(gathering->mem, "steps.%s", step->name);
    const char *undo = mem_printf(gathering->mem, "steps.%s.undo", step->name);

    add_command(gathering, key, step->command, step->n_command, step->is_shell);
    add_command(gathering, undo, step->undo_command, step->n_undo_command, step->is_shell);
    add_file(gathering, key, step->sql);
    add_file(gathering, undo, step->undo_sql);
    if (step->read_back != NULL)
        add_command(gathering, mem_printf(gathering->mem, "steps.%s.read_back", step->name),
                    step->read_back->command, step->read_back->n_command,
                    step->read_back->is_shell);
}

void gather_commands(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts)
{
    const struct config_environment *environment = request->environment;
    const struct gathering gathering = {mem, request->config->folder, facts};

    if (environment == NULL)
        return;
    const struct config_release *release = &environment->release;
    const struct config_maintenance *page = &environment->maintenance;
    add_command(&gathering, "release.build", release->build, release->n_build, release->is_shell);
    add_command(&gathering, "release.deploy", release->deploy, release->n_deploy,
                release->is_shell);
    add_command(&gathering, "maintenance.enable", page->enable, page->n_enable, page->is_shell);
    add_command(&gathering, "maintenance.disable", page->disable, page->n_disable, page->is_shell);
    for (size_t i = 0; i < environment->n_steps; i++)
        add_step(&gathering, &environment->steps[i]);
}

// --- flags

static bool is_switched_on(const struct config_environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->n_steps; i++) {
        const struct config_step *step = &environment->steps[i];
        if (step->kind == STEP_KIND_FLAG && step->is_on && strcmp(step->flag, name) == 0)
            return true;
    }
    return false;
}

static bool was_ours(struct journal *journal, const char *name, bool *out, struct error *err)
{
    json_auto_t *event = NULL;

    TRY(journal_last(journal, EVENT_FLAG_SET, "flag", name, &event, err));
    const char *set = json_get_text(json_object_get(event, "data"), "set");
    *out = set != NULL && strcmp(set, "on") == 0;
    return true;
}

static bool read_flag(TALLOC_CTX *mem, const struct poll_request *request,
                      const struct config_flag *flag, struct gate_flag *out, struct error *err)
{
    const struct config_database *database =
        config_environment_database(request->environment, flag->database);
    const struct flag_request asked = {
        .flag = flag,
        .folder = request->config->folder,
        .url = database == NULL ? NULL : database->url,
        .allow_superuser = database != NULL && database->allow_superuser,
        .engines = request->engines,
        .wait = request->target->wait,
    };
    struct flag_answer answer = {.value = FLAG_UNKNOWN};
    struct error why = {0};

    *out = (struct gate_flag){.name = flag->name,
                              .is_switched_on = is_switched_on(request->environment, flag->name)};
    if (!flag_ask(mem, request->flags, &asked, &answer, &why)) {
        if (why.code == ERROR_INTERRUPTED)
            return error_set(err, why.code, "%s", why.message);
        answer.text = mem_strdup(mem, why.message);
    }
    out->value = answer.value;
    out->text = answer.text;
    return was_ours(request->journal, flag->name, &out->was_ours, err);
}

bool gather_flags(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                  struct error *err)
{
    const struct config_environment *environment = request->environment;

    for (size_t i = 0; environment != NULL && i < environment->n_flags; i++)
        TRY(read_flag(mem, request, &environment->flags[i],
                      mem_append(mem, facts->flags, facts->n_flags), err));
    return true;
}
