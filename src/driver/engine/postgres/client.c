/*
 * PostgreSQL's own programs: see driver/postgres_client.h.
 *
 * Debian's /usr/bin/pg_dump is a script that chooses a version by the machine's own clusters, which
 * are not those that we talk to; so the versions' own folders come before PATH.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "driver/engine/postgres/connection.h"
#include "driver/postgres_client.h"
#include <glob.h>
#include <unistd.h>

// Of Debian, of PostgreSQL's own packages for Red Hat, of a build by hand.
static const char *const places[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
                                     "/usr/local/pgsql/bin"};

static unsigned long version_of(const char *folder)
{
    const char *digits = strpbrk(folder, "0123456789");
    return digits != NULL ? strtoul(digits, NULL, 10) : 0;
}

// The newest of `pattern` that has it.
static char *find_newest(TALLOC_CTX *mem, const char *pattern, const char *name)
{
    char *found = NULL;
    unsigned long newest = 0;
    glob_t folders;
    if (glob(pattern, 0, NULL, &folders) != 0)
        return NULL;
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        char *path = file_join(mem, folders.gl_pathv[i], name);
        if (access(path, X_OK) == 0 && (found == NULL || version_of(path) > newest)) {
            found = path;
            newest = version_of(path);
        }
    }
    globfree(&folders);
    return found;
}

static char *find_on_path(TALLOC_CTX *mem, const char *name)
{
    SCRATCH(tmp);
    char *path = mem_strdup(tmp, getenv("PATH"));
    char *rest = NULL;
    for (char *one = path ? strtok_r(path, ":", &rest) : NULL; one != NULL;
         one = strtok_r(NULL, ":", &rest)) {
        char *program = file_join(tmp, one, name);
        if (access(program, X_OK) == 0)
            return mem_strdup(mem, program);
    }
    return NULL;
}

bool postgres_client_program(TALLOC_CTX *mem, const char *name, char **out, struct error *err)
{
    char *found = NULL;
    for (size_t i = 0; i < COUNT_OF(places) && found == NULL; i++)
        found = find_newest(mem, places[i], name);
    if (found == NULL)
        found = find_on_path(mem, name);
    if (found == NULL) {
        error_set(err, ERROR_SYSTEM, "%s is not installed here", name);
        return error_hint(err, "it comes with PostgreSQL's client and server packages of the "
                               "server's version or a newer one");
    }
    *out = found;
    return true;
}

// As a conninfo value: quote and backslash behind a backslash.
static char *quoted_value(TALLOC_CTX *mem, const char *value)
{
    char *out = mem_array(mem, char, 2 * strlen(value) + 3);
    size_t n = 0;
    out[n++] = '\'';
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            out[n++] = '\\';
        out[n++] = *c;
    }
    out[n] = '\'';
    return out;
}

static bool add_option(TALLOC_CTX *mem, const PQconninfoOption *option, char **conninfo,
                       const char **password, struct error *err)
{
    if (strcmp(option->keyword, "password") == 0) {
        *password = mem_printf(mem, "PGPASSWORD=%s", option->val);
        return true;
    }
    if (strcmp(option->dispchar, "*") == 0) { // another secret, which has no variable
        error_set(err, ERROR_CONFIG, "'%s' of the database's address cannot be handed to %s",
                  option->keyword, "PostgreSQL's own programs without standing on a command line");
        return error_hint(err, "put it into a service file (pg_service.conf)");
    }
    *conninfo = mem_printf(mem, "%s%s%s=%s", *conninfo, **conninfo != '\0' ? " " : "",
                           option->keyword, quoted_value(mem, option->val));
    return true;
}

bool postgres_client_address(TALLOC_CTX *mem, const struct secret *url, struct postgres_client *out,
                             struct error *err)
{
    SCRATCH(tmp);
    struct address address;
    char *conninfo = mem_strdup(mem, "");
    const char *password = NULL;
    TRY(address_read(tmp, secret_reveal(url), &address, err));
    PQconninfoOption *options = PQconninfoParse(address.text, NULL);
    const char *database = NULL;
    bool is_right = options != NULL; // address_read has read it once
    for (PQconninfoOption *one = options; is_right && one->keyword != NULL; one++) {
        if (one->val == NULL || one->val[0] == '\0')
            continue;
        if (strcmp(one->keyword, "dbname") == 0)
            database = mem_strdup(mem, one->val);
        is_right = add_option(mem, one, &conninfo, &password, err);
    }
    PQconninfoFree(options);
    if (!is_right)
        return false;
    const char **environment = mem_array(mem, const char *, 4);
    environment[0] = "LC_ALL=C";
    environment[1] = "PGAPPNAME=tminus/backup";
    environment[2] = password;
    *out = (struct postgres_client){
        .conninfo = conninfo, .environment = environment, .database = database};
    return true;
}
