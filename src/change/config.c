/*
 * Configuration: find and read tminus.yaml, and choose one of its environments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config.h"
#include "base/file.h"
#include "base/text.h"
#include "change/config_reading.h"
#include <assert.h>
#include <limits.h>
#include <sys/stat.h>

#define CONFIG_FILE "tminus.yaml"

static char *folder_name(TALLOC_CTX *mem, const char *folder)
{
    char full[PATH_MAX];
    return mem_strdup(mem, file_base(realpath(folder, full) != NULL ? full : folder));
}

static struct config *config_make(TALLOC_CTX *mem, const char *path)
{
    struct config *config = mem_new(mem, struct config);
    config->path = mem_strdup(config, path);
    config->folder = path == NULL ? "." : file_folder(config, path);
    return config;
}

// What one row alone cannot see.
static void check_whole(struct config_reading *reading, const struct config *config)
{
    for (size_t i = 0; i < config->n_invariants; i++) {
        const struct config_invariant *invariant = &config->invariants[i];
        for (size_t j = 0; j < i; j++)
            if (invariant->name != NULL && config->invariants[j].name != NULL &&
                strcmp(invariant->name, config->invariants[j].name) == 0)
                config_problem(reading, invariant->line, invariant->column, NULL,
                               "the name '%s' is also that of the invariant in line %zu",
                               invariant->name, config->invariants[j].line);
        bool is_known = invariant->database == NULL || config_is_open(invariant->database);
        for (size_t j = 0; j < config->n_environments; j++)
            for (size_t k = 0; k < config->environments[j].n_databases && !is_known; k++)
                is_known =
                    strcmp(config->environments[j].databases[k].name, invariant->database) == 0;
        if (!is_known)
            config_problem(reading, invariant->line, invariant->column, NULL,
                           "no environment has a database '%s'", invariant->database);
    }
}

static int compare_problems(const void *a, const void *b)
{
    const struct config_problem *left = a;
    const struct config_problem *right = b;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column == right->column ? 0 : left->column < right->column ? -1 : 1;
}

static bool read_file(struct config *config, struct config_reading *reading, struct error *err)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    struct yaml *document;
    if (!file_read(tmp, config->path, FILE_SIZE_MAX, &text, &len, err)) {
        err->code = ERROR_CONFIG;
        if (file_kind(config->path) == FILE_MISSING)
            error_hint(err, "'tminus init --config %s' writes a first one", config->path);
        return false;
    }
    TRY(yaml_read(config, config->path, text, len, &document, err));
    config->document = document;
    config_read_map(reading, document, &config_map_file, config);
    config->written = reading->written;
    config->n_written = reading->n_written;
    check_whole(reading, config);
    if (reading->problems.n > 1)
        qsort(reading->problems.list, reading->problems.n, sizeof(reading->problems.list[0]),
              compare_problems);
    return true;
}

static bool read_any(TALLOC_CTX *mem, const char *path, struct config_reading *reading,
                     struct config **out, struct error *err)
{
    struct stat unused; // lstat: a link that leads nowhere is there, and reading it says so
    if (path == NULL && lstat(CONFIG_FILE, &unused) == 0)
        path = CONFIG_FILE;
    struct config *config = config_make(mem, path);
    reading->mem = config;
    reading->path = config->path;
    if (path != NULL)
        TRY(read_file(config, reading, err));
    if (config->service == NULL)
        config->service = folder_name(config, config->folder);
    *out = config;
    return true;
}

bool config_check(TALLOC_CTX *mem, const char *path, bool expand, struct config **out,
                  struct config_problems *problems, struct error *err)
{
    struct config_reading reading = {.expand = expand, .reports_missing = true};
    TRY(read_any(mem, path, &reading, out, err));
    *problems = reading.problems;
    return true;
}

bool config_read(TALLOC_CTX *mem, const char *path, bool expand, struct config **out,
                 struct error *err)
{
    struct config_reading reading = {.expand = expand};
    struct config *config;
    TRY(read_any(mem, path, &reading, &config, err));
    if (reading.problems.n > 0) {
        const struct config_problem *first = &reading.problems.list[0];
        error_set(err, ERROR_CONFIG, "%s", first->message);
        if (reading.problems.n > 1 && first->hint[0] != '\0')
            return error_hint(err, "%s; 'tminus config check' lists all %zu problems", first->hint,
                              reading.problems.n);
        if (reading.problems.n > 1)
            return error_hint(err, "'tminus config check' lists all %zu problems",
                              reading.problems.n);
        return error_hint(err, "%s", first->hint);
    }
    *out = config;
    return true;
}

const char *config_written(const struct config *config, const char *value)
{
    for (size_t i = 0; i < config->n_written; i++)
        if (config->written[i].value == value)
            return config->written[i].text;
    return value;
}

char *config_resolve(TALLOC_CTX *mem, const struct config *config, const char *path)
{
    if (path[0] == '/' || strcmp(config->folder, ".") == 0)
        return mem_strdup(mem, path);
    return file_join(mem, config->folder, path);
}

static const struct config_environment *find_environment(const struct config *config,
                                                         const char *name)
{
    for (size_t i = 0; i < config->n_environments; i++)
        if (strcmp(config->environments[i].name, name) == 0)
            return &config->environments[i];
    return NULL;
}

static const struct config_environment *default_environment(const struct config *config)
{
    return config->n_environments == 1 ? &config->environments[0]
                                       : find_environment(config, "production");
}

static bool refuse_name(const struct config *config, const char *name, struct error *err)
{
    SCRATCH(tmp);
    if (config->n_environments == 0) {
        error_set(err, ERROR_CONFIG, "%s: no environments",
                  config->path == NULL ? CONFIG_FILE : config->path);
        return error_hint(err, config->path == NULL ? "'tminus init' writes a first " CONFIG_FILE
                                                    : "add environments: {production: {…}}");
    }
    assert(config->environments != NULL);
    const char **names = mem_array(tmp, const char *, config->n_environments);
    char *list = mem_strdup(tmp, "");
    for (size_t i = 0; i < config->n_environments; i++) {
        names[i] = config->environments[i].name;
        list = mem_printf(tmp, "%s%s%s", list, i == 0 ? "" : ", ", names[i]);
    }
    if (name == NULL) {
        error_set(err, ERROR_USAGE, "which environment? %s has %s", config->path, list);
        return error_hint(err, "give it with --env NAME");
    }
    error_set(err, ERROR_USAGE, "%s: no environment or slot '%s'", config->path, name);
    const char *nearest = text_nearest(name, names, config->n_environments);
    if (nearest != NULL)
        return error_hint(err, "did you mean '%s'?", nearest);
    return error_hint(err, "the environments are %s", list);
}

static const char *find_slot(const struct config_environment *environment, const char *name)
{
    for (size_t i = 0; environment != NULL && i < environment->n_slots; i++)
        if (strcmp(environment->slots[i].name, name) == 0)
            return environment->slots[i].name;
    return NULL;
}

const struct config_database *config_environment_database(
    const struct config_environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->n_databases; i++)
        if (name == NULL || strcmp(environment->databases[i].name, name) == 0)
            return &environment->databases[i];
    return NULL;
}

bool config_check_slot(const struct config *config, const struct config_environment *environment,
                       const char *name, struct error *err)
{
    SCRATCH(tmp);
    if (name == NULL || find_slot(environment, name) != NULL)
        return true;
    if (environment == NULL)
        return error_set(err, ERROR_USAGE, "no slot '%s': no environment is configured", name);
    error_set(err, ERROR_USAGE, "%s: environment '%s' has no slot '%s'", config->path,
              environment->name, name);
    char *list = mem_strdup(tmp, "");
    for (size_t i = 0; i < environment->n_slots; i++)
        list = mem_printf(tmp, "%s%s%s", list, i == 0 ? "" : ", ", environment->slots[i].name);
    return error_hint(err, "the slots are: %s", *list == '\0' ? "none" : list);
}

bool config_find_environment(const struct config *config, const char *name,
                             const struct config_environment **out, const char **slot,
                             struct error *err)
{
    const struct config_environment *fallback = default_environment(config);
    const struct config_environment *environment =
        name == NULL ? fallback : find_environment(config, name);
    const char *found_slot = NULL;
    if (environment == NULL && name != NULL) {
        found_slot = find_slot(fallback, name);
        environment = found_slot == NULL ? NULL : fallback;
    }
    if (environment == NULL)
        return refuse_name(config, name, err);
    *out = environment;
    if (found_slot != NULL)
        *slot = found_slot;
    return true;
}

bool config_environment(const struct config *config, const char *name,
                        const struct config_environment **out, const char **slot, struct error *err)
{
    const struct config_environment *environment;
    TRY(config_find_environment(config, name, &environment, slot, err));
    if (environment->missing.code != ERROR_NONE) {
        *err = environment->missing;
        return false;
    }
    *out = environment;
    return true;
}
