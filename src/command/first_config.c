/*
 * First configuration: the text of a tminus.yaml from what lies in this folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/first_config.h"
#include "base/file.h"
#include "base/text.h"
#include "change/git_run.h"
#include "change/layout.h"
#include <glob.h>
#include <unistd.h>

// Where tools keep their migrations, by their own manuals' examples.
static const char *const migration_folders[] = {
    "db/migrations",
    "db/migrate",
    "migrations",
    "db/migration",
    "database/migrations",
    "prisma/migrations",
    "src/main/resources/db/migration",
    "sql/migrations",
    "sql",
    "migrate",
    "internal/db/migrations",
    "schema/migrations",
    "alembic/versions",
    "db",
};
static const char *const post_folders[] = {"db/post_migrations", "db/post_migrate",
                                           "post_migrations"};
static const char *const proxy_files[][2] = {
    {"haproxy", "haproxy.cfg"},        {"haproxy", "haproxy/haproxy.cfg"},
    {"haproxy", "config/haproxy.cfg"}, {"haproxy", "deploy/haproxy.cfg"},
    {"nginx", "nginx.conf"},           {"nginx", "nginx/nginx.conf"},
    {"nginx", "config/nginx.conf"},    {"nginx", "deploy/nginx.conf"},
};

struct found {
    const char *service;
    const char *migrations; // folder, or NULL
    const char *layout;     // of it; NULL: recognised and refused (code), `note` says why
    size_t n_migrations;
    const char *note;
    const char *post;     // folder of migrations after the release, or NULL
    const char *url;      // how the file names the database
    const char *url_note; // NULL: it is not known yet
    const char *proxy, *proxy_file;
};

static char *name_of_folder(TALLOC_CTX *mem)
{
    char *folder = getcwd(NULL, 0);
    char *name = mem_strdup(mem, folder == NULL ? "service" : file_base(folder));
    free(folder);
    return name;
}

// "git@host:team/shop.git", "https://host/team/shop": the last part.
static const char *find_service(TALLOC_CTX *mem)
{
    SCRATCH(tmp);
    struct error ignored = {0};
    char *url;
    if (!git_ask_line(tmp, ".", (const char *const[]){"remote", "get-url", "origin", NULL}, &url,
                      &ignored) ||
        url == NULL || url[0] == '\0')
        return name_of_folder(mem);
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        url[--len] = '\0';
    if (text_ends_with(url, ".git"))
        url[len - 4] = '\0';
    const char *name = url + strlen(url);
    while (name > url && name[-1] != '/' && name[-1] != ':')
        name--;
    return *name == '\0' ? name_of_folder(mem) : mem_strdup(mem, name);
}

static bool try_folder(TALLOC_CTX *mem, const char *folder, struct found *found)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct change *change;
    if (file_kind(folder) != FILE_FOLDER)
        return false;
    if (change_read(tmp, &folder, 1, NULL, &change, &err)) {
        found->layout = change->layout->name;
        found->n_migrations = change->n_migrations;
    } else if (strstr(err.message, "in code") != NULL || strstr(err.message, "version") != NULL) {
        found->note = mem_printf(mem, "%s; %s", err.message, err.hint);
    } else {
        return false;
    }
    found->migrations = folder;
    return true;
}

// A database file right here, or the variable that most tools use.
static void find_database(TALLOC_CTX *mem, struct found *found)
{
    found->url = "${DATABASE_URL}";
    if (getenv("DATABASE_URL") != NULL) {
        found->url_note = "DATABASE_URL is set here";
        return;
    }
    static const char *const patterns[] = {"*.sqlite",     "*.sqlite3", "*.db",
                                           "db/*.sqlite3", "data/*.db", "instance/*.db"};
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        glob_t files = {0};
        if (glob(patterns[i], 0, NULL, &files) == 0 && files.gl_pathc > 0) {
            found->url = mem_printf(mem, "sqlite:%s", files.gl_pathv[0]);
            found->url_note = "the file that was found";
        }
        globfree(&files);
        if (found->url_note != NULL)
            return;
    }
    found->url_note = NULL;
}

static void find_all(TALLOC_CTX *mem, struct found *found)
{
    found->service = find_service(mem);
    for (size_t i = 0; i < COUNT_OF(migration_folders) && found->migrations == NULL; i++)
        try_folder(mem, migration_folders[i], found);
    for (size_t i = 0; i < COUNT_OF(post_folders) && found->post == NULL; i++)
        if (file_kind(post_folders[i]) == FILE_FOLDER)
            found->post = post_folders[i];
    find_database(mem, found);
    for (size_t i = 0; i < COUNT_OF(proxy_files) && found->proxy == NULL; i++)
        if (file_kind(proxy_files[i][1]) == FILE_REGULAR) {
            found->proxy = proxy_files[i][0];
            found->proxy_file = proxy_files[i][1];
        }
}

// A YAML scalar in double quotes, whatever it holds; '$' of names that are no variables is doubled.
static void write_quoted(FILE *out, const char *text, bool keeps_variables)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if (*text == '$' && text[1] == '{' && !keeps_variables)
            fputc('$', out);
        if ((unsigned char)*text >= ' ')
            fputc(*text, out);
    }
    fputc('"', out);
}

static void write_url(FILE *out, const struct found *found)
{
    if (found->url_note == NULL) {
        fputs("      # url: \"${DATABASE_URL}\"   # or sqlite:FILE; secrets stay in the "
              "environment\n",
              out);
        return;
    }
    fputs("      url: ", out);
    write_quoted(out, found->url, strcmp(found->url, "${DATABASE_URL}") == 0);
    fprintf(out, " # %s\n", found->url_note);
}

static void write_database(FILE *out, const struct found *found)
{
    bool is_empty = found->url_note == NULL && found->layout == NULL && found->post == NULL;
    fputs(is_empty ? "    database: {}\n" : "    database:\n", out);
    write_url(out, found);
    if (found->migrations == NULL)
        fputs("      # migrations: db/migrations   # none of the usual folders holds migrations\n",
              out);
    else if (found->layout != NULL)
        fprintf(out, "      migrations: %s # %zu migration%s of %s\n", found->migrations,
                found->n_migrations, found->n_migrations == 1 ? "" : "s", found->layout);
    else
        fprintf(out, "      # migrations: %s\n      # %s\n", found->migrations, found->note);
    if (found->post != NULL)
        fprintf(out, "      post_migrations: %s # run after the release\n", found->post);
    fputs("    # slots: {blue: {address: \"127.0.0.1:8081\"}, green: {address: "
          "\"127.0.0.1:8082\"}}\n",
          out);
    if (found->proxy != NULL)
        fprintf(out, "    traffic: {kind: %s} # %s; add socket or file, and backend\n",
                found->proxy, found->proxy_file);
    fputs("    gates: {baseline: {max_age: 1h}}\n", out);
}

static const char invariants[] =
    "# What must be true of the data before and after: a query each. 'tminus baseline save' keeps\n"
    "# their values, 'tminus verify' compares.\n"
    "invariants: []\n"
    "#  - name: brief emails stay selectable\n"
    "#    keys_kept: \"SELECT id FROM emails WHERE category = 'brief'\"   # every key is still "
    "there\n"
    "#  - {name: no orphans, zero: \"SELECT count(*) FROM a LEFT JOIN b ON b.id = a.b_id WHERE "
    "b.id IS "
    "NULL\"}\n"
    "#  - {name: by status, same: \"SELECT status, count(*) FROM emails GROUP BY status\", "
    "tolerance: "
    "1%}\n"
    "\n"
    "# Which tables the code in a path writes, where tminus cannot tell by itself; [] is none.\n"
    "# paths: {\"app/classify/**\": [emails], \"lib/text/**\": []}\n";

char *first_config_make(TALLOC_CTX *mem)
{
    SCRATCH(tmp);
    struct found found = {0};
    find_all(tmp, &found);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    mem_checked(out);
    fputs("# tminus: what is deployed, where, and what must hold. All keys: docs/configuration.md\n"
          "service: ",
          out);
    write_quoted(out, found.service, false);
    fputs("\nenvironments:\n  production:\n", out);
    write_database(out, &found);
    fprintf(out, "\n%s", invariants);
    fclose(out);
    char *result = mem_strndup(mem, text, len);
    free(text);
    return result;
}
