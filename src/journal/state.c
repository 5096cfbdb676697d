/*
 * State: where tminus keeps its own files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/state.h"
#include "base/file.h"

// A service's or environment's name as one folder name: nothing in it may lead elsewhere.
static char *folder_name(TALLOC_CTX *mem, const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    char *folder = mem_strdup(mem, name != NULL && name[0] != '\0' ? name : "default");

    for (char *at = folder; *at != '\0'; at++)
        if (strchr(plain, *at) == NULL)
            *at = '_';
    if (folder[0] == '.')
        folder[0] = '_';
    return folder;
}

char *state_name(TALLOC_CTX *mem, const char *service, const char *environment)
{
    SCRATCH(tmp);
    return file_join(mem, folder_name(tmp, service), folder_name(tmp, environment));
}

char *state_lock_name(TALLOC_CTX *mem, const char *service, const char *environment,
                      const char *what)
{
    char *name = state_name(mem, service, environment);

    for (char *at = name; *at != '\0'; at++)
        *at = *at == '/' ? '.' : *at;
    return mem_printf(mem, "%s.%s.lock", name, what);
}

static bool state_root(TALLOC_CTX *mem, char **out, struct error *err)
{
    const char *given = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (given != NULL && given[0] == '/') {
        *out = file_join(mem, given, "tminus");
        return true;
    }
    if (home == NULL || home[0] == '\0') {
        error_set(err, ERROR_CONFIG, "no folder for the journal and baselines: HOME is not set");
        return error_hint(err, "set TMINUS_STATE to a folder");
    }
    *out = file_join(mem, home, ".local/state/tminus");
    return true;
}

bool state_find(TALLOC_CTX *mem, const char *service, const char *environment, const char *name,
                char **out, struct error *err)
{
    SCRATCH(tmp);
    const char *given = getenv("TMINUS_STATE");
    char *folder;

    if (given != NULL && given[0] != '\0') {
        folder = mem_strdup(tmp, given);
    } else {
        TRY(state_root(tmp, &folder, err));
        folder = file_join(tmp, folder, state_name(tmp, service, environment));
    }
    *out = talloc_steal(mem, file_join(tmp, folder, name));
    return true;
}

static bool make_folder(const char *path, struct error *err)
{
    SCRATCH(tmp);
    if (!file_make_folders(file_folder(tmp, path), 0700, err))
        return error_hint(err, "the journal and baselines are kept there; TMINUS_STATE names "
                               "another folder");
    return true;
}

bool state_path(TALLOC_CTX *mem, const char *service, const char *environment, const char *name,
                char **out, struct error *err)
{
    SCRATCH(tmp);
    char *path;

    TRY(state_find(tmp, service, environment, name, &path, err));
    TRY(make_folder(path, err));
    *out = talloc_steal(mem, path);
    return true;
}

bool state_common_path(TALLOC_CTX *mem, const char *name, char **out, struct error *err)
{
    SCRATCH(tmp);
    const char *given = getenv("TMINUS_STATE");
    char *folder = NULL;

    if (given != NULL && given[0] != '\0')
        folder = mem_strdup(tmp, given);
    else
        TRY(state_root(tmp, &folder, err));
    char *path = file_join(tmp, folder, name);
    TRY(make_folder(path, err));
    *out = talloc_steal(mem, path);
    return true;
}
