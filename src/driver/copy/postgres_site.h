/*
 * What the files of the PostgreSQL copies share: programs, the source's ways, scratch servers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_COPY_POSTGRES_SITE_H
#define DRIVER_COPY_POSTGRES_SITE_H

#include "base/child.h"
#include "driver/copy/site_folder.h"
#include "driver/engine/postgres/connection.h"

#define KIND_SCRATCH "postgres" // of marks
#define KIND_SERVER "postgres-server"
#define SUPERUSER "postgres" // of scratch servers, and the user that they run as
#define SCRATCH_LOG_MAX ((size_t)16 * 1024 * 1024)

// --- postgres_program.c: the server's programs that are installed
struct program {
    const char *folder; // "/usr/lib/postgresql/15/bin"
    int major;
};
// Of this major version, else the next newer one, else the newest; 0: the newest.
MUST_CHECK bool program_find(TALLOC_CTX *mem, int major, struct program *out, struct error *err);
bool program_has_library(const struct program *program, const char *library);

// --- postgres_origin.c: the server and database that copies are made of
struct origin {
    int version; // 150020
    const char *version_text;
    const char *superuser; // that the cluster was made with
    const char *encoding, *collate, *ctype;
    char provider;          // 'c' 'i' …
    const char *icu_locale; // NULL
    const char **settings;  // of the server, as lines of postgresql.conf
    size_t n_settings;
    const char *libraries;   // shared_preload_libraries; NULL: may not be read
    const char **statements; // that make its roles
    size_t n_statements;
    struct origin_extension {
        const char *name, *version;
    } * extensions;
    size_t n_extensions;
    const char **database_settings; // "search_path=app, public"
    size_t n_database_settings;
};
MUST_CHECK bool origin_read(TALLOC_CTX *mem, const struct copy_site_options *options,
                            struct origin **out, struct error *err);
// ERROR_INPUT: an extension of the origin is not installed on this server.
MUST_CHECK bool origin_check_extensions(const struct origin *origin, struct connection *connection,
                                        struct error *err);
// `SET` of a database as ALTER DATABASE wants it, from "name=value".
char *origin_setting_sql(TALLOC_CTX *mem, const char *database, const char *setting);

// --- postgres_scratch.c: a server that we start
struct scratch {
    const char *folder; // of the site
    struct program program;
    const struct child_user *user; // that it runs as; NULL: ours
    const char *superuser;
    const char *password; // NULL: by its socket, that nobody else can reach
    int port;
    struct child *child;
    const char *log_path;
};
// The root for scratch servers: the options' folder, but where root starts them as a user that
// cannot get there, one beside /var/tmp.
MUST_CHECK bool scratch_root(TALLOC_CTX *mem, const struct copy_site_options *options, char **out,
                             struct child_user **user, struct error *err);
MUST_CHECK bool scratch_start(TALLOC_CTX *mem, const struct site_folder *folder,
                              const struct child_user *user,
                              const struct copy_site_options *options, const struct origin *origin,
                              struct scratch **out, struct error *err);
void scratch_stop(struct scratch *scratch);
struct secret *scratch_url(TALLOC_CTX *mem, const struct scratch *scratch, const char *database);
// End the server that a killed tminus left running in a site's folder.
void scratch_end_left(const char *folder);
// A file of the server's own in its folder, 0600.
MUST_CHECK bool scratch_write(const struct scratch *scratch, const char *name, const char *text,
                              struct error *err);
// The last line with `word` in it, from there on: "FATAL:  …"; NULL: none.
const char *scratch_said(TALLOC_CTX *mem, const char *text, const char *word);

// --- postgres_scratch_data.c: its data folder, by initdb or out of options->fill
MUST_CHECK bool scratch_init(struct scratch *scratch, const struct copy_site_options *options,
                             const struct origin *origin, struct error *err);
MUST_CHECK bool scratch_fill(struct scratch *scratch, const struct copy_site_options *options,
                             struct error *err);

// --- postgres_seal.c
MUST_CHECK bool seal_database(const struct copy_site_options *options, const struct secret *url,
                              struct error *err);

// --- postgres_leftover.c
MUST_CHECK bool postgres_leftovers(TALLOC_CTX *mem, const struct copy_site_options *options,
                                   struct copy_leftover **out, size_t *n, struct error *err);
MUST_CHECK bool postgres_remove(const struct copy_site_options *options, const char *id,
                                struct error *err);

// --- postgres.c
#define LOCK_CLASS 1953328494 // of the advisory lock that a site holds on a named server: "tmin"
MUST_CHECK bool server_connect(TALLOC_CTX *mem, const struct copy_site_options *options,
                               const struct secret *url, struct connection **out,
                               struct error *err);

#endif
