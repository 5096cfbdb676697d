/*
 * The server's programs: where packages put them, by major version.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <glob.h>
#include <unistd.h>

#define OLDEST 14

// Debian, Red Hat, Alpine, a build of one's own.
static const char *const places[] = {
    "/usr/lib/postgresql/*/bin",      "/usr/pgsql-*/bin",      "/usr/libexec/postgresql*",
    "/usr/local/lib/postgresql*/bin", "/usr/local/pgsql*/bin", "/opt/postgresql*/bin",
};

static bool ask(TALLOC_CTX *mem, const char *program, const char *option, const char **out)
{
    SCRATCH(tmp);
    const char *const argv[] = {program, option, NULL};
    const struct process_options options = {.argv = argv, .timeout_ms = 5000};
    struct process_result result;
    struct error ignored;
    if (!process_run(tmp, &options, &result, &ignored) || result.status != 0)
        return false;
    *out = mem_strndup(mem, result.output, strcspn(result.output, "\n"));
    return true;
}

// 0: no server's programs are there.
static int folder_major(const char *folder)
{
    SCRATCH(tmp);
    const char *text;
    const char *server = file_join(tmp, folder, "postgres");
    if (access(server, X_OK) != 0 || access(file_join(tmp, folder, "initdb"), X_OK) != 0 ||
        !ask(tmp, server, "--version", &text))
        return 0;
    const char *at = strstr(text, ") ");
    return at == NULL ? 0 : (int)strtol(at + 2, NULL, 10);
}

static bool is_better(int wanted, int major, int than)
{
    if (than == 0 || than == wanted)
        return than == 0;
    if (major == wanted || wanted == 0)
        return major == wanted || major > than;
    if (major > wanted)
        return than < wanted || major < than;
    return than < wanted && major > than;
}

static void consider(TALLOC_CTX *mem, const char *folder, int wanted, struct program *best)
{
    int major = folder_major(folder);
    if (major < OLDEST || !is_better(wanted, major, best->major))
        return;
    *best = (struct program){.folder = mem_strdup(mem, folder), .major = major};
}

bool program_find(TALLOC_CTX *mem, int major, struct program *out, struct error *err)
{
    SCRATCH(tmp);
    struct program best = {0};
    const char *folder;
    if (ask(tmp, "pg_config", "--bindir", &folder))
        consider(mem, folder, major, &best);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        glob_t found;
        if (glob(places[i], 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++)
                consider(mem, found.gl_pathv[k], major, &best);
        }
        globfree(&found);
    }
    if (best.major == 0) {
        error_set(err, ERROR_SYSTEM,
                  "no PostgreSQL server is installed here (%d or later), so no "
                  "scratch server can be started",
                  OLDEST);
        return error_hint(err, "install one (Debian: postgresql), or name one to make copies on: "
                               "rehearsal: {server: URL}");
    }
    *out = best;
    return true;
}

bool program_has_library(const struct program *program, const char *library)
{
    SCRATCH(tmp);
    static const char *const beside[] = {"../lib", "../lib/postgresql", "../lib64"};
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        if (access(mem_printf(tmp, "%s/%s/%s.so", program->folder, beside[i], library), R_OK) == 0)
            return true;
    }
    return false;
}
