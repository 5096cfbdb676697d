/*
 * The database that a verb works on: from tminus.yaml's environment, or from --database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_DATABASE_H
#define COMMAND_DATABASE_H

#include "change/change.h"
#include "change/config.h"
#include "command/options.h"

struct database_choice {
    struct config *config;
    const struct config_environment *environment; // NULL: no configuration
    const struct config_database *database;       // NULL: a URL was given
    const struct secret *url;
    const char *environment_name; // names the folder of the state
    enum migration_phase phase;   // of the migrations that the verb is about
};

// `given` is what --database says: a URL, a file, or the name of one of several databases; NULL:
// the environment's only one. ERROR_USAGE: none, or several and none is named.
MUST_CHECK bool database_choose(TALLOC_CTX *mem, const struct options *options, const char *given,
                                struct database_choice *out, struct error *err);

// The migrations of `paths`, else of the configured folders, those of before and those of after the
// release, by the configured layout where there is one. ERROR_USAGE: none are named.
MUST_CHECK bool database_read_change(TALLOC_CTX *mem, const struct database_choice *choice,
                                     const char *const *paths, size_t n, struct change **out,
                                     struct error *err);
// Of a verb that works on several databases of one release.
struct database_work {
    const struct options *options;
    const char *given;  // --database; NULL: all of the environment, in the order of the file
    bool needs_name;    // migrations by path, an undo: they are of one database
    const char *schema; // "tminus/migrate/1"
    bool stops;         // at the first that does not end with 0
    // One database, by name (NULL: the only one). Gives the exit status, or -1 and `err`;
    // `*is_shown`: its report is printed.
    int (*run)(void *context, const char *database, bool *is_shown, struct error *err);
    void *context;
};

// One database: as if it were called alone. Several: a heading each, as JSON one document
// {schema, databases: [REPORT or {database, error}]}; the exit status of the worst.
int database_each(const struct database_work *work, struct error *err);

// By which its backups are told from those of the others; NULL: it is the only one.
const char *database_name_among(const struct database_choice *choice);
bool database_has_migrations(const struct database_choice *choice);

#endif
